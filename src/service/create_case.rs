//! Creates the Next-Gen SIEM case of an alert or case, once.

use anyhow::Result;
use serde_json::json;

use super::bounds::cut;
use super::linked::{self, Linked, named};
use super::links::Evidence;
use super::update_case::ASSIGNED_TO;
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::{EVENT_FIELD, optional};
use crate::config::{DefaultValue, Item};
use crate::cortex::{Label, Operation};
use crate::falcon::{CompositeId, EventId, NewCase, Outcome, Status, cases};
use crate::session::Session;
use crate::text::{counted, listed};
use crate::thehive::Kind;

const TEMPLATE: Item = optional("template_id", DefaultValue::Text(""));

pub(super) const FLAVOR: Flavor = Flavor {
    name: "create_case",
    definition: "flavors/CrowdStrikeFalcon_CreateCase.json",
    items: &[EVENT_FIELD, TEMPLATE, ASSIGNED_TO],
    kinds: &[Kind::Case, Kind::Alert],
    plan,
};

/// A case in Falcon for an alert or case that has none.
struct CreateCase {
    subject: String,
    linked: Linked,
    mark: String,
    case: NewCase,
    /// What of the alert or case did not fit into a case of Falcon's, a sentence each.
    left_out: Vec<String>,
    /// The custom field that is to hold the id; TheHive fills none of an alert.
    field: Option<String>,
    tag: Option<Operation>,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    let stage = order.entity.stage(order.secrets)?;
    let linked = Linked::of(order)?;
    let mark = linked::mark(order)?;
    let mut left_out = Vec::new();
    let mut fields = super::update_case::fields(order, Status::of(stage), &mut left_out)?;
    fields.name.get_or_insert_with(|| order.entity.label.clone());
    let (tags, rest) = fitting(&mark, order.entity.tags());
    if !rest.is_empty() {
        let rest: Vec<String> = rest.iter().map(|tag| order.secrets.quote(tag)).collect();
        left_out.push(format!(
            "These tags did not fit, because a case's tags are {} characters long at the most: {}.",
            cases::LONGEST_TAGS,
            listed(&rest)
        ));
    }
    let (alerts, events) = evidence(order, &mut left_out)?;
    let field =
        (order.entity.kind == Kind::Case).then(|| order.config.fields().map(|fields| fields.case)).transpose()?;
    let service = CreateCase {
        subject: order.entity.label.clone(),
        linked,
        case: NewCase { fields, tags, alerts, events, template: order.config.text(TEMPLATE)? },
        mark,
        left_out,
        field,
        tag: order.sync_tag()?,
    };
    Ok(Plan { about: order.about_stage(stage), set_aside: Vec::new(), service: Box::new(service) })
}

impl Service for CreateCase {
    fn scopes(&self) -> Vec<&'static str> {
        vec!["Cases: read", "Cases: write"]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        if let [first, ..] = self.linked.in_field() {
            let message = format!("{} has {} in Falcon already.", self.subject, named(self.linked.in_field()));
            return Ok(self.there(&message, first.as_str(), false));
        }
        if let Some(id) = session.marked(&self.mark)?.first() {
            let message =
                format!("{} has the case {id} in Falcon already, which carries its tag {}.", self.subject, self.mark);
            return Ok(self.there(&message, id, true));
        }
        let created = session.send_one(cases::create(&self.case, &self.mark));
        if session.is_rehearsed() {
            let message = format!("A case would be created in Falcon for {}{}.", self.subject, self.with());
            return Ok(Done { message, details: self.left_out.clone(), ..Done::default() });
        }
        Ok(created.as_ref().map_or_else(Done::default, |created| self.created(created)))
    }
}

impl CreateCase {
    /// What is told of the case that was created; nothing where it was not, because the outcome tells why.
    fn created(&self, outcome: &Outcome) -> Done {
        let Some(id) = outcome.done.first() else { return Done::default() };
        let (with, but) = match (&outcome.remark, self.left_out.is_empty()) {
            (Some(_), _) => (String::new(), "; Falcon did not take all of it"),
            (None, false) => (self.with(), "; not all of it fitted"),
            (None, true) => (self.with(), ""),
        };
        let message = format!("The case {id} was created in Falcon for {}{with}{but}.", self.subject);
        let said = outcome.remark.as_ref().map(|remark| format!("Falcon said: {remark}."));
        let details = said.into_iter().chain(self.left_out.clone()).collect();
        Done { details, ..self.done(&message, id, "created", true) }
    }

    /// What is told of a case that was there already.
    fn there(&self, message: &str, id: &str, fill_field: bool) -> Done {
        self.done(message, id, "there", fill_field)
    }

    /// `, with 2 items of evidence`
    fn with(&self) -> String {
        match self.case.alerts.len() + self.case.events.len() {
            0 => String::new(),
            count => format!(", with {} of evidence", counted(count, "item")),
        }
    }

    fn done(&self, message: &str, id: &str, how: &str, fill_field: bool) -> Done {
        let mut full = serde_json::Map::new();
        full.insert("case".into(), json!({"id": id, "mark": self.mark}));
        let operation =
            |name: &String| Operation::AddCustomFields { name: name.clone(), tpe: "string", value: id.to_owned() };
        let keep_id = self.field.as_ref().filter(|_| fill_field).map(operation);
        Done {
            message: capitalized(message),
            full,
            operations: keep_id.into_iter().chain(self.tag.clone()).collect(),
            label: Some(Label { predicate: "case", value: how.to_owned() }),
            ..Done::default()
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The mark, the tags that fit beside it, and those that do not.
fn fitting(mark: &str, tags: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mut length = mark.chars().count();
    let others = tags.into_iter().filter(|tag| tag != mark);
    let (fit, rest): (Vec<String>, Vec<String>) = others.partition(|tag| {
        let with = length + tag.chars().count();
        let fits = with <= cases::LONGEST_TAGS;
        length = if fits { with } else { length };
        fits
    });
    (std::iter::once(mark.to_owned()).chain(fit).collect(), rest)
}

/// The alerts and events that fit into one case.
fn evidence(order: &Order<'_>, left_out: &mut Vec<String>) -> Result<(Vec<CompositeId>, Vec<EventId>)> {
    let Evidence { mut alerts, mut events, legacy } = Evidence::of(order)?;
    if !legacy.is_empty() {
        let ids: Vec<&str> = legacy.iter().map(CompositeId::as_str).collect();
        left_out.push(format!("Legacy detections are no evidence: {}.", listed(&ids)));
    }
    let over_alerts = alerts.split_off(alerts.len().min(cases::MOST_EVIDENCE));
    let over_events = events.split_off(events.len().min(cases::MOST_EVIDENCE - alerts.len()));
    let over: Vec<&str> =
        over_alerts.iter().map(CompositeId::as_str).chain(over_events.iter().map(EventId::as_str)).collect();
    if !over.is_empty() {
        left_out.push(format!(
            "A case holds {} items of evidence; these did not fit: {}.",
            cases::MOST_EVIDENCE,
            over.join(", ")
        ));
    }
    Ok((alerts, events))
}

/// Fields of a case are cut where Falcon takes no more.
pub(super) fn fitted(text: &str, longest: usize, name: &str, left_out: &mut Vec<String>) -> String {
    let fits = cut(text, longest);
    if fits.len() < text.len() {
        left_out.push(format!("The {name} was cut after {longest} bytes."));
    }
    fits.to_owned()
}
