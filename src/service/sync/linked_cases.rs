//! The cases that Falcon itself links to the alerts: few have filled a case field, but each alert names its cases.
//!
//! Nobody has asked for them by name, so they follow with care: what is new is taken up, and what is closed is closed
//! only where all alerts in its evidence are.

use std::collections::HashSet;

use super::statuses::Statuses;
use super::{Sync, done};
use crate::falcon::{Call, Case, CaseId, CompositeId, Status, Target, alerts, cases};
use crate::secret::Secrets;
use crate::service::duplicates::take_duplicates;
use crate::service::links::Links;
use crate::session::{Session, Unread};
use crate::text::listed;

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
    let found = linked(sync, session, &updated, links, details).and_then(|cases| match statuses.case {
        Status::Closed => {
            // Falcon has just said so of these, and a read so soon may still show what was before.
            let is_closed = |id: &CompositeId| (statuses.alert == Status::Closed).then(|| id.as_str().to_owned());
            to_close(sync, session, cases, updated.iter().filter_map(is_closed).collect(), details)
        }
        Status::New | Status::InProgress | Status::Reopened => Ok(to_take_up(cases)),
    });
    match found {
        Ok(ids) => {
            let calls = ids.iter().map(|id| cases::update(id, statuses.case));
            session.send(if sync.wishes.verify { calls.map(Call::verified).collect() } else { calls.collect() });
        }
        Err(unread) => details.push(format!(
            "Whether the cases that Falcon links to the alerts are to follow was not looked up, because Falcon did not {}: {}.",
            unread.what, unread.reason
        )),
    }
}

/// The cases that these alerts are linked to, but for those that the case field names.
fn linked(
    sync: &Sync,
    session: &Session<'_>,
    alerts: &[CompositeId],
    links: &Links,
    details: &mut Vec<String>,
) -> Result<Vec<Case>, Unread> {
    let named_in_field = links.cases.iter().map(|id| id.as_str().to_owned());
    let (mut seen, mut linked): (HashSet<String>, Vec<String>) = (named_in_field.collect(), Vec::new());
    for ids in alerts.chunks(MOST_READ) {
        let texts: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let objects = session.read(alerts::read(&texts))?;
        let cases = texts.iter().flat_map(|id| objects.linked_cases(id)).map(str::to_owned);
        linked.extend(cases.filter(|id| seen.insert(id.clone())));
    }
    let mut found: Vec<Case> = Vec::new();
    for ids in linked.chunks(cases::MOST_READ) {
        found.extend(session.read(cases::read(ids))?.found);
    }
    let shown: HashSet<&str> = found.iter().map(|case| case.id.as_str()).collect();
    let hidden: Vec<&String> = linked.iter().filter(|id| !shown.contains(id.as_str())).collect();
    if !hidden.is_empty() {
        details.push(format!(
            "Falcon does not show these cases, to which it links the alerts: {}.",
            named(&hidden, &sync.secrets)
        ));
    }
    details.extend(take_duplicates(&mut found, &sync.secrets));
    Ok(found)
}

/// What nobody has taken up yet.
fn to_take_up(cases: Vec<Case>) -> Vec<CaseId> {
    let new = cases.into_iter().filter(|case| case.status.as_deref() == Some(Status::New.word()));
    new.filter_map(|case| CaseId::new(&case.id).ok()).collect()
}

/// What is not closed yet, and has no alert in its evidence that is not. Of these alerts it is known that they are.
fn to_close(
    sync: &Sync,
    session: &Session<'_>,
    cases: Vec<Case>,
    mut closed: HashSet<String>,
    details: &mut Vec<String>,
) -> Result<Vec<CaseId>, Unread> {
    let open: Vec<Case> =
        cases.into_iter().filter(|case| case.status.as_deref() != Some(Status::Closed.word())).collect();
    let mut seen = closed.clone();
    let evidence = open.iter().flat_map(|case| case.alerts.iter().flatten()).cloned();
    let unknown: Vec<String> = evidence.filter(|id| seen.insert(id.clone())).collect();
    for ids in unknown.chunks(MOST_READ) {
        let objects = session.read(alerts::read(ids))?;
        let is_closed = |id: &&String| objects.status(id).as_deref() == Some(Status::Closed.word());
        closed.extend(ids.iter().filter(is_closed).cloned());
    }
    let mut to_close = Vec::new();
    for case in &open {
        match (CaseId::new(&case.id), left_open(case, &closed, &sync.secrets)) {
            (Ok(id), None) => to_close.push(id),
            (_, why) => details.extend(why),
        }
    }
    Ok(to_close)
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
