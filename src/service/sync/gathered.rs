//! All that a case stands for: its own ids, and those of the alerts that were merged into it.

use std::collections::HashSet;

use super::Sync;
use crate::falcon::{CaseId, CompositeId, IncidentId, InvalidId};
use crate::service::Setback;
use crate::service::links::Links;
use crate::session::Session;
use crate::thehive::{Entity, Kind};

/// What is to be updated, and what there is to say of how it was found.
pub(super) struct Gathered {
    pub(super) links: Links,
    pub(super) details: Vec<String>,
}

/// Gathers the ids of the case and of its alerts. Where TheHive does not tell, those at hand have to do.
///
/// # Errors
/// Says that there is nothing to update.
pub(super) fn gather(sync: &Sync, session: &Session<'_>) -> Result<Gathered, Setback> {
    let mut gathered = Gathered { links: sync.links.clone(), details: Vec::new() };
    if let (Kind::Case, Some(id), Some(thehive)) = (sync.kind, &sync.id, session.thehive()) {
        match thehive.map_err(Clone::clone).and_then(|thehive| thehive.alerts_of(id)) {
            Ok(alerts) => {
                for data in &alerts {
                    gathered.add(sync, data);
                }
            }
            Err(why) => gathered.details.push(format!("The alerts of the case were not looked up in TheHive: {why}.")),
        }
    }
    if gathered.links.is_empty() && !session.is_rehearsed() {
        let why = gathered.details.pop().map_or_else(String::new, |why| format!(". {}", why.trim_end_matches('.')));
        return Err(Setback {
            cause: format!(
                "There is nothing to update in Falcon: neither the case nor an alert of it holds an id of Falcon's{why}"
            ),
            next: "Put the Falcon id into a custom field, or limit TheHive's notification to cases that have one."
                .to_owned(),
        });
    }
    Ok(gathered)
}

impl Gathered {
    /// Adds the ids of one of the case's alerts. One that is no id is told, and keeps nothing else from being done.
    fn add(&mut self, sync: &Sync, data: &serde_json::Value) {
        let Ok(alert) = Entity::parse(Kind::Alert, data, &sync.secrets) else { return };
        let fields = &sync.fields;
        let mut found = Links {
            alerts: self.ids(sync, &alert, &fields.alert, CompositeId::new),
            incidents: self.ids(sync, &alert, &fields.incident, IncidentId::new),
            cases: self.ids(sync, &alert, &fields.case, CaseId::new),
            legacy: Vec::new(),
        };
        if found.is_empty() {
            let source = alert.source_ref().map(str::trim).filter(|text| CompositeId::is_shape_of(text));
            found.alerts.extend(source.and_then(|text| CompositeId::new(text).ok()));
        }
        add(&mut self.links, found);
    }

    fn ids<Id>(
        &mut self,
        sync: &Sync,
        alert: &Entity<'_>,
        field: &str,
        parse: fn(&str) -> Result<Id, InvalidId>,
    ) -> Vec<Id> {
        let texts = alert.custom_fields.ids(field, &sync.secrets);
        let parsed = texts.map_err(|error| format!("{error:#}")).and_then(|texts| {
            let invalid =
                |text: &String, invalid| format!("the id {:?} {invalid}", sync.secrets.quote_within(text, 40));
            texts.iter().map(|text| parse(text).map_err(|error| invalid(text, error))).collect()
        });
        parsed.unwrap_or_else(|why| {
            self.details.push(format!("Of {}, an alert of the case, this was not taken: {why}.", alert.label));
            Vec::new()
        })
    }
}

/// Adds what others hold, each id once. Legacy detections among them are left out.
fn add(links: &mut Links, others: Links) {
    let alerts = others.alerts.into_iter().filter(|id| !id.is_legacy_detection());
    extend(&mut links.alerts, alerts, CompositeId::as_str);
    extend(&mut links.incidents, others.incidents, IncidentId::as_str);
    extend(&mut links.cases, others.cases, CaseId::as_str);
}

/// Adds what is not there yet.
fn extend<Id>(there: &mut Vec<Id>, more: impl IntoIterator<Item = Id>, text: fn(&Id) -> &str) {
    let mut seen: HashSet<String> = there.iter().map(|id| text(id).to_owned()).collect();
    there.extend(more.into_iter().filter(|id| seen.insert(text(id).to_owned())));
}
