//! How far each call has got, readable at any moment: a signal or a panic can end the job between two calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::call::Call;
use super::outcome::{Outcome, Reason};

/// The calls of a plan in their order, each with how far it has got.
#[derive(Debug)]
pub struct Ledger(Mutex<Entries>);

#[derive(Debug)]
struct Entries {
    all: Vec<Entry>,
    taken: usize,
}

#[derive(Debug, Clone)]
enum Entry {
    Waiting(Call),
    Sent(Call),
    Done(Outcome),
}

impl Ledger {
    /// A ledger in which nothing was sent yet.
    #[must_use]
    pub fn new(calls: Vec<Call>) -> Ledger {
        Ledger(Mutex::new(Entries { all: calls.into_iter().map(Entry::Waiting).collect(), taken: 0 }))
    }

    /// Closes the ledger, and says what became of each call, in the order of the plan. One that is not done counts as
    /// stopped, `by` this; and one that was not sent will not be, so that what is told stays true.
    #[must_use]
    pub fn close(&self, by: &str) -> Vec<Outcome> {
        let mut entries = self.entries();
        entries.taken = entries.all.len();
        let stopped = |call: &Call, sent| Outcome::failed(call.clone(), Reason::Stopped { by: by.to_owned(), sent });
        entries
            .all
            .iter()
            .map(|entry| match entry {
                Entry::Waiting(call) => stopped(call, false),
                Entry::Sent(call) => stopped(call, true),
                Entry::Done(outcome) => outcome.clone(),
            })
            .collect()
    }

    /// How many calls there are.
    pub(super) fn len(&self) -> usize {
        self.entries().all.len()
    }

    /// Takes up a call that nobody has taken up yet.
    pub(super) fn take_up(&self) -> Option<(usize, Call)> {
        let mut entries = self.entries();
        let place = entries.taken;
        let Some(Entry::Waiting(call)) = entries.all.get(place).cloned() else { return None };
        entries.taken += 1;
        entries.all[place] = Entry::Sent(call.clone());
        Some((place, call))
    }

    /// Notes what became of the call in this place.
    pub(super) fn done(&self, place: usize, outcome: Outcome) {
        self.entries().all[place] = Entry::Done(outcome);
    }

    /// A thread that panicked leaves each entry whole, so its lock can be taken over.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::falcon::Target;

    #[test]
    fn what_a_closed_ledger_calls_unsent_is_never_sent() {
        let ledger = Ledger::new(vec![Call::of_nothing(Target::Alert), Call::of_nothing(Target::Case)]);
        assert!(ledger.take_up().is_some());
        let sent: Vec<bool> = ledger
            .close("SIGTERM")
            .iter()
            .map(|outcome| matches!(outcome.failures[0].reason, Reason::Stopped { sent: true, .. }))
            .collect();
        assert_eq!(sent, [true, false]);
        assert!(ledger.take_up().is_none());
    }
}
