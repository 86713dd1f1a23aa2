//! `add_evidence`: the alerts and events of TheHive's case go to the linked cases, as many as fit and once each.

use serde_json::{Value, json};

use super::{alert_of, asked, full, instead, job_of, reads, respond, tags_the_alert, tags_the_case};
use crate::common::answers::{self, put};
use crate::common::strict::{CASE_ALERTS, CASE_EVENTS, CASES};
use crate::common::{ALERT, CASE, Job, OTHER_ALERT, StandIn, job};

const EVENT: &str = "event-1_8QmZ";

/// A job with these alerts and events.
fn evidence(alerts: &[&str], events: &[&str]) -> Job {
    job_of("add_evidence", json!({"csfalcon-alert-id": alerts, "csfalcon-event-id": events, "csfalcon-case-id": CASE}))
}

/// A tenant whose case has so many events as evidence.
fn with_events(count: usize) -> StandIn {
    let fill = |n: usize| format!("other-{n}");
    StandIn::in_the_clear()
        .with_case(CASE, "new", &[])
        .with_case_like(CASE, |case| case.events = (0..count).map(fill).collect())
}

#[test]
fn alerts_and_events_are_added() {
    let falcon = with_events(0);
    let report = respond(evidence(&[ALERT, OTHER_ALERT], &[EVENT]), &falcon).success();
    let mut seen = asked(&falcon);
    seen[1..].sort();
    let alerts =
        format!(r#"POST {CASE_ALERTS} {{"id":"{CASE}","alerts":[{{"id":"{ALERT}"}},{{"id":"{OTHER_ALERT}"}}]}}"#);
    let events = format!(r#"POST {CASE_EVENTS} {{"id":"{CASE}","events":[{{"id":"{EVENT}"}}]}}"#);
    assert_eq!(seen, [reads(&[CASE]), alerts, events]);
    let full = full(&report, &[]);
    assert_eq!(full["message"], format!("Falcon has the evidence of case #42 in the case {CASE}."));
    let added = |what: &str| format!("{what} added to the case {CASE} as evidence.");
    assert_eq!(full["details"], json!([added("2 alerts were"), added("1 event was")]));
    assert_eq!((&full["targets"][1]["target"], &full["targets"][1]["ids"]), (&json!("event"), &json!([EVENT])));
    assert_eq!(report["operations"], tags_the_case());
}

#[test]
fn what_a_case_has_is_not_added_again() {
    let falcon = with_events(0).with_case_like(CASE, |case| case.alerts = vec![ALERT.into()]);
    let report = respond(evidence(&[ALERT, OTHER_ALERT], &[]), &falcon).success();
    assert_eq!(report["full"]["targets"][0]["ids"], json!([OTHER_ALERT]));
    let report = respond(evidence(&[ALERT, OTHER_ALERT], &[]), &falcon).success();
    assert_eq!(full(&report, &[])["message"], format!("Falcon had all evidence of case #42 in the case {CASE}."));
    assert_eq!((&report["full"]["targets"], &report["operations"]), (&json!([]), &tags_the_case()));
    assert_eq!(falcon.hits(CASE_ALERTS), 1);
}

#[test]
fn what_does_not_fit_is_named_and_so_is_what_went_in() {
    let falcon = with_events(98);
    let told = respond(evidence(&[ALERT], &[EVENT, "event-2_8QmZ", "event-3_8QmZ"]), &falcon).fails_with(&[
        &format!("2 events linked to case #42 were not added to the case {CASE} as evidence: a case holds 100 items of evidence and no more."),
        "\nNext: Take evidence off the case in Falcon",
        &format!("\nAdded alert to the case {CASE}: {ALERT}"),
        &format!("\nAdded event to the case {CASE}: {EVENT}"),
        &format!("\nNot added events to the case {CASE}: event-2_8QmZ, event-3_8QmZ"),
    ]);
    assert!(told.contains(&format!("\n1 alert was added to the case {CASE} as evidence.")), "{told}");
    let case = &falcon.cases()[CASE];
    assert_eq!((case.evidence(), &case.alerts), (100, &vec![ALERT.to_owned()]));
    let full_case = with_events(100);
    respond(evidence(&[ALERT], &[]), &full_case)
        .fails_with(&[&format!("\nNot added alert to the case {CASE}: {ALERT}")]);
    assert_eq!(full_case.hits(CASE_ALERTS), 0);
}

#[test]
fn an_alert_that_two_cases_refuse_counts_once() {
    let other = "b3BlbmNhc2UtMDAwMg-8Rl4oWgZq_yA3S";
    let refused = instead(418, &answers::refusal(418, "not today").body, false);
    let falcon = with_events(0).with_case(other, "new", &[]).fails(CASE_ALERTS, refused, 2);
    let told = respond(
        evidence(&[ALERT], &[]).linked_to(json!({"csfalcon-alert-id": ALERT, "csfalcon-case-id": [CASE, other]})),
        &falcon,
    )
    .failure();
    assert!(told.starts_with("1 alert linked to case #42 was not added: Falcon answered HTTP 418"), "{told}");
    for case in [CASE, other] {
        assert!(told.contains(&format!("Not added alert to the case {case}: {ALERT}")), "{told}");
    }
}

#[test]
fn the_last_place_is_taken_exactly() {
    let falcon = with_events(99);
    respond(evidence(&[ALERT], &[]), &falcon).success();
    assert_eq!(falcon.cases()[CASE].evidence(), 100);
}

#[test]
fn a_case_that_was_filled_meanwhile_is_told_in_falcons_words() {
    let falcon = with_events(0).fails(CASE_ALERTS, instead(400, &answers::named("case-evidence-full").body, false), 1);
    respond(evidence(&[ALERT], &[]), &falcon).fails_with(&[
        "100 items is the most a case can hold",
        &format!("\nNot added alert to the case {CASE}: {ALERT}"),
    ]);
}

#[test]
fn what_falcon_does_not_know_is_named_and_the_rest_goes_in() {
    let falcon = with_events(0).without(OTHER_ALERT);
    respond(evidence(&[ALERT, OTHER_ALERT], &[]), &falcon).fails_with(&[
        &format!(
            "1 alert linked to case #42 was not added to the case {CASE} as evidence: Falcon said: alert not found"
        ),
        &format!("\nAdded alert to the case {CASE}: {ALERT}"),
        &format!("\nNot added alert to the case {CASE}: {OTHER_ALERT}"),
    ]);
    assert_eq!(falcon.cases()[CASE].alerts, [ALERT]);
}

#[test]
fn legacy_detections_are_told_with_the_case_that_was_meant() {
    let falcon = with_events(0).with_case("b3RoZXI", "new", &["thehive:~41156"]);
    let job = job_of("add_evidence", json!({"csfalcon-alert-id": "ldt:a:1"}));
    respond(job, &falcon).fails_with(&["1 alert linked to case #42 was not added to the case b3RoZXI as evidence: a value of the custom field csfalcon-alert-id is the ID of a legacy detection", "\nNot added alert to the case b3RoZXI: ldt:a:1"]);
    respond(evidence(&["ldt:a:1", ALERT], &[]), &falcon).fails_with(&[
        &format!("\nAdded alert to the case {CASE}: {ALERT}"),
        &format!("\nNot added alert to the case {CASE}: ldt:a:1"),
    ]);
}

#[test]
fn one_wrong_alert_or_event_keeps_no_other_back() {
    let falcon = with_events(0);
    respond(evidence(&["4711", ALERT], &["two\u{200b}words", EVENT]), &falcon).fails_with(&[
        "1 alert linked to case #42 was not added to the case ",
        "a value of the custom field csfalcon-alert-id is not a composite ID",
        "a value of the custom field csfalcon-event-id holds the character U+200B",
        &format!("\nAdded alert to the case {CASE}: {ALERT}"),
        &format!("\nAdded event to the case {CASE}: {EVENT}"),
        &format!("\nNot added alert to the case {CASE}: 4711"),
        &format!("\nNot added event to the case {CASE}: twowords"),
    ]);
}

#[test]
fn the_source_of_an_alert_is_evidence_of_the_case_in_its_field() {
    let falcon = with_events(0);
    let job = job("thehive5-alert-source-ref")
        .with("/config/service", "add_evidence")
        .linked_to(json!({"csfalcon-case-id": CASE}));
    let source = job.0["data"]["sourceRef"].clone();
    let report = respond(job, &falcon).success();
    assert_eq!((&report["full"]["targets"][0]["ids"], &report["operations"]), (&json!([source]), &tags_the_alert()));
}

#[test]
fn where_there_is_no_evidence_the_fields_are_named() {
    let falcon = StandIn::in_the_clear();
    for job in [
        job_of("add_evidence", json!({"csfalcon-case-id": CASE, "csfalcon-alert-id": "-"})),
        alert_of("add_evidence", json!({})),
    ] {
        respond(job, &falcon).fails_with(&[
            "there is no evidence to add: the custom fields csfalcon-alert-id and csfalcon-event-id hold no id",
        ]);
    }
    assert_eq!(falcon.requests().len(), 0);
}

#[test]
fn every_linked_case_gets_what_it_lacks() {
    let falcon = with_events(100).with_case("b3RoZXI", "new", &[]);
    let fields = json!({"csfalcon-alert-id": ALERT, "csfalcon-case-id": [CASE, "b3RoZXI"]});
    respond(job_of("add_evidence", fields), &falcon).fails_with(&[
        &format!("was not added to the case {CASE} as evidence: a case holds 100"),
        "\n1 alert was added to the case b3RoZXI as evidence.",
    ]);
}

#[test]
fn evidence_that_an_answer_does_not_show_is_read_back() {
    let nothing = instead(200, &answers::named("case-evidence-added").with("/resources", Value::Null).body, true);
    let falcon = with_events(0).fails(CASE_EVENTS, nothing, 1);
    let report = respond(evidence(&[], &[EVENT]), &falcon).success();
    assert_eq!((&report["full"]["targets"][0]["ids"], falcon.cases()[CASE].events.len()), (&json!([EVENT]), 1));
    assert_eq!(asked(&falcon).last(), Some(&reads(&[CASE])));
}

/// The case of the sample, whose evidence comes in each form that Falcon has for it.
fn of_each_form() -> Value {
    put(answers::named("cases-read-evidence-forms").body["resources"][0].take(), "/id", CASE)
}

#[test]
fn evidence_is_present_by_its_selector_or_by_its_own_id() {
    let case = of_each_form();
    let id = |pointer: &str| case.pointer(pointer).and_then(Value::as_str).expect("an id").to_owned();
    let alerts = [0, 1].map(|n| id(&format!("/evidence/alerts/records/{n}/selector/id")));
    let event = id("/evidence/events/records/0/id");
    let read = || instead(200, &answers::cases_read(vec![of_each_form()], &[]).body, false);
    let falcon = StandIn::in_the_clear().fails(&format!("POST {CASES}"), read(), 1);
    let there = evidence(&[&alerts[0], &alerts[1]], &[&event]);
    let report = respond(there, &falcon).success();
    assert_eq!(full(&report, &[])["message"], format!("Falcon had all evidence of case #42 in the case {CASE}."));
    assert_eq!(asked(&falcon), [reads(&[CASE])]);
    // Falcon's own id of an item of evidence is an id of it, too.
    let falcon = StandIn::in_the_clear().fails(&format!("POST {CASES}"), read(), 1);
    respond(evidence(&[], &["er-0001"]), &falcon).success();
    assert_eq!(asked(&falcon), [reads(&[CASE])]);
}

#[test]
fn evidence_that_was_added_is_proved_in_each_form() {
    let forms = [
        json!({"id": "er-0007", "selector": {"id": ALERT}}),
        json!({"selector": {"id": ALERT}}),
        json!({"id": ALERT}),
        json!({"id": ALERT, "selector": {"id": ""}}),
        json!({"id": ALERT, "selector": null}),
    ];
    for form in forms {
        let case = put(answers::case(CASE, "new", 2), "/evidence/alerts/records", json!([form]));
        let answer = answers::named("case-evidence-added").with("/resources/0", case).body;
        let falcon = with_events(0).fails(CASE_ALERTS, instead(200, &answer, true), 1);
        respond(evidence(&[ALERT], &[]), &falcon).success();
        assert_eq!(asked(&falcon).len(), 2, "no read back for {form}");
    }
}

#[test]
fn evidence_that_is_null_is_none() {
    let no_evidence =
        [json!(null), json!({"alerts": null, "events": null, "leads": null}), json!({"alerts": {"records": null}})];
    for nothing in no_evidence {
        let case = put(answers::case(CASE, "new", 1), "/evidence", nothing);
        let answer = answers::named("case-evidence-added").with("/resources/0", case).body;
        let falcon = with_events(0).fails(CASE_ALERTS, instead(200, &answer, false), usize::MAX);
        let read = instead(200, &answers::cases_read(vec![answer["resources"][0].clone()], &[]).body, false);
        let falcon = falcon.fails(&format!("POST {CASES}"), read, usize::MAX);
        respond(evidence(&[ALERT], &[]), &falcon)
            .fails_with(&["was not added", "read back a moment later, it still shows no such evidence"]);
    }
}
