//! A tenant of Falcon as strict as the real one, written from the contract: it knows its credentials and its tokens,
//! refuses what it does not know, and updates only what exists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub const ALERTS: &str = "/alerts/entities/alerts/v3";
pub const INCIDENTS: &str = "/incidents/entities/incident-actions/v1";
pub const CASES: &str = "/cases/entities/cases/v2";
pub const ALERT_LIST: &str = "/alerts/queries/alerts/v2";
pub const INCIDENT_LIST: &str = "/incidents/queries/incidents/v1";
pub const CASE_LIST: &str = "/cases/queries/cases/v1";
pub const TOKEN: &str = "/oauth2/token";

/// A request, as a server sees it.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// The tenant: its state, and all that it was asked.
#[derive(Debug, Default)]
pub struct Tenant {
    /// Ids that do not exist; all others do.
    pub missing: BTreeSet<String>,
    /// Whether the incidents API is gone.
    pub incidents_retired: bool,
    /// Paths for which the API client lacks the scope.
    pub forbidden: BTreeSet<String>,
    /// Whether the first token was revoked, which only its use tells.
    pub first_token_revoked: bool,
    /// The status of all that was updated.
    pub statuses: BTreeMap<String, String>,
    /// Every request, in the order of arrival.
    pub requests: Vec<Request>,
    tokens: BTreeSet<String>,
    first_token: Option<String>,
}

/// The tenant's id.
pub const CID: &str = "8f2e6d0c4b9a47e1b3d5f70912c4a6e8";

/// What Falcon calls the exchange.
const TRACE_ID: &str = "5f2b9c1e-0000-4000-8000-0000000000c0";

impl Tenant {
    /// The tokens given so far.
    pub fn tokens(&self) -> &BTreeSet<String> {
        &self.tokens
    }

    /// Answers as the real one would.
    pub fn answer(&mut self, request: &Request) -> Answer {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", TOKEN) => self.token(request),
            _ if !self.knows_token_of(request) => refusal(401, "access denied, invalid bearer token"),
            (_, path) if self.forbidden.contains(path) => refusal(403, "access denied, scope not permitted"),
            ("GET", ALERT_LIST) => list(&[&format!("{CID}:ind:0:1")]),
            ("GET", INCIDENT_LIST) if !self.incidents_retired => list(&[]),
            ("GET", CASE_LIST) => list(&[]),
            ("PATCH", ALERTS) => self.alerts(request),
            ("POST", INCIDENTS) | ("GET", INCIDENT_LIST) if self.incidents_retired => {
                Answer { body: String::new(), ..refusal(404, "") }
            }
            ("POST", INCIDENTS) => self.incidents(request),
            ("PATCH", CASES) => self.case(request),
            _ => refusal(404, "404: Page Not Found"),
        }
    }

    fn token(&mut self, request: &Request) -> Answer {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let known = ["client_id", "client_secret", "grant_type", "member_cid", "scope"];
        let is_form =
            request.headers.get("content-type").is_some_and(|kind| kind == "application/x-www-form-urlencoded");
        if !is_form || form.keys().any(|field| !known.contains(&field.as_str())) {
            return refusal(400, "unknown field in the token request");
        }
        let says = |field: &str, value: &str| form.get(field).is_some_and(|said| said == value);
        if !says("client_id", "5d41402abc4b2a76b9719d911017c592")
            || !says("client_secret", "Zk8-fixture-only-secret-2Qw")
        {
            return refusal(401, "access denied, invalid client credentials");
        }
        // As long as the real ones, so that none is cut before it is recognised.
        let token = format!("strict-token-{}-{}", self.requests.len(), "kQ7fX2".repeat(200));
        self.tokens.insert(token.clone());
        self.first_token.get_or_insert_with(|| token.clone());
        let body = json!({"access_token": token, "expires_in": 1799, "token_type": "bearer"});
        Answer { status: 201, headers: Vec::new(), body: body.to_string() }
    }

    fn is_missing(&self, id: &str) -> bool {
        self.missing.contains(id) || id.starts_with("000") || id.starts_with("inc:000") || id.starts_with("MDAwMDAw")
    }

    fn knows_token_of(&self, request: &Request) -> bool {
        let token = request.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| {
            self.tokens.contains(token) && !(self.first_token_revoked && Some(token) == self.first_token.as_deref())
        })
    }

    fn alerts(&mut self, request: &Request) -> Answer {
        let Some(body) = object(request, &["composite_ids", "action_parameters"]) else { return unknown_field() };
        self.update(&body, "composite_ids", 1_000, &["new", "in_progress", "reopened", "closed"])
    }

    fn incidents(&mut self, request: &Request) -> Answer {
        let Some(body) = object(request, &["ids", "action_parameters"]) else { return unknown_field() };
        self.update(&body, "ids", 5_000, &["20", "25", "30", "40"])
    }

    fn update(&mut self, body: &Map<String, Value>, ids: &str, most: usize, statuses: &[&str]) -> Answer {
        let ids: Option<Vec<&str>> = body[ids].as_array().map(|ids| ids.iter().filter_map(Value::as_str).collect());
        let action = &body["action_parameters"][0];
        let status =
            action["value"].as_str().filter(|status| action["name"] == "update_status" && statuses.contains(status));
        let (Some(ids), Some(status)) = (ids, status) else { return refusal(400, "invalid action parameters") };
        if ids.is_empty() || ids.len() > most {
            return refusal(413, "too many ids");
        }
        let (missing, there): (Vec<&str>, Vec<&str>) = ids.into_iter().partition(|id| self.is_missing(id));
        let errors: Vec<Value> =
            missing.iter().map(|id| json!({"code": 404, "message": "not found", "id": id})).collect();
        self.statuses.extend(there.iter().map(|id| ((*id).to_owned(), status.to_owned())));
        envelope(200, &json!({"meta": {"writes": {"resources_affected": there.len()}}, "errors": errors}))
    }

    fn case(&mut self, request: &Request) -> Answer {
        let Some(body) = object(request, &["id", "fields", "expected_version"]) else { return self.flat_case(request) };
        let (Some(id), Some(fields)) = (body["id"].as_str(), body["fields"].as_object()) else {
            return unknown_field();
        };
        if self.is_missing(id) {
            return refusal(404, "case not found");
        }
        let status = fields
            .get("status")
            .and_then(Value::as_str)
            .filter(|status| fields.len() == 1 && ["new", "in_progress", "closed", "reopened"].contains(status));
        let Some(status) = status else { return unknown_field() };
        self.statuses.insert(id.to_owned(), status.to_owned());
        envelope(200, &case_envelope(id, status))
    }

    /// The trap of the real one: a flat body is taken, and changes nothing.
    fn flat_case(&self, request: &Request) -> Answer {
        match object(request, &["id", "status"]).and_then(|body| Some(body["id"].as_str()?.to_owned())) {
            Some(id) => envelope(200, &case_envelope(&id, self.statuses.get(&id).map_or("new", String::as_str))),
            None => unknown_field(),
        }
    }
}

fn case_envelope(id: &str, status: &str) -> Value {
    let case = json!({"id": id, "status": status, "version": 2, "consistency": {"consistent": true, "version": 2}});
    json!({"meta": {"writes": {"resources_affected": 1}}, "errors": [], "resources": [case]})
}

/// The body, if it is a JSON object of these fields only, the first of them among it.
fn object(request: &Request, fields: &[&str]) -> Option<Map<String, Value>> {
    let is_json = request.headers.get("content-type").is_some_and(|kind| kind == "application/json");
    let body: Map<String, Value> = serde_json::from_slice(&request.body).ok().filter(|_| is_json)?;
    let known = body.keys().all(|field| fields.contains(&field.as_str()))
        && fields[..2].iter().all(|field| body.contains_key(*field));
    known.then_some(body)
}

fn list(ids: &[&str]) -> Answer {
    envelope(
        200,
        &json!({"meta": {"pagination": {"limit": 1, "offset": 0, "total": ids.len()}}, "resources": ids, "errors": []}),
    )
}

fn unknown_field() -> Answer {
    refusal(400, "the request does not match the API's definition")
}

fn refusal(status: u16, message: &str) -> Answer {
    envelope(status, &json!({"meta": {}, "errors": [{"code": status, "message": message}]}))
}

fn envelope(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        headers: vec![
            ("x-cs-traceid", TRACE_ID.into()),
            ("x-ratelimit-limit", "6000".into()),
            ("x-ratelimit-remaining", "5990".into()),
        ],
        body: body.to_string(),
    }
}
