//! Two jobs of one case, of which the one knows an older stage than the other.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::start;
use crate::common::responder::Running;
use crate::common::{CID, Job, StandIn, TheHive, job};

/// Stages, each with the status of an alert, incident and case that goes with it.
const STAGES: [(&str, [&str; 3]); 3] = [
    ("New", ["new", "20", "new"]),
    ("InProgress", ["in_progress", "30", "in_progress"]),
    ("Closed", ["closed", "40", "closed"]),
];

/// In milliseconds.
const LONGEST_WORK: u64 = 250;

/// What ended wrong, with both reports.
pub enum Wrong {
    /// Falcon shows something else than the newest stage.
    Shown(String),
    /// Falcon shows it, and a job failed.
    Told(String),
}

/// A case that moves on once, and the jobs before and after that.
pub struct Pair {
    number: u64,
    older: &'static str,
    newer: &'static str,
    statuses: [&'static str; 3],
    /// How long after the case, or its move, the first job begins; and how long after that the other one.
    pauses: [Duration; 2],
    /// The job with the newer stage begins before the one with the older.
    is_newer_first: bool,
}

impl Pair {
    pub fn new(seed: u64, number: u64) -> Pair {
        let mut random = fastrand::Rng::with_seed(seed.wrapping_add(number));
        let mut stages = STAGES;
        random.shuffle(&mut stages);
        let [(older, _), (newer, statuses), _] = stages;
        // Half of the second jobs begin at nearly the same time, the others while the first one is at work.
        let longest = if random.bool() { 5 } else { LONGEST_WORK };
        let pauses = [random.u64(..20), random.u64(..longest)].map(Duration::from_millis);
        Pair { number, older, newer, statuses, pauses, is_newer_first: random.u8(..3) == 0 }
    }

    /// The case as it is before both jobs.
    pub fn begun_in(&self, hive: TheHive) -> TheHive {
        hive.with_case(&self.id(), self.number, self.older)
    }

    /// Runs both jobs, and moves the case on; what ended wrong, if anything did.
    pub fn run(&self, hive: &TheHive, falcon: &StandIn, asking: impl Fn(Job) -> Job) -> Option<Wrong> {
        let begin = |stage| start(asking(self.job(stage)), falcon).start();
        let [first, second] = self.pauses;
        let jobs: [Running; 2] = if self.is_newer_first {
            hive.at_stage(&self.id(), self.newer);
            let newer = begin(self.newer);
            std::thread::sleep(second);
            [begin(self.older), newer]
        } else {
            let older = begin(self.older);
            std::thread::sleep(second);
            hive.at_stage(&self.id(), self.newer);
            std::thread::sleep(first);
            [older, begin(self.newer)]
        };
        let reports = jobs.map(|job| job.wait().report());
        let shown = self.ids().map(|id| falcon.status_of(&id));
        let is_right = shown.iter().zip(self.statuses).all(|(shown, status)| shown.as_deref() == Some(status));
        let are_successes = reports.iter().all(|report| report["success"] == true);
        let told = || {
            let [older, newer] = reports.map(|report| report.to_string());
            format!("pair {}, {} to {}: {shown:?}\n{older}\n{newer}", self.number, self.older, self.newer)
        };
        match (is_right, are_successes) {
            (true, true) => None,
            (true, false) => Some(Wrong::Told(told())),
            (false, _) => Some(Wrong::Shown(told())),
        }
    }

    fn job(&self, stage: &str) -> Job {
        let [alert, incident, case] = self.ids();
        let links = json!({"csfalcon-alert-id": alert, "csfalcon-incident-id": incident, "csfalcon-case-id": case});
        let job = job("thehive5-case").with("/data/_id", self.id()).with("/data/id", self.id());
        job.with("/data/stage", stage).with("/data/extendedStatus", Value::Null).linked_to(links)
    }

    fn id(&self) -> String {
        format!("~{}", 40_000 + self.number)
    }

    fn ids(&self) -> [String; 3] {
        let n = self.number;
        let of_host = "3c1f5a7e9b2d4860a1c3e5f708192a3b";
        [format!("{CID}:ind:{of_host}:race{n}"), format!("inc:{of_host}:race{n}"), format!("cmFjZS{n:03}-9Xm4oWgZq_yB")]
    }
}
