//! The Falcon to try things on: its options, by the code of `examples/falcon.rs` itself.
#![expect(clippy::expect_used, reason = "a test ends by a panic")]

use clap::Parser;
use cortex_falcon::Run;
use cortex_falcon::environment::Environment;
use serde_json::Value;

#[path = "../examples/falcon.rs"]
mod falcon;

/// What Cortex is told of a case's job at a Falcon with these options.
fn told(options: &[&str]) -> String {
    let arguments = [&["falcon", "--listen", "127.0.0.1:0"], options].concat();
    let falcon = falcon::start(&falcon::Arguments::parse_from(arguments));
    let mut job: Value = serde_json::from_str(include_str!("../fixtures/jobs/thehive5-case.json")).expect("JSON");
    job["config"]["base_url"] = falcon.url().into();
    Run::new(Environment::empty()).respond(|| Ok(job.to_string().into_bytes())).as_json().to_string()
}

#[test]
fn each_option_to_misbehave_is_heeded() {
    assert!(told(&[]).contains("\"success\":true"));
    for (options, said) in [
        (["--without-scope", "Cases: write"].as_slice(), "scope not permitted"),
        (&["--without-scope", "Alerts: write", "--without-scope", "Cases: write"], "Alerts: write"),
        (&["--incidents-retired"], "its incidents API is retired"),
        (&["--missing", "b3BlbmNhc2UtMDAwMQ-7Qk3nVfYp_xZ2R"], "HTTP 404"),
    ] {
        let told = told(options);
        assert!(told.contains("\"success\":false") && told.contains(said), "{options:?}: {told}");
    }
}
