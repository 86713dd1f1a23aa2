//! A secret may be any word of the job itself: it changes what is shown, and nothing else.

use std::collections::BTreeSet;

use cortex_falcon::Run;
use cortex_falcon::environment::Environment;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::id_fields::ids_and_shape;
use crate::common::responder::assert_accepted_by_cortex;
use crate::common::{Job, Responder, StandIn, job};

const SHORTEST: usize = 4;

/// The names of the jobs of `fixtures/jobs/`.
fn jobs() -> Vec<String> {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/jobs")).unwrap();
    let names = folder.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The words of the keys and values of a job's data, and its texts as a whole.
fn words(value: &Value) -> BTreeSet<String> {
    let of_text = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).chain([text]);
        words.filter(|word| word.chars().count() >= SHORTEST).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    match value {
        Value::String(text) => of_text(text),
        Value::Number(number) => of_text(&number.to_string()),
        Value::Array(items) => items.iter().flat_map(words).collect(),
        Value::Object(members) => {
            members.iter().flat_map(|(key, value)| of_text(key).into_iter().chain(words(value))).collect()
        }
        Value::Null | Value::Bool(_) => BTreeSet::new(),
    }
}

/// A request: its method, path with query, content type and body.
type Sent = (String, String, Option<String>, String);

/// What Falcon was sent, in no order: calls go side by side.
fn sent(falcon: &StandIn) -> Vec<Sent> {
    let requests = falcon.requests().into_iter();
    let mut sent: Vec<_> = requests
        .map(|request| {
            let body = String::from_utf8(request.body).expect("a body is UTF-8");
            let path = format!("{}?{}", request.path, request.query);
            (request.method, path, request.headers.get("content-type").cloned(), body)
        })
        .collect();
    sent.sort();
    sent
}

/// All texts of a report, but for its own words: keys, and the types of operations.
fn texts(report: &Value) -> Vec<&str> {
    match report {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => {
            let is_type = |key: &str| {
                ["type", "tpe"].contains(&key) && (members.contains_key("tag") || members.contains_key("tpe"))
            };
            members.iter().filter(|(key, _)| !is_type(key)).flat_map(|(_, value)| texts(value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The report on a job, in this process.
fn in_process(job: &Job) -> Value {
    let report = Run::new(Environment::empty()).respond(|| Ok(job.0.to_string().into())).as_json().clone();
    assert_accepted_by_cortex(&report);
    report
}

/// The report on a job, by the real binary.
fn by_binary(job: &Job) -> Value {
    Responder::new().stdin(job.0.to_string()).run().report()
}

/// A job that was run without a secret.
struct Told {
    job: Job,
    run: fn(&Job) -> Value,
    falcon: StandIn,
    sent: Vec<Sent>,
    success: Value,
}

impl Told {
    fn of(job: Job, run: fn(&Job) -> Value) -> Told {
        let falcon = StandIn::in_the_clear();
        let job = job.with("/config/base_url", falcon.url());
        let success = run(&job)["success"].take();
        Told { sent: sent(&falcon), job, run, falcon, success }
    }

    /// Runs it with a secret: Falcon must be sent the same, and the report must not show it.
    fn assert_same_with(&self, secret: &str) {
        // What the run before has created or changed would be found, and not sent again.
        self.falcon.forget_all();
        let report = (self.run)(&self.job.clone().with("/config/some_secret", secret));
        assert_eq!(sent(&self.falcon), self.sent, "{secret:?}");
        assert_eq!(report["success"], self.success, "{secret:?}: {report:#}");
        for text in texts(&report) {
            assert!(!text.contains(secret), "{secret:?} is in {text:?}");
        }
    }
}

#[test]
fn a_secret_that_is_a_word_of_the_job_changes_no_request_of_the_binary() {
    const EVERY: usize = 12;
    let mut count = 0;
    for name in jobs() {
        let (job, first) = (job(&name), name.len() % EVERY);
        let words: Vec<String> = words(&job.0["data"]).into_iter().skip(first).step_by(EVERY).collect();
        let told = Told::of(job, by_binary);
        for word in &words {
            told.assert_same_with(word);
        }
        count += words.len();
    }
    assert!(count >= 24, "a few dozen, not {count}");
}

#[test]
fn a_secret_that_is_the_name_of_a_field_or_a_stage_changes_no_request_of_the_binary() {
    for stage in ["InProgress", "Imported", "Closed"] {
        let told = Told::of(job("thehive5-case").with("/data/stage", stage), by_binary);
        assert_eq!(told.sent.len(), 4, "a token, and a call for each kind");
        for word in [stage, "stage", "status", "csfalcon", "incident", "csfalcon-alert-id", "customFieldValues"] {
            told.assert_same_with(word);
        }
    }
}

#[test]
fn a_secret_that_is_any_word_of_the_job_changes_no_request() {
    for name in jobs() {
        let job = job(&name);
        let words = words(&job.0["data"]);
        let told = Told::of(job, in_process);
        for word in &words {
            told.assert_same_with(word);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_secret_that_is_any_word_of_any_ids_changes_no_request((_, shape) in ids_and_shape(), place: proptest::sample::Index) {
        let job = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": shape}));
        let words: Vec<String> = words(&job.0["data"]["customFieldValues"]).into_iter().collect();
        Told::of(job, in_process).assert_same_with(&words[place.index(words.len())]);
    }
}
