//! `sync_verdict` on Next-Gen SIEM cases: the same tags, by the calls for tags of cases.

use serde_json::json;

use super::{asked, instead, linked, reads, respond, with};
use crate::common::strict::CASE_TAGS;
use crate::common::{ALERT, CASE, Job, StandIn, answers};

/// The fixtures' case in this stage, linked to a case in Falcon, with verdicts wanted.
fn case(stage: &str, verdict: &str) -> Job {
    let job =
        linked(json!({"csfalcon-case-id": CASE})).with("/data/stage", stage).with("/data/extendedStatus", verdict);
    with(job, &json!({"sync_verdict": true}))
}

fn having(tags: &[&str]) -> StandIn {
    StandIn::in_the_clear().with_case(CASE, "new", tags)
}

fn sets(status: &str) -> String {
    format!(r#"PATCH /cases/entities/cases/v2 {{"fields":{{"status":"{status}"}},"id":"{CASE}"}}"#)
}

fn adds(tag: &str) -> String {
    format!(r#"POST {CASE_TAGS} {{"id":"{CASE}","tags":["{tag}"]}}"#)
}

fn removes(tags: &[&str]) -> String {
    format!("DELETE {CASE_TAGS}?id={CASE}&tag={}", tags.join("&tag="))
}

#[test]
fn a_case_gets_what_it_lacks_and_loses_what_it_has() {
    for (stage, tags, changes, left) in [
        ("Closed", &["a"][..], vec![adds("true_positive")], &["a", "true_positive"][..]),
        ("Closed", &["a", "true_positive"], vec![], &["a", "true_positive"]),
        (
            "Closed",
            &["ignored", "a", "false_positive"],
            vec![removes(&["false_positive", "ignored"]), adds("true_positive")],
            &["a", "true_positive"],
        ),
        ("Closed", &["true_positive", "ignored"], vec![removes(&["ignored"])], &["true_positive"]),
        ("New", &["a"], vec![], &["a"]),
        ("InProgress", &["a", "true_positive"], vec![removes(&["true_positive"])], &["a"]),
        ("Imported", &["ignored"], vec![removes(&["ignored"])], &[]),
    ] {
        let falcon = having(tags);
        respond(case(stage, "TruePositive"), &falcon).success();
        let status = if stage == "Closed" {
            "closed"
        } else if stage == "New" {
            "new"
        } else {
            "in_progress"
        };
        assert_eq!(asked(&falcon), [vec![sets(status), reads(&[CASE])], changes].concat(), "{stage} {tags:?}");
        assert_eq!(falcon.cases()[CASE].tags, left);
    }
}

#[test]
fn a_verdict_that_means_nothing_costs_no_read() {
    let falcon = having(&["ignored"]);
    respond(case("Closed", "Indeterminate"), &falcon).success();
    assert_eq!(asked(&falcon), [sets("closed")]);
}

#[test]
fn the_report_tells_the_tags() {
    let falcon = having(&["ignored"]);
    let report = respond(case("Closed", "TruePositive"), &falcon).success();
    let details =
        ["1 case was updated to closed.", "1 case was freed of ignored.", "1 case was tagged with true_positive."];
    assert_eq!(report["full"]["details"], json!(details));
}

#[test]
fn without_the_scope_to_read_all_tags_are_asked_for() {
    let falcon = having(&["ignored", "a"]).without_scope("Cases: read");
    respond(case("Closed", "TruePositive"), &falcon).success();
    let changes = [removes(&["false_positive", "ignored"]), adds("true_positive")];
    assert_eq!(asked(&falcon), [[sets("closed"), reads(&[CASE])], changes].concat());
    assert_eq!(falcon.cases()[CASE].tags, ["a", "true_positive"]);
}

#[test]
fn a_tag_that_does_not_fit_is_a_failure_and_the_status_is_set() {
    let full = "x".repeat(120);
    let falcon = having(&[&full]);
    let told = respond(case("Closed", "TruePositive"), &falcon).failure();
    assert!(
        told.starts_with("1 case linked to case #42 (Closed in TheHive) was not tagged with true_positive: "),
        "{told}"
    );
    assert!(
        told.contains("1 case was updated to closed.") && told.contains(&format!("Not tagged case: {CASE}")),
        "{told}"
    );
    assert_eq!(falcon.status_of(CASE).as_deref(), Some("closed"));
    // What goes makes room for what comes.
    let falcon = having(&["x".repeat(114).as_str(), "false_positive"]);
    respond(case("Closed", "TruePositive"), &falcon).success();
    assert_eq!(falcon.cases()[CASE].tags[1], "true_positive");
}

#[test]
fn a_case_whose_status_was_not_set_gets_no_tag_and_the_others_do() {
    let falcon = having(&[]).without("Z29uZQ");
    let job = case("Closed", "TruePositive").with("/data/customFieldValues/csfalcon-case-id", json!(["Z29uZQ", CASE]));
    let told = respond(job, &falcon).failure();
    assert_eq!(told.matches("Z29uZQ").count(), 1, "it is told once: {told}");
    assert_eq!(falcon.hits(CASE_TAGS), 1);
    assert_eq!(falcon.cases()[CASE].tags, ["true_positive"]);
}

#[test]
fn tags_that_an_answer_does_not_show_are_read_back() {
    let nothing = answers::named("case-tags-added").with("/resources", serde_json::Value::Null).body;
    let falcon = having(&[]).fails(CASE_TAGS, instead(200, &nothing, true), 1);
    respond(case("Closed", "TruePositive"), &falcon).success();
    assert_eq!(asked(&falcon)[2..], [adds("true_positive"), reads(&[CASE])]);
}

#[test]
fn alerts_and_cases_of_one_job_get_the_same() {
    let falcon = having(&[]);
    let job = case("Closed", "FalsePositive").with("/data/customFieldValues/csfalcon-alert-id", ALERT);
    respond(job, &falcon).success();
    assert_eq!(falcon.cases()[CASE].tags, ["false_positive"]);
    assert_eq!(falcon.tags_of(ALERT), ["source:thehive", "false_positive"]);
}
