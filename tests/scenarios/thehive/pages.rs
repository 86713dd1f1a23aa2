//! Pages of a case's alerts that are too long: everything that can be read is read, and what cannot is named.

use serde_json::{Value, json};

use super::{BOTH, CASE_ID, case, details, linked, patient, respond};
use crate::common::the_hive::{QUERY, SEARCH, more};
use crate::common::{Ran, StandIn, TheHive, together};

/// Longer than a response may be.
const TOO_LONG: usize = 8_100_000;

/// A case with so many alerts, those at these places with a description of so many bytes.
fn with_long(hive: TheHive, alerts: usize, places: &[usize], length: usize) -> TheHive {
    let hive = hive.with_case(CASE_ID, 42, "InProgress").with_more_alerts(CASE_ID, alerts);
    places.iter().fold(hive, |hive, n| hive.showing(&format!("~more{n}"), "/description", "d".repeat(length)))
}

fn run(hive: &TheHive, falcon: &StandIn) -> Ran {
    respond(patient(case("InProgress", json!({}), hive)), falcon)
}

fn queries(hive: &TheHive) -> Vec<Value> {
    let queries = hive.requests().into_iter().filter(|request| request.is_to(QUERY));
    queries.map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect()
}

#[test]
fn a_new_thehive_leaves_long_fields_out_so_that_a_page_of_any_alerts_fits() {
    let hive = with_long(TheHive::five(), 40, &[3, 4, 5, 6, 7, 8, 9, 10, 39], 1_000_000);
    let report = run(&hive, &StandIn::in_the_clear()).success();
    assert_eq!(details(&report), ["40 alerts were updated to in_progress."]);
    let queries = queries(&hive);
    assert_eq!((queries.len(), &queries[0]["excludeFields"]), (1, &json!(["description", "summary"])));
}

#[test]
fn an_old_thehive_is_asked_once_without_exclude_fields_and_then_for_smaller_pages() {
    let hive = with_long(TheHive::five(), 150, &[0, 1, 2, 3, 4, 5, 6, 7, 8], 1_000_000).without_exclude_fields();
    let report = run(&hive, &StandIn::in_the_clear()).success();
    assert_eq!(details(&report), ["150 alerts were updated to in_progress."]);
    let queries = queries(&hive);
    let are_excluded: Vec<bool> = queries.iter().map(|query| query.get("excludeFields").is_some()).collect();
    assert_eq!(are_excluded.iter().filter(|is_excluded| **is_excluded).count(), 1, "{are_excluded:?}");
    let pages: Vec<[u64; 2]> =
        queries.iter().map(|query| ["from", "to"].map(|end| query["query"][2][end].as_u64().unwrap())).collect();
    assert_eq!(pages[..4], [[0, 100], [0, 100], [0, 50], [0, 25]]);
    assert!(pages.len() < 16, "{pages:?}");
}

#[test]
fn a_thehive_without_pages_is_asked_for_ranges_if_the_whole_list_is_too_long() {
    let hive = with_long(TheHive::four(), 120, &[10, 30, 50, 70, 90], 2_000_000);
    let report = run(&hive, &StandIn::in_the_clear()).success();
    assert_eq!(details(&report), ["120 alerts were updated to in_progress."]);
    let ranges: Vec<String> =
        hive.requests().into_iter().filter(|request| request.is_to(SEARCH)).map(|request| request.query).collect();
    assert_eq!(ranges[..3], ["range=all", "range=0-100", "range=0-50"]);
}

#[test]
fn an_alert_that_is_too_long_by_itself_is_named_and_all_others_are_updated() {
    let rows = [(BOTH[0], 7, vec![0, 3]), (BOTH[1], 2, vec![1])];
    together(&rows, |(hive, alerts, places)| {
        let hive = with_long(hive(), *alerts, places, TOO_LONG).without_exclude_fields();
        let hive = hive.with_alert_in(CASE_ID, "~last", "det-1", linked(&more(1_000)));
        let falcon = StandIn::in_the_clear();
        let message = run(&hive, &falcon).failure();
        let cause = match places[..] {
            [one] => format!("1 alert of the case is too long to be read from TheHive: ~more{one} (case #42).\nNext: "),
            _ => "2 alerts of the case are too long to be read from TheHive: ~more0 and ~more3 (case #42).\nNext: "
                .into(),
        };
        assert!(message.starts_with(&cause), "{message:.1000}");
        let updated = |n| falcon.status_of(&more(n)).as_deref() == Some("in_progress");
        assert!((0..*alerts).chain([1_000]).all(|n| updated(n) != places.contains(&n)), "{message:.1000}");
    });
}

#[test]
fn an_alert_with_more_ids_than_fit_is_named_and_all_others_are_updated() {
    let ids = vec!["x".repeat(1_000); 1_100];
    for hive in BOTH {
        let hive = hive()
            .with_case(CASE_ID, 42, "InProgress")
            .with_alert_in(CASE_ID, "~1", "det-1", json!({"csfalcon-incident-id": ids}))
            .with_alert_in(CASE_ID, "~2", "det-2", linked(&more(2)))
            .with_alert_in(CASE_ID, "~3", "det-3", json!({"csfalcon-alert-id": more(3), "notes": ids}));
        let falcon = StandIn::in_the_clear();
        let message = run(&hive, &falcon).failure();
        assert!(
            message.starts_with("1 alert of the case is too long to be read from TheHive: ~1 (case #42)."),
            "{message}"
        );
        for n in [2, 3] {
            assert_eq!(falcon.status_of(&more(n)).as_deref(), Some("in_progress"));
        }
    }
}
