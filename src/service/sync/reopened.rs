//! What is closed in Falcon, and is to be reopened rather than just taken up.

use std::collections::HashSet;

use crate::falcon::{CaseId, CompositeId, Effect, IncidentId, Objects, Query, State, alerts, cases, incidents};
use crate::service::links::Links;
use crate::session::Session;

/// As many objects are read in one call: whole alerts are long.
const MOST_READ: usize = 200;

/// What is closed in Falcon by now, and all else. What cannot be read is not taken for closed.
pub(super) fn closed_and_others(links: &Links, session: &Session<'_>) -> (Links, Links) {
    let alerts = closed(session, alerts::read, &links.alerts, CompositeId::as_str, "closed");
    let incidents = closed(session, incidents::read, &links.incidents, IncidentId::as_str, "40");
    let cases = closed(session, cases::statuses, &links.cases, CaseId::as_str, "closed");
    let (closed_alerts, other_alerts) = parted(&links.alerts, CompositeId::as_str, &alerts);
    let (closed_incidents, other_incidents) = parted(&links.incidents, IncidentId::as_str, &incidents);
    let (closed_cases, other_cases) = parted(&links.cases, CaseId::as_str, &cases);
    let closed = Links { alerts: closed_alerts, incidents: closed_incidents, cases: closed_cases, legacy: Vec::new() };
    let others =
        Links { alerts: other_alerts, incidents: other_incidents, cases: other_cases, legacy: links.legacy.clone() };
    (closed, others)
}

/// Which of these objects show that they are closed.
fn closed<Id>(
    session: &Session<'_>,
    read: fn(&[String]) -> Query<Objects>,
    ids: &[Id],
    text: fn(&Id) -> &str,
    word: &'static str,
) -> HashSet<String> {
    let effect = Effect::Status { shows: word, to: word, resolution: None };
    let mut closed = HashSet::new();
    for ids in ids.chunks(MOST_READ) {
        let ids: Vec<String> = ids.iter().map(|id| text(id).to_owned()).collect();
        let Ok(objects) = session.read(read(&ids)) else { continue };
        closed.extend(ids.into_iter().filter(|id| objects.state(&effect, id) == State::AsAsked));
    }
    closed
}

fn parted<Id: Clone>(ids: &[Id], text: fn(&Id) -> &str, closed: &HashSet<String>) -> (Vec<Id>, Vec<Id>) {
    ids.iter().cloned().partition(|id| closed.contains(text(id)))
}
