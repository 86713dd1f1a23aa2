//! What is closed in Falcon, and is to be reopened rather than just taken up.

use std::collections::HashSet;

use crate::falcon::{CaseId, CompositeId, Effect, IncidentId, Objects, Query, State, Target, alerts, cases, incidents};
use crate::service::links::{LeftOut, Links};
use crate::session::Session;
use crate::text::counted;

/// As many objects are read in one call: whole alerts are long.
const MOST_READ: usize = 200;

/// What is closed in Falcon by now, and all else. What cannot be read is not taken for closed, which `details` then says.
pub(super) fn closed_and_others(links: &Links, session: &Session<'_>, details: &mut Vec<String>) -> (Links, Links) {
    let mut part = Part { session, details };
    let (closed_alerts, alerts) = part.of(&links.alerts, CompositeId::as_str, Target::Alert, alerts::read);
    let (closed_incidents, incidents) =
        part.of(&links.incidents, IncidentId::as_str, Target::Incident, incidents::read);
    let (closed_cases, cases) = part.of(&links.cases, CaseId::as_str, Target::Case, cases::statuses);
    let closed =
        Links { alerts: closed_alerts, incidents: closed_incidents, cases: closed_cases, left_out: LeftOut::default() };
    (closed, Links { alerts, incidents, cases, left_out: links.left_out.clone() })
}

/// Parts what is closed from all else.
struct Part<'work, 'run> {
    session: &'work Session<'run>,
    details: &'work mut Vec<String>,
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
        for (place, some) in ids.chunks(MOST_READ).enumerate() {
            match self.session.read(read(some)) {
                Ok(objects) => {
                    closed.extend(some.iter().filter(|id| objects.state(&effect, id) == State::AsAsked).cloned());
                }
                Err(unread) => {
                    let left = ids.len() - place * MOST_READ;
                    let are = if left == 1 { "is" } else { "are" };
                    self.tell(format!(
                        "Whether {} {are} to be reopened was not looked up, because Falcon did not {}: {}.",
                        counted(left, &target.to_string()),
                        unread.what,
                        unread.reason
                    ));
                    break;
                }
            }
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
