//! The cases that Falcon itself links to the alerts: few have filled a case field, but each alert names its cases.
//!
//! Nobody has asked for them by name, so they follow with care: what is new is taken up, and what is closed is closed
//! only where all alerts in its evidence are.

use std::collections::HashSet;

use super::statuses::Statuses;
use super::{Sync, done};
use crate::falcon::{Call, Case, CaseId, CompositeId, Objects, Status, Target, alerts, cases};
use crate::secret::Secrets;
use crate::service::duplicates::take_duplicates;
use crate::service::links::{Links, MAX_CASES};
use crate::session::{Session, Unread};
use crate::text::{counted, listed};

/// As many alerts are read in one call.
const MOST_READ: usize = 500;
/// As many alerts are named in one sentence.
const MOST_NAMED: usize = 20;

/// Whether linked cases follow to this status at all; for any other, nothing is read.
pub(super) fn may_follow(status: Status) -> bool {
    matches!(status, Status::InProgress | Status::Closed)
}

/// Has the cases follow that the alerts are linked to, as far as they were updated. What is not done, or could not be looked up,
/// `details` says.
pub(super) fn follow(sync: &Sync, session: &Session<'_>, links: &Links, statuses: Statuses, details: &mut Vec<String>) {
    if !may_follow(statuses.case) {
        return;
    }
    let updated = done(session, Target::Alert, &links.alerts, CompositeId::as_str);
    let mut following = Following { sync, session, statuses, updated: &updated, details };
    let cases = following.linked(links);
    let calls = following.decide(cases);
    let ids: HashSet<String> = calls.iter().flat_map(|call| call.change.ids.iter().cloned()).collect();
    session.send(calls);
    let changed: Vec<String> = session.conflicts().into_iter().filter(|id| ids.contains(id)).collect();
    following.decide_once_more(&changed);
}

/// The work on the linked cases of one job.
struct Following<'work, 'run> {
    sync: &'work Sync,
    session: &'work Session<'run>,
    statuses: Statuses,
    /// The alerts whose status was set.
    updated: &'work [CompositeId],
    details: &'work mut Vec<String>,
}

impl Following<'_, '_> {
    /// Returns the updates of the cases that follow. Each is meant for the version that was read: a case that got another alert
    /// in between is not closed over it.
    fn decide(&mut self, cases: Vec<Case>) -> Vec<Call> {
        let following = match self.statuses.case {
            Status::Closed => self.closable(cases),
            Status::New | Status::InProgress | Status::Reopened => to_take_up(cases),
        };
        let call = |case: Case| {
            let call = cases::update_version(&CaseId::new(&case.id).ok()?, self.statuses.case, case.version);
            Some(if self.sync.wishes.verify { call.verified() } else { call })
        };
        following.into_iter().filter_map(call).collect()
    }

    /// Reads the cases that another client has changed in between, and decides on each once more.
    fn decide_once_more(&mut self, changed: &[String]) {
        let cases = self.read_cases(changed);
        let read: Vec<String> = cases.iter().map(|case| case.id.clone()).collect();
        let calls = self.decide(cases);
        self.session.send_instead(&read, calls);
    }

    /// Returns the cases that the updated alerts are linked to, but for those that the case field names.
    fn linked(&mut self, links: &Links) -> Vec<Case> {
        let linked = self.linked_ids(links);
        let mut found = self.read_cases(&linked);
        self.details.extend(take_duplicates(&mut found, &self.sync.secrets));
        found
    }

    /// Returns the IDs of these cases, as many as one job updates together with those that the case field names.
    fn linked_ids(&mut self, links: &Links) -> Vec<String> {
        let named_in_field = links.cases.iter().map(|id| id.as_str().to_owned());
        let (mut seen, mut linked): (HashSet<String>, Vec<String>) = (named_in_field.collect(), Vec::new());
        let room = MAX_CASES.saturating_sub(seen.len());
        let alerts: Vec<String> = self.updated.iter().map(|id| id.as_str().to_owned()).collect();
        let mut left_out = 0_usize;
        self.read_alerts(&alerts, |ids, objects| {
            for case in ids.iter().flat_map(|id| objects.linked_cases(id)) {
                if seen.contains(case) {
                    continue;
                }
                if linked.len() == room {
                    left_out += 1;
                } else {
                    seen.insert(case.to_owned());
                    linked.push(case.to_owned());
                }
            }
        });
        self.details.extend((left_out > 0).then(|| beyond(left_out)));
        linked
    }

    /// Returns the cases that are not closed yet, and have no alert in their evidence that is not.
    fn closable(&mut self, cases: Vec<Case>) -> Vec<Case> {
        let open: Vec<Case> =
            cases.into_iter().filter(|case| case.status.as_deref() != Some(Status::Closed.word())).collect();
        // Falcon has just said so of these, and a read so soon may still show what was before.
        let is_closed = |id: &CompositeId| (self.statuses.alert == Status::Closed).then(|| id.as_str().to_owned());
        let mut closed: HashSet<String> = self.updated.iter().filter_map(is_closed).collect();
        let mut seen = closed.clone();
        let evidence = open.iter().flat_map(|case| case.alerts.iter().flatten()).cloned();
        let unknown: Vec<String> = evidence.filter(|id| seen.insert(id.clone())).collect();
        self.read_alerts(&unknown, |ids, objects| {
            let is_closed = |id: &&String| objects.status(id).as_deref() == Some(Status::Closed.word());
            closed.extend(ids.iter().filter(is_closed).cloned());
        });
        let (to_close, others): (Vec<_>, Vec<_>) = open
            .into_iter()
            .map(|case| (left_open(&case, &closed, &self.sync.secrets), case))
            .partition(|(why, _)| why.is_none());
        self.details.extend(others.into_iter().filter_map(|(why, _)| why));
        to_close.into_iter().map(|(_, case)| case).collect()
    }

    /// Reads alerts, and keeps none of them: whole alerts are long.
    fn read_alerts(&mut self, ids: &[String], each: impl FnMut(&[String], Objects)) {
        let unread = self.session.read_each_part(ids, MOST_READ, alerts::read, each);
        self.add_unread(unread);
    }

    fn read_cases(&mut self, ids: &[String]) -> Vec<Case> {
        let mut found: Vec<Case> = Vec::new();
        let unread = self.session.read_each_part(ids, cases::MOST_READ, cases::read, |_, cases| {
            found.extend(cases.found.into_iter().map(without_evidence_that_is_not_needed));
        });
        let unread_ids = unread.iter().flat_map(|(ids, _)| ids);
        let known: HashSet<&str> = found.iter().map(|case| &case.id).chain(unread_ids).map(String::as_str).collect();
        let hidden: Vec<&String> = ids.iter().filter(|id| !known.contains(id.as_str())).collect();
        if !hidden.is_empty() {
            self.details.push(format!(
                "Falcon does not show these cases, to which it links the alerts: {}.",
                named(&hidden, &self.sync.secrets)
            ));
        }
        self.add_unread(unread);
        found
    }

    fn add_unread(&mut self, unread: Vec<(Vec<String>, Unread)>) {
        for (ids, Unread { what, reason, .. }) in unread {
            let of = if reason.is_about_the_object() {
                format!(" of {}", named(&ids.iter().collect::<Vec<_>>(), &self.sync.secrets))
            } else {
                String::new()
            };
            self.details.push(format!(
                "Whether the cases that Falcon links to the alerts are to follow was not looked up, because Falcon did not {what}{of}: {reason}."
            ));
        }
    }
}

/// Returns the case with no more of its evidence than decides whether it is closed: the evidence of thousands of cases would take
/// much memory.
fn without_evidence_that_is_not_needed(mut case: Case) -> Case {
    case.evidence = Vec::new();
    case.alerts = case.alerts.filter(|_| case.status.as_deref() != Some(Status::Closed.word()));
    case
}

/// Says that Falcon links the alerts to more cases than are updated.
fn beyond(left_out: usize) -> String {
    let links = counted(left_out, "link");
    format!(
        "Falcon links the alerts to more cases than the {MAX_CASES} that one job updates: {links} to other cases {} left out. Set the status of these cases in Falcon by hand.",
        if left_out == 1 { "was" } else { "were" }
    )
}

/// Returns the cases that nobody has taken up yet.
fn to_take_up(cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().filter(|case| case.status.as_deref() == Some(Status::New.word())).collect()
}

/// Why this case is not to be closed, if it is not.
fn left_open(case: &Case, closed: &HashSet<String>, secrets: &Secrets) -> Option<String> {
    let left_open = format!("The linked case {} was left open, because", secrets.quote(&case.id));
    // It holds at least the alert that names it: where it shows none, nothing is known of the others.
    let Some(alerts) = case.alerts.as_ref().filter(|alerts| !alerts.is_empty()) else {
        return Some(format!("{left_open} Falcon does not show all alerts in its evidence."));
    };
    let others: Vec<&String> = alerts.iter().filter(|id| !closed.contains(*id)).collect();
    let are = if others.len() == 1 { "an alert in its evidence is" } else { "alerts in its evidence are" };
    (!others.is_empty()).then(|| format!("{left_open} {are} not closed: {}.", named(&others, secrets)))
}

/// `a, b and 3 more`
fn named(ids: &[&String], secrets: &Secrets) -> String {
    let mut names: Vec<String> = ids.iter().take(MOST_NAMED).map(|id| secrets.quote(id)).collect();
    names.extend(ids.len().checked_sub(MOST_NAMED).filter(|more| *more > 0).map(|more| format!("{more} more")));
    listed(&names)
}
