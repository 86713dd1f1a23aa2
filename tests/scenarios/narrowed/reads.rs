//! A read that Falcon refuses as a whole, or whose response is too long, is made in parts: one object keeps no other from being
//! read.

use serde_json::{Value, json};

use super::{linked, many};
use crate::common::answers::{self, put};
use crate::common::falcon::{ALERT_READ, ALERTS};
use crate::common::kinds::{A_CASE, AN_ALERT, AN_INCIDENT, KINDS, Kind};
use crate::common::stand_in::Disturbance;
use crate::common::{ALERT, CASE, Job, StandIn, together};
use crate::confirmation::{asked, respond};
use crate::services::{instead, job_of};

/// An update that proves nothing, so that the objects are read.
fn unclear(kind: &Kind, count: usize) -> StandIn {
    let falcon = StandIn::in_the_clear();
    match kind.id {
        CASE => falcon,
        ALERT => falcon.fails(ALERTS, instead(200, &answers::alerts_updated(0, Vec::new()).body, true), count),
        _ => falcon.fails(kind.update, instead(200, &answers::incidents_updated(0, Vec::new()).body, true), count),
    }
}

/// A tenant that refuses every read with this ID as a whole.
fn refusing_reads(falcon: StandIn, kind: Kind, id: &str) -> StandIn {
    let id = format!("\"{id}\"");
    falcon.disturbed(move |request| {
        let is_refused = request.is_to(kind.read) && String::from_utf8_lossy(&request.body).contains(&id);
        let fault = is_refused.then(|| instead(400, &answers::named("alerts-refused-whole").body, false));
        Disturbance { fault, ..Disturbance::default() }
    })
}

#[test]
fn one_refused_id_keeps_no_other_from_being_confirmed() {
    together(&[AN_ALERT, AN_INCIDENT], |kind| {
        let ids = many(kind, 8);
        let falcon = refusing_reads(unclear(kind, 1), *kind, &ids[5]);
        let told = respond(linked(kind, &ids), &falcon).failure();
        let what = &kind.what[2..kind.what.find(" to ").unwrap()];
        assert!(
            told.starts_with(&format!("1 {what} linked to case #42 (InProgress in TheHive) may or may not have been")),
            "{told}"
        );
        assert!(
            told.contains("to read it back did not work, either: Falcon answered HTTP 400: invalid element"),
            "{told}"
        );
        assert!(told.contains(&format!("\n7 {what}s were updated")), "{told}");
        assert!(told.contains(&format!("\nNot confirmed {what}: {}", ids[5])), "{told}");
    });
}

/// A whole alert of so many kilobytes.
fn long(id: &str, kilobytes: usize) -> Value {
    put(answers::alert(id, "in_progress"), "/description", "x".repeat(kilobytes * 1_000))
}

/// A tenant whose alerts have so many kilobytes each, and the first of them as many as this.
fn with_long_alerts(falcon: StandIn, kilobytes: usize, first: usize) -> StandIn {
    falcon.disturbed(move |request| {
        let ids: Vec<String> = if request.is_to(ALERT_READ) {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            serde_json::from_value(body["composite_ids"].clone()).unwrap()
        } else {
            Vec::new()
        };
        let is_first = |id: &str| id == format!("{ALERT}0");
        let alert = |id: &String| long(id, if is_first(id) { first } else { kilobytes });
        let fault = (!ids.is_empty())
            .then(|| instead(200, &answers::alerts_read(ids.iter().map(alert).collect(), &[]).body, false));
        Disturbance { fault, ..Disturbance::default() }
    })
}

fn reads(falcon: &StandIn) -> Vec<usize> {
    let reads = asked(falcon).into_iter().filter(|asked| asked.starts_with(AN_ALERT.read));
    reads.map(|asked| asked.matches(ALERT).count()).collect()
}

#[test]
fn what_is_too_long_together_is_read_in_halves_and_the_rest_in_parts_of_that_size() {
    let ids = many(&AN_ALERT, 450);
    let falcon = with_long_alerts(unclear(&AN_ALERT, 1), 50, 50);
    respond(linked(&AN_ALERT, &ids), &falcon).success();
    assert_eq!(reads(&falcon), [200, 100, 100, 100, 100, 50]);
}

#[test]
fn what_is_too_long_alone_is_named_and_all_else_is_confirmed() {
    let ids = many(&AN_ALERT, 5);
    let falcon = with_long_alerts(unclear(&AN_ALERT, 1), 50, 9_000);
    let told = respond(linked(&AN_ALERT, &ids), &falcon).failure();
    assert!(told.contains("to read it back did not work, either: Falcon's response about it alone is longer than 8 MB.\nNext: Look at it in Falcon."), "{told}");
    assert!(
        told.contains("\n4 alerts were updated") && told.contains(&format!("\nNot confirmed alert: {}", ids[0])),
        "{told}"
    );
}

#[test]
fn verify_and_the_reads_before_reopening_and_for_linked_cases_are_made_in_parts_too() {
    let ids = many(&AN_ALERT, 400);
    let with = |name: &str| linked(&AN_ALERT, &ids).with(&format!("/config/{name}"), true);
    for item in ["verify", "reopened_status", "sync_linked_cases"] {
        let falcon = with_long_alerts(StandIn::in_the_clear(), 50, 50);
        let report = respond(with(item), &falcon).success();
        assert!(
            report["full"]["details"]
                .as_array()
                .unwrap()
                .iter()
                .all(|detail| !detail.as_str().unwrap().contains("not")),
            "{item}: {report:#}"
        );
        let sizes = reads(&falcon);
        assert!(sizes.iter().rev().take(4).all(|size| *size == 100), "{item}: {sizes:?}");
    }
    for (item, said) in [
        ("reopened_status", "is to be reopened was not looked up"),
        ("sync_linked_cases", "are to follow was not looked up"),
    ] {
        let falcon = with_long_alerts(StandIn::in_the_clear(), 50, 9_000);
        let report = respond(with(item), &falcon).success();
        let details = report["full"]["details"].to_string();
        assert!(
            details.contains(said) && details.contains(&ids[0]) && details.contains("longer than 8 MB"),
            "{details}"
        );
    }
}

#[test]
fn before_a_retry_is_read_in_parts_too() {
    together(&KINDS, |kind| {
        let count = if kind.id == CASE { 1 } else { 4 };
        let ids = if count == 1 { vec![kind.id.to_owned()] } else { many(kind, count) };
        let falcon = StandIn::in_the_clear().fails_before_the_deed(kind.update, 503, 1);
        let falcon = refusing_reads(falcon, *kind, &ids[0]);
        respond(linked(kind, &ids), &falcon).success();
    });
}

fn cases(service: &str, ids: &[&str]) -> Job {
    job_of(service, json!({"csfalcon-case-id": ids}))
}

#[test]
fn one_refused_case_keeps_no_other_from_being_worked_on() {
    let ids = [CASE, "b3BlbmNhc2UtMDAwMg-7Qk3nVfYp_xZ2R", "b3BlbmNhc2UtMDAwMw-7Qk3nVfYp_xZ2R"];
    for service in ["update_case", "add_tags"] {
        let falcon = refusing_reads(StandIn::in_the_clear(), A_CASE, ids[1]);
        let told = respond(cases(service, &ids).with("/config/tags", json!(["a"])), &falcon).failure();
        assert!(
            told.contains("1 case linked to case #42") && told.contains("Falcon answered HTTP 400: invalid element"),
            "{told}"
        );
        assert!(told.contains("\n2 cases were ") && told.contains(ids[1]), "{service}: {told}");
    }
    let falcon = refusing_reads(StandIn::in_the_clear(), A_CASE, ids[1]);
    let told = respond(cases("get_case", &ids), &falcon).failure();
    assert!(told.contains(&format!("Falcon did not show 1 case: Falcon answered HTTP 400: invalid element in the request (code 400). Not shown: {}", ids[1])), "{told}");
}

#[test]
fn reads_leave_extra_requests_for_writes() {
    let ids = many(&AN_ALERT, 400);
    let bad: Vec<String> = ids.iter().step_by(40).map(|id| format!("\"{id}\"")).collect();
    // Reads are refused for some alerts, and updates for the last one.
    let last = format!("\"{}\"", ids[399]);
    let falcon = StandIn::in_the_clear().disturbed(move |request| {
        let body = String::from_utf8_lossy(&request.body);
        let is_refused = (request.is_to(ALERT_READ) && bad.iter().any(|id| body.contains(id)))
            || (request.is_to(ALERTS) && body.contains(&last));
        let fault = is_refused.then(|| instead(400, &answers::named("alerts-refused-whole").body, false));
        Disturbance { fault, ..Disturbance::default() }
    });
    let told = respond(linked(&AN_ALERT, &ids).with("/config/reopened_status", true), &falcon).failure();
    assert_eq!(falcon.hits(ALERT_READ), 2 + 32, "{told}");
    assert!(ids[..399].iter().all(|id| falcon.status_of(id).as_deref() == Some("in_progress")), "{told}");
}
