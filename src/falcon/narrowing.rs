//! What is sent next after Falcon refused a whole request: one wrong ID, or one extra action that Falcon does not accept, must
//! not keep all else from being done.

use std::collections::HashMap;

use super::call::{Call, IfRefused};
use super::effect::Effect;
use super::id::cid;
use super::outcome::{Failure, Outcome};
use super::reason::{Reason, RefusedBy};
use crate::http::retry::Again;

/// The outcome of a request, and the requests that take the place of what Falcon refused.
#[derive(Debug, Default)]
pub(crate) struct Narrowed {
    /// The outcome of what needs no other request.
    pub(crate) settled: Option<Outcome>,
    /// The requests that are sent instead.
    pub(crate) next: Vec<Call>,
    /// The extra actions of the request, each sent after the status has been set, for the objects that have it.
    pub(crate) held: Vec<Call>,
}

impl From<Outcome> for Narrowed {
    fn from(outcome: Outcome) -> Narrowed {
        Narrowed { settled: Some(outcome), ..Narrowed::default() }
    }
}

/// What Falcon refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Together {
    /// These IDs, which it named.
    Named,
    /// All of these IDs, without naming one.
    Unnamed,
    /// These IDs, because of others.
    Rest,
    /// As many IDs as these.
    TooMany,
    /// Something that an internal error may stand for: an assignee that Falcon does not know.
    Error,
}

impl Together {
    /// Whether an extra action may be what Falcon refused.
    fn goes_to_plain(self) -> bool {
        match self {
            Together::Named | Together::Unnamed | Together::Error => true,
            Together::Rest | Together::TooMany => false,
        }
    }
}

/// Narrows down what Falcon refused together. `may_send` is asked for requests that only find out which IDs are refused.
pub(crate) fn narrowed(mut outcome: Outcome, may_send: impl Fn(u32) -> bool) -> Narrowed {
    let (mut next, mut held) = (Vec::new(), Vec::new());
    join_for_plain(&mut outcome);
    for failure in &mut outcome.failures {
        let Some(instead) = instead(&outcome.call, failure) else { continue };
        if instead.narrows > 0 && !may_send(instead.narrows) {
            failure.reason = Reason::NotNarrowedDown(Box::new(failure.reason.clone()));
            continue;
        }
        failure.ids.clear();
        next.extend(instead.next);
        held.extend(instead.held);
    }
    if next.is_empty() {
        return outcome.into();
    }
    outcome.failures.retain(|failure| !failure.ids.is_empty());
    let is_empty = outcome.done.is_empty() && outcome.failures.is_empty();
    Narrowed { settled: (!is_empty).then_some(outcome), next, held }
}

/// Joins the IDs that are sent again without extra actions: Falcon may have words of its own for each.
fn join_for_plain(outcome: &mut Outcome) {
    if !matches!(outcome.call.if_refused, IfRefused::WithoutExtras { .. }) {
        return;
    }
    let goes_to_plain = |failure: &mut Failure| together(&failure.reason).is_some_and(Together::goes_to_plain);
    let mut joined = outcome.failures.extract_if(.., goes_to_plain).collect::<Vec<_>>().into_iter();
    if let Some(mut first) = joined.next() {
        first.ids.extend(joined.flat_map(|failure| failure.ids));
        outcome.failures.push(first);
    }
}

struct Instead {
    next: Vec<Call>,
    held: Vec<Call>,
    /// How many of the requests only find out which IDs are refused. The others do what the refused request was sent for.
    narrows: u32,
}

impl Instead {
    fn of(next: Vec<Call>) -> Instead {
        Instead { next, held: Vec::new(), narrows: 0 }
    }
}

/// The requests that take the place of this failure.
fn instead(call: &Call, failure: &Failure) -> Option<Instead> {
    let together = together(&failure.reason)?;
    let ids = &failure.ids;
    let parts = |(first, second): (Vec<String>, Vec<String>)| {
        let is_more_than_one = !first.is_empty() && !second.is_empty();
        is_more_than_one.then(|| Instead::of(vec![call.of(first), call.of(second)]))
    };
    match (&call.if_refused, together) {
        (IfRefused::WithoutExtras { plain, extras }, together) if together.goes_to_plain() => {
            let held = extras.iter().map(|extra| extra.of(ids.clone())).collect();
            Some(Instead { held, ..Instead::of(vec![plain.of(ids.clone())]) })
        }
        (IfRefused::WithoutExtras { .. } | IfRefused::Halves | IfRefused::HalvesIfAccepted, Together::Rest) => {
            Some(Instead::of(vec![call.of(ids.clone())]))
        }
        (IfRefused::Halves | IfRefused::HalvesIfAccepted, Together::Unnamed) => {
            let tenants = by_tenant(ids);
            let parts = parts(if tenants.1.is_empty() { halves(ids) } else { tenants });
            parts.map(|parts| Instead { narrows: 2, ..parts })
        }
        (_, Together::TooMany) if call.names_ids_in_a_list() => parts(halves(ids)),
        (IfRefused::Final | IfRefused::Halves | IfRefused::HalvesIfAccepted | IfRefused::WithoutExtras { .. }, _) => {
            None
        }
    }
}

fn halves(ids: &[String]) -> (Vec<String>, Vec<String>) {
    let (first, second) = ids.split_at(ids.len() / 2);
    (first.to_vec(), second.to_vec())
}

/// The IDs of one half of the tenants, and those of the other half: a token reaches the alerts of one tenant.
fn by_tenant(ids: &[String]) -> (Vec<String>, Vec<String>) {
    let mut places: HashMap<Option<&str>, usize> = HashMap::new();
    for id in ids {
        let next = places.len();
        places.entry(cid(id)).or_insert(next);
    }
    let half = places.len().div_ceil(2);
    ids.iter().cloned().partition(|id| places.get(&cid(id)).is_none_or(|place| *place < half))
}

fn together(reason: &Reason) -> Option<Together> {
    match reason {
        Reason::Refused { status: 413, .. } | Reason::Unreadable { status: 413, .. } => Some(Together::TooMany),
        Reason::Refused { status: 400 | 404 | 422, by: RefusedBy::Service, .. } => Some(Together::Unnamed),
        Reason::Refused { status: 500, by: RefusedBy::Service, .. } => Some(Together::Error),
        Reason::RefusedByName(_) | Reason::Named { .. } => Some(Together::Named),
        Reason::RefusedWithOthers(_) => Some(Together::Rest),
        _ => None,
    }
}

impl Reason {
    /// Whether Falcon itself refused a whole request, and may accept it without something that is in it.
    #[must_use]
    pub(crate) fn is_refusal_of_content(&self) -> bool {
        matches!(together(self), Some(Together::Unnamed))
    }
}

impl Call {
    /// Whether an error of the service itself may mean that it does not know the assignee.
    pub(super) fn may_fail_for_its_assignee(&self, reason: &Reason) -> bool {
        let assigns = match &self.change.effect {
            Effect::Assigned(_) => true,
            Effect::Status { assigns, .. } => *assigns,
            _ => false,
        };
        assigns && matches!(together(reason), Some(Together::Error))
    }

    /// Whether to retry after such an error: once, if the assignee is all that the request is about.
    pub(super) fn again_for_its_assignee(&self) -> Again {
        match self.if_refused {
            IfRefused::WithoutExtras { .. } => Again::No,
            IfRefused::Final | IfRefused::Halves | IfRefused::HalvesIfAccepted => Again::Once,
        }
    }
}

/// Sends the request for two of the IDs that Falcon refused together, each alone, if that tells whether it refused the IDs or what
/// the request does.
pub(crate) fn probed(outcome: Outcome, may_send: impl Fn(u32) -> bool, send: impl Fn(&Call) -> Outcome) -> Outcome {
    let refusal = outcome.whole_failure().filter(|reason| reason.is_refusal_of_content()).cloned();
    let (IfRefused::HalvesIfAccepted, Some(refusal), [first, rest @ .., last]) =
        (&outcome.call.if_refused, refusal, outcome.call.change.ids.as_slice())
    else {
        return outcome;
    };
    if rest.is_empty() || !may_send(2) {
        return outcome;
    }
    let probes = [first, last].map(|id| send(&outcome.call.of(vec![id.clone()])));
    if probes.iter().all(|probe| probe.whole_failure() == Some(&refusal)) {
        return Outcome { call: Call { if_refused: IfRefused::Final, ..outcome.call.clone() }, ..outcome };
    }
    let others = Reason::RefusedWithOthers(Box::new(refusal));
    let rest = rest.iter().map(|id| (id.clone(), others.clone()));
    let failed = probes.iter().flat_map(|probe| &probe.failures);
    let failed = failed.flat_map(|failure| failure.ids.iter().map(|id| (id.clone(), failure.reason.clone())));
    let reasons: Vec<(String, Reason)> = failed.chain(rest).collect();
    let done = probes.iter().flat_map(|probe| probe.done.clone()).collect();
    let call = Call { if_refused: IfRefused::Halves, ..outcome.call };
    Outcome { trace_id: outcome.trace_id, ..Outcome::sorted(call, done, reasons) }
}

impl Outcome {
    /// The outcome with the refusal of an assignee set apart: the status is set, and does not depend on it.
    #[must_use]
    pub(crate) fn tolerating(mut self) -> Outcome {
        if let Effect::Assigned(_) = self.call.change.effect {
            let is_refusal =
                |failure: &mut Failure| together(failure.reason.refusal()).is_some_and(Together::goes_to_plain);
            self.tolerated.extend(self.failures.extract_if(.., is_refusal));
        }
        self
    }
}
