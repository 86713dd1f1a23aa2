//! The main job, without Cortex, TheHive or Falcon: `cargo run --example demo`.
//!
//! Starts a Falcon on loopback, runs the job of a case and the job of an alert through the same code that Cortex runs,
//! and shows what Falcon was asked and what Cortex is told.
#![expect(clippy::print_stdout, reason = "a demo is there to be read")]

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use cortex_falcon::Run;
use cortex_falcon::environment::Environment;
use mockito::{Matcher, Request, Server, ServerGuard};
use serde_json::{Value, json};

type Seen = Arc<Mutex<Vec<String>>>;

fn main() -> Result<()> {
    let seen = Seen::default();
    let falcon = falcon(&seen);
    for name in ["thehive5-case", "thehive5-alert"] {
        show(name, &falcon, &seen)?;
    }
    println!("Nothing left this machine: that Falcon was at {}.", falcon.url());
    Ok(())
}

/// One job of `fixtures/jobs/`, from its bytes to the report.
fn show(name: &str, falcon: &ServerGuard, seen: &Seen) -> Result<()> {
    let path = format!("{}/fixtures/jobs/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).with_context(|| path.clone())?;
    let mut job: Value = serde_json::from_slice(&text)?;
    job["config"]["base_url"] = falcon.url().into();

    let report = Run::new(Environment::empty()).respond(|| Ok(job.to_string().into_bytes()));

    println!("━━ The job: fixtures/jobs/{name}.json ({}, stage {})\n", job["dataType"], job["data"]["stage"]);
    println!("━━ What Falcon was asked\n");
    for request in seen.lock().map(|mut seen| std::mem::take(&mut *seen)).unwrap_or_default() {
        println!("{request}\n");
    }
    println!("━━ What Cortex is told\n\n{:#}\n", report.as_json());
    Ok(())
}

/// A Falcon that gives a token and updates whatever it is asked to.
fn falcon(seen: &Seen) -> ServerGuard {
    let mut server = Server::new();
    let token = json!({"access_token": "demo-token", "expires_in": 1799, "token_type": "bearer"});
    note(&mut server, "POST", "/oauth2/token", seen).with_status(201).with_body(token.to_string()).create();
    for (method, path) in [
        ("PATCH", "/alerts/entities/alerts/v3"),
        ("POST", "/incidents/entities/incident-actions/v1"),
        ("PATCH", "/cases/entities/cases/v2"),
    ] {
        let trace_id = format!("demo-{}", path.split('/').nth(1).unwrap_or_default());
        note(&mut server, method, path, seen)
            .with_header("x-cs-traceid", &trace_id)
            .with_body_from_request(|request| updated(request).to_string().into())
            .create();
    }
    server
}

/// A mock that writes down what it is asked.
fn note(server: &mut Server, method: &str, path: &str, seen: &Seen) -> mockito::Mock {
    let seen = Arc::clone(seen);
    let write_down = move |request: &Request| {
        let body = request.utf8_lossy_body().unwrap_or_default().replace("Zk8-fixture-only-secret-2Qw", "…");
        let body = serde_json::from_str(&body).map_or(body, |json: Value| format!("{json:#}"));
        if let Ok(mut seen) = seen.lock() {
            seen.push(format!("{} {}\n{body}", request.method(), request.path()));
        }
        true
    };
    server.mock(method, Matcher::Exact(path.into())).match_request(write_down)
}

/// Falcon's envelope for a call that updated all it was asked to.
fn updated(request: &Request) -> Value {
    let body: Value = serde_json::from_slice(request.body().map_or(&[], Vec::as_slice)).unwrap_or_default();
    let ids = ["composite_ids", "ids"].iter().find_map(|key| body[*key].as_array());
    json!({"meta": {"writes": {"resources_affected": ids.map_or(1, Vec::len)}}, "errors": []})
}
