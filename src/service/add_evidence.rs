//! Adds the alerts and events of an alert or case to the linked Next-Gen SIEM cases.

use std::collections::HashSet;

use anyhow::{Result, bail};

use super::linked::{Linked, named};
use super::links::{Evidence, MOST_IDS};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::EVENT_FIELD;
use crate::cortex::{Label, Operation};
use crate::falcon::{Call, Case, CaseId, CompositeId, Effect, EventId, Outcome, Reason, Target, cases};
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
    let additions = evidence.count().min(cases::MOST_EVIDENCE) * linked.in_field().len();
    if additions > MOST_IDS {
        bail!(
            "{}: {additions} alerts and events would be added to {} Falcon cases; no more than {MOST_IDS} are added in one job. \
             Link fewer Falcon cases, or fewer alerts and events",
            order.entity.label,
            linked.in_field().len()
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
        let linked = self.linked.read(session, |id| self.first().unsent(id))?;
        let (mut calls, mut details) = (Vec::new(), Vec::new());
        for (id, case) in &linked {
            let Missing { fits, over, more } = self.missing(case);
            calls.extend(fits.calls(id));
            over.unsent(id).into_iter().for_each(|call| session.set_aside(full(call)));
            details.extend(and_more(more, "did not fit into", std::slice::from_ref(id)));
        }
        let ids: Vec<CaseId> = linked.into_iter().map(|(id, _)| id).collect();
        details.extend(self.not_added(&ids));
        self.refused(&ids).into_iter().for_each(|outcome| session.set_aside(outcome));
        let has =
            if calls.is_empty() && !session.is_rehearsed() { "had all evidence of" } else { "has the evidence of" };
        session.send(calls);
        details.extend([self.evidence.left_out.notes(), self.linked.left_out.notes()].concat());
        Ok(Done {
            message: format!("Falcon {has} {} in {}.", self.subject, named(&ids)),
            details,
            operations: self.tag.iter().cloned().collect(),
            label: Some(Label { predicate: "evidence", value: "complete".to_owned() }),
            ..Done::default()
        })
    }
}

/// Alerts and events that go to one Falcon case together.
struct Batch {
    alerts: Vec<CompositeId>,
    events: Vec<EventId>,
}

/// The evidence that a Falcon case does not have yet. A report names as many of those that do not fit as a case holds: twenty
/// thousand for each of many cases would take gigabytes.
struct Missing {
    fits: Batch,
    /// The first of those that do not fit.
    over: Batch,
    /// How many more there are.
    more: usize,
}

impl AddEvidence {
    /// Returns the first alerts and events, as many as a case holds.
    fn first(&self) -> Batch {
        let Evidence { alerts, events, .. } = &self.evidence;
        Batch::first(cases::MOST_EVIDENCE, &mut alerts.iter(), &mut events.iter())
    }

    fn missing(&self, case: &Case) -> Missing {
        let Evidence { alerts, events, .. } = &self.evidence;
        let there: HashSet<&str> = case.evidence.iter().flatten().map(String::as_str).collect();
        let mut alerts = alerts.iter().filter(|id| !there.contains(id.as_str()));
        let mut events = events.iter().filter(|id| !there.contains(id.as_str()));
        let room = cases::MOST_EVIDENCE.saturating_sub(case.evidence.len());
        let fits = Batch::first(room, &mut alerts, &mut events);
        let over = Batch::first(cases::MOST_EVIDENCE, &mut alerts, &mut events);
        Missing { fits, over, more: alerts.count() + events.count() }
    }

    /// Returns the sentence on the rest of the evidence of linked cases that could not be read, if there is any.
    fn not_added(&self, read: &[CaseId]) -> Option<String> {
        let unread: Vec<CaseId> = self.linked.in_field().iter().filter(|id| !read.contains(id)).cloned().collect();
        let more = self.evidence.count().saturating_sub(cases::MOST_EVIDENCE);
        and_more(if unread.is_empty() { 0 } else { more }, "were not added to", &unread)
    }

    /// Returns the values that are not IDs as failures, once for all linked cases.
    fn refused(&self, read: &[CaseId]) -> Vec<Outcome> {
        let cases = if read.is_empty() { self.linked.in_field() } else { read };
        let Some((first, others)) = cases.split_first() else { return Vec::new() };
        let cases = match others.len() {
            0 => first.as_str().to_owned(),
            1 => format!("{} (and 1 other)", first.as_str()),
            count => format!("{} (and {count} others)", first.as_str()),
        };
        self.evidence.left_out.outcomes(|target| {
            let mut call = match target {
                Target::Event => cases::add_events(first, &[]),
                Target::Alert | Target::Incident | Target::Case | Target::Search => cases::add_alerts(first, &[]),
            };
            call.change.effect = Effect::EvidenceOf(cases.clone());
            call
        })
    }
}

impl Batch {
    /// Takes the first so many alerts, and as many events as fit besides them.
    fn first<'ids>(
        most: usize,
        alerts: &mut impl Iterator<Item = &'ids CompositeId>,
        events: &mut impl Iterator<Item = &'ids EventId>,
    ) -> Batch {
        let alerts: Vec<CompositeId> = alerts.take(most).cloned().collect();
        let events = events.take(most - alerts.len()).cloned().collect();
        Batch { alerts, events }
    }

    fn calls(&self, case: &CaseId) -> Vec<Call> {
        let alerts = (!self.alerts.is_empty()).then(|| cases::add_alerts(case, &self.alerts));
        let events = (!self.events.is_empty()).then(|| cases::add_events(case, &self.events));
        alerts.into_iter().chain(events).collect()
    }

    /// Returns the same calls without their bodies, for the report alone.
    fn unsent(self, case: &CaseId) -> Vec<Call> {
        let alerts: Vec<String> = self.alerts.iter().map(|id| id.as_str().to_owned()).collect();
        let events: Vec<String> = self.events.iter().map(|id| id.as_str().to_owned()).collect();
        let alerts = (!alerts.is_empty()).then(|| cases::add_alerts(case, &[]).of(alerts));
        let events = (!events.is_empty()).then(|| cases::add_events(case, &[]).of(events));
        alerts.into_iter().chain(events).collect()
    }
}

/// Returns a call of which nothing fits into its Falcon case, as a failure.
fn full(call: Call) -> Outcome {
    Outcome::failed(call, Reason::Full { most: cases::MOST_EVIDENCE })
}

/// `19900 more alerts and events did not fit into the case a.`
fn and_more(more: usize, what: &str, cases: &[CaseId]) -> Option<String> {
    (more > 0).then(|| format!("{more} more alerts and events {what} {}.", named(cases)))
}
