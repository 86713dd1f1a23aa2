//! Unclear outcomes, made clear: what may have been done is read back before the job says anything of it.

use std::collections::HashMap;
use std::time::Duration;

use super::Session;
use crate::falcon::{Call, Failure, Outcome, Reason, ShownStatus, Statuses};

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
        let first = Box::new(first);
        match found.get(&id) {
            Ok(Some(status)) if status.raw == call.change.status => done.push(id),
            Ok(status) => {
                let status = status.map(|status| status.quoted.clone());
                reasons.push((id, Reason::ReadBack { first, status }));
            }
            Err(read) => reasons.push((id, Reason::NotReadBack { first, read: Box::new(read) })),
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
struct Found {
    statuses: HashMap<String, ShownStatus>,
    /// Why those without a status could not be looked at to the end.
    trouble: Option<Reason>,
    wanted: &'static str,
}

impl Found {
    /// Looks once, and after a moment once more at what was not yet as it should be.
    fn look(session: &Session<'_>, call: &Call, ids: Vec<String>) -> Found {
        let mut found = Found { statuses: HashMap::new(), trouble: None, wanted: call.change.status };
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

    fn read(&mut self, session: &Session<'_>, call: &Call, ids: &[String]) {
        for ids in ids.chunks(MOST_READ) {
            match session.read(&(call.read_back)(ids)) {
                Ok(Statuses(statuses)) => self.statuses.extend(statuses),
                Err(reason) => {
                    self.trouble = Some(reason);
                    return;
                }
            }
        }
    }

    fn is_as_wanted(&self, id: &str) -> bool {
        self.statuses.get(id).is_some_and(|status| status.raw == self.wanted)
    }

    /// The status of this id; nothing where Falcon does not show it.
    fn get(&self, id: &str) -> Result<Option<&ShownStatus>, Reason> {
        match &self.trouble {
            Some(trouble) if !self.is_as_wanted(id) => Err(trouble.clone()),
            _ => Ok(self.statuses.get(id)),
        }
    }
}
