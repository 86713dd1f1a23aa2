//! Adds the alerts and events of an alert or case to the linked Next-Gen SIEM cases.

use anyhow::{Result, bail};

use super::linked::{Linked, named};
use super::links::Evidence;
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::EVENT_FIELD;
use crate::cortex::{Label, Operation};
use crate::falcon::{Call, Case, CaseId, CompositeId, EventId, Outcome, Reason, Target, cases};
use crate::session::Session;
use crate::thehive::Kind;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "add_evidence",
    definition: "flavors/CrowdStrikeFalcon_AddEvidence.json",
    items: &[EVENT_FIELD],
    kinds: &[Kind::Case, Kind::Alert],
    plan,
};

struct AddEvidence {
    subject: String,
    linked: Linked,
    evidence: Evidence,
    tag: Option<Operation>,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    let evidence = Evidence::of(order)?;
    let linked = Linked::of(order)?;
    if evidence.is_empty() {
        let fields =
            [order.config.fields()?.alert, order.config.event_field()?].map(|field| order.secrets.quote(&field));
        bail!(
            "{}: there is no evidence to add: the custom fields {} hold no id. Put the ids of alerts or events there.",
            order.entity.label,
            fields.join(" and ")
        );
    }
    let (subject, tag) = (order.entity.label.clone(), order.sync_tag()?);
    Ok(order.plan(AddEvidence { subject, linked, evidence, tag }))
}

impl Service for AddEvidence {
    fn scopes(&self) -> Vec<&'static str> {
        vec!["Cases: read", "Cases: write"]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let Evidence { alerts, events, left_out } = &self.evidence;
        let linked = self.linked.read(session, |id| of_both(id, alerts, events))?;
        let mut calls = Vec::new();
        for (id, case) in &linked {
            let refused = left_out.outcomes(|target| match target {
                Target::Event => cases::add_events(id, &[]),
                Target::Alert | Target::Incident | Target::Case | Target::Search => cases::add_alerts(id, &[]),
            });
            for outcome in refused {
                session.set_aside(outcome);
            }
            let missing = self.missing(case);
            calls.extend(missing.calls(id));
            missing.over(id).into_iter().for_each(|outcome| session.set_aside(outcome));
        }
        let ids: Vec<CaseId> = linked.into_iter().map(|(id, _)| id).collect();
        let has =
            if calls.is_empty() && !session.is_rehearsed() { "had all evidence of" } else { "has the evidence of" };
        session.send(calls);
        Ok(Done {
            message: format!("Falcon {has} {} in {}.", self.subject, named(&ids)),
            details: [left_out.notes(), self.linked.left_out.notes()].concat(),
            operations: self.tag.iter().cloned().collect(),
            label: Some(Label { predicate: "evidence", value: "complete".to_owned() }),
            ..Done::default()
        })
    }
}

/// What a case does not have yet: as much as fits, and the rest.
#[derive(Default)]
struct Missing {
    alerts: Vec<CompositeId>,
    events: Vec<EventId>,
    over_alerts: Vec<CompositeId>,
    over_events: Vec<EventId>,
}

impl AddEvidence {
    fn missing(&self, case: &Case) -> Missing {
        let is_missing = |id: &str| !case.evidence.iter().flatten().any(|there| there == id);
        let mut alerts: Vec<CompositeId> =
            self.evidence.alerts.iter().filter(|id| is_missing(id.as_str())).cloned().collect();
        let mut events: Vec<EventId> =
            self.evidence.events.iter().filter(|id| is_missing(id.as_str())).cloned().collect();
        let room = cases::MOST_EVIDENCE.saturating_sub(case.evidence.len());
        let over_alerts = alerts.split_off(alerts.len().min(room));
        let over_events = events.split_off(events.len().min(room - alerts.len()));
        Missing { alerts, events, over_alerts, over_events }
    }
}

impl Missing {
    fn calls(&self, case: &CaseId) -> Vec<Call> {
        of_both(case, &self.alerts, &self.events)
    }

    /// What does not fit, as outcomes that failed.
    fn over(&self, case: &CaseId) -> Vec<Outcome> {
        let failed = |call| Outcome::failed(call, Reason::Full { most: cases::MOST_EVIDENCE });
        of_both(case, &self.over_alerts, &self.over_events).into_iter().map(failed).collect()
    }
}

fn of_both(case: &CaseId, alerts: &[CompositeId], events: &[EventId]) -> Vec<Call> {
    let alerts = Some(alerts).filter(|ids| !ids.is_empty()).map(|ids| cases::add_alerts(case, ids));
    let events = Some(events).filter(|ids| !ids.is_empty()).map(|ids| cases::add_events(case, ids));
    alerts.into_iter().chain(events).collect()
}
