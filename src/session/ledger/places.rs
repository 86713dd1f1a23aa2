//! The order of a job's IDs, which its report keeps although requests are sent in parts and again.

use std::collections::HashMap;

use crate::falcon::{Call, Change, Outcome};

/// The place of each ID among those of the job.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<String, usize>);

impl Places {
    /// Adds the IDs of calls that are entered.
    pub(super) fn add(&mut self, calls: &[Call]) {
        for id in calls.iter().flat_map(|call| &call.change.ids) {
            let next = self.0.len();
            self.0.entry(id.clone()).or_insert(next);
        }
    }

    /// Sorts outcomes of the same kind of change by the IDs that they are about.
    pub(super) fn sort(&self, outcomes: &mut [Outcome]) {
        let mut kinds: Vec<Change> = Vec::new();
        outcomes.sort_by_cached_key(|outcome| (kind(&mut kinds, &outcome.call.change), self.first(outcome)));
    }

    /// The first place of an ID that the outcome is about. The other IDs of its call may be in other outcomes.
    fn first(&self, outcome: &Outcome) -> Option<usize> {
        let failed = outcome.failures.iter().chain(&outcome.tolerated).flat_map(|failure| &failure.ids);
        outcome.done.iter().chain(failed).filter_map(|id| self.0.get(id).copied()).min()
    }
}

/// The place of this kind of change among those that came before.
fn kind(kinds: &mut Vec<Change>, change: &Change) -> usize {
    let is_same = |other: &Change| other.target == change.target && other.effect == change.effect;
    kinds.iter().position(is_same).unwrap_or_else(|| {
        kinds.push(Change { target: change.target, ids: Vec::new(), effect: change.effect.clone() });
        kinds.len() - 1
    })
}
