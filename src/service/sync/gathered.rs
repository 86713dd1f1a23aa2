//! All that a case stands for: its own ids, and those of the alerts that were merged into it.

use std::collections::HashSet;

use serde_json::Value;

use super::Sync;
use crate::falcon::{CaseId, CompositeId, IncidentId, InvalidId};
use crate::service::Setback;
use crate::service::links::{Links, MOST_IDS, refused};
use crate::session::Session;
use crate::text::counted;
use crate::thehive::{Entity, Kind};

/// Why no more alerts are looked up.
const MAY_BE_MORE: &str = "there may be more";

/// As many values of alerts that are no ids are told one by one.
const MOST_TOLD: usize = 20;

/// What is to be updated, and what there is to say of how it was found.
pub(super) struct Gathered {
    pub(super) links: Links,
    pub(super) details: Vec<String>,
}

/// Gathers the ids of the case and of its alerts. Where TheHive does not tell, those at hand have to do.
///
/// # Errors
/// Says that there is nothing to update, or too much.
pub(super) fn gather(sync: &Sync, session: &Session<'_>) -> Result<Gathered, Setback> {
    let mut gathered = Gathered { links: sync.links.clone(), details: Vec::new() };
    if let (Kind::Case, Some(id), Some(thehive)) = (sync.kind, &sync.id, session.thehive()) {
        let mut alerts = Vec::new();
        let told = thehive.map_err(Clone::clone).and_then(|thehive| thehive.alerts_of(id, &mut alerts));
        match told {
            Ok(true) => {}
            Ok(false) => gathered.details.push(not_looked_up(alerts.len(), MAY_BE_MORE)),
            Err(why) => gathered.details.push(not_looked_up(alerts.len(), &why.to_string())),
        }
        gathered.add_all(sync, &alerts);
    } else if sync.may_find_more && session.is_rehearsed() {
        gathered
            .details
            .push("TheHive was not asked for the alerts of the case, whose ids are updated, too.".to_owned());
    }
    match gathered.links.count() {
        0 if !session.is_rehearsed() => Err(gathered.nothing()),
        count if count > MOST_IDS => Err(too_much(count)),
        _ => Ok(gathered),
    }
}

fn not_looked_up(told: usize, why: &str) -> String {
    match told {
        0 => format!("The alerts of the case were not looked up in TheHive: {why}."),
        told => format!("Only the first {} of the case were looked up in TheHive: {why}.", counted(told, "alert")),
    }
}

fn too_much(count: usize) -> Setback {
    Setback {
        cause: format!("The case and its alerts hold {count} ids; no more than {MOST_IDS} are updated in one job"),
        next: "Take the alerts that are not of this case out of it.".to_owned(),
    }
}

impl Gathered {
    fn nothing(self) -> Setback {
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

    /// Adds the ids of the case's alerts, each once. What is none is told, and keeps nothing else from being done.
    fn add_all(&mut self, sync: &Sync, alerts: &[Value]) {
        let mut strange = Vec::new();
        let alerts = alerts.iter().filter_map(|data| Entity::parse(Kind::Alert, data, &sync.secrets).ok());
        let found: Vec<Links> = alerts.map(|alert| links_of(sync, &alert, &mut strange)).collect();
        let Links { alerts, legacy, incidents, cases } = &mut self.links;
        extend(alerts, found.iter().flat_map(|links| &links.alerts), CompositeId::as_str);
        extend(legacy, found.iter().flat_map(|links| &links.legacy), CompositeId::as_str);
        extend(incidents, found.iter().flat_map(|links| &links.incidents), IncidentId::as_str);
        extend(cases, found.iter().flat_map(|links| &links.cases), CaseId::as_str);
        let more = strange.len().saturating_sub(MOST_TOLD);
        self.details.extend(strange.into_iter().take(MOST_TOLD));
        if more > 0 {
            self.details.push(format!("{} like these in alerts of the case.", counted(more, "more value")));
        }
    }
}

/// What one of the case's alerts stands for. What it holds for an id and is none is told.
fn links_of(sync: &Sync, alert: &Entity<'_>, strange: &mut Vec<String>) -> Links {
    let fields = &sync.fields;
    let mut alerts = ids(sync, alert, &fields.alert, CompositeId::new, strange);
    let incidents = ids(sync, alert, &fields.incident, IncidentId::new, strange);
    let cases = ids(sync, alert, &fields.case, CaseId::new, strange);
    if alerts.is_empty() && incidents.is_empty() && cases.is_empty() {
        let source = alert.source_ref().map(str::trim).filter(|text| CompositeId::is_shape_of(text));
        alerts.extend(source.and_then(|text| CompositeId::new(text).ok()));
    }
    let (legacy, alerts) = alerts.into_iter().partition(CompositeId::is_legacy_detection);
    Links { alerts, legacy, incidents, cases }
}

fn ids<Id>(
    sync: &Sync,
    alert: &Entity<'_>,
    field: &str,
    parse: fn(&str) -> Result<Id, InvalidId>,
    strange: &mut Vec<String>,
) -> Vec<Id> {
    let mut tell = |why: &anyhow::Error| {
        strange.push(format!("Of {}, an alert of the case, this was not taken: {why:#}.", alert.label));
    };
    let texts = alert.custom_fields.ids(field, &sync.secrets).map_err(|error| tell(&error)).unwrap_or_default();
    let parsed = texts.iter().filter_map(|text| {
        let id = parse(text).map_err(|invalid| tell(&refused(text, &invalid, &sync.secrets)));
        id.ok()
    });
    parsed.collect()
}

/// Adds what is not there yet.
fn extend<'found, Id: Clone + 'found>(
    there: &mut Vec<Id>,
    more: impl Iterator<Item = &'found Id>,
    text: fn(&Id) -> &str,
) {
    let mut seen: HashSet<String> = there.iter().map(|id| text(id).to_owned()).collect();
    there.extend(more.filter(|id| seen.insert(text(id).to_owned())).cloned());
}
