//! A tenant of Falcon as strict as the real one, written from the contract: it knows its credentials and its tokens,
//! refuses what it does not know, and updates only what exists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::answers::{self, Answer, named};
use super::objects::{NEW, NEW_INCIDENT, Objects};

pub const ALERTS: &str = "/alerts/entities/alerts/v3";
pub const ALERT_READ: &str = "/alerts/entities/alerts/v2";
pub const ALERT_LIST: &str = "/alerts/queries/alerts/v2";
pub const INCIDENTS: &str = "/incidents/entities/incident-actions/v1";
pub const INCIDENT_READ: &str = "/incidents/entities/incidents/GET/v1";
pub const INCIDENT_LIST: &str = "/incidents/queries/incidents/v1";
pub const CASES: &str = "/cases/entities/cases/v2";
pub const CASE_LIST: &str = "/cases/queries/cases/v1";
pub const TOKEN: &str = "/oauth2/token";

/// The tenant's id.
pub const CID: &str = "8f2e6d0c4b9a47e1b3d5f70912c4a6e8";

/// Every token that a tenant of this process has given, for the search for leaks.
static GIVEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The tokens given in this process, but for the first so many.
pub fn tokens_given(but_for: usize) -> Vec<String> {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner)[but_for..].to_vec()
}

/// A token as long as the real ones, so that none is cut before it is recognised. No part of it occurs in any other
/// text, so that the search for leaks can look for every part.
fn new_token() -> String {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut random = fastrand::Rng::with_seed(given.len() as u64);
    let token: String = std::iter::repeat_with(|| random.alphanumeric()).take(1_200).collect();
    given.push(token.clone());
    token
}

/// A request, as a server sees it.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    /// Whether it went to this path, which may have a method before it: reads and updates of cases share one path.
    pub fn is_to(&self, path: &str) -> bool {
        path.strip_prefix(self.method.as_str()).map_or(path, str::trim_start) == self.path
    }
}

/// The tenant: its state, and all that it was asked.
#[derive(Debug, Default)]
pub struct Tenant {
    /// Its alerts, incidents and cases.
    pub objects: Objects,
    /// Whether the incidents API is gone.
    pub incidents_retired: bool,
    /// Paths for which the API client lacks the scope.
    pub forbidden: BTreeSet<String>,
    /// Whether the first token was revoked, which only its use tells.
    pub first_token_revoked: bool,
    /// The cloud that its answers name, if that is not us-1.
    pub region: Option<String>,
    /// Every request, in the order of arrival.
    pub requests: Vec<Request>,
    tokens: BTreeSet<String>,
    first_token: Option<String>,
}

impl Tenant {
    /// The tokens given so far.
    pub fn tokens(&self) -> &BTreeSet<String> {
        &self.tokens
    }

    /// Answers as the real one would.
    pub fn answer(&mut self, request: &Request) -> Answer {
        let answer = self.route(request).unwrap_or_else(|refusal| refusal);
        let names_cloud = answer.headers.iter().any(|(name, _)| name == "X-Cs-Region");
        match self.region.as_deref().filter(|_| names_cloud) {
            Some(region) => answer.with_header("X-Cs-Region", region),
            None => answer,
        }
    }

    fn route(&mut self, request: &Request) -> Result<Answer, Answer> {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", TOKEN) => self.token(request),
            _ if !self.knows_token_of(request) => Err(named("bearer-refused")),
            _ if self.forbidden.iter().any(|path| request.is_to(path)) => Err(named("scope-missing")),
            (_, INCIDENTS | INCIDENT_READ | INCIDENT_LIST) if self.incidents_retired => Err(named("incidents-retired")),
            ("GET", ALERT_LIST) => Ok(answers::listed(&[&format!("{CID}:ind:0:1")])),
            ("GET", INCIDENT_LIST | CASE_LIST) => Ok(answers::listed(&[])),
            ("PATCH", ALERTS) => self.update_alerts(request),
            ("POST", ALERT_READ) => self.read_alerts(request),
            ("POST", INCIDENTS) => self.update_incidents(request),
            ("POST", INCIDENT_READ) => self.read_incidents(request),
            ("PATCH", CASES) => self.update_case(request),
            ("POST", CASES) => self.read_cases(request),
            _ => Err(named("gateway-no-such-path")),
        }
    }

    fn token(&mut self, request: &Request) -> Result<Answer, Answer> {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let known = ["client_id", "client_secret", "grant_type", "member_cid", "scope"];
        let is_form =
            request.headers.get("content-type").is_some_and(|kind| kind == "application/x-www-form-urlencoded");
        if !is_form || form.keys().any(|field| !known.contains(&field.as_str())) {
            return Err(answers::refusal(400, "unknown field in the token request"));
        }
        let says = |field: &str, value: &str| form.get(field).is_some_and(|said| said == value);
        if !says("client_id", "5d41402abc4b2a76b9719d911017c592")
            || !says("client_secret", "Zk8-fixture-only-secret-2Qw")
        {
            return Err(answers::refusal(401, "access denied, invalid client credentials"));
        }
        let token = new_token();
        self.tokens.insert(token.clone());
        self.first_token.get_or_insert_with(|| token.clone());
        Ok(answers::token(&token))
    }

    fn knows_token_of(&self, request: &Request) -> bool {
        let token = request.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| {
            self.tokens.contains(token) && !(self.first_token_revoked && Some(token) == self.first_token.as_deref())
        })
    }

    fn update_alerts(&mut self, request: &Request) -> Result<Answer, Answer> {
        let body = object(request, &["composite_ids", "action_parameters"], &[])?;
        let status = status_in(&body, &["new", "in_progress", "reopened", "closed"])?;
        let (there, missing) = self.find(&body, "composite_ids", 1_000)?;
        let affected = there.iter().filter(|id| self.objects.set(id, status, NEW)).count();
        Ok(answers::alerts_updated(affected, answers::not_found("alert", &missing)))
    }

    fn update_incidents(&mut self, request: &Request) -> Result<Answer, Answer> {
        let body = object(request, &["ids", "action_parameters"], &[])?;
        let status = status_in(&body, &["20", "25", "30", "40"])?;
        let (there, missing) = self.find(&body, "ids", 5_000)?;
        let affected = there.iter().filter(|id| self.objects.set(id, status, NEW_INCIDENT)).count();
        Ok(answers::incidents_updated(affected, answers::not_found("incident", &missing)))
    }

    fn update_case(&mut self, request: &Request) -> Result<Answer, Answer> {
        // The trap of the real one: a flat body is taken, and changes nothing.
        if let Ok(flat) = object(request, &["id", "status"], &[]) {
            return Ok(answers::case_not_changed(self.objects.case(flat["id"].as_str().ok_or_else(unknown_field)?)));
        }
        let body = object(request, &["id", "fields"], &["expected_version"])?;
        let (Some(id), Some(fields)) = (body["id"].as_str(), body["fields"].as_object()) else {
            return Err(unknown_field());
        };
        if !self.objects.exists(id) {
            return Err(named("case-unknown"));
        }
        let status = fields.get("status").and_then(Value::as_str).filter(|_| fields.len() == 1);
        let status = status.filter(|status| ["new", "in_progress", "closed", "reopened"].contains(status));
        let status = status.ok_or_else(unknown_field)?;
        if body.get("expected_version").is_some_and(|version| *version != self.objects.version(id)) {
            return Err(named("case-version-conflict"));
        }
        let affected = usize::from(self.objects.set_case(id, status));
        Ok(answers::case_updated(self.objects.case(id)).with("/meta/writes/resources_affected", affected))
    }

    fn read_alerts(&self, request: &Request) -> Result<Answer, Answer> {
        let body = object(request, &["composite_ids"], &[])?;
        let (there, missing) = self.find(&body, "composite_ids", 1_000)?;
        Ok(answers::alerts_read(there.iter().map(|id| self.objects.alert(id)).collect(), &missing))
    }

    fn read_incidents(&self, request: &Request) -> Result<Answer, Answer> {
        let body = object(request, &["ids"], &[])?;
        let (there, missing) = self.find(&body, "ids", 5_000)?;
        Ok(answers::incidents_read(there.iter().map(|id| self.objects.incident(id)).collect(), &missing))
    }

    fn read_cases(&mut self, request: &Request) -> Result<Answer, Answer> {
        let body = object(request, &["ids"], &[])?;
        let (there, missing) = self.find(&body, "ids", 1_000)?;
        Ok(answers::cases_read(there.iter().map(|id| self.objects.read_case(id)).collect(), &missing))
    }

    /// The ids in this field that exist, and those that don't.
    fn find<'a>(&self, body: &'a Map<String, Value>, field: &str, most: usize) -> Result<Found<'a>, Answer> {
        let ids: Option<Vec<&str>> = body[field].as_array().and_then(|ids| ids.iter().map(Value::as_str).collect());
        let ids = ids.filter(|ids| !ids.is_empty()).ok_or_else(unknown_field)?;
        if ids.len() > most {
            return Err(named("too-many-ids"));
        }
        Ok(ids.into_iter().partition(|id| self.objects.exists(id)))
    }
}

/// Ids that exist, and ids that don't.
type Found<'a> = (Vec<&'a str>, Vec<&'a str>);

/// The status that the only action sets.
fn status_in<'a>(body: &'a Map<String, Value>, known: &[&str]) -> Result<&'a str, Answer> {
    let actions = body["action_parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let status = match actions {
        [action] if action["name"] == "update_status" => action["value"].as_str(),
        _ => None,
    };
    let status = status.filter(|status| known.contains(status));
    status.ok_or_else(|| answers::refusal(400, "invalid action parameters"))
}

/// The body, if it is a JSON object of these fields only, all of the required ones among them.
fn object(request: &Request, required: &[&str], optional: &[&str]) -> Result<Map<String, Value>, Answer> {
    let is_json = request.headers.get("content-type").is_some_and(|kind| kind == "application/json");
    let body: Option<Map<String, Value>> = serde_json::from_slice(&request.body).ok().filter(|_| is_json);
    let is_known = |field: &String| required.contains(&field.as_str()) || optional.contains(&field.as_str());
    let body = body.filter(|body| body.keys().all(is_known));
    body.filter(|body| required.iter().all(|field| body.contains_key(*field))).ok_or_else(unknown_field)
}

fn unknown_field() -> Answer {
    named("case-field-invalid")
}
