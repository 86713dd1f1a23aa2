//! Sync: Falcon follows the stage of an alert or case.

use anyhow::Result;

use super::links::Links;
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::cortex::{Label, Operation};
use crate::falcon::{Call, Outcome, Reason, Status, alerts, cases, incidents};
use crate::session::Session;
use crate::thehive::{Kind, Stage};

pub(super) const FLAVOR: Flavor =
    Flavor { name: "sync", definition: "responder.json", items: &[], kinds: &[Kind::Alert, Kind::Case], plan };

fn plan(order: &Order<'_>) -> Result<Plan> {
    let stage = order.entity.stage(order.secrets)?;
    let (links, status) = (Links::of(order)?, Status::of(stage));
    let legacy = Some(&links.legacy).filter(|ids| !ids.is_empty());
    let set_aside = legacy.map(|ids| Outcome::failed(alerts::update(ids, status), Reason::Unsendable));
    let set_aside = set_aside.into_iter().collect();
    let subject = format!("{}, which is {} in TheHive", order.entity.label, stage);
    let service = Sync { subject, links, status, tag: order.sync_tag()? };
    Ok(Plan { about: order.about_stage(stage), set_aside, service: Box::new(service) })
}

/// Everything that the alert or case is linked to gets the status that goes with its stage.
struct Sync {
    subject: String,
    links: Links,
    status: Status,
    tag: Option<Operation>,
}

impl Service for Sync {
    fn calls(&self) -> Vec<Call> {
        let Sync { links: Links { alerts, incidents, cases, legacy: _ }, status, .. } = self;
        let alerts = alerts.chunks(alerts::MOST).map(|ids| alerts::update(ids, *status));
        let incidents = incidents.chunks(incidents::MOST).map(|ids| incidents::update(ids, *status));
        let cases = cases.iter().map(|id| cases::update(id, *status));
        alerts.chain(incidents).chain(cases).collect()
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        session.send(self.calls());
        let word = self.status.word();
        Ok(Done {
            message: format!("Falcon follows {}: {}.", self.subject, self.links.counted()),
            operations: self.tag.iter().cloned().collect(),
            label: Some(Label { predicate: "status", value: word.to_owned() }),
            ..Done::default()
        })
    }
}

impl Status {
    /// The status that goes with a stage.
    pub(super) fn of(stage: Stage) -> Status {
        match stage {
            Stage::New => Status::New,
            Stage::InProgress | Stage::Imported => Status::InProgress,
            Stage::Closed => Status::Closed,
        }
    }
}
