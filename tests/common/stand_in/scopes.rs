//! The scopes of an API client, by the names that Falcon's console and the program's messages have for them.

use super::strict::{
    ALERT_LIST, ALERT_READ, ALERTS, CASE_ALERTS, CASE_EVENTS, CASE_LIST, CASE_TAGS, INCIDENT_LIST, INCIDENT_READ,
    INCIDENTS,
};

/// What needs each scope: paths, with the method before them where one path serves two scopes.
pub const SCOPES: [(&str, &[&str]); 8] = [
    ("Alerts: read", &[ALERT_LIST, ALERT_READ]),
    ("Alerts: write", &[ALERTS]),
    ("Incidents: read", &[INCIDENT_LIST, INCIDENT_READ]),
    ("Incidents: write", &[INCIDENTS]),
    ("Cases: read", &[CASE_LIST, "POST /cases/entities/cases/v2"]),
    (
        "Cases: write",
        &["PATCH /cases/entities/cases/v2", "PUT /cases/entities/cases/v2", CASE_TAGS, CASE_ALERTS, CASE_EVENTS],
    ),
    ("NGSIEM: read", &["GET /humio/api/v1/repositories/*/queryjobs/*"]),
    ("NGSIEM: write", &["/humio/api/v1/repositories/*/queryjobs", "DELETE /humio/api/v1/repositories/*/queryjobs/*"]),
];

/// What needs the scope of this name.
pub fn paths(scope: &str) -> &'static [&'static str] {
    let found = SCOPES.iter().find(|(name, _)| *name == scope);
    found.expect("the scope is one of the table").1
}
