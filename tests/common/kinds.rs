//! The three kinds of objects in Falcon that a case in TheHive can be linked to.

use serde_json::json;

use super::{ALERT, CASE, INCIDENT, Job, job};

/// One kind: how it is linked, updated to be in progress, and read.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub field: &'static str,
    pub id: &'static str,
    /// What a message calls one of it, and the status that it is to have.
    pub what: &'static str,
    pub update: &'static str,
    pub read: &'static str,
    /// The scope to read it.
    pub scope: &'static str,
}

pub const AN_ALERT: Kind = Kind {
    field: "csfalcon-alert-id",
    id: ALERT,
    what: "1 alert to in_progress",
    update: "PATCH /alerts/entities/alerts/v3",
    read: "POST /alerts/entities/alerts/v2",
    scope: "Alerts: read",
};
pub const AN_INCIDENT: Kind = Kind {
    field: "csfalcon-incident-id",
    id: INCIDENT,
    what: "1 incident to 30 (in progress)",
    update: "POST /incidents/entities/incident-actions/v1",
    read: "POST /incidents/entities/incidents/GET/v1",
    scope: "Incidents: read",
};
pub const A_CASE: Kind = Kind {
    field: "csfalcon-case-id",
    id: CASE,
    what: "1 case to in_progress",
    update: "PATCH /cases/entities/cases/v2",
    read: "POST /cases/entities/cases/v2",
    scope: "Cases: read",
};
pub const KINDS: [Kind; 3] = [AN_ALERT, AN_INCIDENT, A_CASE];

impl Kind {
    /// A case in TheHive, in progress, that is linked to one of these and to nothing else.
    pub fn job(&self) -> Job {
        job("thehive5-case").linked_to(json!({self.field: self.id}))
    }
}
