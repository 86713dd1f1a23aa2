//! Sending calls: several at a time, each told in the ledger.

use std::cell::Cell;
use std::thread;
use std::time::SystemTime;

use super::{Route, Session, again, settle};
use crate::falcon::{Call, Falcon, Looked, Outcome};

/// How many calls go together; more would only use up the tenant's rate limit faster.
const MOST_TOGETHER: usize = 8;

/// How calls are sent.
#[derive(Default)]
pub(super) struct Manner<'service> {
    /// Asks for a call that is sent instead of one with this outcome.
    revise: Option<&'service Revise<'service>>,
    /// Whether what is sent is still wanted.
    is_still_wanted: Option<&'service IsStillWanted<'service>>,
}

/// The call that is sent instead of one with this outcome, where one is.
type Revise<'service> = dyn Fn(&Outcome) -> Option<Call> + Sync + 'service;

/// Whether what is sent is still wanted; nothing where nobody tells.
type IsStillWanted<'service> = dyn Fn() -> Option<bool> + Sync + 'service;

impl Session<'_> {
    /// Sends calls, several at a time, each even if others fail.
    pub(crate) fn send(&self, calls: Vec<Call>) {
        self.send_so(calls, &Manner::default());
    }

    /// The same, where an outcome may ask for a call that is sent instead, once.
    pub(crate) fn send_revised(&self, calls: Vec<Call>, revise: impl Fn(&Outcome) -> Option<Call> + Sync) {
        self.send_so(calls, &Manner { revise: Some(&revise), ..Manner::default() });
    }

    /// The same, where a call is sent again, and looked after, only while it is still wanted.
    pub(crate) fn send_while(&self, calls: Vec<Call>, is_still_wanted: impl Fn() -> Option<bool> + Sync) {
        self.send_so(calls, &Manner { is_still_wanted: Some(&is_still_wanted), ..Manner::default() });
    }

    fn send_so(&self, calls: Vec<Call>, manner: &Manner<'_>) {
        if calls.is_empty() {
            return;
        }
        let together = calls.len().min(MOST_TOGETHER);
        self.ledger.enter(calls);
        self.send_entered(together, manner);
    }

    pub(super) fn send_entered(&self, together: usize, manner: &Manner<'_>) {
        match &self.route {
            Route::Live(falcon) => self.send_to(falcon, together, manner),
            Route::Blocked(reason) => self.work_off(|call| Outcome::failed(call, reason.clone())),
            Route::Rehearsed => self.work_off(|call| {
                self.ledger.note(|notes| notes.rehearsed.push(call.request.clone()));
                Outcome::succeeded(call)
            }),
        }
    }

    fn send_to(&self, falcon: &Falcon, together: usize, manner: &Manner<'_>) {
        if self.ledger.is_closed() {
            return;
        }
        if let Err(reason) = self.authorize(falcon) {
            return self.work_off(|call| Outcome::failed(call, reason.clone()));
        }
        let once = |call: &Call| {
            let (is_blind, first) = (Cell::new(false), SystemTime::now());
            let is_still_wanted = || manner.is_still_wanted.and_then(|is_still_wanted| is_still_wanted());
            let look = |call: &Call, first| match is_still_wanted() {
                // Where TheHive tells what holds now, that counts, and not what somebody else has sent.
                Some(true) => Looked::default(),
                Some(false) => Looked::overtaken(call),
                None => again::look(falcon, call, first, &is_blind),
            };
            let is_overtaken = || is_still_wanted() == Some(false);
            settle::settled(self, falcon.send(call, look), &falcon.by_its_clock(first), &is_overtaken)
        };
        let send = |call: Call| {
            let outcome = once(&call);
            manner.revise.and_then(|revise| revise(&outcome)).map_or(outcome, |call| once(&call))
        };
        thread::scope(|scope| {
            for _ in 1..together {
                // Where the system grants no more threads, those that there are do the work.
                if thread::Builder::new().spawn_scoped(scope, || self.work_off(send)).is_err() {
                    break;
                }
            }
            self.work_off(send);
        });
        self.note_way(falcon);
    }

    fn work_off(&self, work: impl Fn(Call) -> Outcome) {
        while let Some((place, call)) = self.ledger.take_up() {
            self.ledger.done(place, work(call));
        }
    }
}
