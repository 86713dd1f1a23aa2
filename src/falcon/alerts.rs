//! Alerts, which the console and older documents call detections.

use reqwest::Method;
use serde_json::{Value, json};

use super::call::{Call, Change, IfRefused, Look, Query, Request, Status, Target};
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
    let extras: Vec<(Vec<Value>, Effect)> = [
        resolution.clone().map(|resolution| (tag_actions(&resolution), Effect::Resolved(resolution))),
        assignee.clone().map(|user| (vec![assignment(&user)], Effect::Assigned(user))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut actions = vec![action("update_status", status.word())];
    actions.extend(extras.iter().flat_map(|(actions, _)| actions).cloned());
    let effect = Effect::Status { shows: status.word(), to: status.word(), resolution, assigns: assignee.is_some() };
    let if_refused = if extras.is_empty() {
        IfRefused::Halves
    } else {
        let alone = |(actions, effect): &(Vec<Value>, Effect)| alone(ids, actions, effect.clone(), Look::At(read));
        IfRefused::WithoutExtras { plain: Box::new(update(ids, status)), extras: extras.iter().map(alone).collect() }
    };
    Call { if_refused, ..patch(ids, &actions, effect, Look::At(read)) }
}

fn action(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

/// The tags of a resolution are one action: an alert whose new tag is refused keeps its old ones.
fn tag_actions(Resolution { tag, cleared }: &Resolution) -> Vec<Value> {
    let removals = cleared.iter().map(|tag| action("remove_tag", tag));
    removals.chain(tag.iter().map(|tag| action("add_tag", tag))).collect()
}

/// Falcon knows a user by a UUID or by an e-mail address, each with an action of its own.
fn assignment(user: &str) -> Value {
    action(if is_uuid(user) { "assign_to_uuid" } else { "assign_to_user_id" }, user)
}

fn is_uuid(text: &str) -> bool {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let parts = text.split('-').map(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(part.len()));
    parts.eq(LENGTHS.map(Some))
}

/// Appends a comment to at most `MOST` alerts. Sent twice, it appends two.
#[must_use]
pub fn comment(ids: &[CompositeId], words: &str) -> Call {
    alone(ids, &[action("append_comment", words)], Effect::Commented(words.to_owned()), Look::Once(read))
}

/// What goes with a status, without it.
fn alone(ids: &[CompositeId], actions: &[Value], effect: Effect, look: Look) -> Call {
    Call { if_refused: IfRefused::HalvesIfAccepted, ..patch(ids, actions, effect, look) }
}

fn patch(ids: &[CompositeId], actions: &[Value], effect: Effect, look: Look) -> Call {
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
    let body = json!({"action_parameters": actions, "composite_ids": ids});
    Call::new(
        Request::with_body(Method::PATCH, "/alerts/entities/alerts/v3", body, "Alerts: write"),
        Change { target: Target::Alert, ids, effect },
        look,
    )
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
