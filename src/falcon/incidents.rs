//! Incidents. CrowdStrike switched their API off on 2026-03-09; a tenant that still has it is served.

use reqwest::Method;
use serde_json::json;

use super::call::{Call, Change, Query, Request, Status, Statuses, Target};
use super::id::IncidentId;

/// The most incidents in one call.
pub(crate) const MOST: usize = 5_000;

/// Sets the status of at most `MOST` incidents. It is a number here.
#[must_use]
pub fn update(ids: &[IncidentId], status: Status) -> Call {
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
    let (code, to) = match status {
        Status::New => ("20", "20 (new)"),
        Status::InProgress => ("30", "30 (in progress)"),
        Status::Closed => ("40", "40 (closed)"),
    };
    Call {
        request: Request {
            method: Method::POST,
            path: "/incidents/entities/incident-actions/v1",
            query: None,
            body: Some(json!({"action_parameters": [{"name": "update_status", "value": code}], "ids": ids})),
            scope: "Incidents: write",
        },
        change: Change { target: Target::Incident, ids, status: code, to },
        read_back: statuses,
    }
}

/// Reads the status of these incidents.
#[must_use]
pub(crate) fn statuses(ids: &[String]) -> Query<Statuses> {
    let request = Request {
        method: Method::POST,
        path: "/incidents/entities/incidents/GET/v1",
        query: None,
        body: Some(json!({"ids": ids})),
        scope: "Incidents: read",
    };
    Query { request, assumed: Statuses::default() }
}

/// Lists the id of one incident, whichever.
#[must_use]
pub(crate) fn list_one() -> Request {
    let path = "/incidents/queries/incidents/v1";
    Request { method: Method::GET, path, query: Some("limit=1"), body: None, scope: "Incidents: read" }
}
