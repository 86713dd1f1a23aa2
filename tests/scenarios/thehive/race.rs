//! Two jobs of one case, which end in either order: Falcon shows the newest stage in the end.
//!
//! What is not raced is an update that takes effect after its job has given up waiting for the answer: no client can know of it.

mod pair;

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::{CASE_ID, case, linked, start};
use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::stand_in::Disturbance;
use crate::common::stand_in::request::Request;
use crate::common::{ALERT, Fault, Job, StandIn, TheHive};
use crate::shutdown::wait_for;
use pair::{Pair, Wrong};

const PAIRS: u64 = 320;
/// So many pairs at a time: most jobs wait most of the time.
const TOGETHER: usize = 32;
/// So often an update meets a fault; a job tries six times.
const MOST_FAULTS: u32 = 2;
/// In milliseconds. A job waits for an answer much longer.
const LONGEST_DELAY: u64 = 80;

/// Updates take their time to arrive, and to be answered. Some are refused before the deed, and some answers are lost after it.
fn unsteady(seed: u64) -> impl FnMut(&Request) -> Disturbance + Send + 'static {
    let (mut random, mut faults) = (fastrand::Rng::with_seed(seed), HashMap::<Vec<u8>, u32>::new());
    move |request| {
        if request.path == TOKEN {
            return Disturbance::default();
        }
        let (delay, answer_delay) = (random.u64(..LONGEST_DELAY), random.u64(..LONGEST_DELAY));
        let refused = Fault::Answer { status: 503, headers: Vec::new(), body: Vec::new() };
        let fault = [refused, Fault::Lost].into_iter().find(|_| random.u8(..100) < 15);
        let met = faults.entry(request.body.clone()).or_default();
        let fault = fault.filter(|_| *met < MOST_FAULTS);
        *met += u32::from(fault.is_some());
        let [delay, answer_delay] = [delay, answer_delay].map(Duration::from_millis);
        Disturbance { delay, answer_delay, fault, until: None }
    }
}

/// Races so many pairs, with TheHive at hand or without; what ended wrong.
fn race(seed: u64, with_thehive: bool) -> Vec<Wrong> {
    let falcon = StandIn::in_the_clear().disturbed(unsteady(seed));
    let pairs: Vec<Pair> = (0..PAIRS).map(|number| Pair::new(seed, number)).collect();
    let hive = pairs.iter().fold(TheHive::five(), |hive, pair| pair.begun_in(hive));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut short = move || Duration::from_millis(random.u64(..LONGEST_DELAY / 4));
    let hive = hive.disturbed(move |_| Disturbance { delay: short(), answer_delay: short(), ..Disturbance::default() });
    let next = AtomicU64::new(0);
    let work_off = || {
        let mut wrong = Vec::new();
        while let Some(pair) = pairs.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).expect("few pairs")) {
            let asking = |job: Job| if with_thehive { super::asking(job, &hive) } else { job };
            wrong.extend(pair.run(&hive, &falcon, asking));
        }
        wrong
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..TOGETHER).map(|_| scope.spawn(work_off)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker ends")).collect()
    })
}

#[test]
fn two_jobs_of_one_case_end_in_its_newest_stage() {
    let seed = std::env::var("RACE_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect("a number"));
    let wrong = race(seed, true);
    let told: Vec<&str> = wrong.iter().map(|(Wrong::Shown(told) | Wrong::Told(told))| told.as_str()).collect();
    assert!(told.is_empty(), "with RACE_SEED={seed}, {} of {PAIRS} pairs:\n{}", told.len(), told.join("\n"));
}

#[test]
#[ignore = "it shows what the race is without TheHive, and its figures differ from run to run"]
fn without_thehive_some_pairs_end_in_the_older_stage() {
    let wrong = race(fastrand::u64(..), false);
    let older = wrong.iter().filter(|wrong| matches!(wrong, Wrong::Shown(_))).count();
    let failed = wrong.len() - older;
    writeln!(std::io::stderr(), "{older} of {PAIRS} pairs end in the older stage, and {failed} with a failed job")
        .unwrap();
    assert!(older > 0);
}

/// The update to `in_progress` takes effect only after the one to closed, of the other job.
fn the_older_lands_last(with_thehive: bool) -> String {
    let is_closed = Arc::new(AtomicBool::default());
    let until = Arc::clone(&is_closed);
    let falcon = StandIn::in_the_clear().disturbed(move |request| {
        let is_older = request.is_to(ALERTS) && String::from_utf8_lossy(&request.body).contains("in_progress");
        Disturbance { until: is_older.then(|| Arc::clone(&until)), ..Disturbance::default() }
    });
    let hive = TheHive::five().with_case(CASE_ID, 42, "InProgress");
    let job = |stage| {
        let job = case(stage, linked(ALERT), &hive);
        if with_thehive { job } else { job.without("/config/thehive_url").without("/config/thehive_api_key") }
    };
    let older = start(job("InProgress"), &falcon).start();
    wait_for("the read before the first update", || !with_thehive || hive.asked().len() == 2);
    wait_for("the token", || falcon.hits(TOKEN) == 1);
    hive.at_stage(CASE_ID, "Closed");
    start(job("Closed"), &falcon).run().success();
    is_closed.store(true, Ordering::Relaxed);
    older.wait().success();
    falcon.status_of(ALERT).expect("a status")
}

#[test]
fn the_write_that_lands_last_is_corrected_where_thehive_can_be_asked() {
    assert_eq!(the_older_lands_last(true), "closed");
    assert_eq!(the_older_lands_last(false), "in_progress", "nobody tells the job that it is late");
}
