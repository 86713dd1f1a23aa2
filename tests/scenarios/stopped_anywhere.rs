//! SIGTERM, which Cortex's process runner sends at the job timeout, gets a whole report out whatever the run is waiting for.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::job_directory::{job_directory, output};
use crate::common::{CASE, Fault, Job, Responder, StandIn, job, together};
use crate::shutdown::{unread, wait_for};

/// Runs this job as the process runner does, stops it once that has happened, and returns the message of its report.
fn stopped(job: &Job, what: &str, happened: impl Fn() -> bool) -> String {
    let directory = job_directory(&job.0.to_string());
    let running = Responder::new().argument(directory.path()).start();
    wait_for(what, happened);
    running.until_it_waits();
    running.signal("TERM");
    assert_eq!(running.wait().status, Some(0), "{what}");
    assert_eq!(fs::read_dir(directory.path().join("output")).unwrap().count(), 1, "{what}: a report, and nothing else");
    let report = output(directory.path()).expect("a report");
    report["errorMessage"].as_str().unwrap().to_owned()
}

fn at(url: impl Into<Value>) -> Job {
    job("thehive5-case").with("/config/base_url", url)
}

const UNSENT: &str = "2 alerts, 1 incident and 1 case linked to case #42 (InProgress in TheHive) were not updated: SIGTERM stopped the responder before this was sent.";
const OPEN: &str = "SIGTERM stopped the responder while it waited for Falcon's answer";

#[test]
fn while_a_token_is_fetched() {
    let falcon = StandIn::in_the_clear().fails(TOKEN, Fault::Silence(Duration::from_hours(1)), 1);
    let message = stopped(&at(falcon.url()), "the request for a token", || falcon.hits(TOKEN) == 1);
    assert!(message.starts_with(UNSENT), "{message}");
}

#[test]
fn while_a_response_arrives_or_a_rate_limit_is_waited_for() {
    let limited = Fault::Answer { status: 429, headers: vec![("retry-after", "60".into())], body: Vec::new() };
    for fault in [Fault::Silence(Duration::from_hours(1)), Fault::Drip, limited] {
        let falcon = StandIn::in_the_clear().fails(ALERTS, fault.clone(), 1);
        let message = stopped(&at(falcon.url()), "the update", || falcon.hits(ALERTS) == 1);
        assert!(message.contains(OPEN) && message.contains("\n1 case was updated"), "{fault:?}: {message}");
    }
}

#[test]
fn while_it_connects() {
    // Once the connections that nobody accepts fill the queue, the system answers no more of them.
    let full = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = full.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        queue.push(stream);
    }
    let message = stopped(&at(format!("http://{address}")), "a moment", || true);
    assert!(message.starts_with(UNSENT), "{message}");
}

#[test]
fn while_a_proxy_does_not_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", silent.local_addr().unwrap());
    let message = stopped(&at("us-1").with("/config/proxy_https", proxy), "a moment", || true);
    assert!(message.starts_with(UNSENT), "{message}");
}

#[test]
fn at_any_moment_of_a_run_with_a_long_report() {
    let falcon = StandIn::in_the_clear().without(CASE);
    let input = at(falcon.url()).with("/data/description", "d".repeat(900_000)).0.to_string();
    let start = |is_read: bool| {
        let directory = job_directory(&input);
        let responder = Responder::new().argument(directory.path());
        // Standard output stays full, as if it is not read.
        let (reader, stdout) = unread();
        let responder = if is_read { responder } else { responder.stdout(stdout) };
        (directory, reader, responder.start())
    };
    let started = Instant::now();
    let (_directory, _reader, running) = start(true);
    running.wait();
    let whole_run = started.elapsed();
    let stop = |round: &u32| {
        let (directory, _reader, running) = start(round.is_multiple_of(2));
        std::thread::sleep(whole_run * *round / 25);
        running.signal("TERM");
        let status = running.wait().status;
        // It ends at once by a signal that arrives before it watches for signals.
        assert_eq!(status == Some(0), output(directory.path()).is_some(), "round {round}: {status:?}");
    };
    let rounds: Vec<u32> = (1..=30).collect();
    rounds.chunks(6).for_each(|rounds| together(rounds, stop));
}
