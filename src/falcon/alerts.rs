//! Alerts, which the console and older documents call detections.

use reqwest::Method;
use serde_json::json;

use super::call::{Call, Change, Query, Request, Status, Statuses, Target};
use super::id::CompositeId;

/// The most alerts in one call; one more gets 413 from Falcon.
pub(crate) const MOST: usize = 1_000;

/// Sets the status of at most `MOST` alerts.
#[must_use]
pub fn update(ids: &[CompositeId], status: Status) -> Call {
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
    let actions = json!([{"name": "update_status", "value": status.word()}]);
    Call {
        request: Request {
            method: Method::PATCH,
            path: "/alerts/entities/alerts/v3",
            query: None,
            body: Some(json!({"action_parameters": actions, "composite_ids": ids})),
            scope: "Alerts: write",
        },
        change: Change { target: Target::Alert, ids, status: status.word(), to: status.word() },
        read_back: statuses,
    }
}

/// Reads the status of these alerts.
#[must_use]
pub(crate) fn statuses(ids: &[String]) -> Query<Statuses> {
    let request = Request {
        method: Method::POST,
        path: "/alerts/entities/alerts/v2",
        query: None,
        body: Some(json!({"composite_ids": ids})),
        scope: "Alerts: read",
    };
    Query { request, assumed: Statuses::default() }
}

/// Lists the id of one alert, whichever.
#[must_use]
pub(crate) fn list_one() -> Request {
    let path = "/alerts/queries/alerts/v2";
    Request { method: Method::GET, path, query: Some("limit=1"), body: None, scope: "Alerts: read" }
}
