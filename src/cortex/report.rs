//! The report: what Cortex and the analyst get to see of a job.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::secret::Secrets;

/// What TheHive is to do once a job has succeeded. One in the wrong context fails in TheHive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum Operation {
    /// Tags the alert; only in an alert's job.
    AddTagToAlert {
        /// The tag.
        tag: String,
    },
    /// Tags the case; only in a case's job.
    AddTagToCase {
        /// The tag.
        tag: String,
    },
}

/// The answer to a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// All that the job asked for was done.
    Success {
        /// `message` for people, the rest for machines. Cortex demands an object.
        full: Map<String, Value>,
        /// What TheHive is to do now.
        operations: Vec<Operation>,
    },
    /// Something was not done. Cortex shows `error_message` and nothing else.
    Failure {
        /// What failed, on which ids, why, and what to do.
        error_message: String,
        /// The job, without its secrets; an empty object where the job could not be read.
        input: Value,
    },
}

impl Report {
    /// A failure report for a job that could not be read, so that there is nothing to echo.
    #[must_use]
    pub fn unreadable(error: &anyhow::Error) -> Report {
        Report::Failure { error_message: sentence(error), input: json!({}) }
    }

    /// A failure report of a run that was stopped and cannot tell how far it got.
    #[must_use]
    pub fn unexplained(by: &str) -> Report {
        let error_message = format!(
            "{by} stopped the responder. What was sent to Falcon by then is not known: look at the alert's or case's ids there, and run the responder again, which is safe."
        );
        Report::Failure { error_message, input: json!({}) }
    }

    /// A failure report on a job that was refused before anything was sent.
    #[must_use]
    pub fn failure(error: &anyhow::Error, warnings: &[String], echo: Value) -> Report {
        let warnings = warnings.iter().map(|warning| format!("\nWarning: {warning}"));
        Report::Failure { error_message: sentence(error) + &warnings.collect::<String>(), input: echo }
    }

    /// Whether all that the job asked for was done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Report::Success { .. })
    }

    /// The message for people.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Report::Success { full, .. } => full.get("message").and_then(Value::as_str).unwrap_or_default(),
            Report::Failure { error_message, .. } => error_message,
        }
    }

    /// The report as Cortex reads it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Report::Success { full, operations } => json!({"success": true, "full": full, "operations": operations}),
            Report::Failure { error_message, input } => {
                json!({"success": false, "errorMessage": error_message, "input": input})
            }
        }
    }

    /// The report without any of these secrets, wherever one may have got in.
    #[must_use]
    pub fn scrubbed(mut self, secrets: &Secrets) -> Report {
        match &mut self {
            Report::Success { full, operations } => {
                full.values_mut().for_each(|value| secrets.scrub_value(value));
                for Operation::AddTagToAlert { tag } | Operation::AddTagToCase { tag } in operations {
                    *tag = secrets.scrub(tag);
                }
            }
            Report::Failure { error_message, input } => {
                *error_message = secrets.scrub(error_message);
                secrets.scrub_value(input);
            }
        }
        self
    }
}

/// An error and its causes as one sentence.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = format!("{error:#}");
    if let Some(first) = text.get(..1) {
        let first = first.to_uppercase();
        text.replace_range(..1, &first);
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
