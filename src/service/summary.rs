//! Outcomes → the report: what went through, what did not, why, and what to do next.

use std::collections::HashMap;

use anyhow::Error;
use serde_json::{Map, Value, json};

use crate::cortex::{Operation, Report};
use crate::falcon::{Asked, Failure, Outcome, Reason, advice};
use crate::session::{About, Notes, Snapshot};

/// As many updated ids of a call as a message names; the rest are counted. Those that were not updated are all named:
/// nothing else tells which they are.
const MOST_NAMED: usize = 50;

/// The report on a service's work: what TheHive is to do now, or why the work ended early, and what became of each call.
#[must_use]
pub(crate) fn report(about: &About, worked: Result<Vec<Operation>, Reason>, snapshot: Snapshot) -> Report {
    let Snapshot { notes, outcomes } = &snapshot;
    let is_whole = outcomes.iter().all(|outcome| outcome.failures.is_empty());
    match worked {
        Ok(operations) if is_whole => Report::success(full(about, outcomes, notes), &operations),
        worked => {
            let ended = worked.err().map(|reason| {
                let advice = advice(&reason, Asked { scope: "", change: None });
                format!("Ended early: {reason}. Next: {advice}")
            });
            Report::failure(&error_message(about, outcomes, notes, ended), snapshot.into_echo())
        }
    }
}

/// The report on a job that was refused before anything was sent.
#[must_use]
pub(crate) fn failure(error: &Error, snapshot: Snapshot) -> Report {
    let warnings = snapshot.notes.warnings.iter().map(|warning| format!("\nWarning: {warning}"));
    Report::failure(&(sentence(error) + &warnings.collect::<String>()), snapshot.into_echo())
}

fn full(about: &About, outcomes: &[Outcome], notes: &Notes) -> Map<String, Value> {
    let mut lines = vec![format!("Falcon follows {}, which is {} in TheHive.", about.subject, about.stage)];
    lines.extend(outcomes.iter().map(updated));
    lines.extend(after(notes));
    let targets: Vec<Value> = outcomes.iter().map(machine_readable).collect();
    let mut full = Map::new();
    full.insert("message".into(), lines.join("\n").into());
    full.insert("subject".into(), about.subject.clone().into());
    full.insert("stage".into(), about.stage.name().into());
    full.insert("verdict".into(), about.verdict.clone().into());
    full.insert("falcon".into(), notes.falcon.clone().into());
    full.insert("targets".into(), targets.into());
    full.insert("retries".into(), notes.retries.into());
    full.insert("warnings".into(), notes.warnings.clone().into());
    full
}

fn machine_readable(outcome: &Outcome) -> Value {
    json!({
        "target": outcome.call.change.target.to_string(),
        "ids": outcome.done,
        "status": outcome.call.change.status,
        "trace_id": outcome.trace_id,
    })
}

fn error_message(about: &About, outcomes: &[Outcome], notes: &Notes, ended: Option<String>) -> String {
    let asked: usize = outcomes.iter().map(|outcome| outcome.call.change.ids.len()).sum();
    let done: usize = outcomes.iter().map(|outcome| outcome.done.len()).sum();
    let is_certain = outcomes.iter().flat_map(|outcome| &outcome.failures).all(|failure| !failure.may_be_done);
    let follows = match (done, is_certain) {
        (0, true) => "Falcon does not follow",
        (0, false) => "Falcon may not follow",
        (_, true) => "Falcon follows only in part",
        (_, false) => "Falcon may follow only in part",
    };
    let mut lines = vec![format!(
        "{follows}: {}, which is {} in TheHive. {done} of {asked} ids are known to be updated.",
        about.subject, about.stage
    )];
    lines.extend(ended);
    lines.extend(outcomes.iter().filter(|outcome| !outcome.done.is_empty()).map(updated));
    lines.extend(not_updated(outcomes));
    lines.extend(after(notes));
    lines.join("\n")
}

/// `Updated 2 alerts to closed: a, b; trace id t.`
fn updated(outcome: &Outcome) -> String {
    let count = count(outcome, outcome.done.len());
    format!("Updated {count} to {}: {}.", outcome.call.change.to, named(outcome, &outcome.done, MOST_NAMED))
}

/// One line a reason: where a hundred ids share one, it stands once.
fn not_updated(outcomes: &[Outcome]) -> Vec<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let mut places = HashMap::new();
    for outcome in outcomes {
        let call = &outcome.call;
        for Failure { ids, reason, may_be_done } in &outcome.failures {
            let advice = advice(reason, Asked { scope: call.request.scope, change: Some(&call.change) });
            let how = if *may_be_done { "Not confirmed, may or may not have been updated" } else { "Not updated" };
            let why = (how, format!("{reason}. Next: {advice}"));
            let count = count(outcome, ids.len());
            let what = format!("{count} to {} ({})", call.change.to, named(outcome, ids, usize::MAX));
            let place = *places.entry(why.clone()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, group)) => group.push(what),
                None => groups.push((why.1, vec![format!("{how}: {what}")])),
            }
        }
    }
    groups.into_iter().map(|(why, group)| format!("{}: {why}", group.join("; "))).collect()
}

fn after(notes: &Notes) -> impl Iterator<Item = String> {
    let retries = match notes.retries {
        0 => None,
        1 => Some("One call had to be sent again.".to_owned()),
        more => Some(format!("Calls had to be sent again {more} times.")),
    };
    retries.into_iter().chain(notes.warnings.iter().map(|warning| format!("Warning: {warning}")))
}

fn count(outcome: &Outcome, count: usize) -> String {
    let target = outcome.call.change.target;
    if count == 1 { format!("1 {target}") } else { format!("{count} {target}s") }
}

/// The ids, and the name under which Falcon knows the exchange.
fn named(outcome: &Outcome, ids: &[String], most: usize) -> String {
    let shown = ids.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    let text = match ids.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    };
    match &outcome.trace_id {
        Some(trace_id) => format!("{text}; trace id {trace_id}"),
        None => text,
    }
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
