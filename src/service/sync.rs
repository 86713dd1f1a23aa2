//! Sync: stage and ids → calls. Pure.

use anyhow::{Context, Result, bail};

use super::Plan;
use crate::cortex::Operation;
use crate::falcon::{Call, CaseId, CompositeId, IncidentId, MOST_ALERTS, MOST_INCIDENTS, Outcome, Reason, Status};
use crate::thehive::{Entity, Kind, Stage};

/// What `config.service` calls this service.
pub const NAME: &str = "sync";

/// The settings of this service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The custom field that holds alerts' composite ids.
    pub alert_field: String,
    /// The custom field that holds incidents' ids.
    pub incident_field: String,
    /// The custom field that holds NG-SIEM cases' ids.
    pub case_field: String,
    /// The tag that marks a synchronised alert or case. It names the fact and no state: nothing removes a tag.
    pub tag: Option<String>,
}

/// Plans the update of all that the alert or case is linked to.
pub(super) fn plan(settings: &Settings, entity: &Entity) -> Result<Plan> {
    let ids = Ids::of(settings, entity).with_context(|| entity.label.clone())?;
    let status = status(entity.stage);
    let mut calls = Vec::new();
    calls.extend(ids.alerts.chunks(MOST_ALERTS).map(|ids| Call::UpdateAlerts { ids: ids.to_vec(), status }));
    calls.extend(ids.incidents.chunks(MOST_INCIDENTS).map(|ids| Call::UpdateIncidents { ids: ids.to_vec(), status }));
    calls.extend(ids.cases.into_iter().map(|id| Call::UpdateCase { id, status }));
    let legacy = Some(ids.legacy).filter(|ids| !ids.is_empty());
    let set_aside = legacy.map(|ids| Outcome::failed(Call::UpdateAlerts { ids, status }, Reason::Unsendable));
    Ok(Plan {
        subject: entity.label.clone(),
        stage: entity.stage,
        verdict: entity.verdict.clone(),
        calls,
        set_aside: set_aside.into_iter().collect(),
        operations: settings.tag.iter().map(|tag| add_tag(entity.kind, tag)).collect(),
    })
}

fn status(stage: Stage) -> Status {
    match stage {
        Stage::New => Status::New,
        Stage::InProgress | Stage::Imported => Status::InProgress,
        Stage::Closed => Status::Closed,
    }
}

fn add_tag(kind: Kind, tag: &str) -> Operation {
    let tag = tag.to_owned();
    match kind {
        Kind::Alert => Operation::AddTagToAlert { tag },
        Kind::Case => Operation::AddTagToCase { tag },
    }
}

/// What the alert or case is linked to in Falcon.
struct Ids {
    alerts: Vec<CompositeId>,
    /// Detections of the API before: sent along, they could sink a whole call.
    legacy: Vec<CompositeId>,
    incidents: Vec<IncidentId>,
    cases: Vec<CaseId>,
}

impl Ids {
    fn of(settings: &Settings, entity: &Entity) -> Result<Ids> {
        let Settings { alert_field, incident_field, case_field, tag: _ } = settings;
        let alerts = read(entity, alert_field, CompositeId::new)?;
        let incidents = read(entity, incident_field, IncidentId::new)?;
        let cases = read(entity, case_field, CaseId::new)?;
        let alerts = if alerts.is_empty() && incidents.is_empty() && cases.is_empty() {
            vec![source(settings, entity)?]
        } else {
            alerts
        };
        let (legacy, alerts) = alerts.into_iter().partition(CompositeId::is_legacy_detection);
        Ok(Ids { alerts, legacy, incidents, cases })
    }
}

fn read<Id>(entity: &Entity, field: &str, parse: fn(&str) -> Result<Id>) -> Result<Vec<Id>> {
    let ids = entity.custom_fields.ids(field)?;
    ids.iter().map(|id| parse(id)).collect::<Result<_>>().with_context(|| format!("the custom field {field}"))
}

/// Where no custom field holds an id: the alert's source, if that is one of Falcon's alerts.
fn source(settings: &Settings, entity: &Entity) -> Result<CompositeId> {
    let source_ref = entity.source_ref.as_deref().map(str::trim).filter(|_| entity.kind == Kind::Alert);
    if let Some(id) = source_ref.filter(|text| CompositeId::is_shape_of(text)) {
        return CompositeId::new(id);
    }
    let or_source = match entity.kind {
        Kind::Alert => ", and its sourceRef is no composite id",
        Kind::Case => "",
    };
    bail!(
        "there is nothing to update in Falcon: the custom fields {}, {} and {} hold no id{or_source}. \
         Put the Falcon id into one of them, or limit TheHive's notification to alerts and cases that have one.",
        settings.alert_field,
        settings.incident_field,
        settings.case_field
    )
}
