//! What Sync does beside the status, where that is configured: given this job and this tenant, expect these requests, byte
//! for byte, and this report.

mod assignee;
mod check;
mod comment;
mod commented_once;
mod empty_lists;
mod examples;
mod linked_cases;
mod off;
mod refused;
mod reopened;
mod secrets;
mod status_map;
mod template;
mod verdict;
mod verdict_of_cases;
mod verify;

use serde_json::{Value, json};

use crate::common::{ALERT, Job, job};

pub use super::services::{asked, instead, reads, respond};

/// The fixtures' case, closed with this verdict and linked to one alert.
pub fn closed(verdict: &str) -> Job {
    linked(json!({"csfalcon-alert-id": ALERT})).with("/data/stage", "Closed").with("/data/extendedStatus", verdict)
}

/// The fixtures' case, which is in progress, with these custom fields and no others.
pub fn linked(fields: Value) -> Job {
    job("thehive5-case").linked_to(fields)
}

/// The job with these configuration items, too.
pub fn with(job: Job, items: &Value) -> Job {
    let items = items.as_object().expect("items by name").iter();
    items.fold(job, |job, (name, value)| job.with(&format!("/config/{name}"), value.clone()))
}

/// The update of one alert by these actions.
pub fn updates(actions: &[(&str, &str)]) -> String {
    let actions = actions.iter().map(|(name, value)| format!(r#"{{"name":"{name}","value":"{value}"}}"#));
    let actions = actions.collect::<Vec<_>>().join(",");
    format!(r#"PATCH /alerts/entities/alerts/v3 {{"action_parameters":[{actions}],"composite_ids":["{ALERT}"]}}"#)
}

/// The comment on one alert.
pub fn comments(words: &str) -> String {
    updates(&[("append_comment", words)])
}

/// The read of one alert.
pub fn reads_alert() -> String {
    format!(r#"POST /alerts/entities/alerts/v2 {{"composite_ids":["{ALERT}"]}}"#)
}
