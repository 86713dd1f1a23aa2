//! The job as a failure report echoes it: without its secrets.

use serde_json::{Map, Value};

use super::Job;
use crate::secret::{REMOVED, Secrets, is_secret_name, url_password};

impl Job {
    /// The job without its secrets: whatever stands under a configuration item whose name says so, the passwords in
    /// URLs, and every repetition of them elsewhere.
    #[must_use]
    pub fn echo(&self, secrets: &Secrets) -> Value {
        let mut fields = self.fields().clone();
        for part in ["config", "parameters"] {
            if let Some(items) = fields.get_mut(part) {
                redact(items);
            }
        }
        let mut echo = Value::Object(fields);
        secrets.scrub_value(&mut echo);
        echo
    }

    /// Adds all that the job's configuration holds of secrets.
    pub fn learn_secrets(&self, secrets: &Secrets) {
        for part in ["config", "parameters"] {
            if let Some(items) = self.fields().get(part) {
                collect(items, false, secrets);
            }
        }
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(items) => redact_items(items),
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) => {
            if let Some(password) = url_password(text) {
                text.replace_range(password, REMOVED);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn redact_items(items: &mut Map<String, Value>) {
    for (name, value) in items {
        if is_secret_name(name) {
            *value = REMOVED.into();
        } else {
            redact(value);
        }
    }
}

fn collect(value: &Value, secret: bool, secrets: &Secrets) {
    match value {
        Value::Object(items) => {
            items.iter().for_each(|(name, value)| collect(value, secret || is_secret_name(name), secrets));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, secrets)),
        Value::String(text) if secret => secrets.learn(text),
        Value::String(text) => secrets.learn_url_password(text),
        Value::Number(number) if secret => secrets.learn(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
