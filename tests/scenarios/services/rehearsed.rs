//! What every case service keeps to before anything is sent: dry runs, TLP, and secrets that are somebody's words, too.

use serde_json::{Value, json};

use super::{MARK, asked, job_of, respond};
use crate::common::{ALERT, CASE, Job, Responder, StandIn};

const SERVICES: [&str; 7] =
    ["create_case", "update_case", "add_evidence", "add_tags", "remove_tags", "get_case", "list_cases"];

/// A job that has something to do for each service.
fn job_on(service: &str, case: impl Into<Value>) -> Job {
    let case = case.into();
    job_of(service, json!({"csfalcon-alert-id": ALERT, "csfalcon-event-id": "event-1_8QmZ", "csfalcon-case-id": case}))
}

/// The requests of a dry run, and its report.
fn rehearsed(job: Job) -> (Vec<String>, Value) {
    let job = job.without("/config/client_id").without("/config/client_secret");
    let ran = Responder::new().argument("--dry-run").stdin(job.0.to_string()).run();
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let shown: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let call = |call: &Value| {
        let url = call["url"].as_str().expect("a URL").trim_start_matches("https://api.crowdstrike.com");
        let body = if call["body"].is_null() { String::new() } else { call["body"].to_string() };
        format!("{} {url} {body}", call["method"].as_str().expect("a method")).trim_end().to_owned()
    };
    (shown["calls"].as_array().expect("a list").iter().map(call).collect(), shown["report"].clone())
}

#[test]
fn a_dry_run_shows_the_requests_and_what_they_would_come_to() {
    let fields = r#""name":"Credential dumping on FIN-LT-0042","description":"Merged from two Falcon alerts.","severity":70,"status":"in_progress""#;
    let evidence = format!(r#""evidence":{{"alerts":[{{"id":"{ALERT}"}}],"events":[{{"id":"event-1_8QmZ"}}]}}"#);
    let read = super::reads(&[CASE]);
    let rows = [
        (
            "create_case",
            vec![
                super::looks_for("~41156"),
                format!(r#"PUT /cases/entities/cases/v2 {{{fields},"tags":["{MARK}","source:falcon"],{evidence}}}"#),
            ],
        ),
        (
            "update_case",
            vec![read.clone(), format!(r#"PATCH /cases/entities/cases/v2 {{"fields":{{{fields}}},"id":"{CASE}"}}"#)],
        ),
        (
            "add_evidence",
            vec![
                read.clone(),
                format!(r#"POST /cases/entities/alert-evidence/v1 {{"id":"{CASE}","alerts":[{{"id":"{ALERT}"}}]}}"#),
                format!(
                    r#"POST /cases/entities/event-evidence/v1 {{"id":"{CASE}","events":[{{"id":"event-1_8QmZ"}}]}}"#
                ),
            ],
        ),
        (
            "add_tags",
            vec![
                read.clone(),
                format!(r#"POST /cases/entities/case-tags/v1 {{"id":"{CASE}","tags":["source:falcon"]}}"#),
            ],
        ),
        (
            "remove_tags",
            vec![read.clone(), format!("DELETE /cases/entities/case-tags/v1?id={CASE}&tag=source%3Afalcon")],
        ),
        ("get_case", vec![read]),
        ("list_cases", vec![super::looks_for("~41156").replace("limit=500", "limit=100")]),
    ];
    for (service, calls) in rows {
        let case = if service == "create_case" { Value::Null } else { CASE.into() };
        let (seen, report) = rehearsed(job_on(service, case));
        assert_eq!(seen, calls, "{service}");
        assert_eq!(report["success"], true, "{report:#}");
        assert!(
            report["full"]["message"]
                .as_str()
                .is_some_and(|message| message.contains("42") || message.contains("thehive:~41156")),
            "{report:#}"
        );
        assert!(!report.to_string().contains("MDAwMDAw"), "no id of nothing is shown: {report:#}");
    }
}

#[test]
fn a_dry_run_of_a_case_that_is_to_be_found_shows_where_it_would_be_looked_for() {
    for service in ["update_case", "add_evidence", "add_tags", "remove_tags", "get_case"] {
        let (seen, report) = rehearsed(job_on(service, Value::Null));
        assert_eq!(seen, [super::looks_for("~41156")], "{service}");
        let message = report["full"]["message"].as_str().expect("a text");
        assert!(message.contains("the case that carries its tag") && !message.contains(" had "), "{message}");
    }
}

#[test]
fn a_dry_run_creates_no_case_where_the_field_is_set() {
    let (seen, report) = rehearsed(job_on("create_case", CASE));
    assert_eq!((seen.len(), &report["full"]["case"]["id"]), (0, &json!(CASE)));
}

#[test]
fn a_job_above_the_tlp_is_refused_before_anything_is_sent() {
    for service in SERVICES {
        let falcon = StandIn::in_the_clear();
        respond(job_on(service, CASE).with("/tlp", 3), &falcon).fails_with(&["TLP"]);
        assert_eq!(falcon.requests().len(), 0, "{service}");
    }
}

#[test]
fn a_secret_that_is_a_title_or_a_tag_is_sent_and_not_shown() {
    let (title, tag) = ("Credential dumping on FIN-LT-0042", "source:falcon");
    for service in SERVICES {
        let tags: &[&str] = if service == "remove_tags" { &[MARK, tag] } else { &[] };
        let on = |falcon: StandIn| falcon.with_case(CASE, "new", tags);
        let case = if service == "create_case" { Value::Null } else { CASE.into() };
        let job = job_on(service, case).with("/config/case_filter", "name:'{{title}}'");
        let (plain, secret) = (on(StandIn::in_the_clear()), on(StandIn::in_the_clear()));
        respond(job.clone(), &plain).success();
        let report = respond(job.with("/config/api_key", title).with("/config/password", tag), &secret).success();
        let mut sent = [asked(&plain), asked(&secret)];
        for sent in &mut sent {
            sent.sort();
        }
        assert_eq!(sent[0], sent[1], "{service}");
        let report = report.to_string();
        assert!(!report.contains(title) && !report.contains(tag), "{service}: {report}");
    }
}
