//! A list of an object's own that is empty may be missing or null in Falcon's answers: it is empty, and not unknown.

use serde_json::{Value, json};

use super::{closed, instead, linked, respond, with};
use crate::common::answers::{self, put};
use crate::common::falcon::{ALERT_READ, ALERTS, CASES};
use crate::common::responder::Ran;
use crate::common::strict::{CASE_LIST, CASE_TAGS};
use crate::common::{ALERT, CASE, Job, StandIn, together};

/// The alert of the sample, which has no tags and no comments, in progress.
fn bare_alert() -> Value {
    let alert = answers::named("alerts-read-empty-lists-missing").body["resources"][0].take();
    put(alert, "/composite_id", ALERT)
}

/// An alert with this value of a member, or without the member.
fn with_member(mut alert: Value, member: &str, value: Option<Value>) -> Value {
    let members = alert.as_object_mut().expect("an object");
    match value {
        Some(value) => members.insert(member.to_owned(), value),
        None => members.remove(member),
    };
    alert
}

/// The job with verdicts, looked after until Falcon shows what was asked for.
fn verified(job: Job) -> Job {
    with(job, &json!({"sync_verdict": true, "verify": true, "timeout_seconds": 4}))
}

/// A run on an alert that is in progress; each read shows this alert.
fn reading(job: Job, alert: &Value) -> Ran {
    let read = instead(200, &answers::alerts_read(vec![alert.clone()], &[]).body, false);
    respond(job, &StandIn::in_the_clear().fails(ALERT_READ, read, usize::MAX))
}

#[test]
fn an_alert_without_tags_has_none_of_the_resolution_tags() {
    let falcon = StandIn::in_the_clear().tagged(ALERT, &["true_positive"]);
    respond(verified(linked(json!({"csfalcon-alert-id": ALERT}))), &falcon).success();
    assert_eq!((falcon.tags_of(ALERT).len(), falcon.hits(ALERT_READ)), (0, 1));
    reading(verified(linked(json!({"csfalcon-alert-id": ALERT}))), &bare_alert()).success();
}

#[test]
fn a_list_that_is_missing_null_or_empty_is_empty_and_any_other_value_proves_nothing() {
    let rows = [
        (None, true),
        (Some(Value::Null), true),
        (Some(json!([])), true),
        (Some(json!(["ours"])), true),
        (Some(json!("true_positive")), false),
        (Some(json!({"0": "true_positive"})), false),
        (Some(json!(vec!["ours"; 1_001])), false),
    ];
    together(&rows, |(tags, is_proof)| {
        let alert = with_member(bare_alert(), "tags", tags.clone());
        let ran = reading(verified(linked(json!({"csfalcon-alert-id": ALERT}))), &alert);
        if *is_proof {
            ran.success();
        } else {
            ran.fails_with(&["1 alert linked to case #42 (InProgress in TheHive) may or may not have been updated"]);
        }
    });
}

#[test]
fn a_reference_to_an_alert_does_not_prove_that_its_lists_are_empty() {
    let ran = reading(verified(linked(json!({"csfalcon-alert-id": ALERT}))), &json!({"composite_id": ALERT}));
    ran.fails_with(&["may or may not have been updated"]);
}

#[test]
fn a_tag_that_is_missing_with_its_whole_list_is_reported_as_missing() {
    let alert = put(bare_alert(), "/status", "closed");
    reading(verified(closed("TruePositive")), &alert).fails_with(&["it still shows no tag true_positive"]);
}

#[test]
fn a_comment_that_is_missing_with_its_whole_list_is_reported_as_missing() {
    let alert = put(bare_alert(), "/status", "closed");
    let read = instead(200, &answers::alerts_read(vec![alert], &[]).body, false);
    let falcon = StandIn::in_the_clear().fails(ALERT_READ, read, usize::MAX);
    let nothing = instead(200, &answers::alerts_updated(0, Vec::new()).body, false);
    let took = instead(200, &answers::alerts_updated(1, Vec::new()).body, false);
    let falcon = falcon.fails(ALERTS, took, 1).fails(ALERTS, nothing, usize::MAX);
    let job = with(closed("TruePositive"), &json!({"comment": "done", "timeout_seconds": 4}));
    respond(job, &falcon).fails_with(&["1 alert", "was not commented", "it still shows no such comment"]);
}

#[test]
fn a_case_that_loses_its_last_tag_has_lost_it() {
    let falcon = StandIn::in_the_clear().with_case(CASE, "new", &["true_positive"]);
    let job = with(linked(json!({"csfalcon-case-id": CASE})), &json!({"sync_verdict": true}));
    respond(job, &falcon).success();
    assert_eq!((falcon.cases()[CASE].tags.len(), falcon.hits(CASE_TAGS)), (0, 1));
}

#[test]
fn a_case_that_does_not_show_its_tags_may_have_any_of_them() {
    let hidden = put(answers::case(CASE, "in_progress", 1), "/tags", json!({"0": "a"}));
    let read = || instead(200, &answers::cases_read(vec![hidden.clone()], &[]).body, false);
    let falcon = StandIn::in_the_clear().with_case(CASE, "new", &["a"]).fails(&format!("POST {CASES}"), read(), 1);
    let job = linked(json!({"csfalcon-case-id": CASE})).with("/config/service", "remove_tags");
    respond(job.with("/data/tags", json!(["a"])), &falcon).success();
    assert_eq!(falcon.cases()[CASE].tags.len(), 0);
}

#[test]
fn a_missing_page_is_an_empty_one_only_if_falcon_counts_none() {
    let page = |total: Value| {
        let page = answers::named("cases-listed-none").with("/resources", Value::Null);
        instead(200, &page.with("/meta/pagination/total", total).body, false)
    };
    let job = || linked(json!({})).with("/config/service", "create_case");
    let falcon = StandIn::in_the_clear().fails(CASE_LIST, page(json!(0)), 1);
    respond(job(), &falcon).success();
    assert_eq!(falcon.cases_created(), 1);
    for total in [json!(1), Value::Null, json!("none")] {
        let falcon = StandIn::in_the_clear().fails(CASE_LIST, page(total), 1);
        respond(job(), &falcon).fails_with(&["Falcon did not list cases: "]);
        assert_eq!(falcon.cases_created(), 0);
    }
}
