//! Cases of Next-Gen SIEM: one call a case.

pub(crate) mod found;

use reqwest::Method;
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use super::call::{Call, Change, Look, Query, Request, Status, Target};
use super::effect::{Effect, Fields};
use super::id::{CaseId, CompositeId, EventId};
use super::objects::Objects;
use found::{Cases, Details, Listed};

/// Where whole cases are read and written.
const CASES: &str = "/cases/entities/cases/v2";
const LIST: &str = "/cases/queries/cases/v1";
const TAGS: &str = "/cases/entities/case-tags/v1";
const READ: &str = "Cases: read";
const WRITE: &str = "Cases: write";

/// As many cases are read in one call.
pub(crate) const MOST_READ: usize = 500;
/// As many ids are listed in one call; Falcon takes up to 10,000.
pub(crate) const MOST_LISTED: usize = 500;
/// As many alerts, events and leads together a case holds as evidence.
pub(crate) const MOST_EVIDENCE: usize = 100;
/// As many characters a case's tags have together.
pub(crate) const LONGEST_TAGS: usize = 128;
/// As many bytes a case's name has.
pub(crate) const LONGEST_NAME: usize = 256;
/// As many bytes a case's description has.
pub(crate) const LONGEST_DESCRIPTION: usize = 2_048;

/// A case that is to be created.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewCase {
    /// Its fields; a name, a severity and a status are a must.
    pub fields: Fields,
    /// Its tags, the mark among them.
    pub tags: Vec<String>,
    /// The alerts that are its evidence.
    pub alerts: Vec<CompositeId>,
    /// The events that are its evidence.
    pub events: Vec<EventId>,
    /// The template that it follows, by its id.
    pub template: Option<String>,
}

/// Sets the status of a case; Falcon takes one a call.
///
/// The field must nest: to a flat body Falcon answers 200 and changes nothing.
#[must_use]
pub fn update(id: &CaseId, status: Status) -> Call {
    update_version(id, status, None)
}

/// Sets the status of a case, provided that nobody has changed it since this version.
#[must_use]
pub(crate) fn update_version(id: &CaseId, status: Status, expected_version: Option<u64>) -> Call {
    let word = status.word();
    let body = versioned(json!({"fields": {"status": word}, "id": id.as_str()}), expected_version);
    call(
        Request::with_body(Method::PATCH, CASES, body, WRITE),
        id,
        Effect::Status { shows: word, to: word, resolution: None, assigns: false },
    )
}

fn versioned(mut body: Value, expected_version: Option<u64>) -> Value {
    if let Some(version) = expected_version {
        body["expected_version"] = version.into();
    }
    body
}

/// Sets fields of a case, provided that nobody has changed it since this version.
#[must_use]
pub(crate) fn change(id: &CaseId, fields: &Fields, expected_version: Option<u64>) -> Call {
    let body = versioned(json!({"fields": as_json(fields), "id": id.as_str()}), expected_version);
    call(Request::with_body(Method::PATCH, CASES, body, WRITE), id, Effect::Fields(fields.clone()))
}

/// Creates a case, which the mark among its tags tells from all others. Sent twice, it makes two.
#[must_use]
pub(crate) fn create(case: &NewCase, mark: &str) -> Call {
    let mut body = as_json(&case.fields);
    body.insert("tags".into(), case.tags.clone().into());
    let alerts: Vec<Value> = case.alerts.iter().map(|id| json!({"id": id.as_str()})).collect();
    let events: Vec<Value> = case.events.iter().map(|id| json!({"id": id.as_str()})).collect();
    let kinds = [("alerts", alerts), ("events", events)].into_iter().filter(|(_, records)| !records.is_empty());
    let evidence: Map<String, Value> = kinds.map(|(kind, records)| (kind.to_owned(), records.into())).collect();
    if !evidence.is_empty() {
        body.insert("evidence".into(), evidence.into());
    }
    if let Some(id) = &case.template {
        body.insert("template".into(), json!({"id": id}));
    }
    Call::new(
        Request::with_body(Method::PUT, CASES, body.into(), WRITE),
        Change { target: Target::Case, ids: Vec::new(), effect: Effect::Created { mark: mark.to_owned() } },
        Look::ForMark(mark.to_owned()),
    )
}

/// Adds tags to a case.
#[must_use]
pub(crate) fn add_tags(id: &CaseId, tags: &[String]) -> Call {
    let body = json!({"id": id.as_str(), "tags": tags});
    call(Request::with_body(Method::POST, TAGS, body, WRITE), id, Effect::Tagged(tags.to_vec()))
}

/// Takes tags off a case.
#[must_use]
pub(crate) fn remove_tags(id: &CaseId, tags: &[String]) -> Call {
    let pairs = tags.iter().map(|tag| ("tag", tag.as_str()));
    let query = Serializer::new(String::new()).append_pair("id", id.as_str()).extend_pairs(pairs).finish();
    let request =
        Request { method: Method::DELETE, path: TAGS.into(), query: Some(query.into()), body: None, scope: WRITE };
    call(request, id, Effect::Untagged(tags.to_vec()))
}

/// Adds alerts to a case as evidence.
#[must_use]
pub(crate) fn add_alerts(case: &CaseId, ids: &[CompositeId]) -> Call {
    let ids = ids.iter().map(|id| id.as_str().to_owned()).collect();
    add_evidence(case, Target::Alert, "/cases/entities/alert-evidence/v1", "alerts", ids)
}

/// Adds events to a case as evidence.
#[must_use]
pub(crate) fn add_events(case: &CaseId, ids: &[EventId]) -> Call {
    let ids = ids.iter().map(|id| id.as_str().to_owned()).collect();
    add_evidence(case, Target::Event, "/cases/entities/event-evidence/v1", "events", ids)
}

fn add_evidence(case: &CaseId, target: Target, path: &'static str, member: &str, ids: Vec<String>) -> Call {
    let records: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    Call::new(
        Request::with_body(Method::POST, path, json!({"id": case.as_str(), member: records}), WRITE),
        Change { target, ids, effect: Effect::EvidenceOf(case.as_str().to_owned()) },
        Look::At(statuses),
    )
}

fn call(request: Request, id: &CaseId, effect: Effect) -> Call {
    let change = Change { target: Target::Case, ids: vec![id.as_str().to_owned()], effect };
    Call::new(request, change, Look::At(statuses))
}

fn as_json(fields: &Fields) -> Map<String, Value> {
    let Fields { name, description, severity, status, assigned_to } = fields;
    let members = [
        ("name", name.as_deref().map(Value::from)),
        ("description", description.as_deref().map(Value::from)),
        ("severity", severity.map(Value::from)),
        ("status", status.map(Value::from)),
        ("assigned_to_user_uuid", assigned_to.as_deref().map(Value::from)),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Looks at these cases, to see what became of a call.
#[must_use]
pub(crate) fn statuses(ids: &[String]) -> Query<Objects> {
    Query { request: by_ids(ids), what: "show the cases", assumed: Objects::default() }
}

/// Reads what there is to know of these cases before they are changed; at most [`MOST_READ`].
#[must_use]
pub(crate) fn read(ids: &[String]) -> Query<Cases> {
    Query { request: by_ids(ids), what: "show the linked cases", assumed: Cases::assumed(ids) }
}

/// Returns what stands in a report for cases that were to be read and have no ID; it is never sent.
#[must_use]
pub(crate) fn look_up() -> Call {
    let change = Change { target: Target::Case, ids: Vec::new(), effect: Effect::Read };
    Call::new(by_ids(&[]), change, Look::Nowhere)
}

/// Reads these cases whole; at most [`MOST_READ`].
#[must_use]
pub(crate) fn details(ids: &[String]) -> Query<Details> {
    Query { request: by_ids(ids), what: "show the cases", assumed: Details::default() }
}

fn by_ids(ids: &[String]) -> Request {
    Request::with_body(Method::POST, CASES, json!({"ids": ids}), READ)
}

/// Lists the ids of cases that match an FQL filter, from this one on; at most [`MOST_LISTED`].
#[must_use]
pub(crate) fn list(filter: &str, offset: usize, limit: usize) -> Query<Listed> {
    let (offset, limit) = (offset.to_string(), limit.to_string());
    let pairs = [("filter", filter), ("limit", &limit), ("offset", &offset)];
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request =
        Request { method: Method::GET, path: LIST.into(), query: Some(query.into()), body: None, scope: READ };
    Query { request, what: "list cases", assumed: Listed::default() }
}

/// Lists the ids of cases that carry a tag, from this one on.
#[must_use]
pub(crate) fn tagged(tag: &str, offset: usize) -> Query<Listed> {
    list(&format!("tags:'{}'", in_fql(tag)), offset, MOST_LISTED)
}

/// A text as it stands inside quotes in FQL.
#[must_use]
pub(crate) fn in_fql(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'").replace('"', "\\\"")
}

/// Lists the id of one case, whichever.
#[must_use]
pub(crate) fn list_one() -> Request {
    Request { method: Method::GET, path: LIST.into(), query: Some("limit=1".into()), body: None, scope: READ }
}
