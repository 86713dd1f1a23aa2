//! A secret that is a word of what is wished for changes nothing of what is sent, and is not shown.

use serde_json::{Value, json};

use super::{asked, closed, comments, instead, respond, with};
use crate::common::falcon::ALERTS;
use crate::common::{ALERT, CASE, Job, StandIn, answers};

/// A job with all wishes, closed with a summary.
fn wishful() -> Job {
    let items = json!({
        "sync_verdict": true, "verdict_map": ["Duplicated:ignored"], "comment": "{{verdict}}: {{summary}}",
        "reopened_status": true, "assignee_map": ["analyst@soc.example:ann@falcon.example"], "verify": true,
    });
    with(closed("Duplicated"), &items).with("/data/summary", "Same as quokka-7731.")
}

/// The texts of a report.
fn texts(report: &Value) -> Vec<String> {
    match report {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[test]
fn a_secret_among_the_words_changes_no_request_and_is_not_shown() {
    let plain = StandIn::in_the_clear();
    respond(wishful(), &plain).success();
    for secret in ["Duplicated", "ignored", "quokka-7731", "quokka", "ann@falcon.example", "Same as"] {
        let falcon = StandIn::in_the_clear();
        let report = respond(wishful().with("/config/some_secret", secret), &falcon).success();
        assert_eq!(asked(&falcon), asked(&plain), "{secret}");
        for text in texts(&report) {
            assert!(!text.contains(secret), "{secret:?} is in {text:?}");
        }
    }
    assert_eq!(plain.comments_on(ALERT), ["Duplicated: Same as quokka-7731."]);
}

#[test]
fn what_falcon_says_of_a_comment_shows_no_secret_of_it() {
    let refusal = answers::refusal(400, "no such words: Same as quokka-7731.").body;
    let updated = answers::alerts_updated(1, Vec::new()).body;
    let falcon = StandIn::in_the_clear().fails(ALERTS, instead(200, &updated, true), 1);
    let falcon = falcon.fails(ALERTS, instead(400, &refusal, false), 1);
    let job = wishful().with("/config/some_secret", "quokka-7731").with("/config/verify", false);
    let ran = respond(job, &falcon);
    assert_eq!(asked(&falcon)[1], comments("Duplicated: Same as quokka-7731."));
    let told = ran.fails_with(&["no such words: Same as"]);
    assert!(!told.contains("quokka-7731") && !ran.report().to_string().contains("quokka-7731"), "{told}");
}

#[test]
fn what_falcon_shows_of_linked_cases_shows_no_secret() {
    let falcon = StandIn::in_the_clear().linking(ALERT, &["quokka-7731", CASE]).without("quokka-7731");
    let falcon = falcon.with_case_like(CASE, |case| case.alerts = vec![format!("quokka-7731\u{202e}")]);
    let job = with(closed(""), &json!({"sync_linked_cases": true})).with("/config/some_secret", "quokka-7731");
    let report = respond(job, &falcon).success().to_string();
    assert!(report.contains("was left open") && report.contains("Falcon does not show these cases"), "{report}");
    assert!(!report.contains("quokka") && !report.contains('\u{202e}'), "{report}");
}

#[test]
fn an_entry_that_is_refused_shows_no_secret() {
    for (item, value) in [
        ("verdict_map", json!(["quokka-7731"])),
        ("status_map", json!(["quokka-7731"])),
        ("comment", json!("{{quokka-7731}}")),
    ] {
        let job = wishful().with(&format!("/config/{item}"), value).with("/config/some_secret", "quokka-7731");
        let falcon = StandIn::in_the_clear();
        let ran = respond(job, &falcon);
        let told = ran.fails_with(&[item]);
        assert!(!told.contains("quokka-7731"), "{told}");
    }
}
