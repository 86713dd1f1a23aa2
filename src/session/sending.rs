//! Sending calls: several at a time, each told in the ledger.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use super::verify::{FirstAttempt, settled};
use super::{Route, Session};
use crate::falcon::{Call, Falcon, Looked, Narrowed, Outcome, narrowed, probed};

/// How many calls go together; more would only use up the tenant's rate limit faster.
const MOST_TOGETHER: usize = 8;

/// The most requests of a job that only find out which IDs Falcon refuses.
const MAX_EXTRA_REQUESTS: u32 = 64;

/// Whether a write is still the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// TheHive shows what is sent.
    Current,
    /// TheHive shows something newer.
    Superseded,
    /// TheHive was not asked, or did not say.
    Unknown,
}

/// The most of them that are reads: a write never lacks those that reads have used up.
const MAX_EXTRA_READS: u32 = 32;

/// The requests that may still be sent to find out which IDs Falcon refuses.
#[derive(Debug)]
pub(super) struct ExtraRequests {
    all: AtomicU32,
    reads: AtomicU32,
}

impl Default for ExtraRequests {
    fn default() -> Self {
        ExtraRequests { all: AtomicU32::new(MAX_EXTRA_REQUESTS), reads: AtomicU32::new(MAX_EXTRA_READS) }
    }
}

impl ExtraRequests {
    /// Takes so many of them for writes; `false` if there are not as many left.
    pub(super) fn take(&self, count: u32) -> bool {
        take(&self.all, count)
    }

    /// Takes so many of them for reads; `false` if there are not as many left.
    pub(super) fn take_reads(&self, count: u32) -> bool {
        take(&self.reads, count) && take(&self.all, count)
    }
}

fn take(left: &AtomicU32, count: u32) -> bool {
    left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(count)).is_ok()
}

impl Session<'_> {
    /// Sends calls, several at a time, each even if others fail.
    pub(crate) fn send(&self, calls: Vec<Call>) {
        self.send_while_current(calls, || Freshness::Unknown);
    }

    /// The same, for calls that are sent again, and verified, only while they are current.
    pub(crate) fn send_while_current(&self, calls: Vec<Call>, freshness: impl Fn() -> Freshness + Sync) {
        if !calls.is_empty() {
            self.ledger.enter(calls);
            self.send_entered(&freshness);
        }
    }

    pub(super) fn send_entered(&self, freshness: &(impl Fn() -> Freshness + Sync)) {
        match &self.route {
            Route::Live(falcon) => self.send_to(falcon, freshness),
            Route::Blocked(reason) => self.send_each(1, &|call| Outcome::failed(call, reason.clone()).into()),
            // One by one: a dry run shows the requests in their order.
            Route::Rehearsed => self.send_each(1, &|call| {
                self.ledger.note(|notes| notes.rehearsed.push(call.request.clone()));
                Outcome::succeeded(call).into()
            }),
        }
    }

    fn send_to(&self, falcon: &Falcon, freshness: &(impl Fn() -> Freshness + Sync)) {
        if self.ledger.is_closed() {
            return;
        }
        if let Err(reason) = self.authorize(falcon) {
            return self.send_each(1, &|call| Outcome::failed(call, reason.clone()).into());
        }
        self.send_each(MOST_TOGETHER, &|call| self.sent(falcon, &call, freshness));
        // An extra action that was set apart is sent after all statuses.
        while self.ledger.release() {
            self.send_each(MOST_TOGETHER, &|call| self.sent(falcon, &call, freshness));
        }
        self.note_way(falcon);
    }

    fn sent(&self, falcon: &Falcon, call: &Call, freshness: &impl Fn() -> Freshness) -> Narrowed {
        let first = FirstAttempt::now(falcon);
        let look = |call: &Call| match freshness() {
            // What TheHive says now counts, and not what another client has sent.
            Freshness::Current => Looked::default(),
            Freshness::Superseded => Looked::overtaken(call),
            Freshness::Unknown => first.before_retry(self, call),
        };
        let may_send = |requests| self.extra_requests.take(requests);
        let outcome = probed(falcon.send(call, look), may_send, |probe| falcon.send(probe, look));
        let is_overtaken = || freshness() == Freshness::Superseded;
        let settled = |outcome: Outcome| settled(self, outcome.tolerating(), &first, &is_overtaken);
        let narrowed = narrowed(outcome, may_send);
        Narrowed { settled: narrowed.settled.map(settled), ..narrowed }
    }

    /// Sends what waits in the ledger, so many together, round by round: what takes the place of a refused call is sent in the next round.
    fn send_each(&self, most: usize, send: &(impl Fn(Call) -> Narrowed + Sync)) {
        loop {
            let (waiting, entries) = self.ledger.waiting();
            if waiting == 0 {
                return;
            }
            thread::scope(|scope| {
                for _ in 1..waiting.min(most) {
                    // Where the system grants no more threads, those that there are do the work.
                    if thread::Builder::new().spawn_scoped(scope, || self.send_first(entries, send)).is_err() {
                        break;
                    }
                }
                self.send_first(entries, send);
            });
        }
    }

    /// Sends what waits in the first so many entries.
    fn send_first(&self, entries: usize, send: impl Fn(Call) -> Narrowed) {
        while let Some((place, call)) = self.ledger.take_up(entries) {
            self.ledger.done(place, send(call));
        }
    }
}
