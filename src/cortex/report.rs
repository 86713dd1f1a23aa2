//! The report: what Cortex and the analyst get to see of a job.

mod limit;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Job;
use crate::secret::Secrets;
pub(super) use limit::MAX_LENGTH;

/// What TheHive is to do once a job has succeeded. One in the wrong context fails in TheHive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum Operation {
    /// Tags the alert; only in an alert's job.
    AddTagToAlert {
        /// The tag.
        tag: String,
    },
    /// Tags the case; only in a case's job, or in one of its observables'.
    AddTagToCase {
        /// The tag.
        tag: String,
    },
    /// Tags the observable; only in an observable's job.
    AddTagToArtifact {
        /// The tag.
        tag: String,
    },
    /// Fills a custom field of the case; TheHive takes none for an alert.
    AddCustomFields {
        /// The field's name.
        name: String,
        /// Its type.
        tpe: &'static str,
        /// What it is to hold.
        value: String,
    },
}

/// What Cortex's own page shows of a report: `Falcon:status="closed"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What it is about.
    pub predicate: &'static str,
    /// What there is to say of that; nothing from outside.
    pub value: String,
}

impl Label {
    /// Cortex knows the levels info, safe, suspicious and malicious, and no others.
    const LEVEL: &str = "info";
    const LEVEL_PLACE: &str = "/summary/taxonomies/0/level";

    /// A report's `summary`.
    fn as_summary(&self) -> Value {
        let Label { predicate, value } = self;
        let label = json!({"level": Label::LEVEL, "namespace": "Falcon", "predicate": predicate, "value": value});
        json!({"taxonomies": [label]})
    }
}

/// The answer to a job, as Cortex reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Report(Value);

impl Report {
    /// All that the job asked for was done. `full` begins with a `message` for people; keys come in the order in which they are
    /// written.
    #[must_use]
    pub fn success(full: Map<String, Value>, label: Option<&Label>, operations: &[Operation]) -> Report {
        let mut report = json!({"success": true});
        report["full"] = full.into();
        report["operations"] = json!(operations);
        if let Some(label) = label {
            report["summary"] = label.as_summary();
        }
        Report(report)
    }

    /// Something was not done. Cortex shows the message and nothing else, so it says what failed, on which ids, why, and what
    /// to do. Its `input` is empty until it is made to echo a job.
    #[must_use]
    pub fn failure(error_message: &str) -> Report {
        Report(json!({"success": false, "errorMessage": error_message, "input": {}}))
    }

    /// A failure of a run that cannot even tell how far it got.
    #[must_use]
    pub(crate) fn unexplained(by: &str) -> Report {
        let error_message = format!(
            "{by} stopped the responder. What was sent to Falcon by then is not known: look at the alert's or case's ids there, and run the responder again, which is safe."
        );
        Report::failure(&error_message)
    }

    /// The report with the job that it is about as its input, where it tells of a failure: nobody reads it of a success.
    #[must_use]
    pub(crate) fn echoing(mut self, job: Option<&Job>) -> Report {
        if let Some((input, job)) = self.0.get_mut("input").zip(job) {
            *input = job.echo();
        }
        self
    }

    /// Whether all that the job asked for was done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.0["success"] == true
    }

    /// The message for people.
    #[must_use]
    pub fn message(&self) -> &str {
        let message = if self.is_success() { &self.0["full"]["message"] } else { &self.0["errorMessage"] };
        message.as_str().unwrap_or_default()
    }

    /// The report as JSON.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.0
    }

    /// Returns the report below [`MAX_LENGTH`]. A failure loses the alert or case that it echoes, then the rest of the job, then
    /// the ends of what is long in its message.
    #[must_use]
    pub(crate) fn limited(mut self) -> Report {
        if self.is_too_long() {
            if self.is_success() {
                limit::shorten_success(&mut self.0);
            } else {
                self.shorten_failure();
            }
        }
        self
    }

    fn shorten_failure(&mut self) {
        if let Some(input) = self.0["input"].as_object_mut() {
            input.remove("data");
        }
        if self.is_too_long() {
            self.0["input"] = json!({});
        }
        if self.is_too_long() {
            let around = limit::length(&self.0) - limit::length(&self.0["errorMessage"]);
            self.0["errorMessage"] = limit::shorten_message(self.message(), MAX_LENGTH.saturating_sub(around)).into();
        }
    }

    fn is_too_long(&self) -> bool {
        limit::length(&self.0) > MAX_LENGTH
    }

    /// The report without any of these secrets, wherever one may have got in. The words that Cortex reads stay: its keys, the
    /// types of operations, and the level of the label.
    #[must_use]
    pub fn scrubbed(mut self, secrets: &Secrets) -> Report {
        let input = self.0.get_mut("input").map(Value::take);
        let types: Vec<Value> = operations(&self.0).iter().map(|operation| operation["type"].clone()).collect();
        let mut report = secrets.scrubbed_but_for_keys(self.0);
        for (place, kind) in types.into_iter().enumerate() {
            report["operations"][place]["type"] = kind;
        }
        if let Some(level) = report.pointer_mut(Label::LEVEL_PLACE) {
            *level = Label::LEVEL.into();
        }
        if let Some(input) = input {
            report["input"] = secrets.scrubbed(input);
        }
        Report(report)
    }
}

fn operations(report: &Value) -> &[Value] {
    report["operations"].as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    /// Texts of which a few fill a report, in characters that JSON writes in one to six bytes.
    fn text() -> impl Strategy<Value = String> {
        ("[ab\n\"ü🦅\u{1}]{0,3}", prop_oneof![Just(1_usize), 1..2_000_usize, 1..200_000_usize])
            .prop_map(|(part, times)| part.repeat(times))
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![text().prop_map(Value::from), any::<u64>().prop_map(Value::from), Just(Value::Null)];
        leaf.prop_recursive(3, 24, 8, |inner| {
            prop_oneof![
                (vec(inner.clone(), 0..8), 1..20_usize).prop_map(|(items, times)| vec![items; times].concat().into()),
                btree_map("[a-z]{1,8}", inner, 0..6).prop_map(|members| Value::from(Map::from_iter(members))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn no_report_is_longer_than_the_limit(full in btree_map("[a-z]{1,8}", value(), 0..8), message in text(), tag in text()) {
            let mut full = Map::from_iter(full);
            full.insert("message".into(), message.clone().into());
            let success = Report::success(full, None, &[Operation::AddTagToCase { tag }]).limited();
            prop_assert!(success.as_json().to_string().len() <= MAX_LENGTH);
            prop_assert!(success.as_json()["full"]["message"].is_string() && success.as_json()["operations"].is_array());
            let failure = Report::failure(&message.repeat(4)).limited();
            prop_assert!(failure.as_json().to_string().len() <= MAX_LENGTH);
        }
    }
}
