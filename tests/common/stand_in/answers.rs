//! Whole answers of Falcon, from `fixtures/falcon/`. Every double answers in these shapes: one that leaves members out
//! hides that the program cannot read them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

/// One answer: a file of `fixtures/falcon/`, with what a scenario puts into it.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// JSON, or text as it is. Empty text is an empty body.
    pub body: Value,
}

/// The files are compiled in, because `examples/falcon.rs` also runs in a container that has none.
macro_rules! files {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../../fixtures/falcon/", $name, ".json")))),*]
    };
}

#[rustfmt::skip]
static FILES: [(&str, &str); 50] = files![
    "alerts-assignee-unknown" "alerts-listed" "alerts-read" "alerts-read-empty-lists-missing" "alerts-refused-whole" "alerts-updated"
    "alerts-updated-in-part" "alerts-updated-in-part-unnamed"
    "alerts-updated-none-affected" "alerts-updated-null-errors" "bearer-limit" "bearer-refused" "case-created" "case-evidence-added"
    "case-evidence-full" "case-field-invalid" "case-not-changed" "case-tags-added" "case-tags-removed" "case-unknown"
    "case-updated" "case-updated-bare" "case-version-conflict" "cases-listed" "cases-listed-none" "cases-read"
    "cases-read-evidence-forms" "cases-read-in-part" "gateway-no-such-path" "incidents-read" "incidents-retired" "incidents-updated" "rate-limited"
    "scope-missing" "search-cancelled" "search-done" "search-done-count-zero" "search-done-more" "search-done-nothing" "search-gone" "search-running"
    "search-started" "search-stopped-empty" "search-stopped-envelope" "search-stopped-no-content" "search-warned"
    "token" "token-other-cloud" "token-refused" "too-many-ids"
];

static ANSWERS: LazyLock<BTreeMap<&str, Answer>> =
    LazyLock::new(|| FILES.iter().map(|(name, text)| (*name, Answer::parse(text))).collect());

/// The names of all files, in the order of the alphabet.
pub fn names() -> impl Iterator<Item = &'static str> {
    ANSWERS.keys().copied()
}

/// The answer in `fixtures/falcon/NAME.json`, as it stands there.
pub fn named(name: &str) -> Answer {
    ANSWERS.get(name).expect("fixtures/falcon has a file of this name").clone()
}

impl Answer {
    /// The answer in the text of a file.
    pub fn parse(text: &str) -> Answer {
        let mut file: Value = serde_json::from_str(text).expect("a fixture is JSON");
        let headers = file["headers"].as_object().expect("headers are an object");
        let text = |value: &Value| value.as_str().expect("a header is text").to_owned();
        Answer {
            status: file["status"].as_u64().and_then(|status| status.try_into().ok()).expect("a status"),
            headers: headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: file["body"].take(),
        }
    }

    /// The answer with another value in its body. The file must have one there: nothing is added to Falcon's shapes.
    pub fn with(mut self, pointer: &str, value: impl Into<Value>) -> Answer {
        *self.body.pointer_mut(pointer).expect("the file has a value there") = value.into();
        self
    }

    /// The answer with another value of a header that it has.
    pub fn with_header(mut self, name: &str, value: &str) -> Answer {
        let header = self.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name));
        value.clone_into(&mut header.expect("the file has this header").1);
        self
    }

    /// The body, as it is sent.
    pub fn text(&self) -> String {
        self.body.as_str().map_or_else(|| self.body.to_string(), str::to_owned)
    }
}

/// This token, given.
pub fn token(token: &str) -> Answer {
    named("token").with("/access_token", token)
}

/// A refusal in Falcon's envelope.
pub fn refusal(status: u16, message: &str) -> Answer {
    let answer = named("scope-missing").with("/errors/0/code", status).with("/errors/0/message", message);
    Answer { status, ..answer }
}

/// So many alerts updated; each error stands for one that was not.
pub fn alerts_updated(affected: usize, errors: Vec<Value>) -> Answer {
    let file = if errors.is_empty() { "alerts-updated" } else { "alerts-updated-in-part" };
    let answer = named(file).with("/meta/writes/resources_affected", affected);
    if errors.is_empty() { answer } else { answer.with("/errors", errors) }
}

/// So many incidents updated; each error stands for one that was not.
pub fn incidents_updated(affected: usize, errors: Vec<Value>) -> Answer {
    named("incidents-updated").with("/meta/writes/resources_affected", affected).with("/errors", errors)
}

/// A case after its update.
pub fn case_updated(case: Value) -> Answer {
    named("case-updated").with("/resources/0", case)
}

/// A case after an update that Falcon took and did not do.
pub fn case_not_changed(case: Value) -> Answer {
    named("case-not-changed").with("/resources/0", case)
}

/// These alerts, read, and an error for each that does not exist.
pub fn alerts_read(alerts: Vec<Value>, missing: &[&str]) -> Answer {
    named("alerts-read").with("/resources", alerts).with("/errors", not_found("alert", missing))
}

/// These incidents, read, and an error for each that does not exist.
pub fn incidents_read(incidents: Vec<Value>, missing: &[&str]) -> Answer {
    named("incidents-read").with("/resources", incidents).with("/errors", not_found("incident", missing))
}

/// These cases, read, and an error for each that does not exist.
pub fn cases_read(cases: Vec<Value>, missing: &[&str]) -> Answer {
    named("cases-read").with("/resources", cases).with("/errors", not_found("case", missing))
}

/// An error for each of these ids, which no object of this kind has.
pub fn not_found(kind: &str, ids: &[&str]) -> Vec<Value> {
    let error = named("alerts-updated-in-part").body["errors"][0].take();
    let error = put(error, "/message", format!("{kind} not found"));
    ids.iter().map(|id| put(error.clone(), "/id", *id)).collect()
}

/// A whole alert.
pub fn alert(id: &str, status: &str) -> Value {
    let (cid, rest) = id.split_once(':').unwrap_or(("", id));
    let kind = usize::from(rest.starts_with("ngsiem:"));
    let alert = named("alerts-read").body["resources"][kind].take();
    let alert = put(put(alert, "/composite_id", id), "/id", rest);
    put(put(alert, "/cid", cid), "/status", status)
}

/// A whole incident. Its status is a number, although updates write it as text.
pub fn incident(id: &str, status: &str) -> Value {
    let incident = named("incidents-read").body["resources"][0].take();
    put(put(incident, "/incident_id", id), "/status", status.parse::<u64>().expect("a number"))
}

/// A whole case, consistent at this version.
pub fn case(id: &str, status: &str, version: u64) -> Value {
    let case = named("case-updated").body["resources"][0].take();
    let case = put(put(case, "/id", id), "/status", status);
    put(put(case, "/version", version), "/consistency/version", version)
}

/// The object as Falcon shows it: of its own lists, those that are empty are missing.
pub fn without_empty_lists(mut object: Value) -> Value {
    let is_left_out = |name: &str| ["tags", "comments", "linked_case_ids"].contains(&name);
    let members = object.as_object_mut().expect("an object");
    members.retain(|name, value| !is_left_out(name) || value.as_array().is_none_or(|list| !list.is_empty()));
    object
}

/// An object with another value for a member that it has.
pub fn put(mut object: Value, pointer: &str, value: impl Into<Value>) -> Value {
    *object.pointer_mut(pointer).expect("the object has this member") = value.into();
    object
}
