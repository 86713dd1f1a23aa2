//! TheHive's side of a job: the alert, case or observable, in the shape of any TheHive version, as one [`Entity`]; and what
//! TheHive itself tells of it (`api`).
//!
//! The shapes are those of TheHive 5 (responder input and API v1 form), 4 and 3.

pub(crate) mod api;
mod custom_fields;
mod stage;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::secret::Secrets;

pub(crate) use api::{Address, AlertLookup, LookupEnd, MAX_ALERTS, MergedAlert, TheHive, Unreached};
pub use custom_fields::CustomFields;
pub use stage::Stage;

/// What kind of TheHive object the job is about: the job's `dataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `thehive:alert`
    Alert,
    /// `thehive:case`
    Case,
    /// `thehive:case_artifact`
    Observable,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Alert, Kind::Case, Kind::Observable];

    /// Reads the job's `dataType`, which must be one of these.
    ///
    /// # Errors
    /// Names what the responder works on.
    pub fn parse(data_type: &Value, kinds: &[Kind], secrets: &Secrets) -> Result<Kind> {
        let found = Kind::ALL.into_iter().find(|kind| data_type == kind.data_type());
        if let Some(kind) = found.filter(|kind| kinds.contains(kind)) {
            return Ok(kind);
        }
        let data_types: Vec<String> = kinds.iter().map(|kind| format!("{:?}", kind.data_type())).collect();
        let names: Vec<String> = kinds.iter().map(|kind| format!("{} {}", kind.article(), kind.name())).collect();
        let expected = format!("expected {}. Run the responder on {}.", data_types.join(" or "), names.join(" or "));
        match data_type {
            Value::Null => bail!("the job has no dataType; {expected}"),
            other => bail!("the job's dataType is {}; {expected}", excerpt(other, secrets)),
        }
    }

    /// The job's `dataType`.
    #[must_use]
    pub fn data_type(self) -> &'static str {
        match self {
            Kind::Alert => "thehive:alert",
            Kind::Case => "thehive:case",
            Kind::Observable => "thehive:case_artifact",
        }
    }

    /// `alert`, `case` or `observable`, as people say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Alert => "alert",
            Kind::Case => "case",
            Kind::Observable => "observable",
        }
    }

    fn article(self) -> &'static str {
        if self == Kind::Case { "a" } else { "an" }
    }
}

/// An alert, case or observable, from which a service reads what it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity<'job> {
    /// What it is.
    pub kind: Kind,
    /// What an analyst calls it, for messages: `case #42`, `alert ~8360`.
    pub label: String,
    /// Its custom fields, of any shape.
    pub custom_fields: CustomFields,
    data: &'job Value,
}

impl<'job> Entity<'job> {
    /// Reads the job's `data`.
    ///
    /// # Errors
    /// Says that it is no object.
    pub fn parse(kind: Kind, data: &'job Value, secrets: &Secrets) -> Result<Entity<'job>> {
        let fields = data.as_object().with_context(|| {
            let name = kind.name();
            match data {
                Value::Null => format!("the job has no data; expected the {name} as a JSON object"),
                other => format!("the job's data is {}; expected the {name} as a JSON object", excerpt(other, secrets)),
            }
        })?;
        let label = label(kind, data, secrets);
        Ok(Entity { kind, label, custom_fields: CustomFields::collect(fields), data })
    }

    /// Where the work on it stands.
    ///
    /// # Errors
    /// Says which part is missing or wrong, and what was expected.
    pub fn stage(&self, secrets: &Secrets) -> Result<Stage> {
        stage::read(self.kind, self.data, secrets).with_context(|| self.label.clone())
    }

    /// What the analyst concluded (`TruePositive`, …), where anything was concluded.
    #[must_use]
    pub fn verdict(&self) -> Option<String> {
        stage::verdict(self.data)
    }

    /// An alert's reference at its source; the ingester falcon2thehive puts the composite ID here if the event has one.
    #[must_use]
    pub fn source_ref(&self) -> Option<&'job str> {
        self.text("sourceRef")
    }

    /// Its id in TheHive.
    #[must_use]
    pub fn id(&self) -> Option<&'job str> {
        self.text("_id").or(self.text("id")).filter(|id| !id.trim().is_empty())
    }

    /// The number of the case; of an observable, of the case that it belongs to.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        number(self.case())
    }

    /// Its title; of an observable, that of the case that it belongs to.
    #[must_use]
    pub fn title(&self) -> Option<&'job str> {
        self.case().get("title").and_then(Value::as_str)
    }

    /// Its description.
    #[must_use]
    pub fn description(&self) -> Option<&'job str> {
        self.text("description")
    }

    /// What was concluded of a case, in words.
    #[must_use]
    pub fn summary(&self) -> Option<&'job str> {
        self.text("summary")
    }

    /// Who works on it, by their name in TheHive: an `assignee` in 5, an `owner` in 3 and 4.
    #[must_use]
    pub fn assignee(&self) -> Option<&'job str> {
        self.text("owner").or(self.text("assignee"))
    }

    /// From 1, low, to 4, critical.
    #[must_use]
    pub fn severity(&self) -> Option<u64> {
        self.data.get("severity").and_then(Value::as_u64)
    }

    /// Its tags, each once.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        let tags = self.data.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        tags.map(str::trim).filter(|tag| !tag.is_empty() && seen.insert(*tag)).map(str::to_owned).collect()
    }

    /// The value of an observable; a file has none.
    #[must_use]
    pub fn value(&self) -> Option<&'job str> {
        self.text("data").filter(|_| self.kind == Kind::Observable)
    }

    fn text(&self, key: &str) -> Option<&'job str> {
        self.data.get(key).and_then(Value::as_str)
    }

    fn case(&self) -> &'job Value {
        if self.kind == Kind::Observable { &self.data["case"] } else { self.data }
    }
}

fn number(data: &Value) -> Option<u64> {
    ["number", "caseId"].iter().find_map(|key| data[*key].as_u64())
}

/// A case goes by its number, an observable by its value, all else by its id.
fn label(kind: Kind, data: &Value, secrets: &Secrets) -> String {
    let id = ["_id", "id"].iter().find_map(|key| data[*key].as_str());
    let value = data["data"].as_str().filter(|_| kind == Kind::Observable);
    match (kind, number(data), value.or(id)) {
        (Kind::Case, Some(number), _) => format!("case #{number}"),
        (_, _, Some(name)) => format!("{} {}", kind.name(), secrets.quote_within(name, LONGEST_EXCERPT)),
        (_, _, None) => format!("the {}", kind.name()),
    }
}

/// The most characters of a job's value in a message.
const LONGEST_EXCERPT: usize = 80;

/// A JSON value as it reads in a message: short, on one line.
fn excerpt(value: &Value, secrets: &Secrets) -> String {
    match value {
        Value::Array(items) => format!("a list of {} items", items.len()),
        Value::Object(_) => "an object".to_owned(),
        other => secrets.quote_within(&other.to_string(), LONGEST_EXCERPT),
    }
}
