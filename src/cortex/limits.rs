//! The highest TLP and PAP of what a responder sends.

use std::fmt;

use anyhow::{Context, Result};
use serde_json::Value;

use super::level::{Level, Protocol};

/// The highest TLP and PAP of what a responder sends; none for a protocol that is not checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits(Vec<Limit>);

#[derive(Debug, Clone, Copy)]
struct Limit {
    protocol: Protocol,
    level: Level,
}

/// A level above its limit. Its `Display`: `TLP 4 (RED) exceeds the limit TLP:AMBER (2)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Excess {
    limit: Limit,
    level: Level,
}

impl Limits {
    /// Reads `check_tlp`, `max_tlp`, `check_pap` and `max_pap`.
    ///
    /// # Errors
    /// Names the item that cannot be read: a typing mistake must let nothing pass.
    pub(super) fn of(config: &Value) -> Result<Limits> {
        let limits = [Protocol::Tlp, Protocol::Pap].map(|protocol| Limit::of(protocol, config));
        Ok(Limits(limits.into_iter().filter_map(Result::transpose).collect::<Result<_>>()?))
    }

    /// Returns the first level of a job, alert or case that is above its limit.
    ///
    /// # Errors
    /// Names the level that is not a number.
    pub(crate) fn exceeded_by(&self, subject: &Value) -> Result<Option<Excess>> {
        for limit in &self.0 {
            let name = limit.protocol.member();
            let level = Level::parse(&subject[name]).with_context(|| format!("{name} is no number"))?;
            if level > limit.level {
                return Ok(Some(Excess { limit: *limit, level }));
            }
        }
        Ok(None)
    }
}

impl Limit {
    /// Reads the limit of a protocol; `None` if it is not checked.
    fn of(protocol: Protocol, config: &Value) -> Result<Option<Limit>> {
        let (check, max) = (format!("check_{}", protocol.member()), format!("max_{}", protocol.member()));
        let is_checked = is_on(&config[&check]);
        if !is_checked.with_context(|| format!("the configuration item {check} is neither true nor false"))? {
            return Ok(None);
        }
        let level = Level::parse(&config[&max]);
        let level = level.with_context(|| format!("the configuration item {max} is no number"))?;
        Ok(Some(Limit { protocol, level }))
    }
}

impl Excess {
    /// Returns what to do about it: one sentence.
    pub(crate) fn next(&self) -> String {
        let protocol = self.limit.protocol;
        format!(
            "Lower the {protocol} in TheHive, or raise the responder's max {protocol} in Cortex (Organization → Responders)."
        )
    }
}

impl fmt::Display for Excess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Excess { limit: Limit { protocol, level: limit }, level } = *self;
        write!(formatter, "{} exceeds the limit {}", protocol.with(level), protocol.limited_to(limit))
    }
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
