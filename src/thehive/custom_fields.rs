//! Custom fields of any TheHive version, as one list of rows.

use anyhow::{Result, anyhow};
use serde_json::{Map, Value};

use super::excerpt;
use crate::secret::Secrets;

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
    /// One value can hold several, separated by commas, semicolons or white space. What people type where there is none
    /// (`N/A`, `-`) is none.
    ///
    /// # Errors
    /// Names the field where a value is nothing that could hold an id.
    pub fn ids(&self, name: &str, secrets: &Secrets) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for (_, value) in self.0.iter().filter(|(row, _)| row == name) {
            gather(value, &mut ids).map_err(|value| no_id(name, value, secrets))?;
        }
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        Ok(ids)
    }
}

impl CustomFields {
    /// The texts that the field of this name holds, as they are.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for (_, value) in self.0.iter().filter(|(row, _)| row == name) {
            collect_texts(value, &mut texts);
        }
        let mut seen = std::collections::HashSet::new();
        texts.retain(|text| seen.insert(text.clone()));
        texts
    }
}

fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.trim().is_empty() => texts.push(text.clone()),
        Value::Number(number) => texts.push(number.to_string()),
        Value::Bool(flag) => texts.push(flag.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(typed) => values_of(typed).for_each(|inner| collect_texts(inner, texts)),
        Value::Null | Value::String(_) => {}
    }
}

/// A row of the API v1 form: `{"name": …, "value": …}`.
fn row(item: &Value) -> Option<(String, Value)> {
    Some((item.get("name")?.as_str()?.to_owned(), item.get("value")?.clone()))
}

/// Collects what a value holds; a value that can hold no id is the error.
fn gather<'value>(value: &'value Value, ids: &mut Vec<String>) -> Result<(), &'value Value> {
    match value {
        Value::Null => Ok(()),
        Value::String(text) => {
            ids.extend(split(text).map(str::to_owned));
            Ok(())
        }
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            ids.extend(split(&number.to_string()).map(str::to_owned));
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| gather(item, ids)),
        Value::Object(typed) => values_of(typed).try_for_each(|inner| gather(inner, ids)),
        // A fraction, or a number too large to be kept whole, is no id any more.
        Value::Number(_) | Value::Bool(_) => Err(value),
    }
}

fn no_id(name: &str, value: &Value, secrets: &Secrets) -> anyhow::Error {
    anyhow!(
        "the custom field {} holds {}; expected an id, a list of ids, or ids separated by commas",
        secrets.quote(name),
        excerpt(value, secrets)
    )
}

/// TheHive 3 and 4 wrap a value by its type, beside its place in the list of fields: `{"string": "…", "order": 1}`.
fn values_of(typed: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    const NO_VALUE: [&str; 4] = ["order", "type", "name", "_id"];
    typed.iter().filter(|(key, _)| !NO_VALUE.contains(&key.as_str())).map(|(_, value)| value)
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    words.filter(|word| !word.is_empty() && !is_placeholder(word))
}

/// Whether people write this where there is nothing to write.
fn is_placeholder(word: &str) -> bool {
    const PLACEHOLDERS: [&str; 12] =
        ["n/a", "na", "n.a.", "-", "--", "–", "—", "none", "null", "nil", "undefined", "0"];
    const LONGEST: usize = "undefined".len();
    word.len() <= LONGEST && PLACEHOLDERS.contains(&word.to_lowercase().as_str())
}
