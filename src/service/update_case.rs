//! Brings the linked Next-Gen SIEM cases up to what TheHive's alert or case says.

use anyhow::Result;

use super::bounds::fitted;
use super::linked::{Linked, named, send_after_conflicts};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::{EVENT_FIELD, optional};
use crate::config::{DefaultValue, Item};
use crate::cortex::{Label, Operation};
use crate::falcon::{Call, CaseId, Fields, Status, cases};
use crate::session::Session;
use crate::text::listed;
use crate::thehive::Kind;

pub(super) const ASSIGNED_TO: Item = optional("assigned_to_user_uuid", DefaultValue::Text(""));
const UPDATED: Item = optional("update_fields", DefaultValue::Texts(&["name", "description", "severity", "status"]));

pub(super) const FLAVOR: Flavor = Flavor {
    name: "update_case",
    definition: "flavors/CrowdStrikeFalcon_UpdateCase.json",
    items: &[EVENT_FIELD, UPDATED, ASSIGNED_TO],
    kinds: &[Kind::Case, Kind::Alert],
    plan,
};

struct UpdateCase {
    subject: String,
    linked: Linked,
    fields: Fields,
    left_out: Vec<String>,
    tag: Option<Operation>,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    let stage = order.entity.stage(order.secrets)?;
    let mut left_out = Vec::new();
    let all = fields(order, Status::of(stage), &mut left_out)?;
    let wanted = order.config.choices(UPDATED, order.secrets)?;
    let is_wanted = |name: &str| wanted.contains(&name);
    let fields = Fields {
        name: all.name.filter(|_| is_wanted("name")),
        description: all.description.filter(|_| is_wanted("description")),
        severity: all.severity.filter(|_| is_wanted("severity")),
        status: all.status.filter(|_| is_wanted("status")),
        assigned_to: all.assigned_to,
    };
    left_out.retain(|cut| wanted.iter().any(|name| cut.starts_with(&format!("The {name} "))));
    let (subject, linked) = (order.entity.label.clone(), Linked::of(order)?);
    let service = UpdateCase { subject, linked, fields, left_out, tag: order.sync_tag()? };
    Ok(Plan { about: order.about_stage(stage), set_aside: Vec::new(), service: Box::new(service), thehive: None })
}

/// What a case takes over from an alert or case, cut where it must be.
pub(super) fn fields(order: &Order<'_>, status: Status, left_out: &mut Vec<String>) -> Result<Fields> {
    let entity = order.entity;
    let mut text = |text: Option<&str>, longest, name| {
        text.map(str::trim).filter(|text| !text.is_empty()).map(|text| fitted(text, longest, name, left_out))
    };
    Ok(Fields {
        name: text(entity.title(), cases::LONGEST_NAME, "name"),
        description: text(entity.description(), cases::LONGEST_DESCRIPTION, "description"),
        severity: entity.severity().and_then(severity),
        status: Some(status.word()),
        assigned_to: order.config.text(ASSIGNED_TO)?,
    })
}

/// TheHive's four severities, each in the midst of one of Falcon's.
fn severity(of_thehive: u64) -> Option<u64> {
    match of_thehive {
        1 => Some(30),
        2 => Some(50),
        3 => Some(70),
        4 => Some(90),
        _ => None,
    }
}

impl Service for UpdateCase {
    fn scopes(&self) -> Vec<&'static str> {
        vec!["Cases: read", "Cases: write"]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let names = listed(&self.fields.names());
        if names.is_empty() {
            let message =
                format!("There was nothing to do: {} has none of the fields that are to be updated.", self.subject);
            return Ok(Done { message, ..Done::default() });
        }
        let linked = self.linked.read(session, |id| vec![self.call(id, None)])?;
        let calls = linked.iter().map(|(id, case)| self.call(id, case.version)).collect();
        session.send(calls);
        send_after_conflicts(session, |case| Some(self.call(&CaseId::new(&case.id).ok()?, case.version)));
        let ids: Vec<CaseId> = linked.into_iter().map(|(id, _)| id).collect();
        Ok(Done {
            message: format!("Falcon has the {names} of {} in {}.", self.subject, named(&ids)),
            details: [self.left_out.clone(), self.linked.left_out.notes()].concat(),
            operations: self.tag.iter().cloned().collect(),
            label: Some(Label { predicate: "case", value: "updated".to_owned() }),
            ..Done::default()
        })
    }
}

impl UpdateCase {
    fn call(&self, id: &CaseId, version: Option<u64>) -> Call {
        cases::change(id, &self.fields, version)
    }
}
