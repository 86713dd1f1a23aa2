//! The main job, without Cortex, TheHive or Falcon: `cargo run --example demo`.
//!
//! Starts a Falcon on loopback, runs the job of a case and the job of an alert through the same code that Cortex runs,
//! and shows what Falcon was asked and what Cortex is told.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a demo is there to be read")]
#![allow(dead_code, reason = "the test suite uses the rest")]

use cortex_falcon::Run;
use cortex_falcon::environment::Environment;
use serde_json::Value;

#[path = "../tests/common/stand_in/mod.rs"]
mod stand_in;

use stand_in::StandIn;
use stand_in::strict::Request;

fn main() {
    for name in ["thehive5-case", "thehive5-alert"] {
        show(name);
    }
    println!("Nothing left this machine: that Falcon was on loopback.");
}

/// One job of `fixtures/jobs/`, from its bytes to the report.
fn show(name: &str) {
    let falcon = StandIn::in_the_clear();
    let path = format!("{}/fixtures/jobs/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).expect("the fixtures are there");
    let mut job: Value = serde_json::from_slice(&text).expect("a fixture is JSON");
    job["config"]["base_url"] = falcon.url().into();

    let report = Run::new(Environment::empty()).respond(|| Ok(job.to_string().into_bytes()));

    println!("━━ The job: fixtures/jobs/{name}.json ({}, stage {})\n", job["dataType"], job["data"]["stage"]);
    println!("━━ What Falcon was asked\n");
    for request in falcon.requests() {
        println!("{} {}\n{}\n", request.method, request.path, body_of(&request));
    }
    println!("━━ What Cortex is told\n\n{:#}\n", report.as_json());
}

/// A request's body, easy to read, without the secret.
fn body_of(request: &Request) -> String {
    let body = String::from_utf8_lossy(&request.body).replace("Zk8-fixture-only-secret-2Qw", "…");
    serde_json::from_str(&body).map_or(body, |json: Value| format!("{json:#}"))
}
