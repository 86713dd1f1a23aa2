//! The cases that Falcon itself links to the alerts: few have filled a case field, but each alert names its cases.
//!
//! Nobody has asked for them by name, so they follow with care: what is new is taken up, and what is closed is closed
//! only where all alerts in its evidence are.

use std::collections::{HashMap, HashSet};

use super::done;
use crate::falcon::{Case, CaseId, CompositeId, Status, Target, alerts, cases};
use crate::service::links::Links;
use crate::session::{Session, Unread};
use crate::text::listed;

/// As many alerts are read in one call.
const MOST_READ: usize = 500;
/// As many alerts are named in one sentence.
const MOST_NAMED: usize = 20;

/// Has the cases follow that the alerts are linked to, as far as they were updated. What is not done, or could not be looked up,
/// `details` says.
pub(super) fn follow(session: &Session<'_>, links: &Links, status: Status, details: &mut Vec<String>) {
    if !matches!(status, Status::InProgress | Status::Closed) {
        return;
    }
    let ids = done(session, Target::Alert, &links.alerts, CompositeId::as_str);
    let calls = linked(session, &ids, links, details).and_then(|cases| match status {
        Status::Closed => Ok(to_close(session, cases, details)?),
        Status::New | Status::InProgress | Status::Reopened => Ok(to_take_up(cases)),
    });
    match calls {
        Ok(ids) => session.send(ids.iter().map(|id| cases::update(id, status)).collect()),
        Err(unread) => details.push(format!(
            "Whether the cases that Falcon links to the alerts are to follow was not looked up, because Falcon did not {}: {}.",
            unread.what, unread.reason
        )),
    }
}

/// The cases that these alerts are linked to, but for those that the case field names.
fn linked(
    session: &Session<'_>,
    ids: &[CompositeId],
    links: &Links,
    details: &mut Vec<String>,
) -> Result<Vec<Case>, Unread> {
    let named: HashSet<&str> = links.cases.iter().map(CaseId::as_str).collect();
    let (mut seen, mut linked) = (HashSet::new(), Vec::new());
    for ids in ids.chunks(MOST_READ) {
        let texts: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let objects = session.read(alerts::read(&texts))?;
        let cases = texts.iter().flat_map(|id| objects.linked_cases(id));
        linked.extend(cases.filter(|id| !named.contains(*id) && seen.insert((*id).to_owned())).map(str::to_owned));
    }
    let mut found: Vec<Case> = Vec::new();
    for ids in linked.chunks(cases::MOST_READ) {
        found.extend(session.read(cases::read(ids))?.found);
    }
    let shown: HashSet<&str> = found.iter().map(|case| case.id.as_str()).collect();
    let hidden: Vec<&String> = linked.iter().filter(|id| !shown.contains(id.as_str())).take(MOST_NAMED).collect();
    if !hidden.is_empty() {
        details.push(format!("Falcon does not show these cases, to which it links the alerts: {}.", listed(&hidden)));
    }
    Ok(found)
}

/// What nobody has taken up yet.
fn to_take_up(cases: Vec<Case>) -> Vec<CaseId> {
    let new = cases.into_iter().filter(|case| case.status.as_deref() == Some(Status::New.word()));
    new.filter_map(|case| CaseId::new(&case.id).ok()).collect()
}

/// What is not closed yet, and has no alert in its evidence that is not.
fn to_close(session: &Session<'_>, cases: Vec<Case>, details: &mut Vec<String>) -> Result<Vec<CaseId>, Unread> {
    let open: Vec<Case> =
        cases.into_iter().filter(|case| case.status.as_deref() != Some(Status::Closed.word())).collect();
    let mut evidence: Vec<String> = open.iter().flat_map(|case| case.alerts.iter().cloned()).collect();
    let mut seen = HashSet::new();
    evidence.retain(|id| seen.insert(id.clone()));
    let mut statuses: HashMap<String, String> = HashMap::new();
    for ids in evidence.chunks(MOST_READ) {
        let objects = session.read(alerts::read(ids))?;
        statuses.extend(ids.iter().filter_map(|id| Some((id.clone(), objects.status(id)?))));
    }
    let mut to_close = Vec::new();
    for case in open {
        let is_open = |id: &&String| statuses.get(*id).is_none_or(|status| status != Status::Closed.word());
        let others: Vec<&String> = case.alerts.iter().filter(is_open).collect();
        match CaseId::new(&case.id) {
            // It holds at least the alert that names it: where it shows none, nothing is known of the others.
            Ok(id) if case.alerts.is_empty() => details
                .push(format!("The linked case {} was left open, because it does not show its evidence.", id.as_str())),
            Ok(id) if others.is_empty() => to_close.push(id),
            Ok(id) => details.push(left_open(&id, &others)),
            Err(_) => {}
        }
    }
    Ok(to_close)
}

fn left_open(id: &CaseId, others: &[&String]) -> String {
    let mut names: Vec<String> = others.iter().take(MOST_NAMED).map(|id| (*id).clone()).collect();
    names.extend(others.len().checked_sub(MOST_NAMED).filter(|more| *more > 0).map(|more| format!("{more} more")));
    let are = if others.len() == 1 { "an alert in its evidence is" } else { "alerts in its evidence are" };
    format!("The linked case {} was left open, because {are} not closed: {}.", id.as_str(), listed(&names))
}
