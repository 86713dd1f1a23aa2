//! Where the work on an alert or case stands, and what it concluded, in the words of any TheHive version.

use std::fmt;

use anyhow::{Result, bail};
use serde_json::Value;

use super::{Kind, excerpt};
use crate::secret::Secrets;

/// TheHive 5's stages. Custom statuses each belong to one, so the stage is what can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has taken it up.
    New,
    /// Somebody works on it.
    InProgress,
    /// The alert was imported into a case.
    Imported,
    /// The work is done.
    Closed,
}

impl Stage {
    const ALL: [Stage; 4] = [Stage::New, Stage::InProgress, Stage::Imported, Stage::Closed];

    /// The stage of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// The stage's name, as TheHive writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Stage::New => "New",
            Stage::InProgress => "InProgress",
            Stage::Imported => "Imported",
            Stage::Closed => "Closed",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The stage, or what the status of a version without stages amounts to.
pub(super) fn read(kind: Kind, data: &Value, secrets: &Secrets) -> Result<Stage> {
    match &data["stage"] {
        Value::Null => of_status(kind, data, secrets),
        stage => match stage.as_str().and_then(Stage::named) {
            Some(known) => Ok(known),
            None => bail!("stage {} is unknown; expected New, InProgress, Imported or Closed", excerpt(stage, secrets)),
        },
    }
}

/// TheHive 3 and 4 have no stage, only a fixed list of statuses.
///
/// An alert that is Updated is one that nobody has read since something changed. TheHive 4 says so of alerts that are in a
/// case, TheHive 3 of alerts that got news after their import: in a case the work on it has begun.
fn of_status(kind: Kind, data: &Value, secrets: &Secrets) -> Result<Stage> {
    let status = &data["status"];
    let expected = match kind {
        Kind::Alert => "New, Updated, Imported or Ignored",
        Kind::Case | Kind::Observable => "Open, Resolved or Duplicated",
    };
    match (kind, status.as_str()) {
        (Kind::Alert, Some("Updated")) if is_in_case(data) => Ok(Stage::Imported),
        (Kind::Alert, Some("New" | "Updated")) => Ok(Stage::New),
        (Kind::Alert, Some("Imported")) => Ok(Stage::Imported),
        (Kind::Case, Some("Open")) => Ok(Stage::InProgress),
        (Kind::Alert, Some("Ignored")) | (Kind::Case, Some("Resolved" | "Duplicated")) => Ok(Stage::Closed),
        _ if status.is_null() => bail!(
            "neither stage nor status is set; expected the stage New, InProgress, Imported or Closed (TheHive 5), or the status {expected} (TheHive 3 and 4)"
        ),
        _ => bail!(
            "there is no stage, and the status {} of this {} stands for none; expected {expected}",
            excerpt(status, secrets),
            kind.name()
        ),
    }
}

fn is_in_case(alert: &Value) -> bool {
    ["case", "caseId"].iter().any(|key| match &alert[*key] {
        Value::Null | Value::Bool(_) => false,
        Value::String(id) => !id.trim().is_empty(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
    })
}

/// The verdict: the first of the fields that carry one, skipping words that are states and no verdicts.
pub(super) fn verdict(data: &Value) -> Option<String> {
    const STATES: [&str; 9] =
        ["New", "Updated", "InProgress", "Imported", "Ignored", "Open", "Resolved", "Closed", "Deleted"];
    ["extendedStatus", "status", "resolutionStatus"]
        .iter()
        .filter_map(|key| data[*key].as_str())
        .find(|word| !word.trim().is_empty() && !STATES.contains(word))
        .map(str::to_owned)
}
