//! Many pairs of jobs, each for a case of its own, over a list of cases that lags behind in whichever order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::job_of;
use crate::common::stand_in::Disturbance;
use crate::common::stand_in::case::Case;
use crate::common::stand_in::request::Request;
use crate::common::{Job, Responder, StandIn};

/// So many cases are raced for; `RACES=300` races for more.
const RACES: usize = 24;
/// So many at a time: most jobs wait most of the time.
const TOGETHER: usize = 24;
/// In milliseconds.
const LONGEST_LAG: u64 = 1_500;
const LONGEST_DELAY: u64 = 60;

/// The case in TheHive that a number of jobs create in Falcon at once.
struct Race {
    id: String,
    jobs: usize,
}

impl Race {
    fn job(&self) -> Job {
        let job = job_of("create_case", json!({})).with("/data/_id", self.id.as_str());
        job.with("/data/id", self.id.as_str()).with("/config/timeout_seconds", 14)
    }

    /// Runs its jobs at once. Returns what ended wrong, if anything did.
    fn run(&self, falcon: &StandIn) -> Option<String> {
        let job = self.job().with("/config/base_url", falcon.url()).0.to_string();
        let running: Vec<_> = (0..self.jobs).map(|_| Responder::new().stdin(job.clone()).start()).collect();
        let reports: Vec<Value> = running.into_iter().map(|job| job.wait().report()).collect();
        let tag = format!("thehive:{}", self.id);
        let is_open = |case: &Case| case.tags.contains(&tag) && case.status != "closed";
        let open: Vec<String> = falcon.cases().into_values().filter(is_open).map(|case| case.id).collect();
        let ids: Vec<&str> = reports.iter().filter_map(|report| report["full"]["case"]["id"].as_str()).collect();
        let is_one = open.len() == 1 && ids == vec![open[0].as_str(); self.jobs];
        let names_all = |report: &Value| {
            let message = report["errorMessage"].as_str().unwrap_or_default();
            open.iter().map(String::as_str).chain(ids.iter().copied()).all(|id| message.contains(id))
        };
        let is_right = is_one || reports.iter().any(names_all);
        let reports: Vec<String> = reports.iter().map(Value::to_string).collect();
        (!is_right).then(|| format!("{}: open are {open:?}\n{}", self.id, reports.join("\n")))
    }
}

/// Requests take their time to arrive, and to be answered.
fn unsteady(seed: u64) -> impl FnMut(&Request) -> Disturbance + Send + 'static {
    let mut random = fastrand::Rng::with_seed(seed);
    move |_| {
        let mut short = || Duration::from_millis(random.u64(..LONGEST_DELAY));
        Disturbance { delay: short(), answer_delay: short(), ..Disturbance::default() }
    }
}

/// Races for so many cases, with so many jobs each, over this tenant. Returns what ended wrong.
fn race(falcon: &StandIn, races: usize, jobs: usize) -> Vec<String> {
    let races: Vec<Race> = (0..races).map(|number| Race { id: format!("~{}", 50_000 + number), jobs }).collect();
    let next = AtomicUsize::new(0);
    let work_off = || {
        let mut wrong = Vec::new();
        while let Some(race) = races.get(next.fetch_add(1, Ordering::Relaxed)) {
            wrong.extend(race.run(falcon));
        }
        wrong
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..TOGETHER).map(|_| scope.spawn(work_off)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker ends")).collect()
    })
}

fn races() -> usize {
    std::env::var("RACES").map_or(RACES, |races| races.parse().expect("a number"))
}

fn seed() -> u64 {
    std::env::var("RACE_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect("a number"))
}

fn lags(seed: u64) -> Vec<Duration> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..997).map(|_| Duration::from_millis(random.u64(..LONGEST_LAG))).collect()
}

#[test]
fn pairs_of_jobs_end_with_one_open_case_whose_id_each_report_has() {
    let seed = seed();
    let falcon = StandIn::in_the_clear().with_index_lags(&lags(seed)).listed_in_order().disturbed(unsteady(seed));
    let wrong = race(&falcon, races(), 2);
    assert!(wrong.is_empty(), "RACE_SEED={seed}:\n{}", wrong.join("\n"));
    assert!(falcon.cases_created() > races(), "some jobs have raced");
}

#[test]
fn pairs_over_lists_in_any_order_end_so_or_in_a_failure_that_names_both() {
    let seed = seed();
    let falcon = StandIn::in_the_clear().with_index_lags(&lags(seed)).disturbed(unsteady(seed));
    let wrong = race(&falcon, races(), 2);
    assert!(wrong.is_empty(), "RACE_SEED={seed}:\n{}", wrong.join("\n"));
}

#[test]
fn ten_jobs_end_like_two() {
    let seed = seed();
    let falcon = StandIn::in_the_clear().with_index_lags(&lags(seed)).listed_in_order().disturbed(unsteady(seed));
    let wrong = race(&falcon, 2, 10);
    assert!(wrong.is_empty(), "RACE_SEED={seed}:\n{}", wrong.join("\n"));
}
