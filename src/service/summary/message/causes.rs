//! Why ids are not known to be as they should: one cause for all ids that share a reason.

use std::collections::HashMap;

use super::parts::Parts;
use crate::falcon::{Asked, Cids, Failure, Outcome, advice};

/// At most so many reasons stand in a message: nobody would read more. The ids of the others are there, too.
const MOST_REASONS: usize = 20;

/// An ID shorter than this may be any word of a reason.
const MIN_ID: usize = 16;

/// Why some of the ids are not known to be as they should.
pub(super) struct Cause<'outcomes> {
    pub(super) reason: String,
    /// The reason without the object's own ID: two causes that differ in it alone are one.
    reason_of_any: String,
    pub(super) advice: String,
    pub(super) may_be_done: bool,
    pub(super) parts: Parts<'outcomes>,
}

impl<'outcomes> Cause<'outcomes> {
    fn of(outcome: &'outcomes Outcome, failure: &'outcomes Failure, cids: &Cids<'_>) -> Cause<'outcomes> {
        let Failure { ids, reason, may_be_done } = failure;
        let call = &outcome.call;
        let next = advice(reason, Asked { scope: call.request.scope, change: Some(&call.change) });
        let hint = cids.hint(reason, ids).map(|hint| format!(" {hint}")).unwrap_or_default();
        let mut parts = Parts::default();
        parts.add(outcome, ids);
        let reason = reason.to_string();
        let reason_of_any = without_own_id(&reason, ids);
        Cause { reason, reason_of_any, advice: next + &hint, may_be_done: *may_be_done, parts }
    }

    fn merge(&mut self, other: Cause<'outcomes>) {
        if self.reason != other.reason {
            self.reason.clone_from(&self.reason_of_any);
        }
        self.parts.append(other.parts);
    }
}

/// Returns the reason with "(its ID)" in the place of the only id that it is about.
fn without_own_id(reason: &str, ids: &[String]) -> String {
    let [id] = ids else { return reason.to_owned() };
    // In its own objects Falcon leaves out the CID that an alert's composite ID begins with.
    let spellings = [Some(id.as_str()), id.split_once(':').map(|(_, rest)| rest)];
    let own = spellings.into_iter().flatten().filter(|id| id.len() >= MIN_ID);
    own.fold(reason.to_owned(), |reason, id| reason.replace(id, "(its ID)"))
}

/// One a reason and kind of change: where a hundred ids share both, it stands once. Those with the same advice stand together.
pub(super) fn causes(outcomes: &[Outcome]) -> Vec<Cause<'_>> {
    let cids = Cids::of(outcomes);
    let mut causes: Vec<Cause<'_>> = Vec::new();
    let mut places: HashMap<(&str, bool, String, String), usize> = HashMap::new();
    let failures = outcomes.iter().flat_map(|outcome| outcome.failures.iter().map(move |failure| (outcome, failure)));
    for (outcome, failure) in failures {
        let cause = Cause::of(outcome, failure, &cids);
        // An alert that has its status and only lacks its comment was updated all the same.
        let effect = outcome.call.change.effect.word();
        let key = (effect, cause.may_be_done, cause.reason_of_any.clone(), cause.advice.clone());
        let place = *places.entry(key).or_insert(causes.len());
        match causes.get_mut(place) {
            Some(known) => known.merge(cause),
            None => causes.push(cause),
        }
    }
    let first: HashMap<String, usize> =
        causes.iter().enumerate().rev().map(|(place, cause)| (cause.advice.clone(), place)).collect();
    causes.sort_by_key(|cause| first.get(&cause.advice).copied());
    few(causes)
}

/// No more causes than anybody reads: those beyond are one, with all their ids.
fn few(mut causes: Vec<Cause<'_>>) -> Vec<Cause<'_>> {
    // One alone is told itself.
    let most = if causes.len() > MOST_REASONS { MOST_REASONS - 1 } else { MOST_REASONS };
    let others = causes.split_off(causes.len().min(most));
    let (more, mut others) = (others.len(), others.into_iter());
    if let Some(mut rest) = others.next() {
        rest.reason = format!("there are {more} more reasons like these");
        for other in others {
            rest.may_be_done |= other.may_be_done;
            rest.parts.append(other.parts);
        }
        causes.push(rest);
    }
    causes
}
