//! Cortex's input → [`Job`], and the check of its TLP and PAP.

use std::fmt;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Map, Value, json};

use super::limits::Limits;
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
        let levels = json!({"tlp": self.field("tlp"), "pap": self.field("pap")});
        match self.limits()?.exceeded_by(&levels).map_err(|error| anyhow!("the job's {error}"))? {
            Some(excess) => bail!("not sent: {excess} set for this responder. {}", excess.next()),
            None => Ok(()),
        }
    }

    /// Returns the highest TLP and PAP of what is sent.
    ///
    /// # Errors
    /// Names the configuration item that cannot be read.
    pub(crate) fn limits(&self) -> Result<Limits> {
        Limits::of(self.field("config"))
    }

    fn field(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }
}

/// Reads JSON. Automations write some that serde refuses, most often in members that nobody needs.
fn read(bytes: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(bytes).or_else(|error| serde_json::from_slice(&repaired(bytes)).map_err(|_| error))
}
