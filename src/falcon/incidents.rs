//! Incidents. CrowdStrike switched their API off on 2026-03-09; a tenant that still has it is served.

use reqwest::Method;
use serde_json::json;

use super::call::{Call, Change, IfRefused, Look, Query, Request, Status, Target};
use super::effect::Effect;
use super::id::IncidentId;
use super::objects::Objects;

/// The most incidents in one call.
pub(crate) const MOST: usize = 5_000;

/// Sets the status of at most `MOST` incidents. It is a number here.
#[must_use]
pub fn update(ids: &[IncidentId], status: Status) -> Call {
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
    let to = match status {
        Status::New => "20 (new)",
        Status::Reopened => "25 (reopened)",
        Status::InProgress => "30 (in progress)",
        Status::Closed => "40 (closed)",
    };
    let code = status.code();
    let body = json!({"action_parameters": [{"name": "update_status", "value": code}], "ids": ids});
    let path = "/incidents/entities/incident-actions/v1";
    Call {
        if_refused: IfRefused::Halves,
        ..Call::new(
            Request::with_body(Method::POST, path, body, "Incidents: write"),
            Change {
                target: Target::Incident,
                ids,
                effect: Effect::Status { shows: code, to, resolution: None, assigns: false },
            },
            Look::At(read),
        )
    }
}

/// Reads these incidents.
#[must_use]
pub(crate) fn read(ids: &[String]) -> Query<Objects> {
    let path = "/incidents/entities/incidents/GET/v1";
    let request = Request::with_body(Method::POST, path, json!({"ids": ids}), "Incidents: read");
    Query { request, what: "show the incidents", assumed: Objects::default() }
}

/// Lists the id of one incident, whichever.
#[must_use]
pub(crate) fn list_one() -> Request {
    let path = "/incidents/queries/incidents/v1";
    Request {
        method: Method::GET,
        path: path.into(),
        query: Some("limit=1".into()),
        body: None,
        scope: "Incidents: read",
    }
}
