//! What an alert or case, as it is at one moment, is to make of Falcon.

use super::statuses::Statuses;
use crate::falcon::{Call, Resolution, alerts, alerts::Wanted, cases, incidents};
use crate::service::links::Links;
use crate::thehive::Stage;

/// What an alert or case is to make of Falcon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub(super) stage: Stage,
    pub(super) statuses: Statuses,
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
        self.statuses == other.statuses && self.resolution == other.resolution && self.assignee == other.assignee
    }

    /// The updates that give all of these their status, and alerts what goes with it; each looked after where that is wanted.
    pub(super) fn updates(&self, links: &Links, statuses: Statuses, verify: bool) -> Vec<Call> {
        let Links { alerts, incidents, cases, left_out: _ } = links;
        let wanted =
            Wanted { status: statuses.alert, resolution: self.resolution.clone(), assignee: self.assignee.clone() };
        let alerts = alerts.chunks(alerts::MOST).map(|ids| alerts::update(ids, wanted.clone()));
        let incidents = incidents.chunks(incidents::MOST).map(|ids| incidents::update(ids, statuses.incident));
        let cases = cases.iter().map(|id| cases::update(id, statuses.case));
        let calls = alerts.chain(incidents).chain(cases);
        if verify { calls.map(Call::verified).collect() } else { calls.collect() }
    }
}
