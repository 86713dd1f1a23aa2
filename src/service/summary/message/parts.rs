//! Objects that had the same done to them, by whichever calls.

use std::collections::HashSet;

use crate::falcon::{Change, Effect, Outcome, Target};
use crate::text::{capitalized, counted, listed};

/// What is to be created has no id before, and is one.
const NAMELESS: usize = 1;

/// As many ids or trace ids stand in a line; the rest are counted.
const MOST_IN_A_LINE: usize = 3;

/// The objects of one kind that one change was made or not made to.
pub(super) struct Part<'outcomes> {
    pub(super) change: &'outcomes Change,
    ids: Vec<&'outcomes str>,
    trace_ids: Vec<&'outcomes str>,
}

/// Objects of several kinds.
#[derive(Default)]
pub(super) struct Parts<'outcomes>(Vec<Part<'outcomes>>);

impl<'outcomes> Parts<'outcomes> {
    /// Adds these ids of a call.
    pub(super) fn add(&mut self, outcome: &'outcomes Outcome, ids: &'outcomes [String]) {
        let change = &outcome.call.change;
        let ids = ids.iter().map(String::as_str).collect();
        self.merge(Part { change, ids, trace_ids: outcome.trace_id.as_deref().into_iter().collect() });
    }

    /// Adds what others hold.
    pub(super) fn append(&mut self, others: Parts<'outcomes>) {
        others.0.into_iter().for_each(|part| self.merge(part));
    }

    fn merge(&mut self, mut more: Part<'outcomes>) {
        match self.0.iter_mut().find(|part| part.is_of(more.change)) {
            Some(part) => {
                part.ids.append(&mut more.ids);
                part.trace_ids.append(&mut more.trace_ids);
                // What came in one answer comes one after the other.
                part.trace_ids.dedup();
            }
            None => self.0.push(more),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Part<'outcomes>> {
        self.0.iter()
    }

    pub(super) fn count(&self) -> usize {
        self.kinds().iter().map(|(_, count)| count).sum()
    }

    /// `2 alerts, 1 incident and 1 case`
    pub(super) fn counted(&self) -> String {
        listed(&self.kinds().iter().map(|(target, count)| counted(*count, &target.to_string())).collect::<Vec<_>>())
    }

    /// How many objects there are of each kind. An object counts once, whatever was to be done to it.
    fn kinds(&self) -> Vec<(Target, usize)> {
        let mut kinds: Vec<(Target, HashSet<&str>)> = Vec::new();
        for Part { change, ids, .. } in &self.0 {
            match kinds.iter_mut().find(|(target, _)| *target == change.target) {
                Some((_, seen)) => seen.extend(ids),
                None => kinds.push((change.target, ids.iter().copied().collect())),
            }
        }
        kinds.into_iter().map(|(target, ids)| (target, ids.len().max(NAMELESS))).collect()
    }

    /// `updated to closed`; without the status where not all have the same, and `changed` where not even the kind is one.
    pub(super) fn changed(&self) -> String {
        let mut effects = self.0.iter().map(|part| &part.change.effect);
        let Some(first) = effects.next() else { return String::new() };
        let others: Vec<_> = effects.collect();
        if others.iter().any(|other| other.word() != first.word()) {
            "changed".to_owned()
        } else if others.iter().any(|other| other.rest() != first.rest()) {
            first.word().to_owned()
        } else {
            format!("{}{}", first.word(), first.rest())
        }
    }
}

impl Part<'_> {
    fn is_of(&self, change: &Change) -> bool {
        self.change.target == change.target && self.change.effect == change.effect
    }

    pub(super) fn count(&self) -> usize {
        self.ids.len().max(NAMELESS)
    }

    /// `Updated alerts: a, b, c +57 more; trace id t`
    pub(super) fn done_ids(&self) -> String {
        let done = capitalized(self.change.effect.word());
        format!("{done} {}{}: {}", self.kind(), self.place(), self.with_trace_ids(MOST_IN_A_LINE))
    }

    /// The same of ids that are not known to be done, and every one of them that there is room for: nothing else tells which
    /// they are.
    pub(super) fn open_ids(&self, may_be_done: bool, most: usize) -> String {
        format!("{}: {}", self.open_head(may_be_done), self.with_trace_ids(most))
    }

    pub(super) fn ids(&self) -> &[&str] {
        &self.ids
    }

    /// What [`Part::open_ids`] begins with.
    pub(super) fn open_head(&self, may_be_done: bool) -> String {
        let how = if may_be_done { "Not confirmed".to_owned() } else { format!("Not {}", self.change.effect.word()) };
        format!("{how} {}{}", self.kind(), self.place())
    }

    /// Where it was to be put, which its id does not tell.
    fn place(&self) -> String {
        if let Effect::EvidenceOf(case) = &self.change.effect { format!(" to the case {case}") } else { String::new() }
    }

    /// `1 alert`, `2 alerts`
    pub(super) fn counted(&self) -> String {
        counted(self.count(), &self.change.target.to_string())
    }

    fn kind(&self) -> String {
        let target = self.change.target;
        if self.count() == 1 { target.to_string() } else { format!("{target}s") }
    }

    fn with_trace_ids(&self, most: usize) -> String {
        let ids = match &self.change.effect {
            Effect::Created { mark } if self.ids.is_empty() => format!("with the tag {mark}"),
            _ => first_of(&self.ids, most),
        };
        match self.trace_ids.as_slice() {
            [] => ids,
            [trace_id] => format!("{ids}; trace id {trace_id}"),
            trace_ids => format!("{ids}; trace ids {}", first_of(trace_ids, MOST_IN_A_LINE)),
        }
    }
}

/// `a, b, c +57 more`
fn first_of(words: &[&str], most: usize) -> String {
    let shown = words.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    match words.len().saturating_sub(most) {
        0 => shown,
        all if shown.is_empty() => format!("{all}, for which there is no room here"),
        more => format!("{shown} +{more} more"),
    }
}
