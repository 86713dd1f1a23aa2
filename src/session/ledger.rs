//! All that is shared between a job and whoever stops it: a report can be made from it at any moment.

mod places;

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::notes::{Notes, Snapshot};
use crate::falcon::{Call, Effect, Narrowed, Outcome, Reason, Target};
use places::Places;

/// The writes of a job, each with how far it has got, and what a report says beside them.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    notes: Notes,
    entries: Vec<Entry>,
    places: Places,
    taken: usize,
    /// Whether what is entered next is in the place of all that was entered so far.
    starts_over: bool,
    /// What needed no call because it was known to fail.
    set_aside: Vec<Outcome>,
    /// What is to be sent if the job is stopped.
    if_stopped: Option<Call>,
    is_closed: bool,
    stopped_by: Option<String>,
}

#[derive(Debug)]
enum Entry {
    Waiting(Call),
    /// It is sent for the objects whose status has been set, once that is known.
    Held(Call),
    Sent(Call),
    Done(Outcome),
    /// Other entries have taken its place.
    Replaced,
}

impl Ledger {
    /// Changes what a report says beside the outcomes.
    pub(crate) fn note(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.state().notes);
    }

    /// The ledger of a run that has ended.
    #[must_use]
    pub(crate) fn end(&self) -> Snapshot {
        self.state().closed()
    }

    /// The ledger of a run that something ended before its time. What is not done was stopped `by` this; what was not
    /// sent by now will not be, so that what is told stays true.
    #[must_use]
    pub(crate) fn stop(&self, by: &str) -> Snapshot {
        let mut state = self.state();
        state.stopped_by.get_or_insert_with(|| by.to_owned());
        state.closed()
    }

    /// Has a call sent if the job is stopped.
    pub(super) fn if_stopped(&self, call: Call) {
        self.state().if_stopped = Some(call);
    }

    /// What is to be sent if the job is stopped, for whoever is the first to send it.
    pub(crate) fn take_if_stopped(&self) -> Option<Call> {
        self.state().if_stopped.take()
    }

    /// Has what is entered next take the place of the calls that were entered so far. Until then those are told.
    pub(super) fn start_over(&self) {
        self.state().starts_over = true;
    }

    /// The ids of this kind of object that were done.
    pub(super) fn done_ids(&self, target: Target) -> Vec<String> {
        let state = self.state();
        let of_target = state.entries.iter().filter_map(|entry| match entry {
            Entry::Done(outcome) if outcome.call.change.target == target => Some(&outcome.done),
            Entry::Done(_) | Entry::Waiting(_) | Entry::Held(_) | Entry::Sent(_) | Entry::Replaced => None,
        });
        of_target.flatten().cloned().collect()
    }

    /// Enters what is to be sent if the job is stopped, for the service itself to send: whoever stops the job meanwhile finds it
    /// in the one place or in the other. Tells whether there was anything.
    pub(super) fn enter_if_stopped(&self) -> bool {
        let mut state = self.state();
        let call = state.if_stopped.take();
        let entries = state.entries.len();
        state.entries.extend(call.map(Entry::Waiting));
        state.entries.len() > entries
    }

    /// What became of the call that was entered last, if it is done.
    pub(super) fn last(&self) -> Option<Outcome> {
        match self.state().entries.last()? {
            Entry::Done(outcome) => Some(outcome.clone()),
            Entry::Waiting(_) | Entry::Held(_) | Entry::Sent(_) | Entry::Replaced => None,
        }
    }

    /// Whether something ended the run before its time.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state().stopped_by.is_some()
    }

    /// What ended the run before its time, where something did.
    pub(super) fn stopped_by(&self) -> Option<String> {
        self.state().stopped_by.clone()
    }

    /// Whether nothing may be sent any more.
    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Enters calls that are about to be sent.
    pub(super) fn enter(&self, calls: Vec<Call>) {
        let mut state = self.state();
        if std::mem::take(&mut state.starts_over) {
            state.entries.clear();
            state.taken = 0;
        }
        state.places.add(&calls);
        state.entries.extend(calls.into_iter().map(Entry::Waiting));
    }

    /// Notes what needs no call because it is known to fail.
    pub(crate) fn set_aside(&self, outcomes: Vec<Outcome>) {
        self.state().set_aside.extend(outcomes);
    }

    /// The same, in the place of all that was set aside so far.
    pub(super) fn set_aside_instead(&self, outcomes: Vec<Outcome>) {
        self.state().set_aside = outcomes;
    }

    /// Returns how many calls wait to be sent, and how many entries there are.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let state = self.state();
        let waiting = state.entries[state.taken..].iter().filter(|entry| matches!(entry, Entry::Waiting(_))).count();
        (if state.is_closed { 0 } else { waiting }, state.entries.len())
    }

    /// Takes up a call that no thread has taken up yet, from the first so many entries; none where the ledger is closed.
    pub(super) fn take_up(&self, entries: usize) -> Option<(usize, Call)> {
        let mut state = self.state();
        while !state.is_closed && state.taken < entries.min(state.entries.len()) {
            let place = state.taken;
            state.taken += 1;
            if let Entry::Waiting(call) = &state.entries[place] {
                let sent = Entry::Sent(call.clone());
                if let Entry::Waiting(call) = std::mem::replace(&mut state.entries[place], sent) {
                    return Some((place, call));
                }
            }
        }
        None
    }

    /// Notes what became of the call in this place, and the calls that take its place.
    pub(super) fn done(&self, place: usize, Narrowed { settled, next, held }: Narrowed) {
        let mut state = self.state();
        state.entries[place] = settled.map_or(Entry::Replaced, Entry::Done);
        state.entries.extend(next.into_iter().map(Entry::Waiting));
        state.entries.extend(held.into_iter().map(Entry::Held));
    }

    /// Returns the IDs of the objects whose writes ended in a conflict.
    pub(super) fn conflicts(&self) -> Vec<String> {
        self.state().entries.iter().filter_map(Entry::conflict).flatten().cloned().collect()
    }

    /// Forgets the writes to these objects that ended in a conflict: others take their place.
    pub(super) fn forget_conflicts(&self, ids: &[String]) {
        let is_forgotten = |entry: &&mut Entry| entry.conflict().is_some_and(|of| of.iter().all(|id| ids.contains(id)));
        self.state().entries.iter_mut().filter(is_forgotten).for_each(|entry| *entry = Entry::Replaced);
    }

    /// Has one of the extra actions sent, for those of its objects whose status has been set. Returns whether there was one. One
    /// after the other: two requests at a time for one object could undo each other.
    pub(super) fn release(&self) -> bool {
        let mut state = self.state();
        let effect = state.entries.iter().find_map(Entry::held).map(|call| call.change.effect.clone());
        let Some(effect) = effect.filter(|_| !state.is_closed) else { return false };
        let with_status = state.with_status();
        let mut released = Vec::new();
        for entry in &mut state.entries {
            if let Some(call) = entry.held().filter(|call| call.change.effect == effect) {
                let has_status = |id: &&String| with_status.contains(&(call.change.target, (*id).clone()));
                let ids: Vec<String> = call.change.ids.iter().filter(has_status).cloned().collect();
                released.extend((!ids.is_empty()).then(|| Entry::Waiting(call.of(ids))));
                *entry = Entry::Replaced;
            }
        }
        state.entries.extend(released);
        true
    }

    /// A thread that panicked leaves each entry whole, so its lock can be taken over.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Returns the call, if it is held back.
    fn held(&self) -> Option<&Call> {
        if let Entry::Held(call) = self { Some(call) } else { None }
    }

    /// Returns the IDs of a write that Falcon refused because another client had changed the object since it was read.
    fn conflict(&self) -> Option<&[String]> {
        let Entry::Done(outcome) = self else { return None };
        let is_conflict = outcome.whole_failure().is_some_and(Reason::is_conflict);
        is_conflict.then_some(&outcome.call.change.ids)
    }
}

impl State {
    /// The objects whose status has been set.
    fn with_status(&self) -> HashSet<(Target, String)> {
        let outcomes = self.entries.iter().filter_map(|entry| match entry {
            Entry::Done(outcome) if matches!(outcome.call.change.effect, Effect::Status { .. }) => Some(outcome),
            _ => None,
        });
        outcomes.flat_map(|outcome| outcome.done.iter().map(|id| (outcome.call.change.target, id.clone()))).collect()
    }

    fn closed(&mut self) -> Snapshot {
        self.is_closed = true;
        let by = || self.stopped_by.clone().unwrap_or_default();
        let outcome = |entry: &Entry| match entry {
            Entry::Waiting(call) | Entry::Held(call) => {
                Some(Outcome::failed(call.clone(), Reason::StoppedBefore { by: by() }))
            }
            Entry::Sent(call) => Some(Outcome::failed(call.clone(), Reason::StoppedWaiting { by: by() })),
            Entry::Done(outcome) => Some(outcome.clone()),
            Entry::Replaced => None,
        };
        let mut outcomes: Vec<Outcome> = self.entries.iter().filter_map(outcome).collect();
        self.places.sort(&mut outcomes);
        outcomes.extend(self.set_aside.iter().cloned());
        Snapshot { notes: self.notes.clone(), outcomes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::falcon::{CaseId, Status, cases};

    #[test]
    fn what_a_closed_ledger_calls_unsent_is_never_sent() {
        let ledger = Ledger::default();
        let call = || cases::update(&CaseId::of_nothing(), Status::New);
        ledger.enter(vec![call(), call()]);
        assert!(ledger.take_up(2).is_some());
        let snapshot = ledger.stop("SIGTERM");
        let reasons: Vec<&Reason> = snapshot.outcomes.iter().filter_map(Outcome::whole_failure).collect();
        assert!(matches!(reasons[..], [Reason::StoppedWaiting { .. }, Reason::StoppedBefore { .. }]), "{reasons:?}");
        assert!(ledger.take_up(2).is_none());
    }
}
