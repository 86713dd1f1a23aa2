//! `update_case`: the linked cases get what TheHive's case says, unless somebody has changed them meanwhile.

use serde_json::{Value, json};

use super::{alert_of, asked, full, instead, job_of, reads, respond, tags_the_alert, tags_the_case};
use crate::common::answers::{self, put};
use crate::common::{CASE, Job, StandIn};

const PATCH: &str = "PATCH /cases/entities/cases/v2";
const FIELDS: &str = r#"{"name":"Credential dumping on FIN-LT-0042","description":"Merged from two Falcon alerts.","severity":70,"status":"in_progress"}"#;

fn update() -> Job {
    job_of("update_case", json!({"csfalcon-case-id": CASE}))
}

/// The update of the fixtures' case at this version.
fn patches(fields: &str, version: u64) -> String {
    format!(r#"{PATCH} {{"fields":{fields},"id":"{CASE}","expected_version":{version}}}"#)
}

#[test]
fn a_case_gets_all_fields_provided_that_nobody_has_changed_it() {
    let falcon = StandIn::in_the_clear();
    let report = respond(update(), &falcon).success();
    assert_eq!(asked(&falcon), [reads(&[CASE]), patches(FIELDS, 1)]);
    let case = &falcon.cases()[CASE];
    assert_eq!(
        (case.name.as_str(), case.severity, case.status.as_str()),
        ("Credential dumping on FIN-LT-0042", 70, "in_progress")
    );
    let full = full(&report, &[]);
    let names = "name, description, severity and status";
    assert_eq!(full["message"], format!("Falcon has the {names} of case #42 in the case {CASE}."));
    assert_eq!(full["details"], json!([format!("1 case was updated in {names}.")]));
    let target = &full["targets"][0];
    assert_eq!(
        (&target["target"], &target["change"], &target["ids"]),
        (&json!("case"), &json!(format!("updated in {names}")), &json!([CASE]))
    );
    assert_eq!(report["operations"], tags_the_case());
}

#[test]
fn only_the_fields_that_are_asked_for_are_sent() {
    let user = "21b6f0c4-0000-4000-8000-0000000000a1";
    let rows = [
        (json!(["severity"]), Value::Null, r#"{"severity":70}"#.to_owned()),
        (
            json!(["status", "name"]),
            Value::Null,
            r#"{"name":"Credential dumping on FIN-LT-0042","status":"in_progress"}"#.to_owned(),
        ),
        (json!(["status"]), json!(user), format!(r#"{{"status":"in_progress","assigned_to_user_uuid":"{user}"}}"#)),
        (json!([]), Value::Null, FIELDS.to_owned()),
    ];
    for (wanted, user, fields) in rows {
        let falcon = StandIn::in_the_clear();
        let job = update().with("/config/update_fields", wanted).with("/config/assigned_to_user_uuid", user);
        respond(job, &falcon).success();
        assert_eq!(asked(&falcon)[1], patches(&fields, 1));
    }
    let falcon = StandIn::in_the_clear();
    respond(update().with("/config/update_fields", json!(["tags"])), &falcon)
        .fails_with(&["update_fields has the entry \"tags\"; expected any of name, description, severity, status"]);
    respond(update().with("/config/update_fields", json!(["name", "colour", "shape"])), &falcon)
        .fails_with(&["update_fields has the entry \"colour\""]);
    assert_eq!(falcon.requests().len(), 0);
}

#[test]
fn texts_are_cut_and_only_what_was_sent_is_told() {
    let long = update().with("/data/title", "é".repeat(200)).with("/data/description", "é".repeat(1_025));
    let falcon = StandIn::in_the_clear();
    let report = respond(long.clone(), &falcon).success();
    assert_eq!((falcon.cases()[CASE].name.len(), falcon.cases()[CASE].description.len()), (256, 2_048));
    assert_eq!(report["full"]["details"][0], "The name was cut after 256 bytes.");
    assert_eq!(report["full"]["details"][1], "The description was cut after 2048 bytes.");
    let report =
        respond(long.with("/config/update_fields", json!(["description"])), &StandIn::in_the_clear()).success();
    assert_eq!(report["full"]["details"].as_array().unwrap().len(), 2, "{report:#}");
    assert_eq!(report["full"]["details"][0], "The description was cut after 2048 bytes.");
}

#[test]
fn where_there_is_no_such_field_nothing_is_to_be_done() {
    let falcon = StandIn::in_the_clear();
    let job = update().with("/config/update_fields", json!(["description"])).with("/data/description", " ");
    let report = respond(job, &falcon).success();
    let message = "There was nothing to do: case #42 has none of the fields that are to be updated.";
    assert_eq!(full(&report, &[])["message"], message);
    assert_eq!((falcon.requests().len(), &report["operations"]), (0, &json!([])));
}

#[test]
fn a_case_that_somebody_else_has_changed_is_read_again_and_updated_once_more() {
    let falcon = StandIn::in_the_clear().with_cases_changed_meanwhile(1);
    respond(update(), &falcon).success();
    assert_eq!(asked(&falcon), [reads(&[CASE]), patches(FIELDS, 1), reads(&[CASE]), patches(FIELDS, 2)]);
    assert_eq!((falcon.cases()[CASE].severity, falcon.cases()[CASE].version), (70, 3));
}

#[test]
fn a_case_that_is_changed_again_is_left_alone() {
    let falcon = StandIn::in_the_clear().with_cases_changed_meanwhile(2);
    respond(update(), &falcon).fails_with(&[
        "1 case linked to case #42 (InProgress in TheHive) was not updated in name, description, severity and status: ",
        "Falcon answered HTTP 409: the case has another version by now",
        "\nNext: Somebody changed it in Falcon at the same moment: look at it there",
        &format!("\nNot updated case: {CASE}; trace id "),
    ]);
    assert_eq!((falcon.hits(PATCH), falcon.cases()[CASE].severity), (2, 50));
}

#[test]
fn an_update_of_our_own_whose_answer_got_lost_is_no_conflict() {
    let falcon = StandIn::in_the_clear().loses_answers(PATCH, 1);
    respond(update(), &falcon).success();
    assert_eq!(asked(&falcon), [reads(&[CASE]), patches(FIELDS, 1), patches(FIELDS, 1), reads(&[CASE])]);
    assert_eq!(falcon.cases()[CASE].version, 2, "it was done once");
}

#[test]
fn what_an_answer_does_not_show_is_read_back() {
    let shown = |case: Value| answers::case_updated(case).body;
    let other_name = put(put(answers::case(CASE, "in_progress", 2), "/severity", 70), "/name", "Another");
    let rows = [
        (shown(other_name), "its answer shows the name Another"),
        (shown(answers::case("b3RoZXI", "in_progress", 2)), "its answer does not show what became of it"),
        (shown(Value::Null), "its answer does not show what became of it"),
        (
            answers::named("case-updated").with("/errors", json!([{"code": 400, "message": "workflow failed"}])).body,
            "workflow failed",
        ),
    ];
    for (body, why) in &rows {
        let falcon = StandIn::in_the_clear().fails(PATCH, instead(200, body, true), 1);
        respond(update(), &falcon).success();
        assert_eq!(asked(&falcon).last(), Some(&reads(&[CASE])));
        let falcon = StandIn::in_the_clear().fails(PATCH, instead(200, body, false), 1);
        respond(update(), &falcon).fails_with(&[
            "was not updated in name, description",
            why,
            "read back a moment later, it still shows",
        ]);
    }
}

#[test]
fn the_cases_of_an_alert_are_updated_and_the_alert_is_tagged() {
    let falcon = StandIn::in_the_clear();
    let report = respond(alert_of("update_case", json!({"csfalcon-case-id": [CASE, "b3RoZXI"]})), &falcon).success();
    assert_eq!(
        full(&report, &[])["message"],
        format!(
            "Falcon has the name, description, severity and status of alert ~81920 in the cases {CASE} and b3RoZXI."
        )
    );
    assert_eq!((falcon.hits(PATCH), &report["operations"]), (2, &tags_the_alert()));
}
