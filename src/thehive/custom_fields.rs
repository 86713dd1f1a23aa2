//! Custom fields of any TheHive version, as one list of rows.

use serde_json::{Map, Value};

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

    /// Returns the strings, numbers and truth values that the field of this name holds, in the order of the job.
    #[must_use]
    pub fn scalars(&self, name: &str) -> Vec<&Value> {
        let mut scalars = Vec::new();
        for (_, value) in self.0.iter().filter(|(row, _)| row == name) {
            collect_scalars(value, &mut scalars);
        }
        scalars
    }

    /// Returns the values of the field of this name as text, each once and without blank ones.
    #[must_use]
    pub fn texts(&self, name: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut seen = std::collections::HashSet::new();
        let texts = self.scalars(name).into_iter().map(text);
        texts.filter(|text| !text.trim().is_empty() && seen.insert(text.clone())).collect()
    }
}

fn collect_scalars<'value>(value: &'value Value, scalars: &mut Vec<&'value Value>) {
    match value {
        Value::Null => {}
        Value::String(_) | Value::Number(_) | Value::Bool(_) => scalars.push(value),
        Value::Array(items) => items.iter().for_each(|item| collect_scalars(item, scalars)),
        Value::Object(typed) => values_of(typed).for_each(|inner| collect_scalars(inner, scalars)),
    }
}

/// A row of the API v1 form: `{"name": …, "value": …}`.
fn row(item: &Value) -> Option<(String, Value)> {
    Some((item.get("name")?.as_str()?.to_owned(), item.get("value")?.clone()))
}

/// TheHive 3 and 4 wrap a value by its type, beside its place in the list of fields: `{"string": "…", "order": 1}`.
fn values_of(typed: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    const NO_VALUE: [&str; 4] = ["order", "type", "name", "_id"];
    typed.iter().filter(|(key, _)| !NO_VALUE.contains(&key.as_str())).map(|(_, value)| value)
}
