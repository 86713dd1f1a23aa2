//! All that a case stands for: its own ids, and those of the alerts that were merged into it.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::Sync;
use super::sensitive::{MAX_ID, Sensitive, excess, named};
use crate::falcon::{CaseId, CompositeId, IncidentId};
use crate::service::Setback;
use crate::service::links::{Links, MOST_IDS};
use crate::session::Session;
use crate::text::counted;
use crate::thehive::{AlertLookup, Entity, Kind, LookupEnd, MAX_ALERTS, MergedAlert, Unreached};

/// What is to be updated, and what there is to say of how it was found.
pub(super) struct Gathered {
    pub(super) links: Links,
    pub(super) details: Vec<String>,
    /// Which alerts of the case were not looked up: the job fails after everything else was updated.
    pub(super) not_looked_up: Option<Setback>,
    /// Alerts of the case that are too sensitive to be sent.
    sensitive: Sensitive,
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
/// Says that there is nothing to update, or too much.
pub(super) fn gather(sync: &Sync, session: &Session<'_>) -> Result<Gathered, Setback> {
    let mut gathered = Gathered::of(sync.links.clone());
    if sync.may_find_more && session.is_rehearsed() {
        let note = "TheHive was not asked for the alerts of the case, whose ids are updated, too.";
        gathered.details.push(note.to_owned());
    } else if sync.kind == Kind::Case {
        gathered.look_up_alerts(sync, session);
    }
    gathered.details.extend(gathered.links.left_out.notes());
    if let Some(count) = gathered.links.too_many() {
        return Err(too_much(&count));
    }
    if gathered.links.count() == 0 && !session.is_rehearsed() { Err(gathered.nothing()) } else { Ok(gathered) }
}

/// Returns why alerts of the case were not looked up, and what to do about it; `None` if all of them were.
fn shortfall(AlertLookup { read, too_long, end }: AlertLookup) -> Option<Setback> {
    let first =
        |read: usize| format!("Only the first {} of the case were looked up in TheHive", counted(read, "alert"));
    let unfinished = match end {
        LookupEnd::Complete | LookupEnd::Stopped => None,
        LookupEnd::LimitReached => Some((format!("{}, and it has more", first(MAX_ALERTS)), SPLIT)),
        LookupEnd::Failed(error) => {
            let what =
                if read == 0 { "The alerts of the case were not looked up in TheHive".to_owned() } else { first(read) };
            Some((format!("{what}: {error}"), error.next()))
        }
    };
    let too_long = (!too_long.is_empty()).then(|| (of_too_long(&too_long), SHORTEN));
    let (causes, next): (Vec<String>, Vec<&str>) = unfinished.into_iter().chain(too_long).unzip();
    next.first().map(|next| Setback { cause: causes.join(". "), next: (*next).to_owned() })
}

const SPLIT: &str = "Split the case in TheHive, or set the status of its other alerts in Falcon by hand.";
const SHORTEN: &str = "Set the status of what these alerts stand for in Falcon by hand, or shorten the alerts in TheHive and run the responder again.";

fn of_too_long(alerts: &[String]) -> String {
    let is = if alerts.len() == 1 { "is" } else { "are" };
    format!("{} of the case {is} too long to be read from TheHive: {}", counted(alerts.len(), "alert"), named(alerts))
}

fn too_much(count: &str) -> Setback {
    Setback {
        cause: format!("The case and its alerts hold {count} ids; no more than {MOST_IDS} are updated in one job"),
        next: "Take the alerts that are not of this case out of it.".to_owned(),
    }
}

impl Gathered {
    fn of(links: Links) -> Gathered {
        let seen = Seen::of(&links);
        Gathered { links, details: Vec::new(), not_looked_up: None, sensitive: Sensitive::default(), seen }
    }

    /// Adds the ids of the case's alerts, if TheHive can be asked.
    fn look_up_alerts(&mut self, sync: &Sync, session: &Session<'_>) {
        let Some(thehive) = session.thehive() else { return };
        let lookup = match (thehive, &sync.id) {
            (Ok(thehive), Some(id)) => thehive.alerts_of(id, &sync.field_names(), &mut |alert| self.add(sync, alert)),
            (Ok(_), None) => AlertLookup::failed(Unreached::of_job(format!("the job names no id of {}", sync.label))),
            (Err(error), _) => AlertLookup::failed(error.clone()),
        };
        let too_long = lookup.too_long.iter().map(|id| sync.secrets.quote_within(id, MAX_ID)).collect();
        self.not_looked_up = shortfall(AlertLookup { too_long, ..lookup });
        self.details.extend(self.sensitive.sentences());
    }

    /// Adds the IDs of one of the case's alerts.
    fn add(&mut self, sync: &Sync, alert: &MergedAlert) -> ControlFlow<()> {
        if let Some((reason, next)) = excess(&sync.limits, &alert.data) {
            self.sensitive.add(reason, next, alert, &sync.secrets);
        } else if let Ok(alert) = Entity::parse(Kind::Alert, &alert.data, &sync.secrets) {
            let found = Links::read(&alert, &sync.fields, &sync.secrets, Some(&alert.label));
            self.seen.add(&mut self.links, found);
        }
        if self.links.too_many().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn nothing(self) -> Setback {
        if let Some(Setback { cause, next }) = self.not_looked_up {
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

    /// Adds what is not there yet.
    fn add(&mut self, links: &mut Links, found: Links) {
        let Links { alerts, incidents, cases, left_out } = found;
        links.alerts.extend(alerts.into_iter().filter(|id| self.alerts.insert(id.as_str().to_owned())));
        links.incidents.extend(incidents.into_iter().filter(|id| self.incidents.insert(id.as_str().to_owned())));
        links.cases.extend(cases.into_iter().filter(|id| self.cases.insert(id.as_str().to_owned())));
        links.left_out.extend(left_out);
    }
}

fn texts<Id>(ids: &[Id], text: fn(&Id) -> &str) -> HashSet<String> {
    ids.iter().map(|id| text(id).to_owned()).collect()
}
