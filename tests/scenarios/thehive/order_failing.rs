//! TheHive or Falcon fails while the one follows the other.

use super::{CASE_ID, case, details, linked, respond, statuses_sent};
use crate::common::falcon::{ALERT_READ, ALERTS};
use crate::common::{ALERT, Fault, StandIn, TheHive, answers};

const READ: &str = "/api/v1/case/*";
const NOT_LOOKED_UP: &str = "Whether TheHive has moved on since was not looked up: TheHive at ";

fn unavailable() -> Fault {
    Fault::Answer { status: 503, headers: Vec::new(), body: Vec::new() }
}

fn refused() -> Fault {
    let answer = answers::refusal(403, "access denied, scope not permitted");
    Fault::Answer { status: 403, headers: Vec::new(), body: answer.text().into() }
}

fn in_progress() -> TheHive {
    TheHive::five().with_case(CASE_ID, 42, "InProgress")
}

fn closing() -> TheHive {
    in_progress().moving_on(CASE_ID, &["InProgress", "Closed"])
}

#[test]
fn a_thehive_that_fails_after_falcons_answer_is_told_and_falcon_keeps_what_was_sent() {
    let (hive, falcon) = (in_progress().fails_after(1, READ, unavailable()), StandIn::in_the_clear());
    let report = respond(case("InProgress", linked(ALERT), &hive), &falcon).success();
    assert_eq!(statuses_sent(&falcon), ["in_progress"]);
    let told = details(&report);
    assert!(told[0].starts_with(NOT_LOOKED_UP) && told[0].ends_with("answered HTTP 503: an empty body."), "{told:?}");
}

#[test]
fn a_thehive_that_fails_after_it_has_moved_on_is_told_beside_that() {
    let (hive, falcon) = (closing().fails_after(2, READ, unavailable()), StandIn::in_the_clear());
    let report = respond(case("InProgress", linked(ALERT), &hive), &falcon).success();
    assert_eq!(statuses_sent(&falcon), ["in_progress", "closed"]);
    let told = details(&report);
    assert!(told[0].starts_with(NOT_LOOKED_UP), "{told:?}");
    assert_eq!(told[1], "The job said InProgress; TheHive has moved on to Closed since.");
}

#[test]
fn a_thehive_that_fails_at_first_is_asked_again_after_falcons_answer() {
    let hive = in_progress().with_alert_in(CASE_ID, "~1", "det-1", serde_json::json!({})).fails(READ, unavailable(), 1);
    let falcon = StandIn::in_the_clear();
    let report = respond(case("New", linked(ALERT), &hive), &falcon).success();
    assert_eq!(statuses_sent(&falcon), ["new", "in_progress"]);
    let told = ["The job said New; TheHive has moved on to InProgress since.", "1 alert was updated to in_progress."];
    assert_eq!(details(&report), told);
}

#[test]
fn where_thehive_fails_before_a_further_try_falcon_is_looked_at_instead() {
    let hive = in_progress().fails_after(1, READ, unavailable());
    let falcon = StandIn::in_the_clear().fails_before_the_deed(ALERTS, 503, 1);
    let report = respond(case("InProgress", linked(ALERT), &hive), &falcon).success();
    assert_eq!((statuses_sent(&falcon).len(), falcon.hits(ALERT_READ)), (2, 1));
    assert!(!details(&report).iter().any(|told| told.contains("not looked up")), "in the end it was: {report:#}");
}

#[test]
fn a_case_that_is_deleted_meanwhile_or_shown_in_no_known_stage_is_told() {
    let missing =
        answers::put(serde_json::json!({"type": "NotFoundError", "message": ""}), "/message", "Case not found");
    let gone = Fault::Answer { status: 404, headers: Vec::new(), body: missing.to_string().into() };
    let strange = r#"{"_id": "~41156", "number": 42, "stage": "Odd"}"#;
    let strange = Fault::Answer { status: 200, headers: Vec::new(), body: strange.into() };
    for (fault, why) in [
        (gone, "answered HTTP 404: Case not found."),
        (strange, "case #42: stage \"Odd\" is unknown; expected New, InProgress, Imported or Closed."),
    ] {
        let mut reads = 0;
        let hive = in_progress().disturbed(move |request| {
            reads += usize::from(request.is_to(READ));
            let fault = (request.is_to(READ) && reads > 1).then(|| fault.clone());
            crate::common::stand_in::Disturbance { fault, ..Default::default() }
        });
        let report = respond(case("InProgress", linked(ALERT), &hive), &StandIn::in_the_clear()).success();
        let told = details(&report);
        assert!(told[0].starts_with("Whether TheHive has moved on since was not looked up: "), "{told:?}");
        assert!(told[0].ends_with(why), "{told:?}");
    }
}

#[test]
fn a_job_without_the_id_of_its_case_is_sent_and_fails_because_its_alerts_are_not_known() {
    let (hive, falcon) = (in_progress(), StandIn::in_the_clear());
    let job = case("New", linked(ALERT), &hive).without("/data/_id").without("/data/id");
    let message = respond(job, &falcon).fails_with(&[
        "The alerts of the case were not looked up in TheHive: the job names no id of case #42 (case #42).\nNext: Run the responder from TheHive, ",
        "\nWhether TheHive has moved on was not looked up: the job names no id of case #42.\n1 alert was updated to new.\n",
    ]);
    assert!(message.lines().last().unwrap().contains(ALERT), "{message}");
    assert!(hive.asked().is_empty());
}

#[test]
fn what_failed_before_it_was_sent_anew_makes_no_failure() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, refused(), 1);
    let report = respond(case("InProgress", linked(ALERT), &closing()), &falcon).success();
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("closed"));
    assert_eq!(report["full"]["targets"].as_array().unwrap().len(), 1);
}

#[test]
fn what_went_through_before_it_was_sent_anew_makes_no_success() {
    let mut updates = 0;
    let falcon = StandIn::in_the_clear().disturbed(move |request| {
        updates += usize::from(request.is_to(ALERTS));
        let is_second = request.is_to(ALERTS) && updates == 2;
        crate::common::stand_in::Disturbance { fault: is_second.then(refused), ..Default::default() }
    });
    let told = respond(case("InProgress", linked(ALERT), &closing()), &falcon).failure();
    let cause = "1 alert linked to case #42 (Closed in TheHive) was not updated to closed: Falcon answered HTTP 403";
    assert!(told.starts_with(cause), "{told}");
    assert!(!told.contains("in_progress") && told.contains("TheHive has moved on to Closed since."), "{told}");
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
}

#[test]
fn a_legacy_detection_is_told_with_the_newest_status() {
    let ids = format!("{ALERT} ldt:3c1f5a7e9b2d4860a1c3e5f708192a3b:4294967297");
    let told = respond(case("InProgress", linked(&ids), &closing()), &StandIn::in_the_clear()).failure();
    let cause = "1 alert linked to case #42 (Closed in TheHive) was not updated to closed: a value of the custom field csfalcon-alert-id is the ID of a legacy";
    assert!(told.starts_with(cause) && told.matches("ldt:").count() == 1, "{told}");
}
