//! Alerts of a case that hold what is no id, or no id that Falcon takes any more.

use serde_json::{Value, json};

use super::{BOTH, CASE_ID, case, details, linked, respond, updated};
use crate::common::the_hive::more;
use crate::common::{ALERT, INCIDENT, OTHER_ALERT, StandIn, TheHive};

const LEGACY: &str = "ldt:3c1f5a7e9b2d4860a1c3e5f708192a3b:8589934593";
const OWN_LEGACY: &str = "ldt:3c1f5a7e9b2d4860a1c3e5f708192a3b:4294967297";

fn with_alert(hive: TheHive, fields: Value) -> TheHive {
    hive.with_case(CASE_ID, 42, "InProgress").with_alert_in(CASE_ID, "~8360", &more(0), fields).with_alert_in(
        CASE_ID,
        "~8392",
        "det-2",
        linked(OTHER_ALERT),
    )
}

#[test]
fn what_is_no_id_is_told_and_all_else_is_updated() {
    let url = format!("https://falcon.crowdstrike.com/activity/detections/detail/{}", more(7));
    let (long, url) = ("x".repeat(1_100), url.as_str());
    for (value, why) in [
        (
            json!([format!("a{}b", '\u{200b}'), ALERT]),
            "the id \"ab\" holds the character U+200B, which no Falcon id has",
        ),
        (json!([long, ALERT]), "bytes long; no Falcon id is longer than 1024"),
        (json!([url, ALERT]), "the id is a URL; expected the id alone, which seems to be"),
    ] {
        for hive in BOTH {
            let hive = with_alert(hive(), json!({"csfalcon-alert-id": value, "csfalcon-incident-id": INCIDENT}));
            let report = respond(case("InProgress", json!({}), &hive), &StandIn::in_the_clear()).success();
            assert_eq!(updated(&report, "alert"), [ALERT, OTHER_ALERT]);
            assert_eq!(updated(&report, "incident"), [INCIDENT]);
            let told = details(&report);
            assert!(
                told[0].starts_with("Of alert ~8360, an alert of the case, this was not taken: the id "),
                "{told:?}"
            );
            assert!(told[0].contains(why), "{told:?}");
            assert_eq!(told.len(), 3, "{told:?}");
        }
    }
}

#[test]
fn a_field_that_can_hold_no_id_is_told() {
    let hive = with_alert(TheHive::five(), json!({"csfalcon-alert-id": true}));
    let report = respond(case("InProgress", json!({}), &hive), &StandIn::in_the_clear()).success();
    let told = "Of alert ~8360, an alert of the case, this was not taken: the custom field csfalcon-alert-id holds true; expected an id, a list of ids, or ids separated by commas.";
    assert_eq!(details(&report)[0], told);
    assert_eq!(updated(&report, "alert"), [&more(0), OTHER_ALERT], "its source is one of Falcon's alerts");
}

#[test]
fn of_many_that_are_no_ids_twenty_are_told() {
    let strange: Vec<String> = (0..37).map(|n| format!("https://{n}")).collect();
    let hive = with_alert(TheHive::five(), json!({"csfalcon-alert-id": strange}));
    let report = respond(case("InProgress", json!({}), &hive), &StandIn::in_the_clear()).success();
    let told = details(&report);
    assert_eq!((told.len(), told[20].as_str()), (22, "17 more values like these in alerts of the case."));
}

#[test]
fn a_legacy_detection_of_an_alert_is_told_as_one_of_the_case_is() {
    for hive in BOTH {
        let hive = with_alert(hive(), linked(LEGACY));
        let falcon = StandIn::in_the_clear();
        let own = json!({"csfalcon-alert-id": [ALERT, OWN_LEGACY]});
        let told = respond(case("InProgress", own, &hive), &falcon).fails_with(&[
            "2 alerts linked to case #42 (InProgress in TheHive) were not updated to in_progress: this is the id of a legacy detection",
            "\n2 alerts were updated to in_progress.\n",
        ]);
        assert!(told.ends_with(&format!("\nNot updated alerts: {OWN_LEGACY}, {LEGACY}")), "{told}");
        assert_eq!(falcon.status_of(OTHER_ALERT).as_deref(), Some("in_progress"));
        assert_eq!(falcon.status_of(&more(0)), None, "an alert with an id of its own goes by that");
    }
}

#[test]
fn a_case_of_legacy_detections_alone_sends_nothing() {
    let hive = TheHive::five().with_case(CASE_ID, 42, "New").with_alert_in(CASE_ID, "~1", "det-1", linked(LEGACY));
    let falcon = StandIn::in_the_clear();
    respond(case("New", json!({}), &hive), &falcon).fails_with(&["legacy detection", LEGACY]);
    assert!(falcon.requests().is_empty());
}

#[test]
fn more_ids_than_a_job_updates_are_refused_before_any_is_sent() {
    let ids = |from: usize| (from..from + 10_001).map(more).collect::<Vec<_>>().join(" ");
    let hive = TheHive::five()
        .with_case(CASE_ID, 42, "New")
        .with_alert_in(CASE_ID, "~1", "det-1", linked(&ids(0)))
        .with_alert_in(CASE_ID, "~2", "det-2", linked(&ids(10_001)));
    let falcon = StandIn::in_the_clear();
    let told = "The case and its alerts hold 20002 ids; no more than 20000 are updated in one job (case #42).";
    respond(case("New", json!({}), &hive), &falcon).fails_with(&[told]);
    assert!(falcon.requests().is_empty());
}
