//! Jobs like the one of the fixtures, with other links.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::stand_in::strict::CID;

/// The custom fields that links are in.
pub const ALERT_FIELD: &str = "csfalcon-alert-id";
pub const INCIDENT_FIELD: &str = "csfalcon-incident-id";

/// The incident of the fixtures.
pub const INCIDENT: &str = "inc:3c1f5a7e9b2d4860a1c3e5f708192a3b:6b1d8f0e2c4a49d7";

/// The job of a TheHive case with these custom fields, for the Falcon at this URL.
pub fn job(url: &str, fields: Value) -> Value {
    let fixture = include_str!("../../fixtures/jobs/thehive5-case.json");
    let mut job: Value = serde_json::from_str(fixture).expect("a fixture is JSON");
    job["data"]["customFieldValues"] = fields;
    job["config"]["base_url"] = url.into();
    job
}

/// The job of a case with these alerts.
pub fn job_of_alerts(url: &str, alerts: &[String]) -> Value {
    job(url, json!({ ALERT_FIELD: alerts }))
}

/// Writes a job to a file of this name.
pub fn write(directory: &Path, name: &str, job: &Value) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, job.to_string()).expect("a job can be written");
    path
}

/// The composite id of an alert, as long as Falcon's; another for each number.
pub fn alert(number: usize) -> String {
    let agent = (number as u128 + 1) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835 % (1 << 127);
    format!("{CID}:ind:{agent:032x}:{}-10357-{}", 171_219_000 + number, 8_210 + number % 512)
}
