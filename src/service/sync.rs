//! Sync: Falcon follows the stage of an alert or case.

use anyhow::Result;

use super::links::Links;
use super::{Flavor, Order, Plan, Service};
use crate::cortex::Operation;
use crate::falcon::{Call, Outcome, Reason, Status, alerts, cases, incidents};
use crate::session::Session;
use crate::thehive::{Kind, Stage};

pub(super) const FLAVOR: Flavor =
    Flavor { name: "sync", definition: "responder.json", items: &[], kinds: &[Kind::Alert, Kind::Case], plan };

fn plan(order: &Order<'_>) -> Result<Plan> {
    let (links, status) = (Links::of(order)?, status(order.entity.stage));
    let legacy = Some(&links.legacy).filter(|ids| !ids.is_empty());
    let set_aside = legacy.map(|ids| Outcome::failed(alerts::update(ids, status), Reason::Unsendable));
    let set_aside = set_aside.into_iter().collect();
    Ok(Plan { about: order.about(), set_aside, service: Box::new(Sync { links, status, tag: tag(order)? }) })
}

/// Everything that the alert or case is linked to gets the status that goes with its stage.
struct Sync {
    links: Links,
    status: Status,
    tag: Option<Operation>,
}

impl Service for Sync {
    fn calls(&self) -> Vec<Call> {
        let Sync { links: Links { alerts, incidents, cases, legacy: _ }, status, tag: _ } = self;
        let alerts = alerts.chunks(alerts::MOST).map(|ids| alerts::update(ids, *status));
        let incidents = incidents.chunks(incidents::MOST).map(|ids| incidents::update(ids, *status));
        let cases = cases.iter().map(|id| cases::update(id, *status));
        alerts.chain(incidents).chain(cases).collect()
    }

    fn work(&self, session: &Session<'_>) -> Result<Vec<Operation>, Reason> {
        session.send(self.calls());
        Ok(self.tag.iter().cloned().collect())
    }
}

fn status(stage: Stage) -> Status {
    match stage {
        Stage::New => Status::New,
        Stage::InProgress | Stage::Imported => Status::InProgress,
        Stage::Closed => Status::Closed,
    }
}

fn tag(order: &Order<'_>) -> Result<Option<Operation>> {
    let add = |tag: String| match order.entity.kind {
        Kind::Alert => Operation::AddTagToAlert { tag },
        Kind::Case => Operation::AddTagToCase { tag },
    };
    Ok(order.config.tag()?.map(add))
}
