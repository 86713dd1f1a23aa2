//! No report is longer than a megabyte, whatever makes it long, and what is cut is counted. What is cut costs no memory, either.

use serde_json::{Value, json};

use crate::bounds::{FOR_ANY_ANSWER, FOR_ANY_JOB, alerts, bounded};
use crate::common::falcon::INCIDENTS;
use crate::common::responder::Ran;
use crate::common::{ALERT, CASE, Fault, INCIDENT, Job, StandIn, job, together};
use crate::services::job_of;
use crate::wishes::with;

const MAX_LENGTH: usize = 1_000_000;

/// A run within these limits, whose report is not too long; one that Cortex takes.
fn limited(kilobytes: u32, job: Job, falcon: &StandIn) -> Ran {
    let ran = bounded(kilobytes, job.with("/config/base_url", falcon.url()).0.to_string());
    assert!(ran.stdout.trim_end().len() <= MAX_LENGTH, "{} bytes", ran.stdout.len());
    ran.report();
    ran
}

/// A job of a service for tags, with 1,000 cases and 1,000 long tags.
fn tagging(service: &str) -> Job {
    let cases: Vec<String> = (0..1_000).map(|n| format!("case-{n:04}")).collect();
    let tags: Vec<String> = (0..1_000).map(|n| format!("t{n:03}{}", "x".repeat(280))).collect();
    job_of(service, json!({"csfalcon-case-id": cases})).with("/data/tags", tags)
}

#[test]
fn a_thousand_cases_that_falcon_does_not_know_and_a_thousand_tags() {
    for service in ["add_tags", "remove_tags"] {
        let falcon = (0..1_000).fold(StandIn::in_the_clear(), |falcon, n| falcon.without(&format!("case-{n:04}")));
        let message =
            limited(FOR_ANY_JOB, tagging(service), &falcon).fails_with(&["1000 cases linked to case #42", "t000xx"]);
        assert!(message.contains(" and 980 more: "), "tags are counted: {}", &message[..3_000]);
        assert!(message.contains("case-0000, case-0001") && message.contains("case-0999"));
    }
}

#[test]
fn a_thousand_cases_that_none_of_a_thousand_tags_fits() {
    let report = limited(FOR_ANY_JOB, tagging("add_tags"), &StandIn::in_the_clear()).success();
    let full = &report["full"];
    let shown = full["details"].as_array().unwrap().len() as u64;
    assert_eq!(shown + full["more_details"].as_u64().unwrap(), 1_000, "a sentence for each case, or a count");
    assert!(full["details"][0].as_str().unwrap().contains(" and 980 more."), "{}", full["details"][0]);
}

/// A tenant that links these many cases to the alert, each with twenty alerts that are not closed.
fn linking(cases: usize) -> StandIn {
    let ids: Vec<String> = (0..cases).map(|n| format!("linked-{n:04}")).collect();
    let falcon = StandIn::in_the_clear().linking(ALERT, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    ids.iter().enumerate().fold(falcon, |falcon, (number, id)| {
        let alerts: Vec<String> = (0..20).map(|n| format!("{ALERT}:{number:04}:{n:0>260}")).collect();
        falcon.with_case_like(id, |case| {
            case.tags.clear();
            case.alerts = alerts;
        })
    })
}

fn closed(fields: Value) -> Job {
    let job = job("thehive5-case").linked_to(fields).with("/data/stage", "Closed");
    with(job, &json!({"sync_linked_cases": true}))
}

#[test]
fn linked_cases_that_stay_open() {
    let falcon = linking(200);
    let report = limited(FOR_ANY_JOB, closed(json!({"csfalcon-alert-id": ALERT})), &falcon).success();
    let full = &report["full"];
    assert_eq!(full["message"], "Falcon follows case #42, which is Closed in TheHive: 1 alert.");
    let details = full["details"].as_array().unwrap();
    assert_eq!(details.len() as u64 + full["more_details"].as_u64().unwrap_or_default(), 201);
    let long = details.iter().filter(|detail| detail.as_str().unwrap().ends_with(" more characters"));
    assert_eq!(long.count(), 200, "the space is shared");
    assert_eq!(full["targets"][0]["ids"], json!([ALERT]));
}

#[test]
fn a_failure_with_both_long_details_and_many_ids() {
    let falcon =
        linking(200).fails(INCIDENTS, Fault::Answer { status: 404, headers: Vec::new(), body: Vec::new() }, usize::MAX);
    let incidents: Vec<String> = (0..4_000).map(|n| format!("{INCIDENT}:{n:0>130}")).collect();
    let job = closed(json!({"csfalcon-alert-id": ALERT, "csfalcon-incident-id": incidents}));
    let message = limited(FOR_ANY_JOB, job, &falcon)
        .fails_with(&["its incidents API is retired", "\n1 alert was updated to closed."]);
    let last = message.lines().last().unwrap();
    assert!(
        last.starts_with("Not updated incidents: ") && last.contains("… and ") && last.ends_with(" more characters")
    );
    assert_eq!(message.matches("The linked case ").count(), 200);
}

#[test]
fn a_created_case_with_more_than_fits() {
    let tags: Vec<String> = (0..1_000).map(|n| format!("t{n:03}{}", "x".repeat(280))).collect();
    let job = job_of("create_case", json!({"csfalcon-alert-id": alerts(1_200, 900)})).with("/data/tags", tags);
    let report = limited(FOR_ANY_JOB, job, &StandIn::in_the_clear()).success();
    assert_eq!(report["operations"].as_array().unwrap().len(), 2, "the case gets its tag and the id");
    let details = report["full"]["details"].to_string();
    assert!(details.contains("these did not fit") && details.contains(" more characters"), "{}", &details[..2_000]);
}

#[test]
fn an_operation_that_is_too_long_is_left_out_and_counted() {
    let job = job("thehive5-case")
        .linked_to(json!({"csfalcon-case-id": CASE}))
        .with("/config/sync_tag", "t".repeat(2_000_000));
    let report = limited(FOR_ANY_JOB, job, &StandIn::in_the_clear()).success();
    assert_eq!((&report["operations"], &report["more_operations"]), (&json!([]), &json!(1)));
}

#[test]
fn ten_long_answers_at_once_that_are_not_json() {
    let bodies = [
        "<p>a % b & c + d</p> ".repeat(376_000),
        "%2525".repeat(1_580_000),
        "ü".repeat(3_900_000),
        "\u{ff}".repeat(3_900_000),
    ];
    together(&bodies, |body| {
        let body = Fault::Answer { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() };
        let falcon = StandIn::in_the_clear().fails("PATCH /cases/entities/cases/v2", body, usize::MAX);
        let cases: Vec<String> = (0..10).map(|n| format!("case-{n}-b3BlbmNhc2U")).collect();
        let job = job("thehive5-case").linked_to(json!({"csfalcon-case-id": cases}));
        limited(FOR_ANY_ANSWER, job, &falcon).fails_with(&["10 cases linked to", "none of Falcon's"]);
    });
}
