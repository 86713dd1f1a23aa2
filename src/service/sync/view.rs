//! What an alert or case, as it is at one moment, is to make of Falcon.

use crate::falcon::{Resolution, Status, alerts::Wanted};
use crate::thehive::Stage;

/// What an alert or case is to make of Falcon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub(super) stage: Stage,
    pub(super) status: Status,
    /// What was concluded, as a report shows it.
    pub(super) verdict: Option<String>,
    /// The tags that go with the status, where verdicts are wanted.
    pub(super) resolution: Option<Resolution>,
    /// Who is to have the alerts, by their id in Falcon.
    pub(super) assignee: Option<String>,
    /// What is to be said of what was closed.
    pub(super) comment: Option<String>,
}

impl View {
    /// Whether both make the same of Falcon; words may differ.
    pub(super) fn is_same(&self, other: &View) -> bool {
        self.status == other.status && self.resolution == other.resolution && self.assignee == other.assignee
    }

    /// What it makes of alerts that get this status.
    pub(super) fn of_alerts(&self, status: Status) -> Wanted {
        Wanted { status, resolution: self.resolution.clone(), assignee: self.assignee.clone() }
    }
}
