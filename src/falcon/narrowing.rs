//! What is sent next after Falcon refused a whole request: one wrong ID, or one extra action that Falcon does not accept, must
//! not keep all else from being done.

use super::call::{Call, IfRefused};
use super::effect::Effect;
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

/// What Falcon refused together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Together {
    /// All of these IDs, without naming one.
    Unnamed,
    /// These IDs, because of others.
    Rest,
    /// As many IDs as these.
    TooMany,
    /// Something that an internal error may stand for: an assignee that Falcon does not know.
    Error,
}

/// Narrows down what Falcon refused together. `may_send` is asked for requests that only find out which IDs are refused.
pub(crate) fn narrowed(mut outcome: Outcome, may_send: impl Fn(u32) -> bool) -> Narrowed {
    let (mut next, mut held) = (Vec::new(), Vec::new());
    for failure in &mut outcome.failures {
        let Some(instead) = instead(&outcome.call, failure) else { continue };
        let is_narrowing = instead.held.is_empty();
        let count = u32::try_from(instead.next.len()).unwrap_or(u32::MAX);
        if is_narrowing && !may_send(count) {
            let refusal = Box::new(failure.reason.clone());
            if !matches!(*refusal, Reason::RefusedWithOthers(_)) {
                failure.reason = Reason::NotNarrowedDown(refusal);
            }
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

struct Instead {
    next: Vec<Call>,
    held: Vec<Call>,
}

/// The requests that take the place of this failure.
fn instead(call: &Call, failure: &Failure) -> Option<Instead> {
    let together = together(&failure.reason)?;
    let ids = &failure.ids;
    let halves = || {
        let (first, second) = ids.split_at(ids.len() / 2);
        let is_more_than_one = !first.is_empty();
        is_more_than_one
            .then(|| Instead { next: vec![call.of(first.to_vec()), call.of(second.to_vec())], held: Vec::new() })
    };
    match (&call.if_refused, together) {
        (IfRefused::WithoutExtras { plain, extras }, Together::Unnamed | Together::Error) => Some(Instead {
            next: vec![plain.of(ids.clone())],
            held: extras.iter().map(|extra| extra.of(ids.clone())).collect(),
        }),
        (IfRefused::WithoutExtras { .. } | IfRefused::Halves, Together::Rest) => {
            Some(Instead { next: vec![call.of(ids.clone())], held: Vec::new() })
        }
        (IfRefused::Halves, Together::Unnamed) => halves(),
        (_, Together::TooMany) if call.names_ids_in_a_list() => halves(),
        (IfRefused::Halves | IfRefused::Final, _) | (IfRefused::WithoutExtras { .. }, Together::TooMany) => None,
    }
}

fn together(reason: &Reason) -> Option<Together> {
    match reason {
        Reason::Refused { status: 413, .. } | Reason::Unreadable { status: 413, .. } => Some(Together::TooMany),
        Reason::Refused { status: 400 | 404 | 422, by: RefusedBy::Service, .. } => Some(Together::Unnamed),
        Reason::Refused { status: 500, by: RefusedBy::Service, .. } => Some(Together::Error),
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
            IfRefused::Final | IfRefused::Halves => Again::Once,
        }
    }
}

impl Outcome {
    /// The outcome with the refusal of an assignee set apart: the status is set, and does not depend on it.
    #[must_use]
    pub(crate) fn tolerating(mut self) -> Outcome {
        if let Effect::Assigned(_) = self.call.change.effect {
            let is_refusal =
                |failure: &mut Failure| matches!(together(&failure.reason), Some(Together::Unnamed | Together::Error));
            self.tolerated.extend(self.failures.extract_if(.., is_refusal));
        }
        self
    }
}
