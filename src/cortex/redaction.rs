//! The job as a failure report echoes it: without its secrets.

use serde_json::Value;

use super::Job;
use crate::secret::{REMOVED, Secrets, UrlContext, is_secret_name, without_credentials};

impl Job {
    /// The job without what stands under a configuration item whose name says that it is secret, and without the passwords
    /// in URLs. The same secrets elsewhere in the job are removed when the report is
    /// scrubbed.
    #[must_use]
    pub fn echo(&self) -> Value {
        let mut fields = self.fields().clone();
        for part in PARTS {
            if let Some(items) = fields.get_mut(part) {
                redact(items, UrlContext::Text);
            }
        }
        Value::Object(fields)
    }

    /// Adds all that the job's configuration holds of secrets.
    pub fn learn_secrets(&self, secrets: &Secrets) {
        for items in PARTS.iter().filter_map(|part| self.fields().get(*part)) {
            learn(items, UrlContext::Text, secrets);
        }
    }
}

/// The parts of a job that hold configuration, Cortex's own and the administrator's.
const PARTS: [&str; 2] = ["config", "parameters"];

/// An item's name says how its value is to be read; so does the name of an object around it.
fn context_of(name: &str, around: UrlContext) -> UrlContext {
    let name = name.to_lowercase();
    match name.as_str() {
        name if name.contains("proxy") => UrlContext::Proxy,
        name if name.contains("url") && around == UrlContext::Text => UrlContext::Url,
        _ => around,
    }
}

fn redact(value: &mut Value, at: UrlContext) {
    match value {
        Value::Object(items) => {
            for (name, value) in items {
                if is_secret_name(name) {
                    *value = REMOVED.into();
                } else {
                    redact(value, context_of(name, at));
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, at)),
        Value::String(text) => *text = without_credentials(text, at),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn learn(value: &Value, at: UrlContext, secrets: &Secrets) {
    match value {
        Value::Object(items) => {
            for (name, value) in items {
                if is_secret_name(name) {
                    learn_all(value, secrets);
                } else {
                    learn(value, context_of(name, at), secrets);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| learn(item, at, secrets)),
        Value::String(text) => secrets.learn_url_credentials(text, at),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whatever stands below a secret name is secret.
fn learn_all(value: &Value, secrets: &Secrets) {
    match value {
        Value::Object(items) => items.values().for_each(|item| learn_all(item, secrets)),
        Value::Array(items) => items.iter().for_each(|item| learn_all(item, secrets)),
        Value::String(text) => secrets.learn(text),
        Value::Number(number) => secrets.learn(&number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}
