//! The main jobs, without Cortex, TheHive or Falcon: `cargo run --example demo`.
//!
//! Starts a Falcon on loopback, runs jobs through the same code that Cortex runs, and shows what Falcon was asked and what
//! Cortex is told: of the job of a case and the job of an alert all of it, and then one case from its creation to its close.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a demo is there to be read")]
#![allow(dead_code, reason = "the test suite uses the rest")]

use cortex_falcon::Run;
use cortex_falcon::environment::Environment;
use serde_json::Value;

#[path = "../tests/common/stand_in/mod.rs"]
mod stand_in;

use stand_in::StandIn;
use stand_in::case::Case;
use stand_in::strict::{Request, TOKEN};

fn main() {
    for name in ["thehive5-case", "thehive5-alert"] {
        show(name);
    }
    walk();
    println!("Nothing left this machine: that Falcon was on loopback.");
}

/// One job of `fixtures/jobs/`, from its bytes to the report.
fn show(name: &str) {
    let falcon = StandIn::in_the_clear();
    let job = fixture(name);
    let report = responded(&job, &falcon);

    println!("━━ The job: fixtures/jobs/{name}.json ({}, stage {})\n", job["dataType"], job["data"]["stage"]);
    println!("━━ What Falcon was asked\n");
    for request in falcon.requests() {
        println!("{} {}\n{}\n", request.method, request.path, body_of(&request));
    }
    println!("━━ What Cortex is told\n\n{report:#}\n");
}

/// One case: TheHive's gets one in Falcon, which follows it, is given its evidence, and is closed with it.
fn walk() {
    let falcon = StandIn::in_the_clear();
    let mut job = fixture("create-case");
    let alerts = fixture("add-evidence")["data"]["customFieldValues"]["csfalcon-alert-id"].take();
    println!("━━ One case on its way: fixtures/jobs/create-case.json, four times\n");

    job["data"]["stage"] = "New".into();
    step("1. Case #43 is new. An analyst runs create_case", "create_case", &mut job, &falcon);
    job["data"]["stage"] = "InProgress".into();
    step("2. The analyst begins to work on it. A notification runs sync", "sync", &mut job, &falcon);
    job["data"]["customFieldValues"]["csfalcon-alert-id"] = alerts;
    step("3. A second alert is merged into it. The analyst runs add_evidence", "add_evidence", &mut job, &falcon);
    job["data"]["stage"] = "Closed".into();
    step("4. The analyst closes it. The notification runs sync again", "sync", &mut job, &falcon);
}

/// Runs a service on TheHive's case, and does on it what the report asks TheHive to do.
fn step(title: &str, service: &str, job: &mut Value, falcon: &StandIn) {
    let before = falcon.requests().len();
    job["config"]["service"] = service.into();
    let report = responded(job, falcon);

    println!("{title}\n");
    for request in falcon.requests().iter().skip(before).filter(|request| request.path != TOKEN) {
        println!("   Falcon is asked   {} {} {}", request.method, request.path, short(&what_of(request)));
    }
    println!(
        "   Cortex is told    {}",
        report["full"]["message"].as_str().or(report["errorMessage"].as_str()).unwrap_or_default()
    );
    for operation in report["operations"].as_array().into_iter().flatten() {
        println!("   TheHive does      {operation}");
        if operation["type"] == "AddCustomFields" {
            let name = operation["name"].as_str().unwrap_or_default();
            job["data"]["customFieldValues"][name] = operation["value"].clone();
        }
    }
    for Case { status, alerts, events, tags, .. } in falcon.cases().values() {
        let evidence = alerts.len() + events.len();
        println!("   Falcon has        the case: {status}, {evidence} items of evidence, tags {}", tags.join(" "));
    }
    println!();
}

/// What a request asks for: its body or, without one, its query.
fn what_of(request: &Request) -> String {
    let body = if request.body.is_empty() { request.query.as_bytes() } else { &request.body };
    String::from_utf8_lossy(body).into_owned()
}

/// As much of a text as fits on a line.
fn short(text: &str) -> String {
    const LONGEST: usize = 120;
    let kept: String = text.chars().take(LONGEST).collect();
    if kept.len() < text.len() { kept + "…" } else { kept }
}

/// A job of `fixtures/jobs/`.
fn fixture(name: &str) -> Value {
    let path = format!("{}/fixtures/jobs/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).expect("the fixtures are there");
    serde_json::from_slice(&text).expect("a fixture is JSON")
}

/// The report on a job at this Falcon.
fn responded(job: &Value, falcon: &StandIn) -> Value {
    let mut job = job.clone();
    job["config"]["base_url"] = falcon.url().into();
    Run::new(Environment::empty()).respond(|| Ok(job.to_string().into_bytes())).as_json().clone()
}

/// A request's body, easy to read, without the secret.
fn body_of(request: &Request) -> String {
    let body = String::from_utf8_lossy(&request.body).replace("Zk8-fixture-only-secret-2Qw", "…");
    serde_json::from_str(&body).map_or(body, |json: Value| format!("{json:#}"))
}
