//! One case or alert, as TheHive keeps it and as either version shows it.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::super::stand_in::answers::put;
use super::answers::named;

/// Whose API it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Five,
    Four,
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Case,
    Alert,
}

impl Kind {
    pub fn parse(segment: &str) -> Option<Kind> {
        [Kind::Case, Kind::Alert].into_iter().find(|kind| kind.name().to_lowercase() == segment)
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Case => "Case",
            Kind::Alert => "Alert",
        }
    }
}

/// One case or alert: what scenarios can change of it.
#[derive(Debug)]
pub struct Entity {
    pub kind: Kind,
    pub id: String,
    /// The organisation that it belongs to.
    pub organisation: String,
    /// Whether it is hidden from normal accounts, as cases can be in 5.5 and later.
    pub is_restricted: bool,
    /// Of a case; nothing else has one.
    pub number: u64,
    /// Of an alert.
    pub source_ref: String,
    /// The id of the case that an alert was merged into.
    pub case: Option<String>,
    /// Values by the name of their field: a text, a number, or a list of them.
    pub custom_fields: Value,
    /// A stage, or a status of TheHive 4.
    pub stage: String,
    /// What it is at the reads to come.
    pub next_stages: VecDeque<String>,
    /// Other members, by their JSON pointers.
    pub members: Vec<(String, Value)>,
}

impl Entity {
    pub fn case(id: &str, number: u64, stage: &str) -> Entity {
        Entity {
            kind: Kind::Case,
            id: id.to_owned(),
            organisation: super::ORGANISATION.to_owned(),
            is_restricted: false,
            number,
            source_ref: String::new(),
            case: None,
            custom_fields: json!({}),
            stage: stage.to_owned(),
            next_stages: VecDeque::new(),
            members: Vec::new(),
        }
    }

    pub fn alert(id: &str, stage: &str, source_ref: &str, custom_fields: Value) -> Entity {
        let entity = Entity { kind: Kind::Alert, custom_fields, ..Entity::case(id, 0, stage) };
        Entity { source_ref: source_ref.to_owned(), ..entity }
    }

    /// All of it, as a read shows it: a read is what moves on an entity that moves on by itself.
    pub fn read(&mut self, version: Version) -> Value {
        self.stage = self.next_stages.pop_front().unwrap_or_else(|| std::mem::take(&mut self.stage));
        self.whole(version)
    }

    /// All of it, as it is.
    pub fn whole(&self, version: Version) -> Value {
        let (file, members) = match (version, self.kind) {
            (Version::Five, Kind::Case) => ("5-case", json!({"number": self.number})),
            (Version::Five, Kind::Alert) => ("5-alert", json!({"sourceRef": self.source_ref, "caseId": self.case})),
            (Version::Four, Kind::Case) => ("4-case", json!({"id": self.id, "caseId": self.number})),
            (Version::Four, Kind::Alert) => {
                ("4-alert", json!({"id": self.id, "sourceRef": self.source_ref, "case": self.case}))
            }
        };
        let state = match version {
            Version::Five => json!({"_id": self.id, "stage": self.stage, "status": self.status_in_5()}),
            Version::Four => json!({"_id": self.id, "status": self.status_in_4()}),
        };
        let fields = json!({"customFields": self.fields(version, file)});
        let members = [members, state, fields].into_iter().filter_map(|members| members.as_object().cloned()).flatten();
        let own = self.members.iter().cloned();
        members
            .map(|(name, value)| (format!("/{name}"), value))
            .chain(own)
            .fold(named(file).body, |whole, (pointer, value)| put(whole, &pointer, value))
    }

    /// In TheHive 5 each stage has statuses of its own.
    fn status_in_5(&self) -> &str {
        match (self.kind, self.stage.as_str()) {
            (Kind::Case, "Closed") => "TruePositive",
            (Kind::Alert, "Closed") => "Ignored",
            (_, stage) => stage,
        }
    }

    /// TheHive 4 has no stages. A case is open or resolved, and nobody works on an alert.
    fn status_in_4(&self) -> &str {
        match (self.kind, self.stage.as_str()) {
            (Kind::Case, "New" | "InProgress") => "Open",
            (Kind::Case, "Closed") => "Resolved",
            (Kind::Alert, "InProgress") => "Updated",
            (Kind::Alert, "Closed") => "Ignored",
            (_, status) => status,
        }
    }

    fn fields(&self, version: Version, file: &str) -> Value {
        let fields = self.custom_fields.as_object().expect("custom fields are an object");
        match version {
            Version::Five => rows(fields, &named(file).body["customFields"][0]),
            Version::Four => objects(fields),
        }
    }
}

/// TheHive 5 shows a row like this for each value.
fn rows(fields: &Map<String, Value>, template: &Value) -> Value {
    let values = fields.iter().flat_map(|(name, value)| each(value).map(move |value| (name, value)));
    let row = |(order, (name, value)): (usize, (&String, &Value))| {
        let row = put(put(template.clone(), "/_id", format!("~{}", order + 1)), "/name", name.as_str());
        put(put(put(row, "/type", kind_of(value)), "/value", value.clone()), "/order", order)
    };
    values.enumerate().map(row).collect()
}

/// TheHive 4 has one value for each field.
fn objects(fields: &Map<String, Value>) -> Value {
    let object = |(order, (name, value)): (usize, (&String, &Value))| {
        let one = match value {
            Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ").into(),
            one => one.clone(),
        };
        (name.clone(), json!({kind_of(&one): one, "order": order}))
    };
    Value::Object(fields.iter().enumerate().map(object).collect())
}

fn each(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

fn kind_of(value: &Value) -> &'static str {
    if value.is_number() { "integer" } else { "string" }
}
