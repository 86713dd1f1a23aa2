//! Verification: before a retry, what has become of the objects since the first attempt; after a send, whether an unclear outcome
//! was applied.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use super::{Session, Unread};
use crate::falcon::{
    Call, Effect, Failure, Falcon, Look, Looked, Moment, Objects, Outcome, Query, Reason, State, Status,
};
use crate::http::Problem;

/// As many objects are read in one call: whole alerts are long.
const MOST_READ: usize = 200;

/// So far may the clock behind the objects be ahead of the one behind the answers. A change that lies farther ahead tells nothing.
const APART: Duration = Duration::from_mins(1);

/// A first attempt to send a call.
#[derive(Debug)]
pub(super) struct FirstAttempt<'falcon> {
    falcon: &'falcon Falcon,
    at: SystemTime,
    /// Whether another read before a retry is useless.
    is_blind: Cell<bool>,
}

impl<'falcon> FirstAttempt<'falcon> {
    /// An attempt that is made now.
    pub(super) fn now(falcon: &'falcon Falcon) -> FirstAttempt<'falcon> {
        FirstAttempt { falcon, at: SystemTime::now(), is_blind: Cell::new(false) }
    }

    /// Finds the objects of a status update that must not be sent again: those that show the wanted status, and those that another
    /// client has taken further since this attempt. What cannot be read is sent again.
    pub(super) fn before_retry(&self, session: &Session<'_>, call: &Call) -> Looked {
        let (Look::At(read) | Look::Always(read), Effect::Status { shows, .. }, false) =
            (&call.look, &call.change.effect, self.is_blind.get())
        else {
            return Looked::default();
        };
        let read_once = |ids: &[String]| {
            let Query { request, what, .. } = read(ids);
            self.falcon.read_once(&request).map_err(|reason| Unread { what, scope: request.scope, reason })
        };
        let mut looked = Looked::default();
        let unread = session.each_part(&call.change.ids, MOST_READ, read_once, |ids, objects: Objects| {
            for id in ids {
                match objects.state(&call.change.effect, id) {
                    // It may have had the status before, without the assignee.
                    State::AsAsked if matches!(call.change.effect, Effect::Status { assigns: true, .. }) => {}
                    State::AsAsked => looked.done.push(id.clone()),
                    State::Otherwise { .. } | State::Unknown | State::Absent => {
                        let reason = Status::shown_as(shows).and_then(|wanted| self.rival(call, &objects, id, wanted));
                        looked.left_alone.extend(reason.map(|reason| (id.clone(), reason)));
                    }
                }
            }
        });
        self.is_blind.set(unread.iter().any(|(_, unread)| is_useless_again(&unread.reason)));
        looked
    }

    /// Returns the reason to leave an object alone, if another client has taken it further than the wanted status since this
    /// attempt. A timestamp alone proves nothing: an alert is touched for many reasons. What the job read before decides, if it
    /// has read the object.
    fn rival(&self, call: &Call, objects: &Objects, id: &str, wanted: Status) -> Option<Reason> {
        let shown = objects.status(id)?;
        if !Status::shown_as(&shown)?.is_further_along_than(wanted) {
            return None;
        }
        let changed = objects.changed_at(&call.change.effect, id);
        let is_since = match call.baseline.get(id) {
            Some(before) => *before != shown,
            None => changed.as_ref().is_some_and(|changed| self.is_before(changed)),
        };
        let since = changed.map(|changed| changed.to_string());
        is_since.then(|| Reason::ChangedSince { shown: format!("the status {shown}"), since })
    }

    /// Whether this attempt was made in an earlier second than this, by Falcon's clock.
    fn is_before(&self, changed: &Moment) -> bool {
        let latest = self.falcon.by_its_clock(SystemTime::now() + APART);
        self.falcon.at_the_latest(self.at) < *changed && *changed <= latest
    }

    /// This attempt by Falcon's clock.
    pub(super) fn by_its_clock(&self) -> Moment {
        self.falcon.by_its_clock(self.at)
    }
}

/// Whether another read would meet the same error, or use up the time that a retry needs.
fn is_useless_again(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Refused { status: 403, .. }
            | Reason::Retired { .. }
            | Reason::NoAnswer { problem: Problem::Timeout, .. }
    )
}

/// What shows its old state is looked at once more after this time: Falcon may lag behind its own writes.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Where all is to be verified, it is looked at again and again until the job's time is over: first after this time, then after
/// twice as long, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The waits before each look for a mark, in seconds: the index of cases may lag behind for longer. Half a minute in all.
const WAITS_FOR_INDEX: [u64; 6] = [0, 1, 2, 4, 8, 15];

/// The outcome with all that is unclear in it cleared up, as far as that can be. A clear outcome costs no read. The call was sent
/// for the first time at this moment of Falcon's clock. What is overtaken is not verified to the end.
pub(super) fn settled(
    session: &Session<'_>,
    outcome: Outcome,
    first: &FirstAttempt<'_>,
    is_overtaken: &dyn Fn() -> bool,
) -> Outcome {
    match &outcome.call.look {
        Look::At(read) => {
            let read = *read;
            settled_at(session, outcome, read, &mut Found::default())
        }
        Look::Once(read) => {
            let read = *read;
            let since = first.by_its_clock();
            let mut found = Found { since: Some(&since), ..Found::default() };
            let settled = settled_at(session, outcome, read, &mut found);
            let missing = found.missing(&settled);
            if missing.is_empty() {
                return settled;
            }
            // Sent once more, it is not there twice: a read has shown that it is not there.
            let again = first.falcon.send_once_more(&settled.call.of(missing));
            settled.updated_by(settled_at(session, again, read, &mut found))
        }
        Look::Always(read) => {
            let read = *read;
            let mut found = Found { is_overtaken: Some(is_overtaken), ..Found::default() };
            settled_at(session, doubted(outcome), read, &mut found)
        }
        Look::ForMark(mark) => {
            let mark = mark.clone();
            settled_by_mark(session, outcome, &mark)
        }
        Look::Nowhere => outcome,
    }
}

/// The outcome with each unclear id done after all, or not.
fn settled_at(
    session: &Session<'_>,
    outcome: Outcome,
    read: fn(&[String]) -> Query<Objects>,
    found: &mut Found<'_>,
) -> Outcome {
    let open: Vec<(String, Reason)> = outcome
        .failures
        .iter()
        .filter(|failure| failure.may_be_done)
        .flat_map(|Failure { ids, reason, .. }| ids.iter().map(|id| (id.clone(), reason.clone())))
        .collect();
    if open.is_empty() {
        return outcome;
    }
    let Outcome { call, mut done, failures, tolerated, trace_id, remark: _ } = outcome;
    found.look(session, &call, read, &open.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>());
    let clear = failures.into_iter().filter(|failure| !failure.may_be_done);
    let mut reasons: Vec<(String, Reason)> =
        clear.flat_map(|failure| failure.ids.into_iter().map(move |id| (id, failure.reason.clone()))).collect();
    for (id, first) in open {
        match found.state(&id) {
            State::AsAsked => done.push(id),
            _ => reasons.push((id.clone(), found.reason(&call.change.effect, &id, first))),
        }
    }
    log::info!("{}: read back: {} done, {} not", call.request, done.len(), reasons.len());
    let places: HashMap<&str, usize> = call.change.ids.iter().enumerate().map(|(n, id)| (id.as_str(), n)).collect();
    done.sort_by_key(|id| places.get(id.as_str()).copied());
    Outcome { tolerated, trace_id, ..Outcome::sorted(call.clone(), done, reasons) }
}

/// The outcome with all that is done in doubt.
fn doubted(outcome: Outcome) -> Outcome {
    let mut doubted = outcome;
    if !doubted.done.is_empty() {
        let ids = std::mem::take(&mut doubted.done);
        doubted.failures.push(Failure { ids, reason: Reason::Taken, may_be_done: true });
    }
    doubted
}

/// What was found when objects were read back.
#[derive(Default)]
struct Found<'call> {
    /// What the objects show of each ID. The objects themselves would take much memory.
    states: HashMap<String, State>,
    /// Why objects could not be read, by the ID of the object.
    unread: HashMap<String, Reason>,
    /// Why nothing more is read.
    end: Option<Reason>,
    /// Where it is looked at until it shows what it should, or the job's time is over: whether it should show that no more.
    is_overtaken: Option<&'call dyn Fn() -> bool>,
    /// What was appended before, another job has appended: it counts for nothing.
    since: Option<&'call Moment>,
    /// The objects with such a comment, whenever it was appended.
    of_any_time: HashSet<String>,
}

impl Found<'_> {
    /// Looks once, and after a moment once more at what was not yet as it should be; where that was asked for, as often as there
    /// is time.
    fn look(&mut self, session: &Session<'_>, call: &Call, read: fn(&[String]) -> Query<Objects>, ids: &[String]) {
        let effect = &call.change.effect;
        self.read(session, effect, read, ids);
        let (mut wait, most) = if self.is_overtaken.is_some() { (FIRST_WAIT, usize::MAX) } else { (A_MOMENT, 1) };
        for _ in 0..most {
            let is_missed =
                |id: &&String| self.state(id) != State::AsAsked && !self.unread.contains_key(effect.shown_by(id));
            let missed: Vec<String> = ids.iter().filter(is_missed).cloned().collect();
            let is_overtaken = || self.is_overtaken.is_some_and(|is_overtaken| is_overtaken());
            if missed.is_empty() || self.end.is_some() || is_overtaken() {
                break;
            }
            match session.wait(wait) {
                Ok(()) => self.read(session, effect, read, &missed),
                Err(reason) => self.end = Some(reason),
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn read(&mut self, session: &Session<'_>, effect: &Effect, read: fn(&[String]) -> Query<Objects>, ids: &[String]) {
        let mut shown_by: Vec<String> = ids.iter().map(|id| effect.shown_by(id).to_owned()).collect();
        shown_by.dedup();
        let unread = session.read_each_part(&shown_by, MOST_READ, read, |part, mut newer: Objects| {
            let part: HashSet<&str> = part.iter().map(String::as_str).collect();
            let of_part = || ids.iter().filter(|id| part.contains(effect.shown_by(id)));
            if let Some(since) = self.since {
                let is_there = |id: &&String| newer.state(effect, id) == State::AsAsked;
                self.of_any_time.extend(of_part().filter(is_there).cloned());
                newer.forget_comments_before(since);
            }
            self.states.extend(of_part().map(|id| (id.clone(), newer.state(effect, id))));
        });
        for (ids, Unread { reason, .. }) in unread {
            if !reason.is_about_the_object() {
                self.end = Some(reason.clone());
            }
            self.unread.extend(ids.into_iter().map(|id| (id, reason.clone())));
        }
    }

    fn state(&self, id: &str) -> State {
        self.states.get(id).cloned().unwrap_or(State::Absent)
    }

    /// Returns the IDs whose request got no response that accepts it, and of which a read shows nothing, of whatever time.
    fn missing(&self, settled: &Outcome) -> Vec<String> {
        let is_missing = |failure: &&Failure| match &failure.reason {
            Reason::ReadBack { first, shown: Some(_) } => first.is_lost(),
            _ => false,
        };
        let ids = settled.failures.iter().filter(is_missing).flat_map(|failure| &failure.ids);
        ids.filter(|id| !self.of_any_time.contains(*id)).cloned().collect()
    }

    /// What there is to tell of an id that is not as wanted, and was to be read back for this reason.
    fn reason(&self, effect: &Effect, id: &str, first: Reason) -> Reason {
        let (first, state) = (Box::new(first), self.state(id));
        let unread = self.unread.get(effect.shown_by(id)).or(self.end.as_ref());
        // Where the end of the time is the end that was planned, what was seen until then counts.
        let is_seen = self.is_overtaken.is_some() && state != State::Absent;
        if let Some(trouble) = unread.filter(|trouble| !(is_seen && trouble.is_of_our_time())) {
            return Reason::NotReadBack { first, read: Box::new(trouble.clone()) };
        }
        match state {
            State::Otherwise { shown, is_newest: true } => Reason::ReadBack { first, shown: Some(shown) },
            State::Unknown => Reason::ReadBack { first, shown: None },
            State::AsAsked | State::Otherwise { .. } | State::Absent => {
                Reason::NotReadBack { first, read: Box::new(Reason::NotNewest) }
            }
        }
    }
}

/// Returns the outcome of a creation whose response was lost or unclear. If a case carries its dedup tag, nothing more must be
/// created, but another job may have created that case: so it is neither done nor failed, and the remark says why. If no case
/// carries the tag, the creation may still have been applied.
fn settled_by_mark(session: &Session<'_>, mut outcome: Outcome, mark: &str) -> Outcome {
    let Some(first) = outcome.failures.iter().find(|failure| failure.may_be_done).map(|open| open.reason.clone())
    else {
        return outcome;
    };
    let trace_id = outcome.trace_id.take();
    let mut read = Reason::NotListed { mark: mark.to_owned() };
    for wait in WAITS_FOR_INDEX {
        if session.wait(Duration::from_secs(wait)).is_err() {
            break;
        }
        match session.tagged(mark) {
            Ok(cases) if cases.is_empty() => {}
            Ok(_) => {
                log::info!("{}: a case with the tag was found", outcome.call.request);
                let remark = Some(first.to_string());
                return Outcome { trace_id, remark, ..Outcome::sorted(outcome.call, Vec::new(), Vec::new()) };
            }
            // It is listed, and will be shown in a moment.
            Err(Unread { reason: Reason::NotNewest, .. }) => read = Reason::NotNewest,
            Err(unread) => {
                read = unread.reason;
                break;
            }
        }
    }
    let reason = Reason::NotReadBack { first: Box::new(first), read: Box::new(read) };
    Outcome { trace_id, remark: outcome.remark, ..Outcome::failed(outcome.call.clone(), reason) }
}
