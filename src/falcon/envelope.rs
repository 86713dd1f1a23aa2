//! Falcon's answer → what was updated and what was not. Nobody else decides what success is.
//!
//! HTTP 200 is no success by itself: errors inside, or a count of updated objects below the number asked for, mean
//! that something was not updated. Where two signs disagree, the worse is believed.

mod wire;

use std::collections::{HashMap, HashSet};

use super::answer::{Answer, first_line, shown};
use super::call::{Call, Target};
use super::outcome::{Failure, Reason};
use wire::{Envelope, Error, Resource, join};

/// What Falcon's answer says of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The ids that were updated.
    pub updated: Vec<String>,
    /// All others, with the reason.
    pub failures: Vec<Failure>,
    /// Falcon's name for the exchange.
    pub trace_id: Option<String>,
}

impl Judgement {
    /// A call that got no answer to be judged.
    #[must_use]
    pub fn without_answer(call: &Call, reason: Reason) -> Judgement {
        let (updated, failures) = all_failed(call, reason);
        Judgement { updated, failures, trace_id: None }
    }

    /// Why nothing at all was updated, where there is one reason for it.
    #[must_use]
    pub fn whole_failure(&self) -> Option<&Reason> {
        match (self.updated.as_slice(), self.failures.as_slice()) {
            ([], [failure]) => Some(&failure.reason),
            _ => None,
        }
    }
}

/// Judges the answer to a call.
#[must_use]
pub fn judge(call: &Call, answer: &Answer) -> Judgement {
    let envelope = Envelope::read(&answer.body);
    let trace_id = answer.trace_id.clone().or_else(|| envelope.as_ref().ok()?.trace_id());
    let (updated, failures) = match (answer.is_success(), envelope) {
        (true, Ok(envelope)) => envelope.sort(call),
        (true, Err(problem)) => all_failed(call, answer.unreadable(&problem)),
        (false, envelope) => all_failed(call, refusal(call, answer, envelope.ok().as_ref())),
    };
    Judgement { updated, failures, trace_id }
}

/// Whether an answer is Falcon's at all, and if so, whether it refuses for want of a scope.
#[must_use]
pub fn lacks_scope(answer: &Answer) -> Option<bool> {
    let envelope = Envelope::read(&answer.body).ok()?;
    Some(answer.status == 403 || envelope.has_code("403"))
}

/// Why Falcon gave no token, where it answered with something other than one.
#[must_use]
pub fn refusal_of_token(answer: &Answer) -> Reason {
    refused(answer, Envelope::read(&answer.body).ok().as_ref())
}

fn all_failed(call: &Call, reason: Reason) -> (Vec<String>, Vec<Failure>) {
    let ids = call.ids().into_iter().map(str::to_owned).collect();
    (Vec::new(), vec![Failure { ids, reason }])
}

fn refusal(call: &Call, answer: &Answer, envelope: Option<&Envelope>) -> Reason {
    if let Some(redirect) = answer.redirect() {
        return redirect;
    }
    match (call.target(), answer.status) {
        (Target::Incident, 404 | 410)
            if answer.says_nothing() || envelope.is_some_and(Envelope::knows_no_such_page) =>
        {
            Reason::Retired { status: answer.status }
        }
        (Target::Incident, 500) if answer.says_nothing() => Reason::Retired { status: answer.status },
        _ => refused(answer, envelope),
    }
}

fn refused(answer: &Answer, envelope: Option<&Envelope>) -> Reason {
    if answer.status == 429 {
        return Reason::RateLimited { until: answer.retry_after };
    }
    let said = envelope.map(Envelope::message).filter(|message| !message.is_empty());
    match (answer.status, said) {
        (200..300, _) => answer.unreadable("a status that is neither success nor failure"),
        (status, Some(message)) => Reason::Refused { status, message },
        // Falcon's refusals come in its envelope or with nothing; a page is a proxy's.
        (400..500, None) if envelope.is_none() && !answer.says_nothing() => {
            answer.unreadable("no envelope of Falcon's")
        }
        (status, None) => Reason::Refused { status, message: first_line(&answer.body) },
    }
}

impl Envelope {
    /// Sorts the ids of a call that Falcon took into updated and not updated.
    fn sort(&self, call: &Call) -> (Vec<String>, Vec<Failure>) {
        if self.is_about_others(call) {
            let message = "the answer is about another object".to_owned();
            return all_failed(call, Reason::Unclear { updated: None, asked: call.ids().len(), message });
        }
        let (mut failures, nameless) = self.name_failures(call);
        failures.extend(self.stale(call, &failures));
        let named: HashSet<&str> = failures.iter().flat_map(|failure| &failure.ids).map(String::as_str).collect();
        let rest: Vec<String> = call.ids().into_iter().filter(|id| !named.contains(id)).map(str::to_owned).collect();
        let too_few = self.affected().is_some_and(|affected| affected < rest.len() as u64);
        if rest.is_empty() || (nameless.is_empty() && !too_few) {
            return (rest, failures);
        }
        let reason =
            Reason::Unclear { updated: self.affected(), asked: call.ids().len(), message: join(nameless.into_iter()) };
        failures.push(Failure { ids: rest, reason });
        (Vec::new(), failures)
    }

    /// Whether the answer brings objects, and the one that was asked for is not among them.
    fn is_about_others(&self, call: &Call) -> bool {
        let Call::UpdateCase { id, .. } = call else { return false };
        let mut ids = self.resources().filter_map(Resource::id).peekable();
        ids.peek().is_some() && !ids.any(|other| other == id.as_str())
    }

    /// The ids that the answer shows in another status than the one asked for, but for those that have failed anyway.
    fn stale(&self, call: &Call, failures: &[Failure]) -> Vec<Failure> {
        let mut statuses: HashMap<&str, &str> = HashMap::new();
        for resource in self.resources() {
            if let (Some(id), Some(status)) = (resource.id(), resource.stale_status(call.status())) {
                statuses.insert(id, status);
            }
        }
        let failed: HashSet<&str> = failures.iter().flat_map(|failure| &failure.ids).map(String::as_str).collect();
        let asked = call.ids().into_iter().filter(|id| !failed.contains(id));
        group(asked.filter_map(|id| Some((id, Reason::Unchanged { status: shown(statuses.get(id)?) }))))
    }

    /// The ids that errors name, by what is said of them, and the errors that name none.
    fn name_failures(&self, call: &Call) -> (Vec<Failure>, Vec<&Error>) {
        let asked: HashSet<&str> = call.ids().into_iter().collect();
        let mut said: HashMap<&str, String> = HashMap::new();
        let mut nameless: Vec<&Error> = self.dropped().into_iter().collect();
        for error in self.errors() {
            let named: Vec<&str> = error.words().filter_map(|word| asked.get(word).copied()).collect();
            if named.is_empty() {
                nameless.push(error);
            }
            for id in named {
                said.entry(id).or_insert_with(|| error.text());
            }
        }
        (
            group(call.ids().into_iter().filter_map(|id| Some((id, Reason::Named { message: said.remove(id)? })))),
            nameless,
        )
    }
}

/// Ids with their reasons, grouped by reason, each group in the place of its first id.
fn group<'ids>(reasons: impl Iterator<Item = (&'ids str, Reason)>) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (id, reason) in reasons {
        let place = *places.entry(reason.to_string()).or_insert(failures.len());
        match failures.get_mut(place) {
            Some(failure) => failure.ids.push(id.to_owned()),
            None => failures.push(Failure { ids: vec![id.to_owned()], reason }),
        }
    }
    failures
}
