//! Alerts, which the console and older documents call detections.

use reqwest::Method;
use serde_json::{Value, json};

use super::call::{Call, Change, Look, Query, Request, Status, Target};
use super::effect::{Effect, Resolution};
use super::id::CompositeId;
use super::objects::Objects;

/// The most alerts in one call; one more gets 413 from Falcon.
pub(crate) const MOST: usize = 1_000;

/// What alerts are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Their status.
    pub status: Status,
    /// The tags by which Falcon's console shows how they were resolved.
    pub resolution: Option<Resolution>,
    /// Who works on them, by their id in Falcon.
    pub assignee: Option<String>,
}

impl From<Status> for Wanted {
    fn from(status: Status) -> Wanted {
        Wanted { status, resolution: None, assignee: None }
    }
}

/// Sets the status of at most `MOST` alerts, and what goes with it.
#[must_use]
pub fn update(ids: &[CompositeId], wanted: impl Into<Wanted>) -> Call {
    let Wanted { status, resolution, assignee } = wanted.into();
    let action = |name: &str, value: &str| json!({"name": name, "value": value});
    let mut actions = vec![action("update_status", status.word())];
    if let Some(Resolution { tag, cleared }) = &resolution {
        actions.extend(cleared.iter().map(|tag| action("remove_tag", tag)));
        actions.extend(tag.iter().map(|tag| action("add_tag", tag)));
    }
    actions.extend(assignee.iter().map(|id| action("assign_to_user_id", id)));
    patch(
        ids,
        &actions,
        Effect::Status { shows: status.word(), to: status.word(), resolution, assigns: assignee.is_some() },
        Look::At(read),
    )
}

/// Appends a comment to at most `MOST` alerts. Sent twice, it appends two.
#[must_use]
pub fn comment(ids: &[CompositeId], words: &str) -> Call {
    let actions = [json!({"name": "append_comment", "value": words})];
    patch(ids, &actions, Effect::Commented(words.to_owned()), Look::Once(read))
}

fn patch(ids: &[CompositeId], actions: &[Value], effect: Effect, look: Look) -> Call {
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
    let body = json!({"action_parameters": actions, "composite_ids": ids});
    Call {
        request: Request::with_body(Method::PATCH, "/alerts/entities/alerts/v3", body, "Alerts: write"),
        change: Change { target: Target::Alert, ids, effect },
        look,
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
