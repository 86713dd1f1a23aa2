//! A tenant of Falcon as strict as the real one, written from the contract: it knows its credentials and its tokens,
//! refuses what it does not know, and updates only what exists.

use std::collections::BTreeSet;

use super::answers::{Answer, named};
use super::limits::Limits;
use super::objects::Objects;
use super::refuses::Refuses;
pub use super::request::Request;
use super::request::invalid;
use super::searches::Searches;
use super::tokens::Tokens;

pub const ALERTS: &str = "/alerts/entities/alerts/v3";
pub const ALERT_READ: &str = "/alerts/entities/alerts/v2";
pub const ALERT_LIST: &str = "/alerts/queries/alerts/v2";
pub const INCIDENTS: &str = "/incidents/entities/incident-actions/v1";
pub const INCIDENT_READ: &str = "/incidents/entities/incidents/GET/v1";
pub const INCIDENT_LIST: &str = "/incidents/queries/incidents/v1";
pub const CASES: &str = "/cases/entities/cases/v2";
pub const CASE_LIST: &str = "/cases/queries/cases/v1";
pub const CASE_TAGS: &str = "/cases/entities/case-tags/v1";
pub const CASE_ALERTS: &str = "/cases/entities/alert-evidence/v1";
pub const CASE_EVENTS: &str = "/cases/entities/event-evidence/v1";
/// Where searches are started, in whichever repository.
pub const SEARCHES: &str = "/humio/api/v1/repositories/*/queryjobs";
/// One search, whichever.
pub const SEARCH: &str = "/humio/api/v1/repositories/*/queryjobs/*";
pub const TOKEN: &str = "/oauth2/token";
pub const REVOKE: &str = "/oauth2/revoke";

/// The tenant's id.
pub const CID: &str = "8f2e6d0c4b9a47e1b3d5f70912c4a6e8";

/// The tenant: its state, and all that it was asked.
#[derive(Debug, Default)]
pub struct Tenant {
    /// Its alerts, incidents and cases.
    pub objects: Objects,
    pub searches: Searches,
    pub tokens: Tokens,
    /// Whether the incidents API is gone.
    pub incidents_retired: bool,
    pub refuses: Refuses,
    /// Paths for which the API client lacks the scope.
    pub forbidden: BTreeSet<String>,
    /// How many requests it takes.
    pub limits: Limits,
    /// The cloud that its answers name, if that is not us-1.
    pub region: Option<String>,
    /// Every request, in the order of arrival.
    pub requests: Vec<Request>,
}

impl Tenant {
    /// Answers as the real one would.
    pub fn answer(&mut self, request: &Request) -> Answer {
        let now = self.objects.clock.now();
        let answer =
            self.limits.take(request, now).and_then(|()| self.admit(request)).unwrap_or_else(|refusal| refusal);
        let answer = self.limits.told(request, now, answer);
        let names_cloud = answer.headers.iter().any(|(name, _)| name == "X-Cs-Region");
        match self.region.as_deref().filter(|_| names_cloud) {
            Some(region) => answer.with_header("X-Cs-Region", region),
            None => answer,
        }
    }

    fn admit(&mut self, request: &Request) -> Result<Answer, Answer> {
        if (request.method.as_str(), request.path.as_str()) == ("POST", TOKEN) {
            return self.tokens.give(request);
        }
        if (request.method.as_str(), request.path.as_str()) == ("POST", REVOKE) {
            return self.tokens.revoke(request);
        }
        if !self.tokens.knows_that_of(request) {
            return Err(self.limits.refuse_bearer(self.objects.clock.now()));
        }
        if self.forbidden.iter().any(|path| request.is_to(path)) {
            return Err(named("scope-missing"));
        }
        let is_incidents = [INCIDENTS, INCIDENT_READ, INCIDENT_LIST].contains(&request.path.as_str());
        if is_incidents && self.incidents_retired {
            return Err(named("incidents-retired"));
        }
        let takes_visibility = [ALERTS, ALERT_READ].contains(&request.path.as_str());
        let (takes_query, takes_body) = match request.method.as_str() {
            "GET" => (true, false),
            "DELETE" => (!request.is_to(SEARCH), false),
            _ => (takes_visibility, true),
        };
        if (!takes_query && !request.query.is_empty()) || (!takes_body && !request.body.is_empty()) {
            return Err(invalid());
        }
        self.route(request)
    }

    fn route(&mut self, request: &Request) -> Result<Answer, Answer> {
        self.refuses.check(request)?;
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", ALERT_LIST) => self.list_alerts(request),
            ("GET", INCIDENT_LIST) => self.list_incidents(request),
            ("PATCH", ALERTS) => self.update_alerts(request),
            ("POST", ALERT_READ) => self.read_alerts(request),
            ("POST", INCIDENTS) => self.update_incidents(request),
            ("POST", INCIDENT_READ) => self.read_incidents(request),
            ("PUT", CASES) => self.create_case(request),
            ("POST", CASES) => self.read_cases(request),
            ("PATCH", CASES) => self.update_case(request),
            ("GET", CASE_LIST) => self.list_cases(request),
            ("POST", CASE_TAGS) => self.add_tags(request),
            ("DELETE", CASE_TAGS) => self.remove_tags(request),
            ("POST", CASE_ALERTS) => self.add_alerts(request),
            ("POST", CASE_EVENTS) => self.add_events(request),
            ("POST", _) if request.is_to(SEARCHES) => self.start_search(request),
            ("GET", _) if request.is_to(SEARCH) => self.search_state(request),
            ("DELETE", _) if request.is_to(SEARCH) => self.stop_search(request),
            _ => Err(named("gateway-no-such-path")),
        }
    }
}
