//! A storm: many jobs, so many at a time, against Falcon's rate limits. `STORM_JOBS=100` makes a small one of it.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::clients::Clients;
use super::spread::milliseconds;
use super::stand_in::limits::Counts;
use super::stand_in::{Authority, StandIn};
use super::{jobs, table};

const JOBS: usize = 1_000;
const TOGETHER: usize = 20;

/// What Falcon takes in a minute: tokens, and all else.
const TOKENS: usize = 300;
const REQUESTS: usize = 6_000;
const WINDOW_SECONDS: usize = 60;

/// Measures both ways and prints the table.
pub fn print(clients: &Clients) {
    let named: Option<usize> = std::env::var("STORM_JOBS").ok().and_then(|count| count.parse().ok());
    let jobs = named.map_or(JOBS, |count| count.max(1));
    let [without, with] = [false, true].map(|has_cache| Storm::new(jobs, has_cache).figures(clients.responder));
    let rows = without.into_iter().zip(with).map(|((name, without), (_, with))| vec![name.to_owned(), without, with]);
    let heading = format!(
        "A storm: {jobs} jobs, {TOGETHER} at a time, against {TOKENS} tokens and {REQUESTS} other requests a minute"
    );
    table::print(&heading, &["", "without token cache", "with token cache"], &rows.collect::<Vec<_>>());
}

/// A tenant with limits, and jobs for it.
struct Storm {
    authority: Authority,
    falcon: StandIn,
    jobs: Vec<PathBuf>,
    /// The tokens of one window.
    tokens: usize,
}

/// What became of a job.
struct Ran {
    wall: Duration,
    has_succeeded: bool,
}

impl Storm {
    /// A small storm has shorter windows, and less in each: it goes through as many of them at the same rate.
    fn new(count: usize, has_cache: bool) -> Storm {
        let authority = Authority::new();
        let part = |of: usize| (of * count / JOBS).max(1);
        let window = Duration::from_secs((WINDOW_SECONDS * count / JOBS).max(1) as u64);
        let (tokens, falcon) = (part(TOKENS), StandIn::with_tls(&authority));
        let falcon = falcon.limiting_tokens(tokens, window).limiting_requests(part(REQUESTS), window);
        let cache = has_cache.then(|| cache(authority.directory()));
        let write = |number| {
            let mut job = jobs::job_of_alerts(&falcon.url(), &[jobs::alert(number)]);
            if let Some(cache) = &cache {
                job["config"]["token_cache"] = cache.as_str().into();
            }
            jobs::write(authority.directory(), &format!("{number}.json"), &job)
        };
        let jobs = (0..count).map(write).collect();
        Storm { authority, falcon, jobs, tokens }
    }

    /// Has all jobs done, and tells what it took by name.
    fn figures(&self, responder: &Path) -> Vec<(&'static str, String)> {
        let started = Instant::now();
        let ran = self.blow(responder);
        let time = started.elapsed();
        [of_jobs(&ran, time), self.of_requests()].concat()
    }

    /// Several jobs at a time, the next as soon as one ends.
    fn blow(&self, responder: &Path) -> Vec<Ran> {
        let next = AtomicUsize::new(0);
        let work_off = || {
            let mut ran = Vec::new();
            while let Some(job) = self.jobs.get(next.fetch_add(1, Relaxed)) {
                ran.push(self.run(responder, job));
            }
            ran
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..TOGETHER).map(|_| scope.spawn(work_off)).collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("a worker ends")).collect()
        })
    }

    fn run(&self, responder: &Path, job: &Path) -> Ran {
        let mut command = Command::new(responder);
        command.env_clear().env("REQUESTS_CA_BUNDLE", self.authority.file()).arg(job).stdin(Stdio::null());
        let started = Instant::now();
        let output = command.output().expect("the responder can be started");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ran { wall: started.elapsed(), has_succeeded: report["success"] == true }
    }

    fn of_requests(&self) -> Vec<(&'static str, String)> {
        let (tokens, others) = (self.falcon.token_windows(), self.falcon.request_windows());
        // In its last window a storm needs no more than are left to do.
        let over = tokens.split_last().map_or(&[][..], |(_, over)| over);
        let unused: Vec<usize> =
            over.iter().map(|counts| self.tokens - counts.given).filter(|left| *left > 0).collect();
        vec![
            ("requests for tokens", told(&tokens)),
            ("windows of them", tokens.len().to_string()),
            (
                "tokens left unused before the last",
                format!("{} in {} windows", unused.iter().sum::<usize>(), unused.len()),
            ),
            ("other requests", told(&others)),
        ]
    }
}

fn of_jobs(ran: &[Ran], time: Duration) -> Vec<(&'static str, String)> {
    let succeeded = ran.iter().filter(|ran| ran.has_succeeded).count();
    let mut walls: Vec<Duration> = ran.iter().map(|ran| ran.wall).collect();
    walls.sort();
    let below = |percent: usize| format!("{:.1} ms", milliseconds(walls[(walls.len() - 1) * percent / 100]));
    #[expect(clippy::cast_precision_loss, reason = "no storm has so many jobs")]
    let rate = ran.len() as f64 / time.as_secs_f64();
    vec![
        ("jobs", ran.len().to_string()),
        ("succeeded", succeeded.to_string()),
        ("lost", (ran.len() - succeeded).to_string()),
        ("time of all", format!("{:.1} s", time.as_secs_f64())),
        ("jobs a second", format!("{rate:.1}")),
        ("wall of a job, median", below(50)),
        ("95 % below", below(95)),
        ("longest", below(100)),
    ]
}

fn told(windows: &[Counts]) -> String {
    let given: usize = windows.iter().map(|counts| counts.given).sum();
    let refused: usize = windows.iter().map(|counts| counts.refused).sum();
    format!("{}: {given} given, {refused} refused", given + refused)
}

/// A directory for tokens that nobody else can read.
fn cache(beside: &Path) -> String {
    let directory = beside.join("tokens");
    DirBuilder::new().mode(0o700).create(&directory).expect("the directory can be made");
    directory.display().to_string()
}
