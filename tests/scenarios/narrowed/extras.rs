//! An extra action that Falcon refuses, an assignee or a tag, keeps no status from being set.

use serde_json::{Value, json};

use super::{linked, many};
use crate::common::falcon::{ALERT_READ, ALERTS};
use crate::common::kinds::AN_ALERT;
use crate::common::stand_in::Disturbance;
use crate::common::{ALERT, Fault, Job, OTHER_ALERT, Responder, StandIn, answers, job};
use crate::wishes::{asked, closed, instead, respond, updates, with};

const USER: &str = "ann@falcon.example";
const UUID: &str = "21b6f0c4-0000-4000-8000-0000000000a1";

fn assigned_to(job: Job, user: &str) -> Job {
    with(job, &json!({"assignee_map": [format!("analyst@soc.example:{user}")]}))
}

fn in_progress() -> Job {
    linked(&AN_ALERT, &[ALERT.to_owned()])
}

fn status(status: &str) -> String {
    updates(&[("update_status", status)])
}

const TAGS: [(&str, &str); 3] =
    [("remove_tag", "false_positive"), ("remove_tag", "ignored"), ("add_tag", "true_positive")];

#[test]
fn a_uuid_is_assigned_as_one_and_all_else_by_its_name() {
    for (user, action) in [
        (UUID, "assign_to_uuid"),
        ("21B6F0C4-0000-4000-8000-0000000000A1", "assign_to_uuid"),
        (USER, "assign_to_user_id"),
        ("21b6f0c4-0000-4000-8000-0000000000a", "assign_to_user_id"),
        ("21b6f0c4000040008000-0000000000a1-000-", "assign_to_user_id"),
        ("g1b6f0c4-0000-4000-8000-0000000000a1", "assign_to_user_id"),
    ] {
        let falcon =
            StandIn::in_the_clear().fails(ALERTS, instead(200, &answers::alerts_updated(1, Vec::new()).body, false), 1);
        respond(assigned_to(in_progress(), user), &falcon).success();
        assert_eq!(asked(&falcon), [updates(&[("update_status", "in_progress"), (action, user)])]);
    }
}

/// What is told of an assignee that Falcon refused.
fn assert_tolerated(report: &Value, details: &[&str], user: &str) {
    assert_eq!(
        report["full"]["details"].as_array().unwrap()[..details.len()],
        details.iter().map(|detail| json!(detail)).collect::<Vec<_>>()
    );
    let warning =
        format!("Falcon refused an assignee (the alerts were not assigned to {user}): correct assignee_map in Cortex.");
    assert_eq!(report["full"]["warnings"], json!([warning]));
}

#[test]
fn an_assignee_that_falcon_does_not_know_is_told_and_the_status_is_set() {
    for user in [USER, UUID] {
        let action = if user == UUID { "assign_to_uuid" } else { "assign_to_user_id" };
        let falcon = StandIn::in_the_clear().without_user(user);
        let report = respond(assigned_to(in_progress(), user), &falcon).success();
        let both = updates(&[("update_status", "in_progress"), (action, user)]);
        assert_eq!(asked(&falcon), [both, status("in_progress"), updates(&[(action, user)])]);
        let why = format!("1 alert was not assigned to {user}: Falcon answered HTTP 400: user not found (code 400).");
        assert_tolerated(&report, &["1 alert was updated to in_progress.", &why], user);
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
        assert_eq!(report["full"]["retries"], 0);
    }
}

#[test]
fn an_assignee_that_is_an_internal_error_is_told_in_the_same_way() {
    let falcon = StandIn::in_the_clear().failing_for_user(USER);
    let report = respond(assigned_to(in_progress(), USER), &falcon).success();
    let assigns = ("assign_to_user_id", USER);
    let alone = updates(&[assigns]);
    assert_eq!(
        asked(&falcon),
        [updates(&[("update_status", "in_progress"), assigns]), status("in_progress"), alone.clone(), alone]
    );
    let why = format!("1 alert was not assigned to {USER}: Falcon answered HTTP 500: internal error (code 500).");
    assert_tolerated(&report, &["1 alert was updated to in_progress.", &why], USER);
}

#[test]
fn an_internal_error_that_passes_costs_nobody_their_assignee() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, instead(500, &answers::refusal(500, "no").body, false), 1);
    respond(assigned_to(in_progress(), USER), &falcon).success();
    assert_eq!(falcon.alert(ALERT)["assigned_to_uid"], USER);
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
}

fn resolved() -> Job {
    with(closed("TruePositive"), &json!({"sync_verdict": true}))
}

#[test]
fn a_tag_that_falcon_refuses_is_a_failure_that_says_that_the_status_was_set() {
    let falcon = StandIn::in_the_clear().refusing_tag("true_positive");
    let told = respond(assigned_to(resolved(), USER), &falcon).failure();
    let all = [[("update_status", "closed")].as_slice(), &TAGS, &[("assign_to_user_id", USER)]].concat();
    assert_eq!(
        asked(&falcon),
        [updates(&all), status("closed"), updates(&TAGS), updates(&[("assign_to_user_id", USER)])]
    );
    assert!(told.starts_with("1 alert linked to case #42 (Closed in TheHive) was not tagged with true_positive: Falcon answered HTTP 400: tag true_positive is not allowed (code 400).\n"), "{told}");
    assert!(told.contains("\n1 alert was updated to closed.\n1 alert was assigned to ann@falcon.example.\n"), "{told}");
    assert_eq!(falcon.alert(ALERT)["assigned_to_uid"], USER);
    assert_eq!(falcon.tags_of(ALERT), ["source:thehive"]);
}

#[test]
fn both_may_be_refused_and_both_are_told() {
    let falcon = StandIn::in_the_clear().refusing_tag("true_positive").without_user(USER);
    let told = respond(assigned_to(resolved(), USER), &falcon).failure();
    assert!(
        told.contains("was not tagged with true_positive") && told.contains("1 alert was updated to closed."),
        "{told}"
    );
    assert!(told.contains("\n1 alert was not assigned to ann@falcon.example: Falcon answered HTTP 400"), "{told}");
    assert!(told.contains("\nWarning: Falcon refused an assignee"), "{told}");
}

#[test]
fn only_where_the_status_alone_is_refused_are_the_ids_split_and_the_extra_actions_come_last() {
    let ids = many(&AN_ALERT, 8);
    let falcon = StandIn::in_the_clear().refusing(&ids[5]);
    let told = respond(assigned_to(linked(&AN_ALERT, &ids), USER), &falcon).failure();
    let requests = asked(&falcon);
    let actions: Vec<&str> = requests
        .iter()
        .map(|asked| match (asked.contains("update_status"), asked.contains("assign")) {
            (true, true) => "both",
            (true, false) => "status",
            _ => "assignee",
        })
        .collect();
    assert_eq!(actions, ["both", "status", "status", "status", "status", "status", "status", "status", "assignee"]);
    let good: Vec<&String> = ids.iter().filter(|id| **id != ids[5]).collect();
    assert!(
        good.iter()
            .all(|id| falcon.alert(id)["assigned_to_uid"] == USER && falcon.alert(id)["status"] == "in_progress")
    );
    assert!(
        told.starts_with("1 alert linked to")
            && told.contains("\n7 alerts were updated to in_progress.\n7 alerts were assigned to ann@falcon.example."),
        "{told}"
    );
    assert!(told.contains(&format!("\nNot updated alert: {}", ids[5])), "{told}");
}

#[test]
fn what_is_too_much_for_one_request_keeps_its_extra_actions() {
    let ids = many(&AN_ALERT, 4);
    let falcon = StandIn::in_the_clear().accepting_ids(2);
    respond(assigned_to(linked(&AN_ALERT, &ids), USER), &falcon).success();
    assert_eq!(falcon.hits(ALERTS), 3);
    assert!(ids.iter().all(|id| falcon.alert(id)["assigned_to_uid"] == USER));
}

#[test]
fn a_comment_goes_to_those_whose_status_is_set() {
    let falcon = StandIn::in_the_clear().refusing_tag("true_positive");
    respond(with(resolved(), &json!({"comment": "done"})), &falcon).failure();
    assert_eq!(falcon.comments_on(ALERT), ["done"]);
}

#[test]
fn what_is_verified_shows_the_status_and_the_tags() {
    let bare = answers::alerts_read(vec![answers::alert(ALERT, "closed")], &[]);
    let falcon = StandIn::in_the_clear().without_user(USER).fails(ALERT_READ, instead(200, &bare.body, false), 2);
    respond(with(assigned_to(resolved(), USER), &json!({"verify": true, "timeout_seconds": 20})), &falcon).success();
    assert_eq!(falcon.hits(ALERT_READ), 3, "the status at once, and the tags at the second look");
}

#[test]
fn an_extra_action_that_was_not_sent_when_the_job_was_stopped_is_told() {
    let mut requests = 0;
    let falcon = StandIn::in_the_clear().without_user(USER).disturbed(move |request| {
        requests += usize::from(request.is_to(ALERTS));
        let hangs = request.is_to(ALERTS) && requests == 2;
        Disturbance {
            fault: hangs.then_some(Fault::Silence(std::time::Duration::from_hours(1))),
            ..Disturbance::default()
        }
    });
    let job = assigned_to(job("thehive5-case").linked_to(json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT]})), USER);
    let running = Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string()).start();
    while falcon.hits(ALERTS) < 2 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    running.signal("TERM");
    let told = running.wait().failure();
    assert!(told.contains("2 alerts linked to case #42 (InProgress in TheHive) may or may not have been updated to in_progress: SIGTERM stopped"), "{told}");
    assert!(
        told.contains(
            "2 alerts were not assigned to ann@falcon.example: SIGTERM stopped the responder before this was sent."
        ),
        "{told}"
    );
}

/// An update with more than one action, accepted but for these alerts, which it names with these words.
fn accepting_but(bad: &[&str], words: &'static str) -> StandIn {
    let bad: Vec<String> = bad.iter().map(|id| (*id).to_owned()).collect();
    StandIn::in_the_clear().disturbed(move |request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let is_refused = request.is_to(ALERTS) && body["action_parameters"].to_string().contains("assign_to");
        let ids = body["composite_ids"].as_array().cloned().unwrap_or_default();
        let named = ids.iter().filter(|id| bad.iter().any(|bad| *id == bad));
        let errors: Vec<Value> = named.map(|id| json!({"code": 400, "message": words, "id": id})).collect();
        let count = ids.len() - errors.len();
        let fault = (is_refused && !errors.is_empty()).then(|| Fault::Answer {
            status: 200,
            headers: Vec::new(),
            body: answers::alerts_updated(count, errors).text().into(),
        });
        Disturbance { fault, ..Disturbance::default() }
    })
}

#[test]
fn an_assignee_that_is_refused_in_a_success_keeps_no_status_from_being_set() {
    let falcon = accepting_but(&[ALERT], "user not found");
    let report = respond(assigned_to(in_progress(), USER), &falcon).success();
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
    let why = format!("1 alert was not assigned to {USER}: Falcon said: user not found (code 400).");
    assert_tolerated(&report, &["1 alert was updated to in_progress.", &why], USER);
    assert_eq!(falcon.hits(ALERTS), 3);
}

#[test]
fn an_extra_action_is_refused_for_the_alert_and_not_for_the_others() {
    let ids = many(&AN_ALERT, 100);
    let bad = format!("\"{}\"", ids[30]);
    let falcon = StandIn::in_the_clear().disturbed(move |request| {
        let body = String::from_utf8_lossy(&request.body);
        let is_refused = request.is_to(ALERTS)
            && body.contains(&bad)
            && (body.contains("add_tag") || body.contains("assign_to") || body.contains("append_comment"));
        let fault = is_refused.then(|| instead(400, &answers::named("alerts-refused-whole").body, false));
        Disturbance { fault, ..Disturbance::default() }
    });
    let job = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": ids}));
    let job = job.with("/data/stage", "Closed").with("/data/status", "TruePositive");
    let job = with(job, &json!({"sync_verdict": true, "comment": "done"}));
    let told = respond(assigned_to(job, USER), &falcon).failure();
    for id in ids.iter().filter(|id| **id != ids[30]) {
        assert_eq!(falcon.comments_on(id), ["done"], "{told}");
        assert!(falcon.tags_of(id).contains(&"true_positive".to_owned()), "{told}");
        assert_eq!(falcon.alert(id)["assigned_to_uid"], USER, "{told}");
    }
    assert_eq!(falcon.status_of(&ids[30]).as_deref(), Some("closed"));
    assert!(falcon.hits(ALERTS) <= 65, "{}", falcon.hits(ALERTS));
}

#[test]
fn what_is_refused_for_two_alerts_alone_is_refused_for_all_and_costs_no_more() {
    let ids = many(&AN_ALERT, 100);
    let falcon = StandIn::in_the_clear().without_user(USER);
    let report = respond(assigned_to(linked(&AN_ALERT, &ids), USER), &falcon).success();
    let why = format!("100 alerts were not assigned to {USER}: Falcon answered HTTP 400: user not found (code 400).");
    assert_tolerated(&report, &["100 alerts were updated to in_progress.", &why], USER);
    assert_eq!(falcon.hits(ALERTS), 5, "both, the status, the assignee, and the assignee for two alerts");
}
