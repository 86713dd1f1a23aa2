//! `check` on a job that does more than to set a status: the scopes that it needs, and whether TheHive answers.

use mockito::{Matcher, Server, ServerGuard};
use serde_json::{Value, json};

use super::{closed, linked, with};
use crate::common::kinds::KINDS;
use crate::common::{ALERT, CASE, Job, Ran, Responder, StandIn, job};

fn checking(job: Job, falcon: &StandIn) -> Ran {
    let input = job.with("/config/base_url", falcon.url()).0.to_string();
    Responder::new().argument("check").argument("-").stdin(input).run()
}

#[track_caller]
fn says(ran: &Ran, status: i32, line: &str) {
    assert!(ran.stdout.lines().any(|shown| shown.starts_with(line)), "{line:?} begins no line of:\n{}", ran.stdout);
    assert_eq!(ran.status, Some(status), "{}", ran.stdout);
}

#[test]
fn what_is_to_be_read_needs_the_scope_for_that() {
    for kind in KINDS {
        let falcon = StandIn::in_the_clear().without_scope(kind.scope);
        for items in [json!({"verify": true}), json!({"reopened_status": true})] {
            says(&checking(with(kind.job(), &items), &falcon), 1, &format!("✗ {}: missing. Next: Give", kind.scope));
        }
        says(&checking(kind.job(), &falcon), 0, &format!("· {}: missing; it is wished for", kind.scope));
        let nothing_reopens = with(kind.job(), &json!({"reopened_status": true})).with("/data/stage", "Closed");
        says(&checking(nothing_reopens, &falcon), 0, &format!("· {}: missing; it is wished for", kind.scope));
    }
}

#[test]
fn cases_that_falcon_links_need_three_scopes_unless_the_stage_moves_none() {
    for scope in ["Alerts: read", "Cases: read", "Cases: write"] {
        let falcon = StandIn::in_the_clear().without_scope(scope);
        let job = with(linked(json!({"csfalcon-alert-id": ALERT})), &json!({"sync_linked_cases": true}));
        says(&checking(job.clone(), &falcon), 1, &format!("✗ {scope}: missing. Next: Give"));
        let new = checking(job.with("/data/stage", "New"), &falcon);
        assert_eq!(new.status, Some(0), "{}", new.stdout);
    }
}

#[test]
fn tags_comments_and_assignees_need_no_more_than_the_status() {
    let items = json!({"sync_verdict": true, "comment": "done", "assignee_map": ["analyst@soc.example:ann"]});
    let job = with(closed("TruePositive"), &items).with("/data/customFieldValues/csfalcon-case-id", CASE);
    let falcon = StandIn::in_the_clear().without_incidents();
    says(&checking(job.clone(), &falcon), 0, "✓ Cases: write: allowed");
    says(&checking(job.clone(), &falcon.without_scope("Alerts: write")), 1, "✗ Alerts: write: missing");
    says(&checking(job, &StandIn::in_the_clear().without_scope("Cases: write")), 1, "✗ Cases: write: missing");
}

#[test]
fn what_is_wrong_with_an_item_is_in_the_way() {
    let falcon = StandIn::in_the_clear();
    let ran = checking(with(closed(""), &json!({"verdict_map": ["TruePositive"]})), &falcon);
    says(&ran, 1, "✗ job: the configuration item verdict_map has the entry \"TruePositive\"; expected");
}

/// A TheHive 5 that shows the fixtures' case to whoever has the key, and answers with this status where its alerts are asked for.
fn thehive(alerts: usize) -> ServerGuard {
    let mut server = Server::new();
    let key = "Bearer w-9xQ-never-used";
    let case = json!({"_id": "~41156", "_type": "Case", "number": 42, "stage": "InProgress"});
    server.mock("GET", "/api/v1/case/~41156").match_header("authorization", key).with_body(case.to_string()).create();
    let query = server.mock("POST", "/api/v1/query").match_header("authorization", key).match_body(Matcher::Any);
    let refusal = json!({"type": "AuthorizationError", "message": "You are not authorized"});
    query.with_status(alerts).with_body(if alerts == 200 { json!([]) } else { refusal }.to_string()).create();
    server
}

fn asking(url: &str, fields: Value) -> Job {
    with(linked(fields), &json!({"thehive_url": url, "thehive_api_key": "w-9xQ-never-used"}))
}

#[test]
fn whether_thehive_answers_is_one_line() {
    let falcon = StandIn::in_the_clear();
    let hive = thehive(200);
    says(&checking(asking(&hive.url(), json!({"csfalcon-alert-id": ALERT})), &falcon), 0, "✓ thehive: answers");
    let ran = checking(linked(json!({"csfalcon-alert-id": ALERT})), &falcon);
    assert!(!ran.stdout.contains("thehive: "), "it is not asked where nobody says where it is: {}", ran.stdout);
}

#[test]
fn a_thehive_that_does_not_answer_is_in_the_way_of_a_case_alone() {
    let falcon = StandIn::in_the_clear();
    let refusing = thehive(403);
    let gone = "http://127.0.0.1:1";
    let refused = format!(
        "TheHive at {} answered HTTP 403: You are not authorized. Next: Check thehive_api_key and its user in TheHive",
        refusing.url().replace("http://", "")
    );
    for (url, why) in [(refusing.url().as_str(), &*refused), (gone, "there is no connection to TheHive at 127.0.0.1:1")]
    {
        for fields in [json!({"csfalcon-alert-id": ALERT}), json!({})] {
            says(&checking(asking(url, fields), &falcon), 1, &format!("✗ thehive: {why}"));
        }
    }
    let alert = job("thehive5-alert").linked_to(json!({"csfalcon-alert-id": ALERT}));
    let alert = with(alert, &json!({"thehive_url": gone, "thehive_api_key": "w-9xQ-never-used"}));
    says(&checking(alert, &falcon), 0, "· thehive: there is no connection to TheHive at 127.0.0.1:1");
}

#[test]
fn alerts_that_only_thehive_knows_need_their_scope() {
    let hive = thehive(200);
    let falcon = StandIn::in_the_clear().without_scope("Alerts: write");
    says(&checking(asking(&hive.url(), json!({})), &falcon), 1, "✗ Alerts: write: missing");
}
