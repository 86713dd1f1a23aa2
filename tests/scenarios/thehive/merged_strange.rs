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
fn what_is_not_an_id_is_named_with_its_alert_and_all_else_is_updated() {
    let url = format!("https://falcon.crowdstrike.com/{}/{}", more(7), more(8));
    for (value, why) in [
        (json!([format!("a{}b", '\u{200b}'), ALERT]), "holds the character U+200B, which no Falcon ID has"),
        (json!(["x".repeat(1_100), ALERT]), "is longer than 1024 bytes"),
        (json!([url, ALERT]), "is a link with more than one ID"),
        (json!(["17219", ALERT]), "is not a composite ID"),
    ] {
        for hive in BOTH {
            let falcon = StandIn::in_the_clear();
            let hive = with_alert(hive(), json!({"csfalcon-alert-id": value, "csfalcon-incident-id": INCIDENT}));
            let why = format!("a value of the custom field csfalcon-alert-id {why}");
            let told = respond(case("InProgress", json!({}), &hive), &falcon).fails_with(&[
                "1 alert linked to case #42 (InProgress in TheHive) was not updated to in_progress: ",
                &why,
                "\n2 alerts were updated to in_progress.",
                "\n1 incident was updated to 30 (in progress).",
                " (of alert ~8360)",
            ]);
            assert!(
                [ALERT, OTHER_ALERT].iter().all(|id| falcon.status_of(id).as_deref() == Some("in_progress")),
                "{told}"
            );
        }
    }
}

#[test]
fn an_alert_whose_field_holds_no_id_goes_by_its_source() {
    let hive = with_alert(TheHive::five(), json!({"csfalcon-alert-id": true}));
    let falcon = StandIn::in_the_clear();
    respond(case("InProgress", json!({}), &hive), &falcon).fails_with(&[
        "csfalcon-alert-id is neither text nor a whole number",
        "\nNot updated alert: true (of alert ~8360)",
    ]);
    assert_eq!(falcon.status_of(&more(0)).as_deref(), Some("in_progress"));
}

#[test]
fn placeholders_of_the_alerts_are_details() {
    let hive = with_alert(TheHive::five(), json!({"csfalcon-alert-id": "${id}"}));
    let report = respond(case("InProgress", json!({}), &hive), &StandIn::in_the_clear()).success();
    let told = "The custom field csfalcon-alert-id of alert ~8360 holds ${id}, a placeholder that was not filled in.";
    assert_eq!(details(&report)[0], told);
    assert_eq!(updated(&report, "alert"), [&more(0), OTHER_ALERT], "its source is one of Falcon's alerts");
}

#[test]
fn of_many_alerts_with_placeholders_twenty_are_named() {
    let with_placeholder = |hive: TheHive, n: usize| {
        let fields = json!({"csfalcon-alert-id": "{{ id }}"});
        hive.with_alert_in(CASE_ID, &format!("~{n}"), &more(n), fields)
    };
    let hive = (0..37).fold(TheHive::five().with_case(CASE_ID, 42, "InProgress"), with_placeholder);
    let report = respond(case("InProgress", json!({}), &hive), &StandIn::in_the_clear()).success();
    let told = details(&report);
    assert_eq!((told.len(), told[20].as_str()), (22, "17 more fields hold placeholders like these."));
}

#[test]
fn a_legacy_detection_of_an_alert_is_told_as_one_of_the_case_is() {
    for hive in BOTH {
        let hive = with_alert(hive(), linked(LEGACY));
        let falcon = StandIn::in_the_clear();
        let own = json!({"csfalcon-alert-id": [ALERT, OWN_LEGACY]});
        let told = respond(case("InProgress", own, &hive), &falcon).fails_with(&[
            "2 alerts linked to case #42 (InProgress in TheHive) were not updated to in_progress: a value of the custom field csfalcon-alert-id is the ID of a legacy detection",
            "\n2 alerts were updated to in_progress.\n",
        ]);
        assert!(told.ends_with(&format!("\nNot updated alerts: {OWN_LEGACY}, {LEGACY} (of alert ~8360)")), "{told}");
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
