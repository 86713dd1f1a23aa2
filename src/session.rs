//! One job's connection to Falcon: a write is noted in the ledger before it is sent; the answer to a read goes to the
//! service that asked.

mod ledger;
mod settle;

use std::thread;
use std::time::Duration;

pub(crate) use ledger::{About, Ledger, Notes, Snapshot};

use crate::falcon::{Call, Falcon, Outcome, Query, Read, Reason};

/// How many calls go together; more would only use up the tenant's rate limit faster.
const MOST_TOGETHER: usize = 8;

/// What a service works with.
#[derive(Debug)]
pub(crate) struct Session<'run> {
    ledger: &'run Ledger,
    route: Route,
}

#[derive(Debug)]
enum Route {
    Live(Box<Falcon>),
    /// There is no way to Falcon, for this reason.
    Blocked(Reason),
    /// Nothing is sent: a write is taken as done, and a read answered as assumed.
    Rehearsed,
}

impl<'run> Session<'run> {
    /// A session with this tenant, or without one for a reason that is then the reason of every call.
    #[must_use]
    pub(crate) fn new(ledger: &'run Ledger, falcon: Result<Falcon, Reason>) -> Session<'run> {
        let route = falcon.map_or_else(Route::Blocked, |falcon| Route::Live(Box::new(falcon)));
        Session { ledger, route }
    }

    /// A session in which nothing is sent.
    #[must_use]
    pub(crate) fn rehearsed(ledger: &'run Ledger) -> Session<'run> {
        Session { ledger, route: Route::Rehearsed }
    }

    /// Sends calls, several at a time, each even if others fail.
    pub(crate) fn send(&self, calls: Vec<Call>) {
        if calls.is_empty() {
            return;
        }
        let together = calls.len().min(MOST_TOGETHER);
        self.ledger.enter(calls);
        match &self.route {
            Route::Live(falcon) => self.send_to(falcon, together),
            Route::Blocked(reason) => self.work_off(|call| Outcome::failed(call, reason.clone())),
            Route::Rehearsed => self.work_off(Outcome::succeeded),
        }
    }

    /// Reads something; nothing of it enters the ledger.
    ///
    /// # Errors
    /// The reason that it could not be read.
    pub(crate) fn read<T: Read + Clone>(&self, query: &Query<T>) -> Result<T, Reason> {
        match &self.route {
            Route::Live(falcon) => falcon.read(query),
            Route::Blocked(reason) => Err(reason.clone()),
            Route::Rehearsed => Ok(query.assumed.clone()),
        }
    }

    /// Sleeps this long, unless the job's time would be over by then.
    ///
    /// # Errors
    /// The reason that there is no use in it.
    fn wait(&self, time: Duration) -> Result<(), Reason> {
        match &self.route {
            Route::Live(falcon) => falcon.wait(time),
            Route::Blocked(reason) => Err(reason.clone()),
            Route::Rehearsed => Ok(()),
        }
    }

    fn send_to(&self, falcon: &Falcon, together: usize) {
        if self.ledger.is_closed() {
            return;
        }
        match falcon.authorize() {
            Ok((place, warning)) => self.ledger.note(|notes| {
                notes.falcon = Some(place);
                notes.warnings.extend(warning);
            }),
            Err(reason) => {
                self.ledger.note(|notes| notes.retries = falcon.retries());
                return self.work_off(|call| Outcome::failed(call, reason.clone()));
            }
        }
        let send = |call: Call| settle::settled(self, falcon.send(&call));
        thread::scope(|scope| {
            for _ in 1..together {
                // Where the system grants no more threads, those that there are do the work.
                if thread::Builder::new().spawn_scoped(scope, || self.work_off(send)).is_err() {
                    break;
                }
            }
            self.work_off(send);
        });
        self.ledger.note(|notes| notes.retries = falcon.retries());
    }

    fn work_off(&self, work: impl Fn(Call) -> Outcome) {
        while let Some((place, call)) = self.ledger.take_up() {
            self.ledger.done(place, work(call));
        }
    }
}
