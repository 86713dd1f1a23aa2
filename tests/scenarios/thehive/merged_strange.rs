//! Alerts of a case that hold what is no id, or no id that Falcon takes any more.

use serde_json::{Value, json};

use super::{BOTH, CASE_ID, case, details, linked, patient, respond, updated};
use crate::common::the_hive::more;
use crate::common::{ALERT, INCIDENT, OTHER_ALERT, StandIn, TheHive, job};

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

/// The IDs of so many Falcon cases.
fn falcon_cases(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("0192f5c4-8d3b-7c41-9a6e-{n:012}")).collect()
}

#[test]
fn of_an_alert_with_too_many_ids_the_first_are_updated_and_so_is_all_else() {
    let short = |n: usize| format!("{}:x:{n}", &ALERT[..32]);
    let ids = (1..=20_001).map(short).collect::<Vec<_>>().join(" ");
    for hive in BOTH {
        let hive = hive()
            .with_case(CASE_ID, 42, "InProgress")
            .with_alert_in(CASE_ID, "~1", "det-1", linked(&ids))
            .with_alert_in(CASE_ID, "~2", "det-2", linked(OTHER_ALERT));
        let falcon = StandIn::in_the_clear();
        respond(case("InProgress", linked(ALERT), &hive), &falcon).fails_with(&[
            "IDs of 1 alert of the case were left out, because a job updates no more than 20000 IDs, 1000 of them of Falcon cases, and of one alert no more than 1000, 100 of them of Falcon cases: ~1 (19001 IDs)",
            "1002 alerts were updated to in_progress.",
            "Take the IDs that do not belong to these alerts out of their custom fields in TheHive",
        ]);
        for id in [ALERT, OTHER_ALERT, &short(1_000)] {
            assert_eq!(falcon.status_of(id).as_deref(), Some("in_progress"), "{id}");
        }
        assert_eq!(falcon.status_of(&short(1_001)), None);
    }
}

#[test]
fn what_is_not_an_id_takes_room_as_well() {
    let ids = json!((0..1_003).map(|n| format!("no-id-{n}")).collect::<Vec<_>>());
    let hive = with_alert(TheHive::five(), json!({"csfalcon-alert-id": ids}));
    let falcon = StandIn::in_the_clear();
    respond(case("InProgress", json!({}), &hive), &falcon).fails_with(&[
        ": ~8360 (4 IDs)",
        "\n999 alerts were not updated",
        "\n2 alerts were updated to in_progress.",
    ]);
    assert_eq!(falcon.status_of(OTHER_ALERT).as_deref(), Some("in_progress"));
}

#[test]
fn the_ids_of_the_case_itself_come_first_and_those_of_its_alerts_as_far_as_there_is_room() {
    let own = (1..20_000).map(|n| format!("{ALERT}:{n}")).collect::<Vec<_>>().join(" ");
    let hive = TheHive::five()
        .with_case(CASE_ID, 42, "InProgress")
        .with_alert_in(CASE_ID, "~1", "det-1", linked(&format!("{ALERT}:1 {}", more(0))))
        .with_alert_in(CASE_ID, "~2", "det-2", linked(&more(1)))
        .with_alert_in(CASE_ID, "~3", "det-3", linked(&more(0)));
    let falcon = StandIn::in_the_clear();
    respond(patient(case("InProgress", linked(&own), &hive)), &falcon).fails_with(&[
        "IDs of 1 alert of the case were left out",
        ": ~2 (1 ID)",
        "20000 alerts were updated",
    ]);
    assert_eq!(falcon.status_of(&more(0)).as_deref(), Some("in_progress"));
    assert_eq!(falcon.status_of(&more(1)), None);
}

#[test]
fn of_an_alert_with_too_many_falcon_cases_the_first_are_updated_and_so_is_all_else() {
    let ids = json!({"csfalcon-case-id": falcon_cases(0..15_000).join(" ")});
    let hive = with_alert(TheHive::five(), ids);
    let falcon = StandIn::in_the_clear();
    respond(case("InProgress", json!({}), &hive), &falcon)
        .fails_with(&["IDs of 1 alert of the case were left out", ": ~8360 (14900 IDs)"]);
    assert_eq!(falcon.hits("PATCH /cases/entities/cases/v2"), 100);
    assert_eq!(falcon.status_of(OTHER_ALERT).as_deref(), Some("in_progress"));
}

#[test]
fn a_job_updates_no_more_than_a_thousand_falcon_cases() {
    let own = json!({"csfalcon-case-id": falcon_cases(0..999).join(" ")});
    let hive = with_alert(TheHive::five(), json!({"csfalcon-case-id": falcon_cases(998..1_002).join(" ")}));
    let falcon = StandIn::in_the_clear();
    let job = patient(case("InProgress", own, &hive));
    respond(job, &falcon).fails_with(&["IDs of 1 alert of the case were left out", ": ~8360 (2 IDs)"]);
    assert_eq!(falcon.hits("PATCH /cases/entities/cases/v2"), 1_000);
}

#[test]
fn more_falcon_cases_in_the_job_itself_are_refused_before_any_is_sent() {
    let own = json!({"csfalcon-case-id": falcon_cases(0..1_001).join(" ")});
    for job in [job("thehive5-alert"), job("thehive5-case")] {
        let falcon = StandIn::in_the_clear();
        let told = "it is linked to 1001 cases; no more than 1000 are worked on in one job";
        respond(job.with("/data/stage", "InProgress").linked_to(own.clone()), &falcon).fails_with(&[told]);
        assert!(falcon.requests().is_empty());
    }
}
