//! Whatever ends a run, there is a report, whole or not at all.

use std::fs;
use std::io::PipeReader;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use cortex_falcon::Run;
use cortex_falcon::environment::Environment;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::falcon::{ALERTS, CASES};
use crate::common::job_directory::{self, output};
use crate::common::responder::{Running, assert_accepted_by_cortex};
use crate::common::{ALERT, CASE, Fault, INCIDENT, Responder, StandIn, job};

fn job_directory(falcon: &StandIn) -> TempDir {
    job_directory::job_directory(&job("thehive5-case").with("/config/base_url", falcon.url()).0.to_string())
}

/// A report as an earlier run would have left it.
const OLD: &str = r#"{"success": true, "full": {"message": "of the first run"}, "operations": []}"#;

/// A job directory with the report of an earlier run in it.
fn with_old_report(falcon: &StandIn) -> TempDir {
    let job = job("thehive5-case").with("/config/base_url", falcon.url()).with("/config/timeout_seconds", 2);
    let directory = job_directory::job_directory(&job.0.to_string());
    fs::write(directory.path().join("output/output.json"), OLD).unwrap();
    directory
}

/// The report in a job directory, beside which nothing is left; none if it is the old one.
fn new_report(directory: &Path) -> Option<Value> {
    assert_eq!(fs::read_dir(directory.join("output")).unwrap().count(), 1, "a report, and nothing else");
    output(directory).filter(|report| report["full"]["message"] != "of the first run")
}

fn start(directory: &Path) -> Running {
    Responder::new().argument(directory).start()
}

pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_mins(1), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_signal_leaves_a_report_of_what_was_done_and_what_may_have_been() {
    for name in ["TERM", "INT"] {
        let falcon = StandIn::in_the_clear().fails(CASES, Fault::Silence(Duration::from_mins(1)), 1);
        let directory = job_directory(&falcon);
        let running = start(directory.path());
        wait_for("all calls", || {
            falcon.hits(CASES) == 1 && falcon.status_of(ALERT).is_some() && falcon.status_of(INCIDENT).is_some()
        });
        running.until_it_waits();
        running.signal(name);
        assert_eq!(running.wait().status, Some(0), "Kubernetes is not to run it again: there is a report");
        let report = output(directory.path()).expect("a report");
        let message = report["errorMessage"].as_str().unwrap();
        for part in [
            "\n2 alerts were updated",
            "\n1 incident was updated",
            &format!("SIG{name}"),
            CASE,
            "1 case linked to",
            "may or may not",
        ] {
            assert!(message.contains(part), "{part:?} is not in:\n{message}");
        }
    }
}

#[test]
fn a_signal_before_anything_was_sent_says_so() {
    let running = Responder::new().silent_stdin().start();
    running.until_it_waits();
    running.signal("TERM");
    running.wait().fails_with(&["SIGTERM stopped the responder before anything was sent"]);
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_report_or_none() {
    let falcon = StandIn::in_the_clear();
    let started = Instant::now();
    start(job_directory(&falcon).path()).wait();
    let step = started.elapsed() / 10;
    let (mut whole, mut none) = (0, 0);
    // Too early and too late are found by trying: the machine may become slower or faster.
    let mut delay = Duration::ZERO;
    for _ in 0..60 {
        let directory = job_directory(&falcon);
        let running = start(directory.path());
        std::thread::sleep(delay);
        running.signal("KILL");
        running.wait();
        if let Some(report) = output(directory.path()) {
            assert_eq!(report["success"], true);
            whole += 1;
            delay = delay.saturating_sub(step / 2);
        } else {
            none += 1;
            delay += step;
        }
    }
    assert!(whole > 0 && none > 0, "the kills fell on both sides of the report: {whole} whole, {none} none");
}

#[test]
fn a_second_run_that_is_killed_leaves_no_report_of_the_first() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, Fault::Silence(Duration::from_mins(1)), 1);
    let directory = with_old_report(&falcon);
    let running = start(directory.path());
    wait_for("the call", || falcon.hits(ALERTS) == 1);
    running.signal("KILL");
    running.wait();
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
            continue;
        }
        let report = ran.report();
        succeeded += usize::from(report["success"] == true);
        let message = report["errorMessage"].as_str().unwrap_or_default();
        assert!(!message.contains("Correct the responder's configuration"), "{kilobytes} kB: {message}");
        if message.contains("starts no more threads") {
            assert!(message.contains("\nNext: Raise the limit of processes"), "{kilobytes} kB: {message}");
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
fn a_disk_that_is_full_from_the_start_ends_it_before_anything_is_sent() {
    // A limit on the length of files stops a write in the middle, as a full disk does.
    for blocks in [0, 1, 64, 127, 200, 1_953] {
        let falcon = StandIn::in_the_clear();
        let directory = with_old_report(&falcon);
        let ran = Responder::after(&format!("ulimit -f {blocks}")).argument(directory.path()).run();
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""), "{ran:?}");
        assert!(ran.stderr.contains("cannot write the report") && ran.stderr.contains("disk is not full"), "{ran:?}");
        assert_eq!(new_report(directory.path()), None, "the old report stays");
        assert_eq!(falcon.requests().len(), 0);
    }
}

#[test]
fn as_much_space_as_the_longest_report_may_have_is_enough_for_it() {
    let falcon = StandIn::in_the_clear().without(CASE);
    let job =
        job("thehive5-case").with("/config/base_url", falcon.url()).with("/data/description", "d".repeat(990_000));
    let directory = job_directory::job_directory(&job.0.to_string());
    // A million bytes and a bit.
    let ran = Responder::after("ulimit -f 1954").argument(directory.path()).run();
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let written = new_report(directory.path()).expect("a report");
    assert!((990_000..=1_000_000).contains(&written.to_string().len()));
    assert_eq!(written, ran.report());
}

#[test]
fn few_open_files_leave_a_new_report_or_the_old_one() {
    let mut reports = 0;
    for files in 3..=24 {
        let falcon = StandIn::in_the_clear();
        let directory = with_old_report(&falcon);
        let ran = Responder::after(&format!("ulimit -n {files}")).argument(directory.path()).run();
        let report = new_report(directory.path());
        assert_eq!(ran.status == Some(0), report.is_some(), "{files}: {ran:?}");
        assert!(report.is_some() || !ran.stderr.is_empty() && falcon.requests().is_empty(), "{files}: {ran:?}");
        reports += usize::from(report.is_some_and(|report| report["success"] == true));
    }
    assert!(reports > 0, "with enough of them it works");
}

#[test]
fn a_signal_in_the_first_moments_leaves_a_new_report_or_the_old_one() {
    let falcon = StandIn::in_the_clear();
    for round in 0..40 {
        let before = falcon.hits(ALERTS);
        let directory = with_old_report(&falcon);
        let running = start(directory.path());
        std::thread::sleep(Duration::from_micros(250 * round));
        running.signal("TERM");
        let ran = running.wait();
        let is_new = new_report(directory.path()).is_some();
        assert_eq!(ran.status == Some(0), is_new, "with an old report the status says that it is old: {ran:?}");
        assert!(is_new || falcon.hits(ALERTS) == before, "nothing was sent yet");
    }
}

/// Standard output into which no more than 64 kB fit, because nobody reads it; the reader keeps it open.
pub fn unread() -> (PipeReader, fs::File) {
    let (reader, writer) = std::io::pipe().unwrap();
    (reader, OwnedFd::from(writer).into())
}

#[test]
fn a_report_that_nobody_reads_is_in_its_file_and_a_signal_ends_the_run() {
    let falcon = StandIn::in_the_clear().without(CASE);
    let job =
        job("thehive5-case").with("/config/base_url", falcon.url()).with("/data/description", "d".repeat(300_000));
    let directory = job_directory::job_directory(&job.0.to_string());
    let (_reader, stdout) = unread();
    let running = Responder::new().argument(directory.path()).stdout(stdout).start();
    wait_for("the report", || output(directory.path()).is_some());
    running.signal("TERM");
    assert_eq!(running.wait().status, Some(0), "the file is what counts");
    assert_eq!(new_report(directory.path()).expect("a report")["input"]["data"]["number"], 42);
}

#[test]
fn a_signal_ends_a_run_at_a_shell_whose_report_nobody_reads() {
    let falcon = StandIn::in_the_clear().without(CASE);
    let job =
        job("thehive5-case").with("/config/base_url", falcon.url()).with("/data/description", "d".repeat(300_000));
    let (_reader, stdout) = unread();
    let running = Responder::new().argument("-").stdin(job.0.to_string()).stdout(stdout).start();
    wait_for("the reads", || falcon.hits("PATCH /cases/entities/cases/v2") == 1);
    running.until_it_waits();
    running.signal("TERM");
    assert_eq!(running.wait().status, Some(1));
}

#[test]
fn a_job_directory_that_vanishes_is_told_on_stderr() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, Fault::Silence(Duration::from_secs(2)), 1);
    let directory = job_directory(&falcon);
    let running = start(directory.path());
    wait_for("the call", || falcon.hits(ALERTS) == 1);
    fs::remove_dir_all(directory.path()).unwrap();
    let ran = running.wait();
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("check that the directory exists"), "{ran:?}");
}
