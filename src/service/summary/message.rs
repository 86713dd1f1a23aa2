//! What people read: the cause first, then the next step, then what was done; ids and trace ids come last.

mod causes;
mod parts;

use crate::falcon::{Failure, Outcome};
use crate::service::Setback;
use crate::service::bounds::fitting;
use crate::session::{About, Notes};
use causes::{Cause, causes};
use parts::{Part, Parts};

/// The message of a job that did not do all that it was asked for, with what the service has to tell beside that.
pub(super) fn of_failure(
    about: &About,
    setback: Option<Setback>,
    details: Vec<String>,
    outcomes: &[Outcome],
    notes: &Notes,
) -> String {
    let causes = causes(outcomes);
    let is_ambiguous = is_ambiguous(&causes);
    let mut lines = Vec::new();
    if let Some(Setback { cause, next }) = setback {
        lines.extend([format!("{cause} ({}).", about.subject), format!("Next: {next}")]);
    }
    for (place, cause) in causes.iter().enumerate() {
        let subject = if lines.is_empty() { about.linked_to() } else { String::new() };
        lines.push(number(place, is_ambiguous) + &sentence(cause, &subject));
        // Advice that serves several stands once, behind the last of them.
        if causes.get(place + 1).is_none_or(|next| next.advice != cause.advice) {
            lines.push(format!("Next: {}", cause.advice));
        }
    }
    lines.extend(details);
    lines.extend(of_done(outcomes));
    lines.extend(of_notes(outcomes, notes));
    lines.extend(done(outcomes).iter().map(Part::done_ids));
    lines.extend(open_ids(&causes, is_ambiguous));
    lines.join("\n")
}

/// The ids that are not known to be as they should, each with the number of its cause where that is needed.
fn open_ids(causes: &[Cause<'_>], is_ambiguous: bool) -> Vec<String> {
    let parts = || {
        causes.iter().enumerate().flat_map(|(place, cause)| cause.parts.iter().map(move |part| (place, cause, part)))
    };
    let fitting = fitting(&parts().map(|(_, _, part)| part.ids().to_vec()).collect::<Vec<_>>());
    let line = |((place, cause, part), most): ((usize, &Cause<'_>, &Part<'_>), usize)| {
        number(place, is_ambiguous) + &part.open_ids(cause.may_be_done, most)
    };
    parts().zip(fitting).map(line).collect()
}

/// `2 alerts were updated to closed.`, a line each kind of change.
pub(super) fn of_done(outcomes: &[Outcome]) -> Vec<String> {
    let sentence = |part: &Part<'_>| {
        let was = if part.count() == 1 { "was" } else { "were" };
        format!("{} {was} {}{}.", part.counted(), part.change.effect.word(), part.change.effect.rest())
    };
    done(outcomes).iter().map(sentence).chain(tolerated(outcomes)).collect()
}

/// `1 alert was not assigned to ann@falcon.example: Falcon answered …`, a line for each refusal that is not a failure.
fn tolerated(outcomes: &[Outcome]) -> Vec<String> {
    let mut parts: Vec<(String, Parts<'_>)> = Vec::new();
    for (outcome, Failure { ids, reason, .. }) in tolerated_failures(outcomes) {
        let reason = reason.to_string();
        let known = parts.iter().position(|(of, _)| *of == reason);
        let place = known.unwrap_or_else(|| {
            parts.push((reason, Parts::default()));
            parts.len() - 1
        });
        parts[place].1.add(outcome, ids);
    }
    let sentence = |(reason, parts): &(String, Parts<'_>)| {
        let was = if parts.count() == 1 { "was" } else { "were" };
        format!("{} {was} not {}: {reason}.", parts.counted(), parts.changed())
    };
    parts.iter().map(sentence).collect()
}

fn tolerated_failures(outcomes: &[Outcome]) -> impl Iterator<Item = (&Outcome, &Failure)> {
    outcomes.iter().flat_map(|outcome| outcome.tolerated.iter().map(move |failure| (outcome, failure)))
}

/// What else there is to tell of the run.
pub(super) fn of_notes(outcomes: &[Outcome], notes: &Notes) -> Vec<String> {
    let retries = match notes.retries {
        0 => None,
        1 => Some("One call had to be sent again.".to_owned()),
        more => Some(format!("Calls had to be sent again {more} times.")),
    };
    retries.into_iter().chain(warnings(outcomes, notes).iter().map(|warning| format!("Warning: {warning}"))).collect()
}

/// The warnings of the run, and one for each assignee that Falcon refused.
pub(super) fn warnings(outcomes: &[Outcome], notes: &Notes) -> Vec<String> {
    let mut warnings = notes.warnings.clone();
    for (outcome, _) in tolerated_failures(outcomes) {
        let effect = &outcome.call.change.effect;
        let warning = format!(
            "Falcon refused an assignee (the alerts were not assigned{}): correct assignee_map in Cortex.",
            effect.rest()
        );
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    warnings
}

fn done(outcomes: &[Outcome]) -> Parts<'_> {
    let mut parts = Parts::default();
    for outcome in outcomes.iter().filter(|outcome| !outcome.done.is_empty()) {
        parts.add(outcome, &outcome.done);
    }
    parts
}

/// Whether the lines with the ids could belong to more than one of the causes.
fn is_ambiguous(causes: &[Cause<'_>]) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut heads = causes.iter().flat_map(|cause| cause.parts.iter().map(|part| part.open_head(cause.may_be_done)));
    heads.any(|head| !seen.insert(head))
}

fn number(place: usize, is_ambiguous: bool) -> String {
    if is_ambiguous { format!("({}) ", place + 1) } else { String::new() }
}

/// `1 incident linked to case #42 (Closed in TheHive) was not updated to 40 (closed): Falcon answered …`
fn sentence(cause: &Cause<'_>, subject: &str) -> String {
    let parts = &cause.parts;
    let was = match (cause.may_be_done, parts.count()) {
        (true, _) => "may or may not have been",
        (false, 1) => "was not",
        (false, _) => "were not",
    };
    format!("{}{subject} {was} {}: {}.", parts.counted(), parts.changed(), cause.reason)
}
