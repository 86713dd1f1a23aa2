//! Whole answers of TheHive's API, from `fixtures/thehive/answers/`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::super::stand_in::answers::Answer;

/// The files are compiled in, as those of Falcon are.
macro_rules! files {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../../fixtures/thehive/answers/", $name, ".json")))),*]
    };
}

/// Read once: a case may have thousands of alerts, all of one file.
#[rustfmt::skip]
static ANSWERS: LazyLock<BTreeMap<&str, Answer>> = LazyLock::new(|| {
    let files = files![
        "4-alert" "4-alerts-of-case" "4-case" "5-alert" "5-alerts-of-case" "5-case" "5-not-found" "5-refused"
        "path-unknown"
    ];
    files.map(|(name, text)| (name, Answer::parse(text))).into()
});

/// The answer in `fixtures/thehive/answers/NAME.json`, as it stands there.
pub fn named(name: &str) -> Answer {
    ANSWERS.get(name).expect("fixtures/thehive/answers has a file of this name").clone()
}

/// This, in the body of a success.
pub fn told(body: Value) -> Answer {
    Answer { status: 200, headers: Vec::new(), body }
}

/// There is no such case or alert.
pub fn not_found(kind: &str) -> Answer {
    named("5-not-found").with("/message", format!("{kind} not found"))
}

/// The user does not belong to the organisation that a request names.
pub fn not_your_organisation(status: u16) -> Answer {
    match status {
        404 => not_found("Organisation"),
        _ => Answer { status, ..named("5-refused") },
    }
}

/// There is no such path, which is known before anybody asks who comes.
pub fn no_such_path(path: &str) -> Answer {
    named("path-unknown").with("/message", path)
}

/// What the API does not define is refused.
pub fn bad_request() -> Answer {
    Answer { status: 400, headers: Vec::new(), body: json!({"type": "BadRequest", "message": "Invalid request"}) }
}
