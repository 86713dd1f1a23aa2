//! Outcomes → the report: what went through, what did not, why, and what to do next.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::Plan;
use crate::cortex::Report;
use crate::falcon::{Failure, Outcome, Target, advice};

/// As many updated ids of a call as a message names; the rest are counted. Those that were not updated are all named:
/// nothing else tells which they are.
const MOST_NAMED: usize = 50;

/// What a report says beside the outcomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Warnings to whoever runs the responder.
    pub warnings: Vec<String>,
    /// How often the token was asked for again.
    pub token_retries: u32,
    /// Where Falcon was reached, where it was.
    pub falcon: Option<String>,
}

impl Notes {
    /// Adds what a connection to Falcon brought up on the way.
    pub fn connected(&mut self, falcon: String, warnings: &[String]) {
        self.falcon = Some(falcon);
        self.warnings.extend_from_slice(warnings);
    }

    /// Adds what came up on the way to no connection.
    pub fn not_connected(&mut self, warnings: &[String], token_retries: u32) {
        self.warnings.extend_from_slice(warnings);
        self.token_retries = token_retries;
    }
}

/// The report on a plan, from what became of its calls. `echo` is the job without its secrets.
#[must_use]
pub fn report(plan: &Plan, outcomes: Vec<Outcome>, notes: &Notes, echo: &Value) -> Report {
    let outcomes: Vec<Outcome> = outcomes.into_iter().chain(plan.set_aside.iter().cloned()).collect();
    let retries = notes.token_retries + outcomes.iter().map(|outcome| outcome.retries).sum::<u32>();
    if outcomes.iter().all(|outcome| outcome.failures.is_empty()) {
        let full = full(plan, &outcomes, notes, retries);
        Report::Success { full, operations: plan.operations.clone() }
    } else {
        Report::Failure { error_message: error_message(plan, &outcomes, notes, retries), input: echo.clone() }
    }
}

fn full(plan: &Plan, outcomes: &[Outcome], notes: &Notes, retries: u32) -> Map<String, Value> {
    let mut lines = vec![format!("Falcon follows {}, which is {} in TheHive.", plan.subject, plan.stage)];
    lines.extend(outcomes.iter().map(updated));
    lines.extend(after(notes, retries));
    let targets: Vec<Value> = outcomes.iter().map(machine_readable).collect();
    let mut full = Map::new();
    full.insert("message".into(), lines.join("\n").into());
    full.insert("subject".into(), plan.subject.clone().into());
    full.insert("stage".into(), plan.stage.name().into());
    full.insert("verdict".into(), plan.verdict.clone().into());
    full.insert("falcon".into(), notes.falcon.clone().into());
    full.insert("targets".into(), targets.into());
    full.insert("retries".into(), retries.into());
    full.insert("warnings".into(), notes.warnings.clone().into());
    full
}

fn machine_readable(outcome: &Outcome) -> Value {
    json!({
        "target": outcome.call.target().to_string(),
        "ids": outcome.updated,
        "status": outcome.call.status(),
        "trace_id": outcome.trace_id,
    })
}

fn error_message(plan: &Plan, outcomes: &[Outcome], notes: &Notes, retries: u32) -> String {
    let asked: usize = outcomes.iter().map(|outcome| outcome.call.ids().len()).sum();
    let done: usize = outcomes.iter().map(|outcome| outcome.updated.len()).sum();
    let follows = if done == 0 { "does not follow" } else { "follows only in part" };
    let mut lines = vec![format!(
        "Falcon {follows}: {}, which is {} in TheHive. {done} of {asked} ids are known to be updated.",
        plan.subject, plan.stage
    )];
    lines.extend(outcomes.iter().filter(|outcome| !outcome.updated.is_empty()).map(updated));
    lines.extend(not_updated(outcomes));
    lines.extend(after(notes, retries));
    lines.join("\n")
}

/// `Updated 2 alerts to closed: a, b (trace id t).`
fn updated(outcome: &Outcome) -> String {
    format!(
        "Updated {} to {}: {}.",
        count(outcome, outcome.updated.len()),
        status(outcome),
        named(outcome, &outcome.updated, MOST_NAMED)
    )
}

/// One line a reason: where a hundred ids share one, it stands once.
fn not_updated(outcomes: &[Outcome]) -> Vec<String> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let mut places = HashMap::new();
    for outcome in outcomes {
        for Failure { ids, reason } in &outcome.failures {
            let why = format!("{reason}. Next: {}", advice(reason, &outcome.call));
            let what =
                format!("{} to {} ({})", count(outcome, ids.len()), status(outcome), named(outcome, ids, usize::MAX));
            let place = *places.entry(why.clone()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, group)) => group.push(what),
                None => groups.push((why, vec![what])),
            }
        }
    }
    groups.into_iter().map(|(why, group)| format!("Not updated: {}: {why}", group.join("; "))).collect()
}

fn after(notes: &Notes, retries: u32) -> impl Iterator<Item = String> {
    let retries = match retries {
        0 => None,
        1 => Some("One call had to be sent again.".to_owned()),
        more => Some(format!("Calls had to be sent again {more} times.")),
    };
    retries.into_iter().chain(notes.warnings.iter().map(|warning| format!("Warning: {warning}")))
}

fn count(outcome: &Outcome, count: usize) -> String {
    let target = outcome.call.target();
    if count == 1 { format!("1 {target}") } else { format!("{count} {target}s") }
}

/// The status, with its meaning where Falcon has only a number for it.
fn status(outcome: &Outcome) -> String {
    match (outcome.call.target(), outcome.call.status()) {
        (Target::Incident, "20") => "20 (new)".into(),
        (Target::Incident, "30") => "30 (in progress)".into(),
        (Target::Incident, "40") => "40 (closed)".into(),
        (_, word) => word.into(),
    }
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
