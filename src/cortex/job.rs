//! Cortex's input → [`Job`], and the check of its TLP and PAP.

use std::fmt;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use super::level::{Level, Protocol};
use crate::http::json::{repaired, weight};

/// The longest job that is read, in bytes. TheHive's largest alerts and cases stay below five megabytes.
pub const LONGEST_JOB: u64 = 8_000_000;

/// The heaviest job that is read: the memory, in bytes, that its parts may take. Real ones take a quarter of it at the most.
const HEAVIEST_JOB: usize = 80_000_000;

/// A job as Cortex writes it. Every field is optional until proved present.
#[derive(Clone, PartialEq)]
pub struct Job(Map<String, Value>);

/// A job holds secrets, so that its `Debug` shows nothing of it.
impl fmt::Debug for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Job")
    }
}

impl Job {
    /// Reads Cortex's `input.json`: UTF-8, with or without a byte order mark.
    ///
    /// # Errors
    /// Says where the bytes stop being JSON, or what they are instead of an object.
    pub fn parse(bytes: &[u8]) -> Result<Job> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.trim_ascii().is_empty() {
            bail!("the job is empty; expected a JSON object with data, dataType and config");
        }
        if weight(bytes) > HEAVIEST_JOB {
            bail!("the job is made of too many small parts; expected one alert or case as Cortex sends it");
        }
        match read(bytes).context("the job is not JSON; expected a JSON object with data, dataType and config")? {
            Value::Object(fields) => Ok(Job(fields)),
            Value::Array(_) => bail!("the job is a JSON list; expected an object with data, dataType and config"),
            _ => bail!("the job is a single JSON value; expected an object with data, dataType and config"),
        }
    }

    /// Reads a job, or configuration items without one, by themselves or as `config`; for whoever checks a configuration.
    ///
    /// # Errors
    /// As [`Job::parse`].
    pub(crate) fn parse_or_config(bytes: &[u8]) -> Result<Job> {
        let Job(fields) = Job::parse(bytes)?;
        let is_job = fields.is_empty() || ["config", "data", "dataType"].iter().any(|part| fields.contains_key(*part));
        Ok(if is_job { Job(fields) } else { Job(Map::from_iter([("config".into(), Value::Object(fields))])) })
    }

    /// Whether it is a configuration alone: there is neither an alert or case nor a word of what it would be.
    #[must_use]
    pub(crate) fn is_config_alone(&self) -> bool {
        self.data().is_null() && self.data_type().is_null()
    }

    /// The job's `dataType`; null where it has none.
    #[must_use]
    pub fn data_type(&self) -> &Value {
        self.field("dataType")
    }

    /// The alert or case; null where the job has none.
    #[must_use]
    pub fn data(&self) -> &Value {
        self.field("data")
    }

    /// What was given along by whoever runs the responder; null where the job has none.
    #[must_use]
    pub fn parameters(&self) -> &Value {
        self.field("parameters")
    }

    /// The responder's configuration items.
    ///
    /// # Errors
    /// Says that the job has no `config`, or one that is no object.
    pub fn config(&self) -> Result<&Map<String, Value>> {
        match self.field("config") {
            Value::Object(items) => Ok(items),
            Value::Null => {
                bail!("the job has no config; expected the responder's configuration items as Cortex sends them")
            }
            _ => bail!("the job's config is not a JSON object; expected the responder's configuration items"),
        }
    }

    /// The job as it came.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Refuses a job whose TLP or PAP is above what the configuration allows, as cortexutils does.
    ///
    /// # Errors
    /// Names the level, the limit, and how to go on.
    pub fn check_tlp_and_pap(&self) -> Result<()> {
        self.check_level(Protocol::Tlp)?;
        self.check_level(Protocol::Pap)
    }

    fn check_level(&self, protocol: Protocol) -> Result<()> {
        let name = protocol.member();
        let item = |key: String| self.field("config").get(&key).unwrap_or(&Value::Null);
        let check = format!("check_{name}");
        if !is_on(item(check.clone()))
            .with_context(|| format!("the configuration item {check} is neither true nor false"))?
        {
            return Ok(());
        }
        let level = Level::parse(self.field(name)).with_context(|| format!("the job's {name} is no number"))?;
        let limit = Level::parse(item(format!("max_{name}")))
            .with_context(|| format!("the configuration item max_{name} is no number"))?;
        if level > limit {
            bail!(
                "not sent: {} exceeds the limit {} set for this responder. \
                 Lower the {protocol} in TheHive, or raise the responder's max {protocol} in Cortex (Organization → Responders).",
                protocol.with(level),
                protocol.limited_to(limit)
            );
        }
        Ok(())
    }

    fn field(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }
}

/// Reads JSON. Automations write some that serde refuses, most often in members that nobody needs.
fn read(bytes: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(bytes).or_else(|error| serde_json::from_slice(&repaired(bytes)).map_err(|_| error))
}

/// Only null and false switch a check off. Any other value that is not true is an error, so that a typing mistake lets no
/// job pass.
fn is_on(switch: &Value) -> Option<bool> {
    match switch {
        Value::Null => Some(false),
        Value::Bool(on) => Some(*on),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}
