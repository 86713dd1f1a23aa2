//! All that a case stands for: its own ids, and those of the alerts that were merged into it.

use std::collections::HashSet;
use std::ops::ControlFlow;

use serde_json::Value;

use super::Sync;
use super::oversized::{OF_ALERT, Oversized, room_beside};
use super::sensitive::{MAX_ID, Sensitive, excess, named};
use crate::falcon::{CaseId, CompositeId, IncidentId};
use crate::service::Setback;
use crate::service::links::Links;
use crate::session::Session;
use crate::text::counted;
use crate::thehive::{AlertLookup, Entity, Kind, LookupEnd, MAX_ALERTS, MergedAlert, Unreached};

/// What is to be updated, and what there is to say of how it was found.
pub(super) struct Gathered {
    pub(super) links: Links,
    pub(super) details: Vec<String>,
    /// What of the case is not updated: the job fails after everything else was updated.
    pub(super) incomplete: Option<Setback>,
    /// The case as TheHive showed it, if it was read.
    pub(super) case: Option<Value>,
    /// Alerts of the case that are too sensitive to be sent.
    sensitive: Sensitive,
    /// Alerts of the case with more IDs than are updated.
    oversized: Oversized,
    seen: Seen,
}

/// The ids of each kind that are among those to be updated.
struct Seen {
    alerts: HashSet<String>,
    incidents: HashSet<String>,
    cases: HashSet<String>,
}

/// Gathers the ids of the case and of its alerts.
///
/// # Errors
/// Says that there is nothing to update.
pub(super) fn gather(sync: &Sync, session: &Session<'_>) -> Result<Gathered, Setback> {
    let mut gathered = Gathered::of(sync.links.clone());
    if sync.may_find_more && session.is_rehearsed() {
        let note = "TheHive was not asked for the alerts of the case, whose ids are updated, too.";
        gathered.details.push(note.to_owned());
    } else if sync.kind == Kind::Case {
        gathered.look_up_alerts(sync, session);
    }
    gathered.details.extend(gathered.links.left_out.notes());
    if gathered.links.count() == 0 && !session.is_rehearsed() { Err(gathered.nothing()) } else { Ok(gathered) }
}

/// Returns why alerts of the case, or IDs of theirs, are not updated, and what to do about it; `None` if all of them are.
fn shortfall(AlertLookup { read, too_long, end, case: _ }: AlertLookup, oversized: &Oversized) -> Option<Setback> {
    let first =
        |read: usize| format!("Only the first {} of the case were looked up in TheHive", counted(read, "alert"));
    let unfinished = match end {
        LookupEnd::Complete | LookupEnd::Stopped => None,
        LookupEnd::LimitReached => Some((format!("{}, and it has more", first(MAX_ALERTS)), SPLIT.to_owned())),
        LookupEnd::Failed(error) => {
            let what =
                if read == 0 { "The alerts of the case were not looked up in TheHive".to_owned() } else { first(read) };
            Some((format!("{what}: {error}"), error.next().to_owned()))
        }
    };
    let too_long = (!too_long.is_empty()).then(|| (of_too_long(&too_long), SHORTEN.to_owned()));
    let oversized = oversized.setback().map(|Setback { cause, next }| (cause, next));
    let (causes, next): (Vec<String>, Vec<String>) = unfinished.into_iter().chain(too_long).chain(oversized).unzip();
    next.into_iter().next().map(|next| Setback { cause: causes.join(". "), next })
}

const SPLIT: &str = "Split the case in TheHive, or set the status of its other alerts in Falcon by hand.";
const SHORTEN: &str = "Set the status of what these alerts stand for in Falcon by hand, or shorten the alerts in TheHive and run the responder again.";

fn of_too_long(alerts: &[String]) -> String {
    let is = if alerts.len() == 1 { "is" } else { "are" };
    format!("{} of the case {is} too long to be read from TheHive: {}", counted(alerts.len(), "alert"), named(alerts))
}

impl Gathered {
    fn of(links: Links) -> Gathered {
        let seen = Seen::of(&links);
        let (details, sensitive, oversized) = (Vec::new(), Sensitive::default(), Oversized::default());
        Gathered { links, details, incomplete: None, case: None, sensitive, oversized, seen }
    }

    /// Adds the ids of the case's alerts, if TheHive can be asked.
    fn look_up_alerts(&mut self, sync: &Sync, session: &Session<'_>) {
        let Some(thehive) = session.thehive() else { return };
        let mut lookup = match (thehive, &sync.id) {
            (Ok(thehive), Some(id)) => thehive.alerts_of(id, &sync.field_names(), &mut |alert| self.add(sync, alert)),
            (Ok(_), None) => AlertLookup::failed(Unreached::of_job(format!("the job names no id of {}", sync.label))),
            (Err(error), _) => AlertLookup::failed(error.clone()),
        };
        self.case = lookup.case.take();
        let too_long = lookup.too_long.iter().map(|id| sync.secrets.quote_within(id, MAX_ID)).collect();
        self.incomplete = shortfall(AlertLookup { too_long, ..lookup }, &self.oversized);
        self.details.extend(self.sensitive.sentences());
    }

    /// Adds the IDs of one of the case's alerts, as many as there is room for.
    fn add(&mut self, sync: &Sync, alert: &MergedAlert) -> ControlFlow<()> {
        if let Some((reason, next)) = excess(&sync.limits, &alert.data) {
            self.sensitive.add(reason, next, alert, &sync.secrets);
        } else if let Ok(entity) = Entity::parse(Kind::Alert, &alert.data, &sync.secrets) {
            let mut found = Links::read(&entity, &sync.fields, &sync.secrets, Some(&entity.label));
            let left_out = found.cut_to(OF_ALERT) + self.seen.add(&mut self.links, found);
            self.oversized.add(alert, left_out, &sync.secrets);
        }
        ControlFlow::Continue(())
    }

    fn nothing(self) -> Setback {
        if let Some(Setback { cause, next }) = self.incomplete {
            return Setback {
                cause: format!("Nothing was updated in Falcon: the case itself holds no Falcon id. {cause}"),
                next,
            };
        }
        if let Some(next) = self.sensitive.next() {
            let cause = "Nothing was updated in Falcon: the case itself holds no Falcon id, and neither does an alert that may be sent";
            let (next, details) = (next.to_owned(), self.details.join(" "));
            return Setback { cause: format!("{cause}. {}", details.trim_end_matches('.')), next };
        }
        let details: Vec<&str> = self.details.iter().map(|detail| detail.trim_end_matches('.')).collect();
        let why = if details.is_empty() { String::new() } else { format!(". {}", details.join(". ")) };
        Setback {
            cause: format!(
                "There is nothing to update in Falcon: neither the case nor an alert of it holds an id of Falcon's{why}"
            ),
            next: "Put the Falcon id into a custom field, or limit TheHive's notification to cases that have one."
                .to_owned(),
        }
    }
}

impl Seen {
    fn of(links: &Links) -> Seen {
        let Links { alerts, incidents, cases, left_out: _ } = links;
        Seen {
            alerts: texts(alerts, CompositeId::as_str),
            incidents: texts(incidents, IncidentId::as_str),
            cases: texts(cases, CaseId::as_str),
        }
    }

    /// Adds what is not there yet, as far as there is room. Returns how many IDs there is no room for.
    fn add(&mut self, links: &mut Links, mut found: Links) -> usize {
        found.alerts.retain(|id| !self.alerts.contains(id.as_str()));
        found.incidents.retain(|id| !self.incidents.contains(id.as_str()));
        found.cases.retain(|id| !self.cases.contains(id.as_str()));
        let no_room = found.cut_to(room_beside(links));
        let Links { alerts, incidents, cases, left_out } = found;
        links.alerts.extend(alerts.into_iter().filter(|id| self.alerts.insert(id.as_str().to_owned())));
        links.incidents.extend(incidents.into_iter().filter(|id| self.incidents.insert(id.as_str().to_owned())));
        links.cases.extend(cases.into_iter().filter(|id| self.cases.insert(id.as_str().to_owned())));
        links.left_out.extend(left_out);
        no_room
    }
}

fn texts<Id>(ids: &[Id], text: fn(&Id) -> &str) -> HashSet<String> {
    ids.iter().map(|id| text(id).to_owned()).collect()
}
