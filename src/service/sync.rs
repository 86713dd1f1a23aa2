//! Sync: Falcon follows the stage of an alert or case.

mod case_tags;
mod comment;
mod follow;
mod gathered;
mod linked_cases;
mod oversized;
mod reopened;
mod sensitive;
mod statuses;
mod view;
mod wishes;

use std::collections::HashSet;
use std::ops::ControlFlow;

use anyhow::Result;

use super::links::Links;
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::Fields;
use crate::cortex::{Label, Limits, Operation};
use crate::falcon::{Call, CaseId, CompositeId, Outcome, Target, alerts, cases, incidents};
use crate::session::Session;
use crate::thehive::{Kind, LookupEnd, TheHive, Unreached};
use case_tags::give_tags;
use gathered::{Gathered, gather};
use linked_cases::may_follow;
use reopened::closed_and_others;
use view::View;
use wishes::Wishes;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "sync",
    definition: "responder.json",
    items: &wishes::ITEMS,
    kinds: &[Kind::Alert, Kind::Case],
    plan,
};

fn plan(order: &Order<'_>) -> Result<Plan> {
    let wishes = Wishes::of(order)?;
    let view = wishes.view(order.entity, order.secrets)?;
    let thehive = order.config.thehive(order.secrets)?.map(|address| address.in_organisation_of(order.parameters));
    let may_find_more = thehive.is_some() && order.entity.kind == Kind::Case && order.entity.id().is_some();
    let links = if may_find_more { Links::if_any(order)? } else { Links::of(order)? };
    let set_aside = set_aside(&links, &view);
    let about = order.about_stage(view.stage);
    let service = Sync {
        label: order.entity.label.clone(),
        kind: order.entity.kind,
        id: order.entity.id().map(str::to_owned),
        view,
        links,
        may_find_more,
        fields: order.config.fields()?,
        limits: order.limits.clone(),
        wishes,
        secrets: order.secrets.clone(),
        tag: order.sync_tag()?,
    };
    Ok(Plan { about, set_aside, service: Box::new(service), thehive })
}

/// Everything that the alert or case is linked to gets the status that goes with its stage, and what else is wished for.
struct Sync {
    label: String,
    kind: Kind,
    id: Option<String>,
    /// The alert or case, as the job shows it.
    view: View,
    links: Links,
    /// Whether TheHive may tell of more.
    may_find_more: bool,
    fields: Fields,
    limits: Limits,
    wishes: Wishes,
    secrets: crate::secret::Secrets,
    tag: Option<Operation>,
}

impl Service for Sync {
    fn calls(&self) -> Vec<Call> {
        self.view.updates(&self.links, self.view.statuses, self.wishes.verify)
    }

    fn scopes(&self) -> Vec<&'static str> {
        let Links { alerts, incidents, cases, left_out: _ } = &self.links;
        let reads = self.wishes.reads(self.view.stage);
        let has_alerts = !alerts.is_empty() || self.may_find_more;
        let has_linked_cases = has_alerts && self.wishes.linked_cases && may_follow(self.view.statuses.case);
        let others = [
            (has_alerts, "Alerts: write"),
            (has_alerts && reads, "Alerts: read"),
            (!incidents.is_empty() && reads, "Incidents: read"),
            (!cases.is_empty() && reads, "Cases: read"),
            (has_linked_cases, "Alerts: read"),
            (has_linked_cases, "Cases: read"),
            (has_linked_cases, "Cases: write"),
        ];
        let others = others.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, scope)| scope);
        self.calls().iter().map(|call| call.request.scope).chain(others).collect()
    }

    fn ask(&self, thehive: &TheHive) -> Result<(), Unreached> {
        let Some(id) = &self.id else { return Ok(()) };
        thehive.entity(self.kind, id)?;
        if self.kind != Kind::Case {
            return Ok(());
        }
        match thehive.alerts_of(id, &[], &mut |_| ControlFlow::Break(())).end {
            LookupEnd::Failed(error) => Err(error),
            LookupEnd::Complete | LookupEnd::LimitReached | LookupEnd::Stopped => Ok(()),
        }
    }

    fn needs_thehive(&self) -> bool {
        self.kind == Kind::Case
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let Gathered { links, mut details, incomplete, case, .. } = gather(self, session)?;
        let followed = self.follow(session, &links, case.as_ref(), &mut details);
        let view = followed.map_err(|setback| setback.and(incomplete.as_ref()))?;
        comment(session, &links, &view);
        // A dry run does not know of those that only TheHive tells.
        let what = Some(links.counted()).filter(|what| !what.is_empty()).map(|what| format!(": {what}"));
        let what = what.unwrap_or_default();
        Ok(Done {
            message: format!("Falcon follows {}, which is {} in TheHive{what}.", self.label, view.stage),
            details,
            operations: self.tag.iter().cloned().collect(),
            label: Some(Label { predicate: "status", value: view.statuses.alert.word().to_owned() }),
            incomplete,
            ..Done::default()
        })
    }
}

impl Sync {
    /// Returns the names of the custom fields that hold ids.
    fn field_names(&self) -> [&str; 3] {
        let Fields { alert, incident, case } = &self.fields;
        [alert, incident, case]
    }

    /// The updates of statuses, reopenings among them where these are wished for.
    fn wished(&self, session: &Session<'_>, links: &Links, view: &View, details: &mut Vec<String>) -> Vec<Call> {
        let open = |links: &Links, statuses| view.updates(links, statuses, self.wishes.verify);
        if !self.wishes.may_reopen(view.stage) {
            return open(links, view.statuses);
        }
        let (closed, others, baseline) = closed_and_others(links, session, details);
        let calls = open(&closed, view.statuses.reopened()).into_iter().chain(open(&others, view.statuses));
        calls.map(|call| call.after_reading(&baseline)).collect()
    }
}

/// Returns what the fields hold for IDs and no update can carry, as failed updates.
fn set_aside(links: &Links, view: &View) -> Vec<Outcome> {
    links.left_out.outcomes(|target| match target {
        Target::Incident => incidents::update(&[], view.statuses.incident),
        Target::Case => cases::update(&CaseId::of_nothing(), view.statuses.case),
        Target::Alert | Target::Event | Target::Search => alerts::update(&[], view.statuses.alert),
    })
}

/// The linked cases that have the status get the tags that go with it, too.
fn tag_cases(session: &Session<'_>, links: &Links, view: &View) {
    if let Some(resolution) = &view.resolution {
        give_tags(session, &done(session, Target::Case, &links.cases, CaseId::as_str), resolution);
    }
}

/// The alerts that have the status get the comment, once: sent twice it would be there twice.
fn comment(session: &Session<'_>, links: &Links, view: &View) {
    if let Some(words) = &view.comment {
        let ids = done(session, Target::Alert, &links.alerts, CompositeId::as_str);
        session.send(ids.chunks(alerts::MOST).map(|ids| alerts::comment(ids, words)).collect());
    }
}

/// Those of these objects that something was done to.
fn done<Id: Clone>(session: &Session<'_>, target: Target, ids: &[Id], text: fn(&Id) -> &str) -> Vec<Id> {
    let done: HashSet<String> = session.done(target).into_iter().collect();
    ids.iter().filter(|id| done.contains(text(id))).cloned().collect()
}
