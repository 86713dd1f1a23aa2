//! Sample jobs: the fixtures of the test suite, without their credentials.

use cortex_falcon::thehive::Kind;
use serde_json::Value;

/// A job of this kind, as this version of TheHive sends it. That of an observable is a search, which alone runs on one.
///
/// Its credentials and its cloud are blank, so that those of the environment serve.
pub(crate) fn job(kind: Kind, thehive: u8) -> serde_json::Result<Value> {
    let text = match (kind, thehive) {
        (Kind::Alert, 3) => include_str!("../fixtures/jobs/thehive3-alert.json"),
        (Kind::Alert, 4) => include_str!("../fixtures/jobs/thehive4-alert.json"),
        (Kind::Alert, _) => include_str!("../fixtures/jobs/thehive5-alert.json"),
        (Kind::Case, 3) => include_str!("../fixtures/jobs/thehive3-case.json"),
        (Kind::Case, 4) => include_str!("../fixtures/jobs/thehive4-case.json"),
        (Kind::Case, _) => include_str!("../fixtures/jobs/thehive5-case.json"),
        (Kind::Observable, _) => include_str!("../fixtures/jobs/search.json"),
    };
    let mut job: Value = serde_json::from_str(text)?;
    for item in ["client_id", "client_secret", "base_url"] {
        job["config"][item] = "".into();
    }
    Ok(job)
}
