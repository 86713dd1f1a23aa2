//! A Falcon on loopback, as strict as the real one: what a scenario does not expect is refused, and fails it.

use mockito::{Matcher, Mock, Server, ServerGuard};
use serde::Serialize;
use serde_json::{Value, json};

use super::fixture;
pub use super::strict::{ALERTS, CASES, INCIDENTS, TOKEN};

/// A mock Falcon. Dropped, it checks that it saw all that it expected, and nothing else.
pub struct Falcon {
    server: ServerGuard,
    mocks: Vec<Mock>,
}

impl Falcon {
    /// A Falcon that expects nothing.
    pub fn silent() -> Falcon {
        let mut server = Server::new();
        let mocks = ["GET", "POST", "PATCH", "PUT", "DELETE"].map(|method| {
            let refused = server.mock(method, Matcher::Any).with_status(400).expect(0);
            refused.with_body(fixture("falcon/unknown-field.json")).create()
        });
        Falcon { server, mocks: mocks.into() }
    }

    /// A Falcon that gives one token for the fixtures' credentials.
    pub fn start() -> Falcon {
        Falcon::silent()
            .gives_token("client_id=5d41402abc4b2a76b9719d911017c592&client_secret=Zk8-fixture-only-secret-2Qw")
    }

    /// Gives a token for a form with exactly these fields, in any order.
    pub fn gives_token(mut self, form: &str) -> Falcon {
        let mut fields: Vec<String> = form.split('&').map(str::to_owned).collect();
        fields.push("grant_type=client_credentials".into());
        fields.sort();
        let mock = self
            .server
            .mock("POST", TOKEN)
            .match_header("content-type", "application/x-www-form-urlencoded")
            .match_request(move |request| {
                let body = request.utf8_lossy_body().expect("a body").into_owned();
                let mut seen: Vec<String> = body.split('&').map(str::to_owned).collect();
                seen.sort();
                seen == fields
            })
            .with_status(201)
            .with_header("content-type", "application/json")
            .with_body(fixture("falcon/token.json"));
        self.mocks.push(mock.create());
        self
    }

    /// Refuses a token.
    pub fn refuses_token(self, status: usize, body: &str) -> Falcon {
        let body = body.to_owned();
        self.expect("POST", TOKEN, |mock| mock.with_status(status).with_body(body))
    }

    /// Updates these alerts.
    pub fn updates_alerts(self, ids: &[impl Serialize], status: &str) -> Falcon {
        self.answers_alerts(ids, status, 200, &updated(ids.len()))
    }

    /// Updates these incidents.
    pub fn updates_incidents(self, ids: &[impl Serialize], status: &str) -> Falcon {
        self.answers_incidents(ids, status, 200, &updated(ids.len()))
    }

    /// Updates this case.
    pub fn updates_case(self, id: &str, status: &str) -> Falcon {
        let mut answer = updated(1);
        answer["resources"] =
            json!([{"id": id, "status": status, "version": 4, "consistency": {"consistent": true, "version": 4}}]);
        self.answers_case(id, status, 200, &answer)
    }

    pub fn answers_alerts(self, ids: &[impl Serialize], status: &str, http: usize, answer: &Value) -> Falcon {
        let actions = json!([{"name": "update_status", "value": status}]);
        self.answers("PATCH", ALERTS, json!({"composite_ids": ids, "action_parameters": actions}), http, answer)
    }

    pub fn answers_incidents(self, ids: &[impl Serialize], status: &str, http: usize, answer: &Value) -> Falcon {
        let actions = json!([{"name": "update_status", "value": status}]);
        self.answers("POST", INCIDENTS, json!({"ids": ids, "action_parameters": actions}), http, answer)
    }

    pub fn answers_case(self, id: &str, status: &str, http: usize, answer: &Value) -> Falcon {
        self.answers("PATCH", CASES, json!({"id": id, "fields": {"status": status}}), http, answer)
    }

    /// Expects one call with exactly this body. A null answer is an empty one.
    pub fn answers(self, method: &str, path: &str, body: Value, http: usize, answer: &Value) -> Falcon {
        let answer = if answer.is_null() { String::new() } else { answer.to_string() };
        self.expect(method, path, |mock| {
            mock.match_header("authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.fixture-only-token.c2lnbmF0dXJl")
                .match_header("content-type", "application/json")
                .match_header("user-agent", Matcher::Regex("^cortex-falcon/[0-9.]+$".into()))
                .match_body(Matcher::Json(body))
                .with_status(http)
                .with_header("content-type", "application/json")
                .with_header("x-cs-traceid", trace_id(path))
                .with_body(answer)
        })
    }

    /// Expects one request, as this says.
    pub fn expect(mut self, method: &str, path: &str, describe: impl FnOnce(Mock) -> Mock) -> Falcon {
        let mock = describe(self.server.mock(method, path));
        self.mocks.push(mock.create());
        self
    }

    pub fn url(&self) -> String {
        self.server.url()
    }
}

impl Drop for Falcon {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.mocks.iter().for_each(Mock::assert);
        }
    }
}

/// Falcon's answer to a call that updated this many.
pub fn updated(count: usize) -> Value {
    json!({"meta": {"query_time": 0.1, "powered_by": "detectsapi", "writes": {"resources_affected": count}}, "errors": []})
}

/// Falcon's answer with errors inside.
pub fn with_errors(updated_count: usize, errors: &Value) -> Value {
    let mut answer = updated(updated_count);
    answer["errors"] = errors.clone();
    answer
}

/// The trace id of the answers from this path.
pub fn trace_id(path: &str) -> &'static str {
    match path {
        ALERTS => "trace-alerts",
        INCIDENTS => "trace-incidents",
        _ => "trace-cases",
    }
}
