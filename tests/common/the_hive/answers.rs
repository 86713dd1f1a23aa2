//! Whole answers of TheHive's API, from `fixtures/thehive/answers/`.

use serde_json::{Value, json};

use crate::common::fixture;
use crate::common::stand_in::answers::Answer;

/// The answer in `fixtures/thehive/answers/NAME.json`, as it stands there.
pub fn named(name: &str) -> Answer {
    Answer::parse(&fixture(&format!("thehive/answers/{name}.json")))
}

/// This, in the body of a success.
pub fn told(body: Value) -> Answer {
    Answer { status: 200, headers: Vec::new(), body }
}

/// There is no such case or alert.
pub fn not_found(kind: &str) -> Answer {
    named("5-not-found").with("/message", format!("{kind} not found"))
}

/// There is no such path, which is known before anybody asks who comes.
pub fn no_such_path(path: &str) -> Answer {
    Answer { status: 404, headers: Vec::new(), body: json!({"type": "NotFound", "message": path}) }
}

/// What the API does not define is refused.
pub fn bad_request() -> Answer {
    Answer { status: 400, headers: Vec::new(), body: json!({"type": "BadRequest", "message": "Invalid request"}) }
}
