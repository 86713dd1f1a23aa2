//! Alerts, which the console and older documents call detections.

use reqwest::Method;
use serde_json::json;

use super::call::{Call, Change, Look, Query, Request, Status, Target};
use super::effect::Effect;
use super::id::CompositeId;
use super::objects::Objects;

/// The most alerts in one call; one more gets 413 from Falcon.
pub(crate) const MOST: usize = 1_000;

/// Sets the status of at most `MOST` alerts.
#[must_use]
pub fn update(ids: &[CompositeId], status: Status) -> Call {
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
    let actions = json!([{"name": "update_status", "value": status.word()}]);
    let body = json!({"action_parameters": actions, "composite_ids": ids});
    Call {
        request: Request::with_body(Method::PATCH, "/alerts/entities/alerts/v3", body, "Alerts: write"),
        change: Change {
            target: Target::Alert,
            ids,
            effect: Effect::Status { shows: status.word(), to: status.word() },
        },
        look: Look::At(read),
    }
}

/// Reads these alerts.
#[must_use]
pub(crate) fn read(ids: &[String]) -> Query<Objects> {
    let body = json!({"composite_ids": ids});
    let request = Request::with_body(Method::POST, "/alerts/entities/alerts/v2", body, "Alerts: read");
    Query { request, what: "show the alerts", assumed: Objects::default() }
}

/// Lists the id of one alert, whichever.
#[must_use]
pub(crate) fn list_one() -> Request {
    let path = "/alerts/queries/alerts/v2";
    Request { method: Method::GET, path: path.into(), query: Some("limit=1".into()), body: None, scope: "Alerts: read" }
}
