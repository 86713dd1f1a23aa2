//! What a job costs: `cargo bench`.
//!
//! Runs the real binary on the job of a case (two alerts, an incident, an NG-SIEM case) against a strict tenant on
//! loopback, over TLS: one job after another, then many at a time. Figures are printed, nothing is asserted.
#![expect(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used, reason = "a benchmark is there to be read")]
#![allow(dead_code, reason = "the test suite uses the rest")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../tests/common/stand_in/mod.rs"]
mod stand_in;

use stand_in::{Authority, StandIn};

const JOBS: usize = 200;
const TOGETHER: usize = 50;

fn main() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    let fixture = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/jobs/thehive5-case.json")).unwrap();
    let job = authority.directory().join("job.json");
    fs::write(&job, fixture.replace("\"us-1\"", &format!("\"{}\"", falcon.url()))).unwrap();

    let mut times: Vec<Duration> = (0..JOBS).map(|_| run(&job, &authority)).collect();
    times.sort();
    println!("one job after another: median {:?}, 95 % below {:?}, of {JOBS}", times[JOBS / 2], times[JOBS * 95 / 100]);

    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(|| run(&job, &authority));
        }
    });
    println!("a storm: {TOGETHER} jobs at once in {:?}", started.elapsed());
}

/// The time from start to exit.
fn run(job: &Path, authority: &Authority) -> Duration {
    let started = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cortex-falcon"));
    command.env_clear().env("REQUESTS_CA_BUNDLE", authority.file()).arg(job).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().expect("the binary can be started");
    assert!(status.success(), "a job that fails is no measurement");
    started.elapsed()
}
