//! Which Falcon objects an alert or case stands for.

use anyhow::{Context, Error, Result, anyhow, bail};

use super::Order;
use crate::falcon::{CaseId, CompositeId, EventId, IncidentId, InvalidId};
use crate::secret::Secrets;
use crate::text::{counted, listed};
use crate::thehive::Kind;

/// As much of a refused id as a message shows, in characters.
const SHOWN: usize = 40;

/// More ids stand for no alert or case that anybody works on.
pub(super) const MOST_IDS: usize = 20_000;

/// What the alert or case is linked to in Falcon.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    pub(super) alerts: Vec<CompositeId>,
    /// Ids of legacy detections (`ldt:…`). They are not sent: because of one the alerts API may refuse the whole call.
    pub(super) legacy: Vec<CompositeId>,
    pub(super) incidents: Vec<IncidentId>,
    pub(super) cases: Vec<CaseId>,
}

impl Links {
    /// Reads the ids in the custom fields; where none holds any, the source of an alert.
    ///
    /// # Errors
    /// Names the field with a value that is no id, or says that there is nothing.
    pub(super) fn of(order: &Order<'_>) -> Result<Links> {
        let found = Links::read(order).and_then(|links| match links.count() {
            0 => {
                let fields = order.config.fields()?;
                bail!(nothing_linked(order, &[&fields.alert, &fields.incident, &fields.case]))
            }
            _ => Ok(links),
        });
        found.with_context(|| order.entity.label.clone())
    }

    /// The same, where there may be nothing.
    ///
    /// # Errors
    /// Names the field with a value that is no id.
    pub(super) fn if_any(order: &Order<'_>) -> Result<Links> {
        Links::read(order).with_context(|| order.entity.label.clone())
    }

    /// How many ids there are.
    pub(super) fn count(&self) -> usize {
        let Links { alerts, legacy, incidents, cases } = self;
        alerts.len() + legacy.len() + incidents.len() + cases.len()
    }

    /// `2 alerts, 1 incident and 1 case`
    pub(super) fn counted(&self) -> String {
        let counts = [(self.alerts.len(), "alert"), (self.incidents.len(), "incident"), (self.cases.len(), "case")];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        listed(&some.map(|(count, kind)| counted(count, kind)).collect::<Vec<_>>())
    }

    fn read(order: &Order<'_>) -> Result<Links> {
        let fields = order.config.fields()?;
        let alerts = ids(order, &fields.alert, CompositeId::new)?;
        let incidents = ids(order, &fields.incident, IncidentId::new)?;
        let cases = ids(order, &fields.case, CaseId::new)?;
        let is_none = alerts.is_empty() && incidents.is_empty() && cases.is_empty();
        let alerts = if is_none { source(order).into_iter().collect() } else { alerts };
        let count = alerts.len() + incidents.len() + cases.len();
        if count > MOST_IDS {
            let names =
                [&fields.alert, &fields.incident, &fields.case].map(|field| order.secrets.quote(field)).join(", ");
            bail!("the custom fields {names} hold {count} ids; no more than {MOST_IDS} are updated in one job");
        }
        let (legacy, alerts) = alerts.into_iter().partition(CompositeId::is_legacy_detection);
        Ok(Links { alerts, legacy, incidents, cases })
    }
}

/// What can be evidence of a case, and what cannot.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) alerts: Vec<CompositeId>,
    pub(super) events: Vec<EventId>,
    /// Legacy detections, which no case takes.
    pub(super) legacy: Vec<CompositeId>,
}

impl Evidence {
    /// Reads the alerts and events in the custom fields; where none holds an alert, the source of an alert, whatever else
    /// it is linked to.
    ///
    /// # Errors
    /// Names the field with a value that is no id.
    pub(super) fn of(order: &Order<'_>) -> Result<Evidence> {
        Evidence::read(order).with_context(|| order.entity.label.clone())
    }

    fn read(order: &Order<'_>) -> Result<Evidence> {
        let mut alerts = ids(order, &order.config.fields()?.alert, CompositeId::new)?;
        if alerts.is_empty() {
            alerts.extend(source(order));
        }
        let events = ids(order, &order.config.event_field()?, EventId::new)?;
        let count = alerts.len() + events.len();
        if count > MOST_IDS {
            bail!("it has {count} alerts and events; no more than {MOST_IDS} are looked at in one job");
        }
        let (legacy, alerts) = alerts.into_iter().partition(CompositeId::is_legacy_detection);
        Ok(Evidence { alerts, events, legacy })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.events.is_empty() && self.legacy.is_empty()
    }
}

/// The ids that a custom field holds.
pub(super) fn ids<Id>(order: &Order<'_>, field: &str, parse: fn(&str) -> Result<Id, InvalidId>) -> Result<Vec<Id>> {
    let Order { entity, secrets, .. } = order;
    let parse = |id: &String| parse(id).map_err(|invalid| refused(id, &invalid, secrets));
    let ids = entity.custom_fields.ids(field, secrets)?;
    ids.iter().map(parse).collect::<Result<_>>().with_context(|| format!("the custom field {}", secrets.quote(field)))
}

/// Why an id is not taken.
pub(super) fn refused(id: &str, invalid: &InvalidId, secrets: &Secrets) -> Error {
    match invalid {
        // A URL is long, and its hint says what there is to say.
        InvalidId::Url(_) => anyhow!("the id {invalid}"),
        _ => anyhow!("the id {:?} {invalid}", secrets.quote_within(id, SHOWN)),
    }
}

/// Where no custom field holds an id: the alert's source, if that is one of Falcon's alerts.
fn source(order: &Order<'_>) -> Option<CompositeId> {
    let entity = order.entity;
    let source_ref = entity.source_ref().map(str::trim).filter(|_| entity.kind == Kind::Alert);
    CompositeId::new(source_ref.filter(|text| CompositeId::is_shape_of(text))?).ok()
}

fn nothing_linked(order: &Order<'_>, fields: &[&str; 3]) -> String {
    let [alert, incident, case] = fields.map(|field| order.secrets.quote(field));
    let or_source = match order.entity.kind {
        Kind::Alert => ", and its sourceRef is no composite id",
        Kind::Case | Kind::Observable => "",
    };
    format!(
        "there is nothing to update in Falcon: the custom fields {alert}, {incident} and {case} hold no id{or_source}. \
         Put the Falcon id into one of them, or limit TheHive's notification to alerts and cases that have one."
    )
}
