//! Outcomes → the report: for a success what TheHive shows of it, for a failure the one message that anybody sees.

mod message;

use anyhow::Error;
use serde_json::{Map, Value, json};

use super::bounds::fitting;
use super::{Done, Setback};
use crate::cortex::Report;
use crate::falcon::{Effect, Outcome, Reason};
use crate::session::{About, Notes, Snapshot};
use crate::thehive::Stage;

/// The report on a service's work: what it did, or why it ended early, and what became of each call.
#[must_use]
pub(crate) fn report(about: &About, worked: Result<Done, Setback>, snapshot: &Snapshot) -> Report {
    let Snapshot { notes, outcomes } = snapshot;
    let is_whole = outcomes.iter().all(|outcome| outcome.failures.is_empty());
    match worked {
        Ok(done) if is_whole && done.incomplete.is_none() => {
            let (operations, label) = (done.operations.clone(), done.label.clone());
            Report::success(full(about, done, outcomes, notes), label.as_ref(), &operations)
        }
        worked => {
            let (setback, details) = match worked {
                Ok(done) => (done.incomplete, done.details),
                Err(setback) => (Some(setback), Vec::new()),
            };
            Report::failure(&message::of_failure(about, setback, details, outcomes, notes))
        }
    }
}

/// The report on work that something ended before its time.
#[must_use]
pub(crate) fn stopped(about: &About, by: &str, snapshot: &Snapshot) -> Report {
    let mut failures = snapshot.outcomes.iter().flat_map(|outcome| &outcome.failures);
    let is_told =
        failures.any(|failure| matches!(failure.reason, Reason::StoppedBefore { .. } | Reason::StoppedWaiting { .. }));
    let setback = (!is_told).then(|| Setback {
        cause: format!("{by} stopped the responder before all was done"),
        next: "Run the responder again; if Cortex stops it again, raise its job timeout there.".to_owned(),
    });
    report(about, setback.map_or_else(|| Ok(Done::default()), Err), snapshot)
}

/// The report on a job that was refused before anything was sent.
#[must_use]
pub(crate) fn failure(error: &Error, snapshot: &Snapshot) -> Report {
    let warnings = snapshot.notes.warnings.iter().map(|warning| format!("\nWarning: {warning}"));
    Report::failure(&(sentence(error) + &warnings.collect::<String>()))
}

/// TheHive shows it as JSON in a narrow column, in this order: first what people read, then what the service is about, and
/// ids and trace ids behind that.
fn full(about: &About, done: Done, outcomes: &[Outcome], notes: &Notes) -> Map<String, Value> {
    let mut details = done.details;
    details.extend(message::of_done(outcomes));
    details.extend(message::of_notes(outcomes, notes));
    let ids: Vec<Vec<&str>> =
        outcomes.iter().map(|outcome| outcome.done.iter().map(String::as_str).collect()).collect();
    let targets = outcomes.iter().zip(fitting(&ids)).map(|(outcome, most)| machine_readable(outcome, most));
    let targets: Vec<Value> = targets.collect();
    let mut full = Map::new();
    full.insert("message".into(), done.message.into());
    full.insert("details".into(), details.into());
    full.extend(done.full);
    full.insert("targets".into(), targets.into());
    full.insert("subject".into(), about.subject.clone().into());
    full.insert("stage".into(), about.stage.map(Stage::name).into());
    full.insert("verdict".into(), about.verdict.clone().into());
    full.insert("falcon".into(), notes.falcon.clone().into());
    full.insert("retries".into(), notes.retries.into());
    full.insert("warnings".into(), message::warnings(outcomes, notes).into());
    full.insert("version".into(), crate::version::VERSION.into());
    full
}

fn machine_readable(outcome: &Outcome, most: usize) -> Value {
    let change = &outcome.call.change;
    let (key, value) = match &change.effect {
        Effect::Status { shows, .. } => ("status", (*shows).to_owned()),
        effect => ("change", effect.word().to_owned() + &effect.rest()),
    };
    let (ids, left_out) = outcome.done.split_at(most);
    let mut target = json!({"target": change.target.to_string(), key: value, "ids": ids, "trace_id": outcome.trace_id});
    if !left_out.is_empty() {
        target["more_ids"] = left_out.len().into();
    }
    target
}

/// An error and its causes as one sentence.
fn sentence(error: &Error) -> String {
    let mut text = format!("{error:#}");
    if let Some(first) = text.get(..1) {
        let first = first.to_uppercase();
        text.replace_range(..1, &first);
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
