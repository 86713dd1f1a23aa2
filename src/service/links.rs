//! Which Falcon objects an alert or case stands for.

use std::collections::HashSet;

use anyhow::{Context, Result, anyhow, bail};

use super::Order;
use crate::falcon::{
    CaseId, CompositeId, Effect, IncidentId, InvalidId, Objects, Query, State, alerts, cases, incidents,
};
use crate::session::Session;
use crate::text::{counted, listed};
use crate::thehive::Kind;

/// As much of a refused id as a message shows, in characters.
const SHOWN: usize = 40;

/// More ids stand for no alert or case that anybody works on.
const MOST_IDS: usize = 20_000;

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

    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Adds what others hold, each id once. Legacy detections among them are left out.
    pub(super) fn add(&mut self, others: Links) {
        let alerts = others.alerts.into_iter().filter(|id| !id.is_legacy_detection());
        add(&mut self.alerts, alerts, CompositeId::as_str);
        add(&mut self.incidents, others.incidents, IncidentId::as_str);
        add(&mut self.cases, others.cases, CaseId::as_str);
    }

    /// What is closed in Falcon by now, and all else. What cannot be read is not taken for closed.
    pub(super) fn closed(&self, session: &Session<'_>) -> (Links, Links) {
        let (mut closed, mut others) = (Links::default(), Links { legacy: self.legacy.clone(), ..Links::default() });
        let alerts = closed_of(session, alerts::read, &texts(&self.alerts, CompositeId::as_str), "closed");
        let incidents = closed_of(session, incidents::read, &texts(&self.incidents, IncidentId::as_str), "40");
        let cases = closed_of(session, cases::statuses, &texts(&self.cases, CaseId::as_str), "closed");
        (closed.alerts, others.alerts) = self.alerts.iter().cloned().partition(|id| alerts.contains(id.as_str()));
        (closed.incidents, others.incidents) =
            self.incidents.iter().cloned().partition(|id| incidents.contains(id.as_str()));
        (closed.cases, others.cases) = self.cases.iter().cloned().partition(|id| cases.contains(id.as_str()));
        (closed, others)
    }

    fn count(&self) -> usize {
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

/// As many objects are read in one call: whole alerts are long.
const MOST_READ: usize = 200;

/// Adds what is not there yet.
fn add<Id>(there: &mut Vec<Id>, more: impl IntoIterator<Item = Id>, text: fn(&Id) -> &str) {
    let mut seen: HashSet<String> = there.iter().map(|id| text(id).to_owned()).collect();
    there.extend(more.into_iter().filter(|id| seen.insert(text(id).to_owned())));
}

fn texts<Id>(ids: &[Id], text: fn(&Id) -> &str) -> Vec<String> {
    ids.iter().map(|id| text(id).to_owned()).collect()
}

/// Which of these objects show that they are closed.
fn closed_of(
    session: &Session<'_>,
    read: fn(&[String]) -> Query<Objects>,
    ids: &[String],
    word: &'static str,
) -> HashSet<String> {
    let effect = Effect::Status { shows: word, to: word, resolution: None };
    let is_closed = |objects: &Objects, id: &str| objects.state(&effect, id) == State::AsAsked;
    let mut closed = HashSet::new();
    for ids in ids.chunks(MOST_READ) {
        let Ok(objects) = session.read(read(ids)) else { continue };
        closed.extend(ids.iter().filter(|id| is_closed(&objects, id)).cloned());
    }
    closed
}

/// The ids that a custom field holds.
pub(super) fn ids<Id>(order: &Order<'_>, field: &str, parse: fn(&str) -> Result<Id, InvalidId>) -> Result<Vec<Id>> {
    let Order { entity, secrets, .. } = order;
    let parse = |id: &String| {
        parse(id).map_err(|invalid| match invalid {
            // A URL is long, and its hint says what there is to say.
            InvalidId::Url(_) => anyhow!("the id {invalid}"),
            _ => anyhow!("the id {:?} {invalid}", secrets.quote_within(id, SHOWN)),
        })
    };
    let ids = entity.custom_fields.ids(field, secrets)?;
    ids.iter().map(parse).collect::<Result<_>>().with_context(|| format!("the custom field {}", secrets.quote(field)))
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
