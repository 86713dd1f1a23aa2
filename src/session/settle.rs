//! Unclear outcomes, made clear: what may have been done is read back before the job says anything of it.

use std::collections::HashMap;
use std::time::Duration;

use super::Session;
use crate::falcon::{Call, Failure, Outcome, Reason, Statuses};

/// As many objects are read in one call: whole alerts are long.
const MOST_READ: usize = 200;

/// What shows its old status is looked at once more after this time: Falcon may lag behind its own writes.
const A_MOMENT: Duration = Duration::from_secs(1);

/// The outcome with each unclear id done after all, or not. A clear outcome costs no read.
pub(super) fn settled(session: &Session<'_>, outcome: Outcome) -> Outcome {
    let open: Vec<(String, Reason)> = outcome
        .failures
        .iter()
        .filter(|failure| failure.may_be_done)
        .flat_map(|Failure { ids, reason, .. }| ids.iter().map(|id| (id.clone(), reason.clone())))
        .collect();
    if open.is_empty() {
        return outcome;
    }
    let Outcome { call, mut done, failures, trace_id } = outcome;
    let found = Found::look(session, &call, open.iter().map(|(id, _)| id.clone()).collect());
    let clear = failures.into_iter().filter(|failure| !failure.may_be_done);
    let mut reasons: Vec<(String, Reason)> =
        clear.flat_map(|failure| failure.ids.into_iter().map(move |id| (id, failure.reason.clone()))).collect();
    for (id, first) in open {
        if found.is_as_wanted(&id) {
            done.push(id);
        } else {
            let reason = found.reason(&id, first);
            reasons.push((id, reason));
        }
    }
    log::info!("{}: read back: {} updated, {} not", call.request, done.len(), reasons.len());
    let places: HashMap<&str, usize> = call.change.ids.iter().enumerate().map(|(n, id)| (id.as_str(), n)).collect();
    done.sort_by_key(|id| places.get(id.as_str()).copied());
    let mut outcome = Outcome::sorted(call.clone(), done, reasons);
    outcome.trace_id = trace_id;
    outcome
}

/// What was found when objects were read back.
#[derive(Default)]
struct Found {
    statuses: Statuses,
    /// Why not all could be looked at.
    trouble: Option<Reason>,
    wanted: &'static str,
}

impl Found {
    /// Looks once, and after a moment once more at what was not yet as it should be.
    fn look(session: &Session<'_>, call: &Call, ids: Vec<String>) -> Found {
        let mut found = Found { wanted: call.change.status, ..Found::default() };
        found.read(session, call, &ids);
        let missed: Vec<String> = ids.into_iter().filter(|id| !found.is_as_wanted(id)).collect();
        if !missed.is_empty() && found.trouble.is_none() {
            match session.wait(A_MOMENT) {
                Ok(()) => found.read(session, call, &missed),
                Err(reason) => found.trouble = Some(reason),
            }
        }
        found
    }

    /// What was seen of these ids before counts no more.
    fn read(&mut self, session: &Session<'_>, call: &Call, ids: &[String]) {
        for id in ids {
            self.statuses.shown.remove(id);
            self.statuses.unknown.remove(id);
        }
        for ids in ids.chunks(MOST_READ) {
            match session.read(&(call.read_back)(ids)) {
                Ok(Statuses { shown, unknown }) => {
                    self.statuses.shown.extend(shown);
                    self.statuses.unknown.extend(unknown);
                }
                Err(reason) => {
                    self.trouble = Some(reason);
                    return;
                }
            }
        }
    }

    /// Of one that is shown twice, the worse counts.
    fn is_as_wanted(&self, id: &str) -> bool {
        let shown = self.statuses.shown.get(id);
        shown.is_some_and(|statuses| statuses.iter().all(|status| status.raw == self.wanted))
    }

    /// What there is to tell of an id that is not as wanted, and was to be read back for this reason.
    fn reason(&self, id: &str, first: Reason) -> Reason {
        let first = Box::new(first);
        if let Some(trouble) = &self.trouble {
            return Reason::NotReadBack { first, read: Box::new(trouble.clone()) };
        }
        let other = self.statuses.shown.get(id).and_then(|all| all.iter().find(|status| status.raw != self.wanted));
        match other {
            Some(status) if status.is_newest => Reason::ReadBack { first, status: Some(status.quoted.clone()) },
            None if self.statuses.unknown.contains(id) => Reason::ReadBack { first, status: None },
            Some(_) | None => Reason::NotReadBack { first, read: Box::new(Reason::NotNewest) },
        }
    }
}
