//! Falcon's answer to a call → what was done and what is not known to be. Nobody else decides what success is.
//!
//! HTTP 200 is no success by itself. Each object has to be proved updated: by a count of all that were asked for, or by
//! the object itself in its new status. Where two signs disagree, the worse is believed; what nothing proves is unclear.

mod naming;

use super::call::{Call, Change, Target};
use super::cases::MOST_EVIDENCE;
use super::effect::{Effect, Shown};
use super::envelope::{Envelope, NoEnvelope, Resource, join};
use super::headers;
use super::id::CaseId;
use super::objects::{Objects, State};
use super::outcome::Outcome;
use super::reason::Reason;
use super::refusal::{no_envelope, refused};
use crate::http::Answer;
use crate::secret::Secrets;
use crate::text::listed;
use naming::Naming;

/// Judges the answer to a call. The answer is read as it came; what is quoted of it is fit to be shown.
#[must_use]
pub fn judge(call: &Call, answer: &Answer, secrets: &Secrets) -> Outcome {
    let envelope = Envelope::read(&answer.body);
    let told_trace_id = || envelope.as_ref().ok()?.trace_id();
    let trace_id = headers::trace_id(answer).or_else(told_trace_id).map(|trace_id| secrets.quote(trace_id));
    let mut outcome = match (answer.is_success(), envelope) {
        (_, envelope) if call.change.effect == Effect::Stopped => stopped(call, answer, envelope, secrets),
        (true, Ok(envelope)) => sort(call, envelope, secrets),
        (true, Err(problem)) => Outcome::failed(call.clone(), no_envelope(answer, problem, secrets)),
        (false, envelope) => call_refused(call, answer, envelope.ok().as_ref(), secrets),
    };
    outcome.trace_id = trace_id;
    outcome
}

/// A search has stopped where Falcon says so, in whatever shape but with no word of an error: nothing at all, an envelope, even
/// one with an error without words in it. One that is not there goes on no more, either.
fn stopped(call: &Call, answer: &Answer, envelope: Result<Envelope, NoEnvelope>, secrets: &Secrets) -> Outcome {
    let is_success = (200..300).contains(&answer.status);
    let is_gone = matches!(answer.status, 404 | 410);
    let failed = |reason| Outcome::failed(call.clone(), reason);
    match envelope {
        _ if is_success && answer.says_nothing() => Outcome::succeeded(call.clone()),
        _ if is_gone && answer.says_nothing() => Outcome::nothing(call.clone()),
        Ok(envelope) if is_success && envelope.errors().any(|error| !error.is_blank()) => {
            failed(Reason::Named { message: envelope.message(secrets) })
        }
        Ok(_) | Err(NoEnvelope::OtherJson | NoEnvelope::OtherObject) if is_success => Outcome::succeeded(call.clone()),
        Ok(envelope) if is_gone && !envelope.knows_no_such_page() => Outcome::nothing(call.clone()),
        Err(problem) if is_success => failed(no_envelope(answer, problem, secrets)),
        envelope => failed(refused(answer, envelope.ok().as_ref(), secrets)),
    }
}

/// A call that was refused as a whole. If Falcon names some of its ids, the others were refused because of those.
fn call_refused(call: &Call, answer: &Answer, envelope: Option<&Envelope>, secrets: &Secrets) -> Outcome {
    let reason = why_refused(call.change.target, answer, envelope, secrets);
    let ids = &call.change.ids;
    let naming = envelope.filter(|_| reason.is_refusal_of_content()).map(|envelope| Naming::of(ids, envelope, secrets));
    let Some(naming) = naming.filter(|naming| ids.len() > 1 && ids.iter().any(|id| naming.of_id(id).is_some())) else {
        return Outcome::failed(call.clone(), reason);
    };
    let others = Reason::RefusedWithOthers(Box::new(reason.clone()));
    let reason_of = |id: &String| match naming.of_id(id) {
        Some(words) => (id.clone(), Reason::RefusedByName(Box::new(reason.saying(words)))),
        None => (id.clone(), others.clone()),
    };
    Outcome::sorted(call.clone(), Vec::new(), ids.iter().map(reason_of).collect())
}

/// Why a call was refused as a whole.
fn why_refused(target: Target, answer: &Answer, envelope: Option<&Envelope>, secrets: &Secrets) -> Reason {
    let knows_no_page = || answer.says_nothing() || envelope.is_some_and(Envelope::knows_no_such_page);
    match (target, answer.status) {
        (Target::Incident, 404 | 410) if knows_no_page() => Reason::Retired { status: answer.status },
        (Target::Incident, 500) if answer.says_nothing() => Reason::Retired { status: answer.status },
        _ => refused(answer, envelope, secrets),
    }
}

/// Sorts the ids of a call that Falcon took.
fn sort(call: &Call, mut envelope: Envelope, secrets: &Secrets) -> Outcome {
    let objects = Objects::of(envelope.take_resources(), secrets);
    if let Effect::Created { .. } = &call.change.effect {
        return created(call, &envelope, &objects, secrets);
    }
    let ids = &call.change.ids;
    let naming = Naming::of(ids, &envelope, secrets);
    let verdicts: Vec<Verdict> = ids.iter().map(|id| verdict(id, call, &naming, &objects)).collect();
    let not_refuted = verdicts.iter().filter(|verdict| !matches!(verdict, Verdict::Failed(_))).count() as u64;
    let counts_all = naming.nameless.is_empty() && envelope.affected().is_some_and(|affected| affected >= not_refuted);
    let message = join(naming.nameless.iter().copied(), secrets);
    let unclear = Reason::Unclear { updated: envelope.affected(), asked: ids.len(), message };
    let (mut done, mut reasons) = (Vec::new(), Vec::new());
    for (id, verdict) in ids.iter().zip(verdicts) {
        match verdict {
            Verdict::Done => done.push(id.clone()),
            Verdict::Uncounted if counts_all => done.push(id.clone()),
            Verdict::Uncounted => reasons.push((id.clone(), unclear.clone())),
            Verdict::Failed(reason) => reasons.push((id.clone(), reason)),
        }
    }
    Outcome::sorted(call.clone(), done, reasons)
}

/// A case was created where the answer brings one that carries the mark. Errors beside it are about what was to be in it.
fn created(call: &Call, envelope: &Envelope, objects: &Objects, secrets: &Secrets) -> Outcome {
    let is_ours = |resource: &&Resource| call.change.effect.on(resource, "") == Shown::AsAsked;
    let ids = objects.all().filter(is_ours).filter_map(Resource::id).filter(|id| CaseId::new(id).is_ok());
    let ids: Vec<&str> = ids.collect();
    let message = envelope.message(secrets);
    let remark = (!message.is_empty()).then(|| format!("{message}{}", named_in(envelope, secrets)));
    let outcome = match ids[..] {
        [id] if !id.is_empty() => Outcome::sorted(call.clone(), vec![id.to_owned()], Vec::new()),
        _ if message.is_empty() => Outcome::failed(call.clone(), Reason::NotShown),
        _ => Outcome::failed(call.clone(), Reason::Unclear { updated: envelope.affected(), asked: 1, message }),
    };
    Outcome { remark, ..outcome }
}

/// `: a and b`, the ids in the errors of an answer; no more than a case has evidence.
fn named_in(envelope: &Envelope, secrets: &Secrets) -> String {
    let named = envelope.errors().filter_map(|error| error.id.as_str()).take(MOST_EVIDENCE);
    let ids: Vec<String> = named.map(|id| secrets.quote(id)).collect();
    if ids.is_empty() { String::new() } else { format!(": {}", listed(&ids)) }
}

/// What an answer says of one id.
enum Verdict {
    /// The object is shown as asked for.
    Done,
    /// Only the count of all updated objects can tell.
    Uncounted,
    Failed(Reason),
}

fn verdict(id: &str, call: &Call, naming: &Naming<'_>, objects: &Objects) -> Verdict {
    if let Some(message) = naming.of_id(id) {
        return Verdict::Failed(Reason::Named { message: message.to_owned() });
    }
    match objects.state(&call.change.effect, id) {
        _ if !naming.nameless.is_empty() => Verdict::Uncounted,
        State::AsAsked => Verdict::Done,
        State::Otherwise { shown, .. } => Verdict::Failed(Reason::ShownOtherwise { shown }),
        // A change of a case brings the case; an alert's or incident's brings a count, and no other objects.
        State::Absent | State::Unknown if brings_the_case(&call.change) || objects.is_any() => {
            Verdict::Failed(Reason::NotShown)
        }
        State::Absent | State::Unknown => Verdict::Uncounted,
    }
}

fn brings_the_case(change: &Change) -> bool {
    change.target == Target::Case || matches!(change.effect, Effect::EvidenceOf(_))
}
