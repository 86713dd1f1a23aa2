//! Creates the Next-Gen SIEM case of an alert or case, once.

use anyhow::Result;
use serde_json::json;

use super::bounds::fitting_tags;
use super::dedup_tag::{self, Tags};
use super::duplicates::{Counting, Duplicates, Own};
use super::linked::{Linked, named};
use super::links::Evidence;
use super::update_case::ASSIGNED_TO;
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::{EVENT_FIELD, optional};
use crate::config::{DefaultValue, Item};
use crate::cortex::{Label, Operation};
use crate::falcon::{Case, CaseId, CompositeId, EventId, NewCase, Outcome, Status, cases};
use crate::secret::Secrets;
use crate::session::Session;
use crate::text::{capitalized, counted, listed};
use crate::thehive::Kind;

const TEMPLATE: Item = optional("template_id", DefaultValue::Text(""));

pub(super) const FLAVOR: Flavor = Flavor {
    name: "create_case",
    definition: "flavors/CrowdStrikeFalcon_CreateCase.json",
    items: &[EVENT_FIELD, TEMPLATE, ASSIGNED_TO],
    kinds: &[Kind::Case, Kind::Alert],
    plan,
};

/// What is said of a field for cases that does not hold IDs alone.
const NOT_LINKED: &str = "Not every linked case is known";

/// A case in Falcon for an alert or case that has none.
struct CreateCase {
    secrets: Secrets,
    subject: String,
    linked: Linked,
    mark: String,
    case: NewCase,
    /// What of the alert or case did not fit into a case of Falcon's, a sentence each.
    left_out: Vec<String>,
    /// What else was not taken over, a sentence each: reserved tags, values that are not IDs, placeholders.
    notes: Vec<String>,
    /// Whether it is closed after that: it is not documented whether a case may be created closed.
    closes: bool,
    /// The custom field that is to hold the id; TheHive fills none of an alert.
    field: Option<String>,
    tag: Option<Operation>,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    let stage = order.entity.stage(order.secrets)?;
    let linked = Linked::of(order)?;
    let mark = dedup_tag::of(order)?;
    let mut left_out = Vec::new();
    let closes = Status::of(stage) == Status::Closed;
    let first = if closes { Status::InProgress } else { Status::of(stage) };
    let mut fields = super::update_case::fields(order, first, &mut left_out)?;
    fields.name.get_or_insert_with(|| order.entity.label.clone());
    let mut tags_of_thehive = Tags::of(order);
    // Its own is on the case anyway.
    tags_of_thehive.reserved.retain(|tag| *tag != mark);
    let mut notes: Vec<String> = tags_of_thehive.left_alone(order.secrets).into_iter().collect();
    notes.extend(linked.left_out.notes());
    let (fit, rest) = fitting_tags(std::slice::from_ref(&mark), tags_of_thehive.allowed);
    let tags = std::iter::once(mark.clone()).chain(fit).collect();
    if !rest.is_empty() {
        let rest: Vec<String> = rest.iter().map(|tag| order.secrets.quote(tag)).collect();
        left_out.push(format!(
            "These tags did not fit, because a case's tags are {} characters long at the most: {}.",
            cases::LONGEST_TAGS,
            few(rest)
        ));
    }
    let (alerts, events) = evidence(order, &mut left_out, &mut notes)?;
    let field =
        (order.entity.kind == Kind::Case).then(|| order.config.fields().map(|fields| fields.case)).transpose()?;
    let service = CreateCase {
        secrets: order.secrets.clone(),
        subject: order.entity.label.clone(),
        linked,
        case: NewCase { fields, tags, alerts, events, template: order.config.text(TEMPLATE)? },
        mark,
        left_out,
        notes,
        closes,
        field,
        tag: order.sync_tag()?,
    };
    Ok(Plan { about: order.about_stage(stage), set_aside: Vec::new(), service: Box::new(service), thehive: None })
}

impl Service for CreateCase {
    fn scopes(&self) -> Vec<&'static str> {
        vec!["Cases: read", "Cases: write"]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        if let [first, ..] = self.linked.in_field() {
            let message = format!("{} has {} in Falcon already.", self.subject, named(self.linked.in_field()));
            let unfilled = self.linked.left_out.notes();
            let details = [self.linked.left_out.sentences(NOT_LINKED), unfilled].concat();
            return Ok(Done { details, ..self.told(&message, first.as_str(), "there", false) });
        }
        if let Some(cause) = self.linked.left_out.sentences(NOT_LINKED).first() {
            return Err(unclear_link(cause));
        }
        let duplicates = Duplicates { session, tag: &self.mark, subject: &self.subject };
        if let [first, others @ ..] = &session.tagged(&self.mark)?[..] {
            let is_alone = others.iter().all(Case::is_closed);
            let counting = if is_alone { Counting::of(first) } else { duplicates.settle(None)? };
            return Ok(self.is_there(&counting));
        }
        let created = session.send_one(cases::create(&self.case, &self.mark));
        if session.is_rehearsed() {
            let then = if self.closes { ", and then be closed" } else { "" };
            let message = format!("A case would be created in Falcon for {}{}{then}.", self.subject, self.evidence());
            return Ok(Done { message, details: self.details().collect(), ..Done::default() });
        }
        let Some(created) = created else { return Ok(Done::default()) };
        if !created.failures.is_empty() {
            return Ok(Done::default());
        }
        let Some(id) = created.done.first().and_then(|id| CaseId::new(id).ok()) else {
            return Ok(self.may_be_of_another(&duplicates.settle(None)?, &created));
        };
        // Before all that may fail or take the job's time: a later run does not close it. A closed case may still count.
        if self.closes {
            session.send(vec![cases::update(&id, Status::Closed)]);
        }
        let name = self.case.fields.name.as_deref().unwrap_or_default();
        let counting = duplicates.settle(Some(&Own { id: &id, name }))?;
        Ok(if counting.id == id.as_str() { self.created(&id, &created) } else { self.is_a_duplicate(&id, &counting) })
    }
}

impl CreateCase {
    /// What is told of the case that was created.
    fn created(&self, id: &CaseId, outcome: &Outcome) -> Done {
        let id = id.as_str();
        let (evidence, but) = match (&outcome.remark, self.left_out.is_empty()) {
            (Some(_), _) => (String::new(), "; Falcon did not take all of it"),
            (None, false) => (self.evidence(), "; not all of it fitted"),
            (None, true) => (self.evidence(), ""),
        };
        let message = format!("The case {id} was created in Falcon for {}{evidence}{but}.", self.subject);
        let said = outcome.remark.as_ref().map(|remark| format!("Falcon said: {remark}."));
        let details = said.into_iter().chain(self.details()).collect();
        Done { details, ..self.told(&message, id, "created", true) }
    }

    /// Returns the sentences on everything that was not taken over.
    fn details(&self) -> impl Iterator<Item = String> {
        self.left_out.iter().chain(&self.notes).cloned()
    }

    /// Returns what is reported of a case with the tag that was there before this job.
    fn is_there(&self, counting: &Counting) -> Done {
        let (subject, tag, id) = (&self.subject, &self.mark, &counting.id);
        let message = format!("{subject} has the case {id} in Falcon already, which carries its tag {tag}.");
        let details = self.linked.left_out.notes().into_iter().chain(self.still_open(counting)).collect();
        Done { details, ..self.told(&message, id, "there", true) }
    }

    /// Returns what is reported of a case that was found by its tag after the response to its creation was lost. Another job may
    /// have created it, so it is not changed.
    fn may_be_of_another(&self, counting: &Counting, created: &Outcome) -> Done {
        let why = created.remark.as_deref().unwrap_or_default();
        let unknown = format!("It is not known whether this job created it, or another one at the same moment: {why}.");
        let details = std::iter::once(unknown).chain(self.still_open(counting)).chain(self.details()).collect();
        Done { details, ..self.is_there(counting) }
    }

    /// Returns what is reported of a case that another job had created first, so that the own one does not count.
    fn is_a_duplicate(&self, own: &CaseId, counting: &Counting) -> Done {
        let (subject, id, own) = (&self.subject, &counting.id, own.as_str());
        let message =
            format!("{subject} has the case {id} in Falcon already, which another job created at the same moment.");
        let duplicate = format!("The case {own}, which this job created, is a duplicate of the case {id}.");
        let details = std::iter::once(duplicate).chain(self.still_open(counting)).collect();
        Done { details, ..self.told(&message, id, "there", true) }
    }

    /// Returns what to do about a case that should be closed and is not. Another job, or an analyst, may work on it.
    fn still_open(&self, counting: &Counting) -> Option<String> {
        let status = counting.status.as_deref().filter(|status| self.closes && *status != Status::Closed.word())?;
        let (subject, id, status) = (&self.subject, &counting.id, self.secrets.quote(status));
        Some(capitalized(&format!(
            "{subject} is Closed in TheHive, but this job left its case {id} open in Falcon (status {status} when it was read). To close it, run the responder update_case on {subject}."
        )))
    }

    /// `, with 2 items of evidence`
    fn evidence(&self) -> String {
        match self.case.alerts.len() + self.case.events.len() {
            0 => String::new(),
            count => format!(", with {} of evidence", counted(count, "item")),
        }
    }

    fn told(&self, message: &str, id: &str, how: &str, fills_field: bool) -> Done {
        let mut full = serde_json::Map::new();
        full.insert("case".into(), json!({"id": id, "mark": self.mark}));
        let field = self.field.clone().filter(|_| fills_field);
        let operation = field.map(|name| Operation::AddCustomFields { name, tpe: "string", value: id.to_owned() });
        Done {
            message: capitalized(message),
            full,
            operations: operation.into_iter().chain(self.tag.clone()).collect(),
            label: Some(Label { predicate: "case", value: how.to_owned() }),
            ..Done::default()
        }
    }
}

/// A case that is there, and not named by its ID, must not get a second one beside it.
fn unclear_link(cause: &str) -> Setback {
    Setback {
        cause: cause.trim_end_matches('.').to_owned(),
        next: "Put the case's ID alone into the custom field, or clear the field to have a case created.".to_owned(),
    }
}

/// `a, b and c`; of very many the first, so that a report has room for them.
pub(super) fn few(mut texts: Vec<String>) -> String {
    const MOST_NAMED: usize = 1_000;
    let more = texts.len().saturating_sub(MOST_NAMED);
    texts.truncate(MOST_NAMED);
    texts.extend((more > 0).then(|| format!("{more} more")));
    listed(&texts)
}

/// The alerts and events that fit into one case.
fn evidence(
    order: &Order<'_>,
    left_out: &mut Vec<String>,
    notes: &mut Vec<String>,
) -> Result<(Vec<CompositeId>, Vec<EventId>)> {
    let Evidence { mut alerts, mut events, left_out: refused } = Evidence::of(order)?;
    notes.extend(refused.sentences("Not all was added as evidence"));
    notes.extend(refused.notes());
    let over_alerts = alerts.split_off(alerts.len().min(cases::MOST_EVIDENCE));
    let over_events = events.split_off(events.len().min(cases::MOST_EVIDENCE - alerts.len()));
    let over = over_alerts.iter().map(CompositeId::as_str).chain(over_events.iter().map(EventId::as_str));
    let over: Vec<String> = over.map(str::to_owned).collect();
    if !over.is_empty() {
        left_out.push(format!(
            "A case holds {} items of evidence; these did not fit: {}.",
            cases::MOST_EVIDENCE,
            few(over)
        ));
    }
    Ok((alerts, events))
}
