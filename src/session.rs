//! One job's connection to Falcon: a write is noted in the ledger before it is sent; the answer to a read goes to the
//! service that asked.

mod find_by_tag;
mod ledger;
mod notes;
mod parts;
mod sending;
mod verify;

use std::time::Duration;

pub(crate) use ledger::Ledger;
pub(crate) use notes::{About, Notes, Snapshot};

use crate::falcon::{Call, Falcon, Outcome, Query, Read, Reason, Request, Target};
use crate::thehive::{Stage, TheHive, Unreached};
pub(crate) use parts::ReadParts;
use sending::ExtraRequests;
pub(crate) use sending::Freshness;

/// What is told of waiting, also to people who have not asked for more: the target of the log.
pub(crate) const PROGRESS: &str = "cortex_falcon::progress";

/// What a service works with.
#[derive(Debug)]
pub(crate) struct Session<'run> {
    ledger: &'run Ledger,
    route: Route<'run>,
    thehive: Option<Result<TheHive, Unreached>>,
    extra_requests: ExtraRequests,
}

#[derive(Debug)]
enum Route<'run> {
    Live(&'run Falcon),
    /// There is no way to Falcon, for this reason.
    Blocked(Reason),
    /// Nothing is sent: a write is taken as done, and a read answered as assumed.
    Rehearsed,
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unread {
    /// What Falcon was to do, for behind the words "Falcon did not".
    pub what: &'static str,
    /// The scope that it needs.
    pub scope: &'static str,
    /// Why.
    pub reason: Reason,
}

/// A wait before the same is read again.
pub(crate) struct Pause {
    pub time: Duration,
    /// What was read so far, for people who wait.
    pub progress: String,
}

impl<'run> Session<'run> {
    /// A session with this tenant, or without one for a reason that is then the reason of every call.
    #[must_use]
    pub(crate) fn new(
        ledger: &'run Ledger,
        falcon: Result<&'run Falcon, Reason>,
        thehive: Option<Result<TheHive, Unreached>>,
    ) -> Session<'run> {
        let route = falcon.map_or_else(Route::Blocked, Route::Live);
        Session { ledger, route, thehive, extra_requests: ExtraRequests::default() }
    }

    /// A session in which nothing is sent.
    #[must_use]
    pub(crate) fn rehearsed(ledger: &'run Ledger) -> Session<'run> {
        Session { ledger, route: Route::Rehearsed, thehive: None, extra_requests: ExtraRequests::default() }
    }

    /// Something newer is sent next, in the place of all that was sent so far.
    pub(crate) fn start_over(&self) {
        self.ledger.start_over();
    }

    /// The ids of this kind of object that were done.
    pub(crate) fn done(&self, target: Target) -> Vec<String> {
        self.ledger.done_ids(target)
    }

    /// TheHive, where there is a way to it, or why there is none.
    pub(crate) fn thehive(&self) -> Option<Result<&TheHive, &Unreached>> {
        self.thehive.as_ref().map(Result::as_ref)
    }

    /// Notes which stage the report is about, and which verdict goes with it.
    pub(crate) fn follow(&self, stage: Stage, verdict: Option<&str>) {
        self.ledger.note(|notes| {
            if let Some(about) = &mut notes.about {
                (about.stage, about.verdict) = (Some(stage), verdict.map(str::to_owned));
            }
        });
    }

    /// Returns the IDs of the objects that another client has changed since they were read, so that Falcon refused the write.
    pub(crate) fn conflicts(&self) -> Vec<String> {
        self.ledger.conflicts()
    }

    /// Sends calls instead of the writes to these objects that ended in a conflict.
    pub(crate) fn send_instead(&self, conflicts: &[String], calls: Vec<Call>) {
        self.ledger.forget_conflicts(conflicts);
        self.send(calls);
    }

    /// Sends a call, and tells what became of it.
    pub(crate) fn send_one(&self, call: Call) -> Option<Outcome> {
        self.send(vec![call]);
        self.last()
    }

    /// Returns the outcome of the last call.
    pub(crate) fn last(&self) -> Option<Outcome> {
        self.ledger.last()
    }

    /// Adds a warning to the report.
    pub(crate) fn warn(&self, warning: String) {
        self.ledger.note(|notes| notes.warnings.push(warning));
    }

    /// Reads something; nothing of it enters the ledger.
    ///
    /// # Errors
    /// The reason that it could not be read.
    pub(crate) fn read<T: Read>(&self, query: Query<T>) -> Result<T, Unread> {
        self.ask(query, Falcon::read)
    }

    /// Has something started. It is not sent again once it may have arrived, because two would run then.
    ///
    /// # Errors
    /// The reason that it is not known to be started.
    pub(crate) fn begin<T: Read>(&self, query: Query<T>) -> Result<T, Unread> {
        self.ask(query, Falcon::begin)
    }

    fn ask<T: Read>(&self, query: Query<T>, ask: impl Fn(&Falcon, &Request) -> Result<T, Reason>) -> Result<T, Unread> {
        let Query { request, what, assumed } = query;
        let scope = request.scope;
        if let Some(by) = self.ledger.stopped_by() {
            // What is found gone now was stopped, and must not be begun anew.
            return Err(Unread { what, scope, reason: Reason::StoppedBefore { by } });
        }
        let read = match &self.route {
            Route::Live(falcon) => {
                let read = self.authorize(falcon).and_then(|()| ask(falcon, &request));
                self.note_way(falcon);
                read
            }
            Route::Blocked(reason) => Err(reason.clone()),
            Route::Rehearsed => {
                self.ledger.note(|notes| notes.rehearsed.push(request));
                Ok(assumed)
            }
        };
        read.map_err(|reason| Unread { what, scope, reason })
    }

    /// Whether nothing is sent, and answers are assumed.
    #[must_use]
    pub(crate) fn is_rehearsed(&self) -> bool {
        matches!(self.route, Route::Rehearsed)
    }

    /// Notes what needs no call because it is known to fail.
    pub(crate) fn set_aside(&self, outcome: Outcome) {
        self.ledger.set_aside(vec![outcome]);
    }

    /// The same, in the place of all that was set aside so far.
    pub(crate) fn set_aside_instead(&self, outcomes: Vec<Outcome>) {
        self.ledger.set_aside_instead(outcomes);
    }

    /// Reads the same again and again, for as long as there is something to wait for.
    ///
    /// # Errors
    /// The reason that it could not be read, or that the job's time is over.
    pub(crate) fn poll<T: Read>(
        &self,
        query: impl Fn() -> Query<T>,
        wait: impl Fn(&T) -> Option<Pause>,
    ) -> Result<T, Unread> {
        loop {
            let query = query();
            let (what, scope) = (query.what, query.request.scope);
            let found = self.read(query)?;
            let Some(Pause { time, progress }) = wait(&found) else { return Ok(found) };
            log::info!(target: PROGRESS, "{progress}; next look in {:.1} s", time.as_secs_f64());
            self.wait(time).map_err(|reason| Unread { what, scope, reason })?;
        }
    }

    /// Sleeps this long, unless the job's time would be over by then.
    ///
    /// # Errors
    /// The reason that there is no use in it.
    pub(crate) fn wait(&self, time: Duration) -> Result<(), Reason> {
        match &self.route {
            Route::Live(falcon) => falcon.wait(time),
            Route::Blocked(reason) => Err(reason.clone()),
            Route::Rehearsed => Ok(()),
        }
    }

    /// Has a call sent if the job is stopped from here on, and keeps time for it.
    pub(crate) fn if_stopped(&self, call: Call) {
        self.ledger.if_stopped(call);
        if let Route::Live(falcon) = &self.route {
            falcon.keep_time_for_one_more();
        }
    }

    /// Keeps time for what comes after, or takes that back.
    pub(crate) fn keep_time(&self, is_kept: bool) {
        match &self.route {
            Route::Live(falcon) if is_kept => falcon.keep_time_for_one_more(),
            Route::Live(falcon) => falcon.use_all_time(),
            Route::Blocked(_) | Route::Rehearsed => {}
        }
    }

    /// Sends what was to be sent if the job is stopped: the service itself ends it.
    pub(crate) fn stop(&self) {
        self.keep_time(false);
        if self.ledger.enter_if_stopped() {
            self.send_entered(&|| Freshness::Unknown);
        }
    }

    /// Nothing is to be sent any more if the job is stopped.
    pub(crate) fn carry_on(&self) {
        self.keep_time(false);
        self.ledger.take_if_stopped();
    }

    fn authorize(&self, falcon: &Falcon) -> Result<(), Reason> {
        let place = falcon.authorize();
        self.note_way(falcon);
        let place = place?;
        self.ledger.note(|notes| notes.falcon = Some(place));
        Ok(())
    }

    /// Notes what the report is to tell of the way to Falcon. Its warnings may wait for a token, and whoever stops the job must not
    /// wait for the ledger meanwhile.
    fn note_way(&self, falcon: &Falcon) {
        let mut warnings = falcon.warnings();
        self.ledger.note(|notes| {
            warnings.retain(|warning| !notes.warnings.contains(warning));
            notes.warnings.extend(warnings);
            notes.retries = falcon.retries();
        });
    }
}
