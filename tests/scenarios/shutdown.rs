//! Whatever ends a run, there is a report, whole or not at all.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cortex_falcon::Run;
use cortex_falcon::environment::Environment;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::falcon::{ALERTS, CASES};
use crate::common::responder::assert_accepted_by_cortex;
use crate::common::{ALERT, CASE, Fault, INCIDENT, Responder, StandIn, job};

fn job_directory(falcon: &StandIn) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("input")).unwrap();
    fs::create_dir(directory.path().join("output")).unwrap();
    let job = job("thehive5-case").with("/config/base_url", falcon.url());
    fs::write(directory.path().join("input/input.json"), job.0.to_string()).unwrap();
    directory
}

fn start(directory: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cortex-falcon"));
    command.env_clear().arg(directory).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("/bin/sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().unwrap();
    assert!(status.success());
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn output(directory: &Path) -> Option<Value> {
    let bytes = fs::read(directory.join("output/output.json")).ok()?;
    let report = serde_json::from_slice(&bytes).expect("a report is whole or not there");
    assert_accepted_by_cortex(&report);
    Some(report)
}

#[test]
fn a_signal_leaves_a_report_of_what_was_done_and_what_may_have_been() {
    for name in ["TERM", "INT"] {
        let falcon = StandIn::in_the_clear().fails(CASES, Fault::Silence(Duration::from_secs(60)), 1);
        let directory = job_directory(&falcon);
        let mut child = start(directory.path());
        wait_for("all calls", || {
            falcon.hits(CASES) == 1 && falcon.status_of(ALERT).is_some() && falcon.status_of(INCIDENT).is_some()
        });
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(0), "Kubernetes is not to run it again: there is a report");
        let report = output(directory.path()).expect("a report");
        let message = report["errorMessage"].as_str().unwrap();
        for part in ["Updated 2 alerts", "Updated 1 incident", &format!("SIG{name}"), CASE, "may or may not", "3 of 4"]
        {
            assert!(message.contains(part), "{part:?} is not in:\n{message}");
        }
    }
}

#[test]
fn a_signal_before_anything_was_sent_says_so() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cortex-falcon"));
    let mut child = command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "TERM");
    let pipe = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(pipe);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        report["errorMessage"].as_str().unwrap().contains("SIGTERM stopped the responder before anything was sent")
    );
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_report_or_none() {
    let (mut whole, mut none) = (0, 0);
    for round in 0..60 {
        let falcon = StandIn::in_the_clear();
        let directory = job_directory(&falcon);
        let mut child = start(directory.path());
        std::thread::sleep(Duration::from_micros(500 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        match output(directory.path()) {
            Some(report) => {
                assert_eq!(report["success"], true);
                whole += 1;
            }
            None => none += 1,
        }
    }
    assert!(whole > 0 && none > 0, "the kills fell on both sides of the report: {whole} whole, {none} none");
}

#[test]
fn a_second_run_that_is_killed_leaves_no_report_of_the_first() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, Fault::Silence(Duration::from_secs(60)), 1);
    let directory = job_directory(&falcon);
    fs::write(
        directory.path().join("output/output.json"),
        r#"{"success": true, "full": {"message": "of the first run"}}"#,
    )
    .unwrap();
    let mut child = start(directory.path());
    wait_for("the call", || falcon.hits(ALERTS) == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(output(directory.path()), None);
}

#[test]
fn a_machine_without_memory_or_threads_gets_a_report_or_a_sentence() {
    let falcon = StandIn::in_the_clear();
    let input = job("thehive5-case").with("/config/base_url", falcon.url()).0.to_string();
    let mut succeeded = 0;
    let loads =
        |kilobytes: &u32| Responder::limited_to_memory(*kilobytes).argument("--version").run().status == Some(0);
    for kilobytes in (10_000..90_000).step_by(1_000).filter(loads) {
        let ran = Responder::limited_to_memory(kilobytes).stdin(input.clone()).run();
        if ran.stdout.is_empty() {
            assert!(!ran.stderr.is_empty() && ran.status != Some(0), "{kilobytes} kB: {ran:?}");
        } else {
            succeeded += usize::from(ran.report()["success"] == true);
        }
    }
    assert!(succeeded > 0, "with enough of both it works");
}

#[test]
fn a_panic_leaves_a_report() {
    let report = Run::new(Environment::empty()).respond(|| panic!("as the scenario wants it"));
    let report = report.as_json();
    assert_accepted_by_cortex(report);
    let message = report["errorMessage"].as_str().unwrap();
    assert!(
        message.contains("A mistake in the responder itself") && message.contains("before anything was sent"),
        "{message}"
    );
}

#[test]
fn a_disk_that_is_full_is_told_on_stderr_and_stdout_has_the_report() {
    // A file size limit stops the write in the middle, as a full disk does.
    let falcon = StandIn::in_the_clear();
    let directory = job_directory(&falcon);
    let script = format!(
        "trap '' XFSZ; ulimit -f 0; exec {} {}",
        env!("CARGO_BIN_EXE_cortex-falcon"),
        directory.path().display()
    );
    let run = Command::new("/bin/sh").args(["-c", &script]).env_clear().output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(stderr.contains("cannot write the report") && stderr.contains("disk is not full"), "{stderr}");
    assert_eq!(serde_json::from_slice::<Value>(&run.stdout).unwrap()["success"], true);
    assert_eq!(fs::read_dir(directory.path().join("output")).unwrap().count(), 0, "no half report stays behind");
}

#[test]
fn a_job_directory_that_vanishes_is_told_on_stderr() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, Fault::Silence(Duration::from_secs(2)), 1);
    let directory = job_directory(&falcon);
    let mut command = Command::new(env!("CARGO_BIN_EXE_cortex-falcon"));
    command.env_clear().arg(directory.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_for("the call", || falcon.hits(ALERTS) == 1);
    fs::remove_dir_all(directory.path()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("check that the directory exists"), "{output:?}");
}
