//! What is closed in Falcon, and is to be reopened rather than just taken up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::falcon::{
    Baseline, CaseId, CompositeId, Effect, IncidentId, Objects, Query, State, Target, alerts, cases, incidents,
};
use crate::service::links::{LeftOut, Links};
use crate::session::{Session, Unread};
use crate::text::{counted, listed};

/// As many objects are read in one call: whole alerts are long.
const MOST_READ: usize = 200;
/// As many are named in one sentence.
const MOST_NAMED: usize = 20;

/// Returns the links that are closed in Falcon, all other links, and the statuses that were read. What cannot be read is not taken
/// for closed, which `details` then says.
pub(super) fn closed_and_others(
    links: &Links,
    session: &Session<'_>,
    details: &mut Vec<String>,
) -> (Links, Links, Baseline) {
    let mut part = Part { session, details, baseline: HashMap::new() };
    let (closed_alerts, alerts) = part.of(&links.alerts, CompositeId::as_str, Target::Alert, alerts::read);
    let (closed_incidents, incidents) =
        part.of(&links.incidents, IncidentId::as_str, Target::Incident, incidents::read);
    let (closed_cases, cases) = part.of(&links.cases, CaseId::as_str, Target::Case, cases::statuses);
    let closed =
        Links { alerts: closed_alerts, incidents: closed_incidents, cases: closed_cases, left_out: LeftOut::default() };
    let others = Links { alerts, incidents, cases, left_out: links.left_out.clone() };
    (closed, others, Arc::new(part.baseline))
}

/// Parts what is closed from all else.
struct Part<'work, 'run> {
    session: &'work Session<'run>,
    details: &'work mut Vec<String>,
    baseline: HashMap<String, String>,
}

impl Part<'_, '_> {
    fn of<Id: Clone>(
        &mut self,
        ids: &[Id],
        text: fn(&Id) -> &str,
        target: Target,
        read: fn(&[String]) -> Query<Objects>,
    ) -> (Vec<Id>, Vec<Id>) {
        let texts: Vec<String> = ids.iter().map(|id| text(id).to_owned()).collect();
        let closed = self.closed(&texts, target, read);
        ids.iter().cloned().partition(|id| closed.contains(text(id)))
    }

    /// Which of these objects show that they are closed.
    fn closed(&mut self, ids: &[String], target: Target, read: fn(&[String]) -> Query<Objects>) -> HashSet<String> {
        let word = if target == Target::Incident { "40" } else { "closed" };
        let effect = Effect::Status { shows: word, to: word, resolution: None, assigns: false };
        let mut closed = HashSet::new();
        let unread = self.session.read_each_part(ids, MOST_READ, read, |ids, objects| {
            closed.extend(ids.iter().filter(|id| objects.state(&effect, id) == State::AsAsked).cloned());
            self.baseline.extend(ids.iter().filter_map(|id| Some((id.clone(), objects.status(id)?))));
        });
        for (ids, unread) in unread {
            self.tell(not_looked_up(target, &ids, &unread));
        }
        closed
    }

    /// Once is enough, however often it is looked at.
    fn tell(&mut self, detail: String) {
        if !self.details.contains(&detail) {
            self.details.push(detail);
        }
    }
}

fn not_looked_up(target: Target, ids: &[String], unread: &Unread) -> String {
    let are = if ids.len() == 1 { "is" } else { "are" };
    let named = listed(&ids[..ids.len().min(MOST_NAMED)]);
    let which = if unread.reason.is_about_the_object() { format!(" ({named})") } else { String::new() };
    format!(
        "Whether {}{which} {are} to be reopened was not looked up, because Falcon did not {}: {}.",
        counted(ids.len(), &target.to_string()),
        unread.what,
        unread.reason
    )
}
