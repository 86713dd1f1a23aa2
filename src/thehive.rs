//! TheHive's side of a job: the alert or case, in the shape of any TheHive version, as one [`Entity`].
//!
//! The shapes are those of TheHive 5 (responder input and API v1 form), 4 and 3.

mod custom_fields;
mod stage;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::secret::Secrets;

pub use custom_fields::CustomFields;
pub use stage::Stage;

/// What kind of TheHive object the job is about: the job's `dataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `thehive:alert`
    Alert,
    /// `thehive:case`
    Case,
}

impl Kind {
    /// Reads the job's `dataType`.
    ///
    /// # Errors
    /// Names what the responder works on.
    pub fn parse(data_type: &Value, secrets: &Secrets) -> Result<Kind> {
        match data_type {
            name if name == Kind::Alert.data_type() => Ok(Kind::Alert),
            name if name == Kind::Case.data_type() => Ok(Kind::Case),
            Value::Null => bail!(
                "the job has no dataType; expected \"thehive:alert\" or \"thehive:case\". Run the responder on an alert or a case."
            ),
            other => bail!(
                "the job's dataType is {}; expected \"thehive:alert\" or \"thehive:case\". Run the responder on an alert or a case.",
                excerpt(other, secrets)
            ),
        }
    }

    /// The job's `dataType`.
    #[must_use]
    pub fn data_type(self) -> &'static str {
        match self {
            Kind::Alert => "thehive:alert",
            Kind::Case => "thehive:case",
        }
    }

    /// `alert` or `case`, as people say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Alert => "alert",
            Kind::Case => "case",
        }
    }
}

/// An alert or case, reduced to what a service needs of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Alert or case.
    pub kind: Kind,
    /// What an analyst calls it, for messages: `case #42`, `alert ~8360`.
    pub label: String,
    /// Where the work on it stands.
    pub stage: Stage,
    /// What the analyst concluded (`TruePositive`, …), where anything was concluded.
    pub verdict: Option<String>,
    /// Its custom fields, of any shape.
    pub custom_fields: CustomFields,
    /// An alert's reference at its source; the official ingester puts the composite id here.
    pub source_ref: Option<String>,
}

impl Entity {
    /// Reads the job's `data`.
    ///
    /// # Errors
    /// Says which part is missing or wrong, and what was expected.
    pub fn parse(kind: Kind, data: &Value, secrets: &Secrets) -> Result<Entity> {
        let fields = data.as_object().with_context(|| {
            let name = kind.name();
            match data {
                Value::Null => format!("the job has no data; expected the {name} as a JSON object"),
                other => format!("the job's data is {}; expected the {name} as a JSON object", excerpt(other, secrets)),
            }
        })?;
        let label = label(kind, data, secrets);
        Ok(Entity {
            kind,
            stage: stage::read(kind, data, secrets).with_context(|| label.clone())?,
            label,
            verdict: stage::verdict(data),
            custom_fields: CustomFields::collect(fields),
            source_ref: data["sourceRef"].as_str().map(str::to_owned),
        })
    }
}

/// A case goes by its number, an alert by its id.
fn label(kind: Kind, data: &Value, secrets: &Secrets) -> String {
    let number = ["number", "caseId"].iter().find_map(|key| data[*key].as_u64());
    let id = ["_id", "id"].iter().find_map(|key| data[*key].as_str());
    match (kind, number, id) {
        (Kind::Case, Some(number), _) => format!("case #{number}"),
        (_, _, Some(id)) => format!("{} {}", kind.name(), secrets.quote_within(id, LONGEST_EXCERPT)),
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
