//! A Falcon on loopback, as strict as the real one: what a scenario does not expect is refused, and fails it.

use mockito::{Matcher, Mock, Server, ServerGuard};
use serde::Serialize;
use serde_json::{Value, json};

use super::answers::{self, Answer};
pub use super::strict::{ALERT_READ, ALERTS, CASES, INCIDENT_READ, INCIDENTS, TOKEN};

/// The fixtures' credentials, as a form.
pub const CREDENTIALS: &str = "client_id=5d41402abc4b2a76b9719d911017c592&client_secret=Zk8-fixture-only-secret-2Qw";

/// The header with the token that it gives.
const BEARER: &str = "Bearer eyJhbGciOiJSUzI1NiJ9.fixture-only-token.c2lnbmF0dXJl";

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
            answering(server.mock(method, Matcher::Any).expect(0), &answers::named("case-field-invalid")).create()
        });
        Falcon { server, mocks: mocks.into() }
    }

    /// A Falcon that gives one token for the fixtures' credentials.
    pub fn start() -> Falcon {
        Falcon::silent().gives_token(CREDENTIALS)
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
            });
        self.mocks.push(answering(mock, &answers::named("token")).create());
        self
    }

    /// Refuses a token.
    pub fn refuses_token(self, status: usize, body: &str) -> Falcon {
        let body = body.to_owned();
        self.expect("POST", TOKEN, |mock| mock.with_status(status).with_body(body))
    }

    /// Gives this answer in place of a token, so many times; where no number is known, zero stands for some.
    pub fn answers_token(self, answer: &Answer, times: usize) -> Falcon {
        self.expect("POST", TOKEN, |mock| answering(so_often(mock, times), answer))
    }

    /// Updates these alerts.
    pub fn updates_alerts(self, ids: &[impl Serialize], status: &str) -> Falcon {
        self.answers_alerts(ids, status, 200, &updated(ids.len()))
    }

    /// Updates these incidents.
    pub fn updates_incidents(self, ids: &[impl Serialize], status: &str) -> Falcon {
        self.answers_incidents(ids, status, 200, &answers::incidents_updated(ids.len(), Vec::new()).body)
    }

    /// Updates this case.
    pub fn updates_case(self, id: &str, status: &str) -> Falcon {
        self.answers_case(id, status, 200, &answers::case_updated(answers::case(id, status, 4)).body)
    }

    /// Shows these alerts, each with its status.
    pub fn reads_alerts(self, alerts: &[(&str, &str)]) -> Falcon {
        let (ids, alerts): (Vec<&str>, Vec<Value>) =
            alerts.iter().map(|(id, status)| (*id, answers::alert(id, status))).unzip();
        self.answers("POST", ALERT_READ, json!({"composite_ids": ids}), 200, &answers::alerts_read(alerts, &[]).body)
    }

    /// Shows these incidents, each with its status.
    pub fn reads_incidents(self, incidents: &[(&str, &str)]) -> Falcon {
        let (ids, incidents): (Vec<&str>, Vec<Value>) =
            incidents.iter().map(|(id, status)| (*id, answers::incident(id, status))).unzip();
        self.answers("POST", INCIDENT_READ, json!({"ids": ids}), 200, &answers::incidents_read(incidents, &[]).body)
    }

    /// Shows this case.
    pub fn reads_case(self, id: &str, status: &str) -> Falcon {
        let answer = answers::cases_read(vec![answers::case(id, status, 4)], &[]);
        self.answers("POST", CASES, json!({"ids": [id]}), 200, &answer.body)
    }

    /// Refuses to show anything at this path, because the scope to read is missing.
    pub fn refuses_reads(self, path: &str) -> Falcon {
        let refusal = traced(answers::named("scope-missing"), path);
        self.expect("POST", path, |mock| answering(mock, &refusal))
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
        let status = http.try_into().expect("a status");
        let answer = if answer.is_null() { json!("") } else { answer.clone() };
        let answer = traced(Answer { status, body: answer, ..answers::named("alerts-updated") }, path);
        self.gives(method, path, body, &answer, 1)
    }

    /// Expects this call so many times, and gives this answer as it is; where no number is known, zero stands for some.
    pub fn gives(self, method: &str, path: &str, body: Value, answer: &Answer, times: usize) -> Falcon {
        self.expect(method, path, |mock| {
            let mock = so_often(mock, times)
                .match_header("authorization", BEARER)
                .match_header("content-type", "application/json")
                .match_header("user-agent", Matcher::Regex("^cortex-falcon/[0-9.]+$".into()))
                .match_body(Matcher::Json(body));
            answering(mock, answer)
        })
    }

    /// Expects one `GET` with exactly these parameters, in any order.
    pub fn gives_for(self, path: &str, parameters: &[(&str, &str)], answer: &Answer) -> Falcon {
        let mut expected: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        expected.sort();
        let (path, start) = (path.to_owned(), format!("{path}?"));
        self.expect("GET", Matcher::Any, |mock| {
            let mock = mock.match_header("authorization", BEARER).match_request(move |request| {
                let query = request.path_and_query().strip_prefix(&start).unwrap_or_default();
                let mut seen: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
                seen.sort();
                request.path() == path && seen == expected
            });
            answering(mock, answer)
        })
    }

    /// Expects one request, as this says.
    pub fn expect(mut self, method: &str, path: impl Into<Matcher>, describe: impl FnOnce(Mock) -> Mock) -> Falcon {
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

fn so_often(mock: Mock, times: usize) -> Mock {
    if times == 0 { mock.expect_at_least(1) } else { mock.expect(times) }
}

/// A mock that gives this answer.
fn answering(mock: Mock, answer: &Answer) -> Mock {
    let mock = mock.with_status(answer.status.into()).with_header("content-type", "application/json");
    let mock = answer.headers.iter().fold(mock, |mock, (name, value)| mock.with_header(name, value));
    mock.with_body(answer.text())
}

/// Falcon's answer to a call that updated this many.
pub fn updated(count: usize) -> Value {
    answers::alerts_updated(count, Vec::new()).body
}

/// Falcon's answer with errors inside.
pub fn with_errors(updated_count: usize, errors: &Value) -> Value {
    answers::alerts_updated(updated_count, errors.as_array().cloned().unwrap_or_default()).body
}

/// The answer with the trace id of this path, in its header and, if it has one there, in its body.
fn traced(answer: Answer, path: &str) -> Answer {
    let mut answer = answer.with_header("X-Cs-Traceid", trace_id(path));
    if let Some(inside) = answer.body.pointer_mut("/meta/trace_id") {
        *inside = trace_id(path).into();
    }
    answer
}

/// The trace id of the answers from this path.
pub fn trace_id(path: &str) -> &'static str {
    match path {
        ALERTS | ALERT_READ => "trace-alerts",
        INCIDENTS | INCIDENT_READ => "trace-incidents",
        _ => "trace-cases",
    }
}
