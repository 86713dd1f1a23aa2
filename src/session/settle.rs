//! Unclear outcomes, made clear: what may have been done is looked at before the job says anything of it.

use std::collections::HashMap;
use std::time::Duration;

use super::{Session, Unread};
use crate::falcon::{Call, Failure, Look, Moment, Objects, Outcome, Query, Reason, State};

/// As many objects are read in one call: whole alerts are long.
pub(super) const MOST_READ: usize = 200;

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
    first: &Moment,
    is_overtaken: &dyn Fn() -> bool,
) -> Outcome {
    match &outcome.call.look {
        Look::At(read) => {
            let read = *read;
            settled_at(session, outcome, read, Found::default())
        }
        Look::Once(read) => {
            let read = *read;
            settled_at(session, outcome, read, Found { since: Some(first), ..Found::default() })
        }
        Look::Always(read) => {
            let read = *read;
            let found = Found { is_overtaken: Some(is_overtaken), ..Found::default() };
            settled_at(session, doubted(outcome), read, found)
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
    mut found: Found<'_>,
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
        match found.objects.state(&call.change.effect, &id) {
            State::AsAsked => done.push(id),
            state => reasons.push((id, found.reason(state, first))),
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
    objects: Objects,
    /// Why not all could be looked at.
    trouble: Option<Reason>,
    /// Where it is looked at until it shows what it should, or the job's time is over: whether it should show that no more.
    is_overtaken: Option<&'call dyn Fn() -> bool>,
    /// What was appended before, another job has appended: it counts for nothing.
    since: Option<&'call Moment>,
}

impl Found<'_> {
    /// Looks once, and after a moment once more at what was not yet as it should be; where that was asked for, as often as there
    /// is time.
    fn look(&mut self, session: &Session<'_>, call: &Call, read: fn(&[String]) -> Query<Objects>, ids: &[String]) {
        let effect = &call.change.effect;
        let shown_by = |ids: &[String]| {
            let mut objects: Vec<String> = ids.iter().map(|id| effect.shown_by(id).to_owned()).collect();
            objects.dedup();
            objects
        };
        self.read(session, read, &shown_by(ids));
        let (mut wait, most) = if self.is_overtaken.is_some() { (FIRST_WAIT, usize::MAX) } else { (A_MOMENT, 1) };
        for _ in 0..most {
            let is_missed = |id: &&String| self.objects.state(effect, id) != State::AsAsked;
            let missed: Vec<String> = ids.iter().filter(is_missed).cloned().collect();
            let is_overtaken = || self.is_overtaken.is_some_and(|is_overtaken| is_overtaken());
            if missed.is_empty() || self.trouble.is_some() || is_overtaken() {
                break;
            }
            match session.wait(wait) {
                Ok(()) => self.read(session, read, &shown_by(&missed)),
                Err(reason) => self.trouble = Some(reason),
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn read(&mut self, session: &Session<'_>, read: fn(&[String]) -> Query<Objects>, ids: &[String]) {
        for ids in ids.chunks(MOST_READ) {
            match session.read(read(ids)) {
                Ok(mut newer) => {
                    if let Some(since) = self.since {
                        newer.forget_comments_before(since);
                    }
                    self.objects.update(ids, newer);
                }
                Err(unread) => {
                    self.trouble = Some(unread.reason);
                    return;
                }
            }
        }
    }

    /// What there is to tell of an id that is not as wanted, and was to be read back for this reason.
    fn reason(&self, state: State, first: Reason) -> Reason {
        let first = Box::new(first);
        // Where the end of the time is the end that was planned, what was seen until then counts.
        let is_seen = self.is_overtaken.is_some() && state != State::Absent;
        if let Some(trouble) = self.trouble.as_ref().filter(|trouble| !(is_seen && trouble.is_of_our_time())) {
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

/// The outcome of what was to be created and may be there: it is, where something carries its mark. Where nothing does, it may
/// still come.
fn settled_by_mark(session: &Session<'_>, mut outcome: Outcome, mark: &str) -> Outcome {
    let Some(first) = outcome.failures.iter().find(|failure| failure.may_be_done).map(|open| open.reason.clone())
    else {
        return outcome;
    };
    let (trace_id, remark) = (outcome.trace_id.take(), outcome.remark.take());
    let mut read = Reason::NotListed { mark: mark.to_owned() };
    for wait in WAITS_FOR_INDEX {
        if session.wait(Duration::from_secs(wait)).is_err() {
            break;
        }
        match session.tagged(mark).map(|cases| cases.into_iter().next()) {
            Ok(None) => {}
            Ok(Some(case)) => {
                log::info!("{}: found by its mark", outcome.call.request);
                return Outcome { trace_id, remark, ..Outcome::sorted(outcome.call, vec![case.id], Vec::new()) };
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
    Outcome { trace_id, remark, ..Outcome::failed(outcome.call, reason) }
}
