//! The words of a comment: a template, filled with what the job tells.

use serde_json::json;

use super::{asked, closed, comments, linked, respond, updates, with};
use crate::common::falcon::ALERTS;
use crate::common::{ALERT, Job, StandIn, job};

/// What a job with this template says on its alert; nothing where it says nothing.
fn said(job: Job, template: &str) -> Option<String> {
    let falcon = StandIn::in_the_clear();
    respond(with(job, &json!({"comment": template})), &falcon).success();
    let said = falcon.comments_on(ALERT);
    assert_eq!(falcon.hits(ALERTS), 1 + said.len());
    said.into_iter().next()
}

#[test]
fn every_placeholder_stands_for_a_value() {
    let template = "#{{number}} {{ title }} | {{stage}} | {{verdict}} | {{summary}} | {{id}} | {{id}}";
    let case = closed("TruePositive").with("/data/summary", "Restored from\nbackup \"A\".");
    let falcon = StandIn::in_the_clear();
    respond(with(case, &json!({"comment": template})), &falcon).success();
    let words = r#"#42 Credential dumping on FIN-LT-0042 | Closed | TruePositive | Restored from\nbackup \"A\". | ~41156 | ~41156"#;
    assert_eq!(asked(&falcon), [updates(&[("update_status", "closed")]), comments(words)]);
}

#[test]
fn what_the_job_lacks_is_empty() {
    let bare = closed("").without("/data/title").without("/data/number").without("/data/caseId");
    let bare =
        bare.without("/data/_id").without("/data/id").with("/data/summary", json!(null)).with("/data/status", "Closed");
    let template = "[{{number}}][{{title}}][{{verdict}}][{{summary}}][{{id}}] {{stage}}";
    assert_eq!(said(bare.clone(), template).as_deref(), Some("[][][][][] Closed"));
    for empty in ["{{summary}}", " {{verdict}}\n{{title}} "] {
        assert_eq!(said(bare.clone(), empty), None, "{empty:?}");
    }
}

#[test]
fn an_alert_and_a_case_of_thehive_4_have_their_own_words() {
    let alert = job("thehive5-alert").linked_to(json!({"csfalcon-alert-id": ALERT})).with("/data/stage", "Closed");
    let words = said(alert.with("/data/status", "FalsePositive"), "{{number}}/{{id}}/{{verdict}}");
    assert_eq!(words.as_deref(), Some("/~81920/FalsePositive"));
    let case = job("thehive4-case").linked_to(json!({"csfalcon-alert-id": ALERT}));
    assert_eq!(said(case, "{{number}} {{summary}} {{verdict}}").as_deref(), Some("7 Restored. TruePositive"));
}

#[test]
fn a_value_is_no_template_and_other_brackets_stay() {
    let case = closed("TruePositive").with("/data/title", "{{id}} {{nope}} {{");
    assert_eq!(said(case, "{a} }} {{title}} {b}").as_deref(), Some("{a} }} {{id}} {{nope}} {{ {b}"));
    assert_eq!(said(closed("TruePositive"), "done").as_deref(), Some("done"));
}

#[test]
fn only_what_is_closed_is_commented() {
    for stage in ["New", "InProgress", "Imported"] {
        let job = linked(json!({"csfalcon-alert-id": ALERT})).with("/data/stage", stage);
        assert_eq!(said(job, "{{stage}}"), None);
    }
}
