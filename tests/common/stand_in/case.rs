//! One case, as a tenant keeps it and as Falcon shows it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answers::{named, put, without_empty_lists};

/// One case: what calls and scenarios can change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub id: String,
    pub reference_id: String,
    pub name: String,
    pub description: String,
    pub severity: u64,
    pub status: String,
    pub tags: Vec<String>,
    /// The composite ids of its alerts.
    pub alerts: Vec<String>,
    pub events: Vec<String>,
    pub leads: Vec<String>,
    /// The UUID of the user who has it.
    pub assigned_to: Option<String>,
    pub template: Option<String>,
    /// Whether the timers of its service level agreement run, if a request has said so.
    pub slas_active: Option<bool>,
    /// The values that requests have given, by the field's id.
    pub custom_fields: BTreeMap<String, Vec<String>>,
    /// How often it was changed, and once for its creation.
    pub version: u64,
    /// When it was created, if that was not always there.
    pub created: Option<Value>,
    /// When it was changed last, if it was.
    pub updated: Option<Value>,
    /// The file with all that nobody changes.
    pub(super) sample: &'static str,
}

impl Case {
    /// The case of the fixtures, with this id and nothing done to it.
    pub fn of_the_fixtures(id: &str) -> Case {
        let whole = named("case-updated").body["resources"][0].take();
        let text = |pointer| whole.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
        Case {
            name: text("/name"),
            description: text("/description"),
            tags: vec![text("/tags/0")],
            alerts: vec![text("/evidence/alerts/records/0/id")],
            assigned_to: Some(text("/assigned_to/uuid")),
            template: Some(text("/template/id")),
            sample: "case-updated",
            ..Case::empty(id.to_owned(), text("/reference_id"))
        }
    }

    /// A new case; the number makes its ids.
    pub fn new(number: usize) -> Case {
        let beginning = URL_SAFE_NO_PAD.encode(format!("opencase-{:04}", number + 1));
        Case::empty(format!("{beginning}-7Qk3nVfYp_xZ2R"), format!("FIN-{:04}", number + 42))
    }

    fn empty(id: String, reference_id: String) -> Case {
        Case {
            id,
            reference_id,
            name: String::new(),
            description: String::new(),
            severity: 50,
            status: "new".into(),
            tags: Vec::new(),
            alerts: Vec::new(),
            events: Vec::new(),
            leads: Vec::new(),
            assigned_to: None,
            template: None,
            slas_active: None,
            custom_fields: BTreeMap::new(),
            version: 1,
            created: None,
            updated: None,
            sample: "case-created",
        }
    }

    /// How many items its evidence has.
    pub fn evidence(&self) -> usize {
        self.alerts.len() + self.events.len() + self.leads.len()
    }

    /// The whole case, as Falcon shows it.
    pub fn whole(&self, is_consistent: bool) -> Value {
        let mut whole = named(self.sample).body["resources"][0].take();
        let members = [
            ("/id", json!(self.id)),
            ("/reference_id", json!(self.reference_id)),
            ("/name", json!(self.name)),
            ("/description", json!(self.description)),
            ("/severity", json!(self.severity)),
            ("/severity_info/level", json!(level(self.severity))),
            ("/status", json!(self.status)),
            ("/tags", json!(self.tags)),
            ("/version", json!(self.version)),
            ("/consistency", json!({"consistent": is_consistent, "version": self.version})),
            ("/evidence/alerts/records", selected(&self.alerts)),
            ("/evidence/events/records", identified(&self.events)),
            ("/evidence/leads/records", identified(&self.leads)),
        ];
        for (pointer, value) in members {
            whole = put(whole, pointer, value);
        }
        if let Some(time) = &self.created {
            whole = put(whole, "/created_timestamp", time.clone());
        }
        if let Some(time) = &self.updated {
            whole = put(whole, "/updated_timestamp", time.clone());
        }
        if whole["assigned_to"]["uuid"].as_str() != self.assigned_to.as_deref() {
            let uuid = self.assigned_to.as_deref().unwrap_or_default();
            whole = put(whole, "/assigned_to", json!({"uuid": uuid, "email": "", "full_name": ""}));
        }
        if let Some(is_active) = self.slas_active.filter(|_| whole["sla"].is_object()) {
            whole = put(whole, "/sla/active_timer_status", if is_active { "running" } else { "paused" });
        }
        for (id, values) in &self.custom_fields {
            set_field(whole["fields"].as_array_mut().expect("fields are a list"), id, values);
        }
        let whole = match &self.template {
            Some(template) => put(whole, "/template/id", template.as_str()),
            None => put(whole, "/template", Value::Null),
        };
        without_empty_lists(whole)
    }
}

/// The records of evidence by its selector: every other one has an id of its own, too.
fn selected(ids: &[String]) -> Value {
    let record = |(place, id)| match place % 2 {
        0 => json!({"id": format!("er-{place:04}"), "selector": {"id": id}}),
        _ => json!({"selector": {"id": id}}),
    };
    ids.iter().enumerate().map(record).collect()
}

/// The records of evidence by its id alone.
fn identified(ids: &[String]) -> Value {
    ids.iter().map(|id| json!({"id": id})).collect()
}

/// Sets the values of a custom field, which the case may not have yet.
fn set_field(fields: &mut Vec<Value>, id: &str, values: &[String]) {
    if !fields.iter().any(|field| field["id"] == id) {
        let sample = named("case-updated").body["resources"][0]["fields"][0].take();
        fields.push(put(put(sample, "/id", id), "/display_order", fields.len() + 1));
    }
    for field in fields.iter_mut().filter(|field| field["id"] == id) {
        field["values"] = json!(values);
    }
}

/// What the console calls this severity.
fn level(severity: u64) -> &'static str {
    match severity {
        0..=19 => "informational",
        20..=39 => "low",
        40..=59 => "medium",
        60..=79 => "high",
        _ => "critical",
    }
}
