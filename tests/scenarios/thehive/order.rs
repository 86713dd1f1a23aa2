//! Falcon gets what TheHive shows now: before the first sending, before each further one, and after Falcon's answer.

use serde_json::{Value, json};

use super::{ALERT_ID, BOTH, CASE_ID, alert, case, details, linked, respond, statuses_sent, updated};
use crate::common::falcon::ALERTS;
use crate::common::{ALERT, CASE, INCIDENT, StandIn, TheHive};

const MOVED_ON: &str = "The job said InProgress; TheHive has moved on to Closed since.";

fn all_kinds() -> Value {
    json!({"csfalcon-alert-id": ALERT, "csfalcon-incident-id": INCIDENT, "csfalcon-case-id": CASE})
}

/// A case with an alert that is not of Falcon: the older API cannot tell an empty case from one that the user does not see.
fn with_alert(hive: TheHive, stage: &str) -> TheHive {
    hive.with_case(CASE_ID, 42, stage).with_alert_in(CASE_ID, "~1", "det-1", json!({}))
}

/// How often the alert or case itself was read.
fn reads(hive: &TheHive) -> usize {
    hive.requests().iter().filter(|request| request.method == "GET" && !request.path.contains("query")).count()
}

/// All of Falcon's objects are closed, and the report is about that.
fn assert_closed(report: &Value, falcon: &StandIn) {
    for (id, status) in [(ALERT, "closed"), (INCIDENT, "40"), (CASE, "closed")] {
        assert_eq!(falcon.status_of(id).as_deref(), Some(status));
    }
    let full = &report["full"];
    let message = "Falcon follows case #42, which is Closed in TheHive: 1 alert, 1 incident and 1 case.";
    assert_eq!((&full["message"], &full["stage"]), (&json!(message), &json!("Closed")));
    let statuses: Vec<&Value> = full["targets"].as_array().unwrap().iter().map(|target| &target["status"]).collect();
    assert_eq!(statuses, ["closed", "40", "closed"], "what was sent before is told no more");
    assert_eq!(details(report)[0], MOVED_ON);
    assert_eq!(report["summary"]["taxonomies"][0]["value"], "closed");
}

#[test]
fn what_has_moved_on_before_the_first_sending_is_sent_as_it_is_now() {
    for hive in BOTH {
        let (hive, falcon) = (with_alert(hive(), "Closed"), StandIn::in_the_clear());
        let report = respond(case("InProgress", all_kinds(), &hive), &falcon).success();
        assert_closed(&report, &falcon);
        assert_eq!((statuses_sent(&falcon), reads(&hive)), (vec!["closed".to_owned()], 2));
    }
}

#[test]
fn what_moves_on_before_falcons_answer_is_sent_once_more() {
    for hive in BOTH {
        let hive = with_alert(hive(), "InProgress").moving_on(CASE_ID, &["InProgress", "Closed"]);
        let falcon = StandIn::in_the_clear();
        let report = respond(case("InProgress", all_kinds(), &hive), &falcon).success();
        assert_closed(&report, &falcon);
        assert_eq!((statuses_sent(&falcon).join(" "), reads(&hive)), ("in_progress closed".to_owned(), 3));
    }
}

#[test]
fn the_verdict_in_the_report_is_the_newest() {
    let hive = TheHive::five().with_case(CASE_ID, 42, "New").moving_on(CASE_ID, &["New", "Closed"]);
    let report = respond(case("New", linked(ALERT), &hive), &StandIn::in_the_clear()).success();
    assert_eq!(report["full"]["verdict"], "TruePositive");
    let hive = TheHive::five().with_case(CASE_ID, 42, "InProgress");
    let job = case("Closed", linked(ALERT), &hive).with("/data/extendedStatus", "FalsePositive");
    assert_eq!(respond(job, &StandIn::in_the_clear()).success()["full"]["verdict"], Value::Null);
}

#[test]
fn what_moves_on_between_two_tries_is_not_sent_as_it_was() {
    for hive in BOTH {
        let hive = with_alert(hive(), "InProgress").moving_on(CASE_ID, &["InProgress", "Closed"]);
        let falcon = StandIn::in_the_clear().fails_before_the_deed(ALERTS, 503, 1);
        let report = respond(case("InProgress", linked(ALERT), &hive), &falcon).success();
        assert_eq!(statuses_sent(&falcon), ["in_progress", "closed"], "the first met a 503");
        assert_eq!(updated(&report, "alert"), [ALERT]);
        assert_eq!(details(&report)[0], MOVED_ON);
        assert_eq!(reads(&hive), 4, "first, before the further try, after it was dropped, and after the answer");
    }
}

#[test]
fn what_moves_on_and_back_between_two_tries_is_sent_after_all() {
    let stages = ["InProgress", "Closed", "InProgress"];
    let hive = TheHive::five().with_case(CASE_ID, 42, "New").moving_on(CASE_ID, &stages);
    let falcon = StandIn::in_the_clear().fails_before_the_deed(ALERTS, 503, 1);
    let report = respond(case("InProgress", linked(ALERT), &hive), &falcon).success();
    assert_eq!(statuses_sent(&falcon), ["in_progress", "in_progress"]);
    assert!(!details(&report).iter().any(|told| told.contains("moved on")), "{report:#}");
}

#[test]
fn each_further_try_asks_whether_it_is_still_wanted() {
    let hive = TheHive::five().with_case(CASE_ID, 42, "InProgress");
    let falcon = StandIn::in_the_clear().fails_before_the_deed(ALERTS, 503, 3);
    respond(case("InProgress", linked(ALERT), &hive), &falcon).success();
    assert_eq!((statuses_sent(&falcon).len(), reads(&hive)), (4, 5));
    assert_eq!(falcon.requests().len(), 5, "where TheHive tells, Falcon is not looked at");
}

#[test]
fn another_stage_of_the_same_status_is_told_and_sends_nothing_more() {
    let hive = TheHive::five().with_alert(ALERT_ID, "New", "det-81920", linked(ALERT));
    let hive = hive.moving_on(ALERT_ID, &["InProgress", "Imported"]);
    let falcon = StandIn::in_the_clear();
    let report = respond(alert("InProgress", linked(ALERT), &hive), &falcon).success();
    assert_eq!(statuses_sent(&falcon), ["in_progress"]);
    assert_eq!(report["full"]["stage"], "Imported");
    assert_eq!(details(&report)[0], "The job said InProgress; TheHive has moved on to Imported since.");
}

#[test]
fn an_alert_moves_on_as_a_case_does() {
    for hive in BOTH {
        let hive = hive().with_alert(ALERT_ID, "New", "det-81920", linked(ALERT));
        let hive = hive.moving_on(ALERT_ID, &["New", "Imported", "Closed"]);
        let falcon = StandIn::in_the_clear();
        let report = respond(alert("New", linked(ALERT), &hive), &falcon).success();
        assert_eq!(statuses_sent(&falcon), ["new", "in_progress", "closed"]);
        assert_eq!(report["operations"], json!([{"type": "AddTagToAlert", "tag": "csfalcon:synced"}]));
        assert_eq!(details(&report)[0], "The job said New; TheHive has moved on to Closed since.");
    }
}

#[test]
fn what_never_settles_ends_within_the_jobs_time_and_is_told() {
    let stages = ["InProgress", "Closed"].repeat(40);
    let hive = TheHive::five().with_case(CASE_ID, 42, "New").moving_on(CASE_ID, &stages);
    let falcon = StandIn::in_the_clear();
    let job = case("InProgress", linked(ALERT), &hive).with("/config/timeout_seconds", 3);
    let told = respond(job, &falcon).failure();
    let sent = statuses_sent(&falcon);
    let now = if sent.last().unwrap() == "closed" { "InProgress" } else { "Closed" };
    let cause = format!(
        "TheHive has moved on each time that Falcon had followed; it is {now} in TheHive now, and Falcon shows what was before (case #42)."
    );
    assert!(told.starts_with(&format!("{cause}\nNext: Run the responder again when ")), "{told}");
    assert!(told.contains(&format!("\n1 alert was updated to {}.", sent.last().unwrap())), "{told}");
    assert!((3..=8).contains(&sent.len()), "{sent:?}");
}
