//! How often, how soon and how long something is tried.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use crate::common::falcon::{ALERTS, CASES, TOKEN};
use crate::common::{ALERT, CASE, Fault, INCIDENT, Job, OTHER_ALERT, Responder, StandIn, job, together};

const ALWAYS: usize = usize::MAX;

fn status(status: u16, headers: &[(&'static str, &str)]) -> Fault {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Fault::Answer { status, headers, body: Vec::new() }
}

/// An alert that is in progress in TheHive, and new in Falcon.
fn alert_at(url: impl Into<serde_json::Value>) -> Job {
    job("thehive5-alert").with("/data/stage", "InProgress").with("/config/base_url", url)
}

fn run(job: &Job) -> crate::common::responder::Ran {
    Responder::new().argument("--verbose").stdin(job.0.to_string()).run()
}

#[test]
fn a_refused_connection_is_told_with_all_ids() {
    let job = job("thehive5-case").with("/config/base_url", "http://127.0.0.1:1").with("/config/timeout_seconds", 3);
    run(&job).fails_with(&[
        "cannot connect to Falcon (127.0.0.1:1): Connection refused",
        "firewall",
        ALERT,
        OTHER_ALERT,
        INCIDENT,
        CASE,
    ]);
}

#[test]
fn a_name_that_does_not_exist_is_told() {
    let job = alert_at("https://falcon.invalid").with("/config/timeout_seconds", 2);
    run(&job).fails_with(&[
        "cannot connect to Falcon (falcon.invalid:443): failed to lookup address information",
        "1 alert linked to",
    ]);
}

#[test]
fn cortexs_job_timeout_cuts_the_budget() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, status(429, &[("retry-after", "58")]), ALWAYS);
    run(&alert_at(falcon.url()).with("/config/jobTimeout", 1)).fails_with(&["rate limit", "takes calls again from"]);
    assert_eq!(falcon.hits(ALERTS), 1, "58 seconds do not fit into nine tenths of a minute");
}

#[test]
fn retries_are_told_on_stderr_with_verbose_and_in_the_report() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, status(503, &[]), 2);
    let ran = run(&alert_at(falcon.url()));
    assert_eq!(ran.success()["full"]["retries"], 2);
    assert_eq!(ran.stderr.matches("next try in").count(), 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("PATCH /alerts/entities/alerts/v3"), "{}", ran.stderr);
    assert_eq!(falcon.hits(ALERTS), 3);
}

#[test]
fn whoever_says_when_to_come_again_is_waited_for() {
    together(&[(ALERTS, 503), (TOKEN, 503), (ALERTS, 429), (TOKEN, 429)], |(call, code)| {
        let falcon = StandIn::in_the_clear().fails(call, status(*code, &[("retry-after", "1")]), 1);
        let ran = run(&alert_at(falcon.url()));
        ran.success();
        let (_, wait) = ran.stderr.split_once("next try in ").expect("a wait");
        let seconds: f64 = wait.split(' ').next().unwrap().parse().unwrap();
        assert!((0.9..=1.6).contains(&seconds), "{code} on {call}: {}", ran.stderr);
        assert_eq!(falcon.hits(call), 2, "{code} on {call}");
    });
}

#[test]
fn one_new_token_serves_all_calls_that_need_one() {
    let falcon = StandIn::in_the_clear().with_the_first_token_revoked();
    let report = run(&job("thehive5-case").with("/config/base_url", falcon.url())).success();
    assert!(report["full"]["retries"].as_u64().unwrap() > 0, "{report:#}");
    assert_eq!(falcon.hits(TOKEN), 2, "one token to begin with, and one new one for all three calls");
}

#[test]
fn a_falcon_that_takes_no_token_is_not_asked_for_one_by_every_call() {
    let falcon = StandIn::in_the_clear().fails(CASES, status(401, &[]), ALWAYS);
    let cases: Vec<String> = (0..20).map(|n| format!("Y2FzZQ{n}")).collect();
    let job = job("thehive5-case").linked_to(json!({"csfalcon-case-id": cases})).with("/config/base_url", falcon.url());
    run(&job).fails_with(&["HTTP 401", "20 cases linked to"]);
    assert_eq!(falcon.hits(TOKEN), 2, "Falcon blocks who comes with bad tokens too often");
}

#[test]
fn a_falcon_that_comes_up_late_is_reached() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let falcon = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        StandIn::start(&address.to_string(), None)
    });
    let report = run(&alert_at(format!("http://{address}"))).success();
    assert!(report["full"]["retries"].as_u64().unwrap() > 0, "{report:#}");
    assert!(falcon.join().unwrap().status_of(ALERT).is_some());
}
