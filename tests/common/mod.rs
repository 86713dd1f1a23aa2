//! The harness: jobs from fixtures, a Falcon as strict as the real one, and the real binary between them.

pub mod door;
pub mod falcon;
pub mod job_directory;
pub mod kinds;
pub mod leaks;
pub mod messages;
pub mod picture;
pub mod proxy;
pub mod responder;
pub mod stand_in;
pub mod the_hive;
pub mod wire;

pub use falcon::Falcon;
pub use responder::{Ran, Responder};
pub use stand_in::strict::{self, CID};
pub use stand_in::{Authority, Fault, StandIn, answers};
pub use the_hive::TheHive;

use serde_json::Value;

/// The first alert of the fixtures.
pub const ALERT: &str = "8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:17219-10357-8210";
/// The second alert of the fixtures.
pub const OTHER_ALERT: &str =
    "8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ngsiem:8f2e6d0c4b9a47e1b3d5f70912c4a6e8:5d0e3c7f42ab4a1e9a3b6c8d7e2f1904";
/// The incident of the fixtures.
pub const INCIDENT: &str = "inc:3c1f5a7e9b2d4860a1c3e5f708192a3b:6b1d8f0e2c4a49d7";
/// The NG-SIEM case of the fixtures.
pub const CASE: &str = "b3BlbmNhc2UtMDAwMQ-7Qk3nVfYp_xZ2R";

/// The text of a file below `fixtures/`.
pub fn fixture(path: &str) -> String {
    let path = format!("{}/fixtures/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A job of `fixtures/jobs/`.
pub fn job(name: &str) -> Job {
    Job(serde_json::from_str(&fixture(&format!("jobs/{name}.json"))).expect("a fixture is JSON"))
}

/// A job that a scenario can change.
#[derive(Clone)]
pub struct Job(pub Value);

impl Job {
    /// The job with one value set, by its JSON pointer; the parent must exist.
    pub fn with(mut self, pointer: &str, value: impl Into<Value>) -> Job {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
        let parent = self.0.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent} in the job"));
        parent[key] = value.into();
        self
    }

    /// The job without one value.
    pub fn without(mut self, pointer: &str) -> Job {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
        let parent = self.0.pointer_mut(parent).and_then(Value::as_object_mut).expect("the parent is an object");
        assert!(parent.remove(key).is_some(), "no {pointer} in the job");
        self
    }

    /// The job with these custom fields and no others.
    pub fn linked_to(self, fields: Value) -> Job {
        self.with("/data/customFields", serde_json::json!({})).with("/data/customFieldValues", fields)
    }
}

/// Plays this for each row, side by side: most runs wait most of the time.
pub fn together<Row: Sync>(rows: &[Row], play: impl Fn(&Row) + Sync) {
    std::thread::scope(|scope| {
        for row in rows {
            scope.spawn(|| play(row));
        }
    });
}
