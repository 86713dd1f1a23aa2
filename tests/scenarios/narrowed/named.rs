//! A refusal that names IDs: those are final, each with its own reason, and the others are sent again without them.

use serde_json::{Value, json};

use super::{linked, many, statuses};
use crate::common::answers;
use crate::common::falcon::ALERTS;
use crate::common::kinds::AN_ALERT;
use crate::common::stand_in::Disturbance;
use crate::common::{Job, StandIn};
use crate::confirmation::{instead, respond};
use crate::wishes::with;

const USER: &str = "ann@falcon.example";

fn ids_in(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap();
    serde_json::from_value(body["composite_ids"].clone()).unwrap()
}

/// A tenant that refuses each update with one of these IDs as a whole, and names the first `most` of them, each in other words.
fn naming(bad: &[String], most: usize) -> StandIn {
    let bad = bad.to_vec();
    StandIn::in_the_clear().disturbed(move |request| {
        let named = if request.is_to(ALERTS) { ids_in(&request.body) } else { Vec::new() };
        let named = named.into_iter().filter(|id| bad.contains(id)).take(most);
        let errors: Vec<Value> =
            named.map(|id| json!({"code": 400, "message": format!("bad quokka {id}"), "id": id})).collect();
        let fault = (!errors.is_empty()).then(|| instead(&answers::refusal(400, "").with("/errors", errors)));
        Disturbance { fault, ..Disturbance::default() }
    })
}

/// How many IDs each update had, and whether it assigned somebody.
fn updates(falcon: &StandIn) -> Vec<(usize, bool)> {
    let updates = falcon.requests().into_iter().filter(|request| request.is_to(ALERTS));
    let mut updates: Vec<(usize, bool)> = updates
        .map(|request| (ids_in(&request.body).len(), String::from_utf8_lossy(&request.body).contains("assign_to")))
        .collect();
    updates.sort_unstable();
    updates
}

fn assert_all_others_updated(falcon: &StandIn, job: Job, ids: &[String], bad: &[String]) {
    let told = respond(job, falcon).failure();
    let good = ids.iter().filter(|id| !bad.contains(id));
    assert!(statuses(falcon, good).iter().all(|done| *done), "{told}");
    let refused = format!(
        "{} alerts linked to case #42 (InProgress in TheHive) were not updated to in_progress: Falcon answered HTTP 400: bad quokka (its ID) (code 400).",
        bad.len()
    );
    assert!(told.starts_with(&refused), "{told}");
    assert!(!told.contains("narrowed down") && !told.contains("names other ids"), "{told}");
}

#[test]
fn two_hundred_named_ids_are_left_out_at_once() {
    let ids = many(&AN_ALERT, 1_000);
    let bad: Vec<String> = ids.iter().step_by(5).cloned().collect();
    let falcon = naming(&bad, usize::MAX);
    assert_all_others_updated(&falcon, linked(&AN_ALERT, &ids), &ids, &bad);
    assert_eq!(updates(&falcon), [(800, false), (1_000, false)]);
}

#[test]
fn ids_that_are_named_one_by_one_are_left_out_one_by_one() {
    let ids = many(&AN_ALERT, 100);
    let bad = &ids[10..90];
    let falcon = naming(bad, 1);
    assert_all_others_updated(&falcon, linked(&AN_ALERT, &ids), &ids, bad);
    assert_eq!(updates(&falcon).len(), 81);
}

#[test]
fn named_ids_go_once_without_the_extra_actions_and_the_others_with_them() {
    let ids = many(&AN_ALERT, 100);
    let bad: Vec<String> = ids.iter().step_by(5).cloned().collect();
    let falcon = naming(&bad, usize::MAX);
    let job = with(linked(&AN_ALERT, &ids), &json!({"assignee_map": [format!("analyst@soc.example:{USER}")]}));
    assert_all_others_updated(&falcon, job, &ids, &bad);
    assert_eq!(updates(&falcon), [(20, false), (80, true), (100, true)]);
    assert_eq!(falcon.alert(&ids[1])["assigned_to_uid"], USER);
}
