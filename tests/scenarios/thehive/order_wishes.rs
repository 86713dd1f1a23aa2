//! What goes with the status is that of the newest alert or case, too.

use serde_json::{Value, json};

use super::{CASE_ID, case, details, linked, respond, statuses_sent};
use crate::common::falcon::ALERT_READ;
use crate::common::stand_in::Disturbance;
use crate::common::{ALERT, Fault, Job, StandIn, TheHive, answers};

/// A case that is in these stages, one after the other, and ada's; the job knows it as nobody's.
fn moving_on(stages: &[&str]) -> TheHive {
    TheHive::five().with_case(CASE_ID, 42, "New").moving_on(CASE_ID, stages).showing(CASE_ID, "/assignee", "ada")
}

fn with_wishes(stage: &str, hive: &TheHive) -> Job {
    case(stage, linked(ALERT), hive)
        .with("/config/sync_verdict", true)
        .with("/config/assignee_map", json!(["ada:7c1d"]))
        .with("/config/comment", "{{stage}} as {{verdict}}")
        .with("/data/assignee", Value::Null)
}

#[test]
fn verdict_and_assignee_are_those_of_the_newest() {
    let (hive, falcon) = (moving_on(&["InProgress", "Closed"]), StandIn::in_the_clear());
    let report = respond(with_wishes("InProgress", &hive), &falcon).success();
    assert!(falcon.tags_of(ALERT).contains(&"true_positive".to_owned()));
    assert_eq!(falcon.alert(ALERT)["assigned_to_uid"], "7c1d");
    assert_eq!(falcon.comments_on(ALERT), ["Closed as TruePositive"]);
    assert_eq!(details(&report)[1], "1 alert was updated to closed as true_positive.");
}

#[test]
fn another_verdict_alone_is_sent_once_more() {
    let hive = TheHive::five().with_case(CASE_ID, 42, "Closed");
    let job = with_wishes("Closed", &hive).with("/data/extendedStatus", "FalsePositive");
    let falcon = StandIn::in_the_clear();
    respond(job, &falcon).success();
    assert_eq!(
        falcon.tags_of(ALERT).iter().filter(|tag| tag.ends_with("_positive")).collect::<Vec<_>>(),
        ["true_positive"]
    );
}

#[test]
fn the_comment_is_appended_once_however_often_the_status_was_sent() {
    let (hive, falcon) = (moving_on(&["Closed", "InProgress", "Closed"]), StandIn::in_the_clear());
    respond(with_wishes("Closed", &hive), &falcon).success();
    assert_eq!(statuses_sent(&falcon), ["closed", "in_progress", "closed"]);
    assert_eq!(falcon.comments_on(ALERT), ["Closed as TruePositive"]);
}

#[test]
fn what_was_closed_for_a_moment_only_gets_no_comment() {
    let (hive, falcon) = (moving_on(&["Closed", "InProgress"]), StandIn::in_the_clear());
    respond(with_wishes("Closed", &hive), &falcon).success();
    assert_eq!(statuses_sent(&falcon), ["closed", "in_progress"]);
    assert!(falcon.comments_on(ALERT).is_empty());
    assert!(!falcon.tags_of(ALERT).contains(&"true_positive".to_owned()));
}

#[test]
fn what_is_overtaken_is_not_verified_until_the_time_is_over() {
    let mut reads = 0;
    let by_another_job = answers::alerts_read(vec![answers::alert(ALERT, "closed")], &[]).text();
    let falcon = StandIn::in_the_clear().disturbed(move |request| {
        reads += usize::from(request.is_to(ALERT_READ));
        let is_first = request.is_to(ALERT_READ) && reads == 1;
        let shown = Fault::Answer { status: 200, headers: Vec::new(), body: by_another_job.clone().into() };
        Disturbance { fault: is_first.then_some(shown), ..Default::default() }
    });
    let hive = moving_on(&["InProgress", "Closed"]);
    let job = case("InProgress", linked(ALERT), &hive).with("/config/verify", true);
    respond(job, &falcon).success();
    assert_eq!((statuses_sent(&falcon).join(" "), falcon.hits(ALERT_READ)), ("in_progress closed".to_owned(), 2));
}

#[test]
fn the_cases_that_falcon_links_to_the_alerts_follow_the_newest_and_only_that_is_told() {
    let (hive, falcon) = (moving_on(&["Closed", "InProgress"]), StandIn::in_the_clear());
    let linked_case = falcon.alert(ALERT)["linked_case_ids"][0].as_str().unwrap().to_owned();
    let falcon = falcon.having(&linked_case, "new");
    let job = case("Closed", linked(ALERT), &hive).with("/config/sync_linked_cases", true);
    let report = respond(job, &falcon).success();
    assert_eq!(falcon.status_of(&linked_case).as_deref(), Some("in_progress"));
    let told = [
        "The job said Closed; TheHive has moved on to InProgress since.",
        "1 alert was updated to in_progress.",
        "1 case was updated to in_progress.",
    ];
    assert_eq!(details(&report), told);
    assert_eq!(statuses_sent(&falcon), ["closed", "in_progress"]);
    assert_eq!(hive.asked().len(), 5, "the alerts, and the case: at first, after each of two updates, and at last");
}
