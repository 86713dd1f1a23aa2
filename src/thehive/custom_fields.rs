//! Custom fields of any TheHive version, as one list of rows.

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::excerpt;

/// Every custom field of an alert or case, one row a value, in the order of the job.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomFields(Vec<(String, Value)>);

impl CustomFields {
    /// Gathers `customFieldValues` (TheHive 5) and `customFields` (rows in 5, an object in 3 and 4).
    pub(super) fn collect(entity: &Map<String, Value>) -> CustomFields {
        let mut rows = Vec::new();
        for key in ["customFieldValues", "customFields"] {
            match entity.get(key) {
                Some(Value::Object(by_name)) => {
                    rows.extend(by_name.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
                Some(Value::Array(list)) => rows.extend(list.iter().filter_map(row)),
                _ => {}
            }
        }
        CustomFields(rows)
    }

    /// The ids that the field of this name holds: in order, without blanks and repeats.
    ///
    /// One value can hold several, separated by commas, semicolons or white space.
    ///
    /// # Errors
    /// Names the field where a value is nothing that could hold an id.
    pub fn ids(&self, name: &str) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for (_, value) in self.0.iter().filter(|(row, _)| row == name) {
            gather(name, value, &mut ids)?;
        }
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        Ok(ids)
    }
}

/// A row of the API v1 form: `{"name": …, "value": …}`.
fn row(item: &Value) -> Option<(String, Value)> {
    Some((item.get("name")?.as_str()?.to_owned(), item.get("value")?.clone()))
}

fn gather(name: &str, value: &Value, ids: &mut Vec<String>) -> Result<()> {
    match value {
        Value::Null => {}
        Value::String(text) => ids.extend(split(text).map(str::to_owned)),
        Value::Number(number) if number.is_i64() || number.is_u64() => ids.push(number.to_string()),
        Value::Array(items) => {
            for item in items {
                gather(name, item, ids)?;
            }
        }
        Value::Object(typed) => {
            for inner in unwrap(typed) {
                gather(name, inner, ids)?;
            }
        }
        // A fraction, or a number too large to be kept whole, is no id any more.
        Value::Number(_) | Value::Bool(_) => bail!(
            "the custom field {name} holds {}; expected an id, a list of ids, or ids separated by commas",
            excerpt(value)
        ),
    }
    Ok(())
}

/// TheHive 3 and 4 wrap a value by its type, beside its place in the list of fields: `{"string": "…", "order": 1}`.
fn unwrap(typed: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    const NO_VALUE: [&str; 4] = ["order", "type", "name", "_id"];
    typed.iter().filter(|(key, _)| !NO_VALUE.contains(&key.as_str())).map(|(_, value)| value)
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c == ';' || c.is_whitespace()).filter(|id| !id.is_empty())
}
