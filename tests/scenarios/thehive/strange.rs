//! Responses of TheHive's that are odd, or about something else.

use serde_json::{Value, json};

use super::{ALERT_ID, BOTH, CASE_ID, alert, case, details, linked, respond, updated};
use crate::common::the_hive::{QUERY, answers, more};
use crate::common::{ALERT, Fault, StandIn, TheHive, together};

fn shown(body: &Value) -> Fault {
    Fault::Answer { status: 200, headers: Vec::new(), body: body.to_string().into() }
}

#[test]
fn an_answer_about_another_id_is_not_believed() {
    let other = answers::named("5-case").with("/stage", "Closed").body;
    let without = json!({"_type": "Case", "stage": "Closed", "number": 7});
    for (body, what) in [(other, "the _id ~4200"), (without, "no _id")] {
        let hive = TheHive::five().with_case(CASE_ID, 42, "New").with_alert_in(CASE_ID, "~1", "det-1", json!({}));
        let hive = hive.fails("/api/v1/case/*", shown(&body), usize::MAX);
        let falcon = StandIn::in_the_clear();
        let report = respond(case("New", linked(ALERT), &hive), &falcon).success();
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("new"));
        let told = &details(&report)[0];
        assert!(told.starts_with("Whether TheHive has moved on was not looked up: TheHive at "), "{told}");
        assert!(told.ends_with(&format!(" answered with {what} to a request for {CASE_ID}.")), "{told}");
    }
    let hive = TheHive::five().with_alert("~1", "Closed", "det-1", json!({}));
    let hive = hive.fails(&format!("/api/v1/alert/{ALERT_ID}"), shown(&answers::named("5-alert").body), usize::MAX);
    let report = respond(alert("New", linked(ALERT), &hive), &StandIn::in_the_clear()).success();
    assert_eq!(report["full"]["stage"], "New");
}

#[test]
fn a_case_that_the_job_names_by_its_number_is_believed() {
    let hive = TheHive::five().with_case(CASE_ID, 42, "Closed");
    let shows = answers::named("5-case").with("/_id", CASE_ID).with("/stage", "Closed").body;
    let hive = hive.fails("/api/v1/case/42", shown(&shows), usize::MAX);
    let falcon = StandIn::in_the_clear();
    let job = case("New", linked(ALERT), &hive).with("/data/_id", "42").with("/data/id", "42");
    respond(job, &falcon).success();
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("closed"));
}

/// TheHive cuts titles and descriptions to a length, and with that an emoji in two.
#[test]
fn half_a_character_in_text_that_is_not_used_spoils_neither_a_page_nor_a_case() {
    together(&[r"\ud83d", r"\ude00 and \ud83d\ud83d"], |half| {
        let odd = |body: Value| {
            let body = body.to_string().replace("Credential dumping", half);
            assert!(body.contains(half), "{body}");
            Fault::Answer { status: 200, headers: Vec::new(), body: body.into() }
        };
        let fields =
            json!([{"name": "csfalcon-alert-id", "value": more(1)}, {"name": "note", "value": "Credential dumping"}]);
        let merged = answers::named("5-alert").with("/customFields", fields).body;
        let closed = answers::named("5-case").with("/_id", CASE_ID).with("/stage", "Closed").body;
        let hive = TheHive::five().with_case(CASE_ID, 42, "Closed").fails(QUERY, odd(json!([merged])), 1).fails(
            "/api/v1/case/*",
            odd(closed),
            usize::MAX,
        );
        let falcon = StandIn::in_the_clear();
        let report = respond(case("New", linked(ALERT), &hive), &falcon).success();
        assert_eq!(updated(&report, "alert"), [ALERT, &more(1)]);
        assert_eq!(falcon.status_of(&more(1)).as_deref(), Some("closed"));
    });
}

#[test]
fn a_list_that_an_older_thehive_shows_of_a_case_that_it_does_not_show_is_not_believed() {
    for hive in BOTH {
        let hive = hive().with_case("~7", 7, "New");
        let message = respond(case("New", linked(ALERT), &hive), &StandIn::in_the_clear()).failure();
        assert!(message.starts_with("The alerts of the case were not looked up in TheHive: "), "{message}");
        assert!(message.contains("answered HTTP 404: Case not found"), "{message}");
    }
}
