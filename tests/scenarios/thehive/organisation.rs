//! In whose name TheHive is asked: the organisation that the job names, and either of the two APIs.

use serde_json::{Value, json};

use super::{ALERT_ID, BOTH, CASE_ID, alert, case, linked, respond, updated};
use crate::common::the_hive::{ORGANISATION, QUERY};
use crate::common::{ALERT, Fault, Job, OTHER_ALERT, StandIn, TheHive, together};

const HINT: &str = "Next: Check thehive_api_key and its user in TheHive, who must belong to the organisation of the alert or case, have a profile that reads alerts and cases (read-only is enough), and see restricted cases (";

fn with_alert(hive: TheHive) -> TheHive {
    hive.with_case(CASE_ID, 42, "InProgress").with_alert_in(CASE_ID, "~1", "det-1", linked(OTHER_ALERT))
}

/// A job of the case, from this organisation.
fn job_of(organisation: Value, hive: &TheHive) -> Job {
    case("InProgress", linked(ALERT), hive).with("/parameters/organisation", organisation)
}

/// The organisations that were named, one a request.
fn named(hive: &TheHive) -> Vec<Option<String>> {
    hive.requests().iter().map(|request| request.headers.get("x-organisation").cloned()).collect()
}

fn assert_all_updated(job: Job) {
    let report = respond(job, &StandIn::in_the_clear()).success();
    assert_eq!(updated(&report, "alert"), [ALERT, OTHER_ALERT]);
}

#[test]
fn every_request_names_the_organisation_of_the_job() {
    for hive in BOTH {
        let hive = with_alert(hive()).all_in("north").with_user_in(&[ORGANISATION, "north"], 403);
        assert_all_updated(job_of("north".into(), &hive));
        let of_alert = alert("InProgress", linked(ALERT), &hive).with("/parameters/organisation", "north");
        let hive = hive.with_alert(ALERT_ID, "InProgress", "det-81920", json!({})).all_in("north");
        respond(of_alert, &StandIn::in_the_clear()).success();
        let (named, asked) = (named(&hive), hive.asked());
        // The API of TheHive 5 is tried in both organisations before that of TheHive 3 and 4.
        let others = asked.iter().zip(&named).filter(|(_, name)| name.as_deref() != Some("north"));
        let are_found_out = others.clone().all(|(asked, _)| asked.contains("/api/v1/"));
        assert!(named.len() >= 5 && are_found_out && others.count() <= 2, "{named:?} {asked:?}");
    }
}

#[test]
fn where_the_organisation_is_refused_the_users_own_is_tried_once() {
    together(&[401, 403, 404], |status| {
        for hive in BOTH {
            let hive = with_alert(hive()).with_user_in(&[ORGANISATION], *status);
            assert_all_updated(job_of("south".into(), &hive));
            let named = named(&hive);
            assert!(named[0].as_deref() == Some("south") && named[1].is_none(), "{named:?}");
        }
    });
}

#[test]
fn what_fits_no_header_is_not_sent() {
    for name in [json!("so\nc"), json!("so\u{7f}c"), json!("soc\u{0}"), json!(""), json!(null), json!(7)] {
        let hive = with_alert(TheHive::five());
        assert_all_updated(job_of(name.clone(), &hive));
        assert_eq!(named(&hive), [None, None, None], "{name}");
    }
}

#[test]
fn a_case_of_another_organisation_is_a_failure_that_says_what_to_check() {
    for hive in BOTH {
        let hive = with_alert(hive()).all_in("north").with_user_in(&[ORGANISATION, "north"], 403);
        let falcon = StandIn::in_the_clear();
        respond(job_of(Value::Null, &hive), &falcon).fails_with(&[
            "answered HTTP 404: Case not found (case #42).",
            HINT,
            "\n1 alert was updated to in_progress.\n",
        ]);
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
    }
}

/// TheHive in each of the ways in which it lists the alerts of a case that the user does not see.
const ALL: [fn() -> TheHive; 3] = [TheHive::five, || TheHive::five().with_empty_lists(), TheHive::four];

#[test]
fn an_empty_list_is_believed_only_of_a_case_that_the_same_organisation_shows() {
    for hive in ALL {
        let hive = with_alert(hive()).all_in("north").with_user_in(&[ORGANISATION, "north"], 403);
        for organisation in [Value::Null, ORGANISATION.into()] {
            let falcon = StandIn::in_the_clear();
            let message = respond(job_of(organisation, &hive), &falcon).failure();
            let cause = "The alerts of the case were not looked up in TheHive: TheHive at ";
            assert!(message.starts_with(cause) && message.contains(HINT), "{message}");
            assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
        }
        assert_all_updated(job_of("north".into(), &hive));
    }
}

#[test]
fn where_the_named_organisation_lists_nothing_and_the_users_own_shows_the_case_its_list_counts() {
    for hive in ALL {
        let hive = with_alert(hive()).with_user_in(&[ORGANISATION, "north"], 403);
        assert_all_updated(job_of("north".into(), &hive));
    }
}

#[test]
fn a_case_without_alerts_is_read_no_more_often_than_one_with_alerts() {
    for hive in ALL {
        let hive = hive().with_case(CASE_ID, 42, "InProgress");
        let report = respond(job_of(ORGANISATION.into(), &hive), &StandIn::in_the_clear()).success();
        assert_eq!(updated(&report, "alert"), [ALERT]);
        let reads = hive.asked().iter().filter(|asked| asked.contains("/case/")).count();
        assert_eq!(reads, 2, "{:?}", hive.asked());
    }
}

#[test]
fn a_restricted_case_is_a_failure_unless_a_service_account_asks() {
    for hive in BOTH {
        let hive = with_alert(hive()).restricted(CASE_ID);
        let job = job_of(ORGANISATION.into(), &hive);
        respond(job.clone(), &StandIn::in_the_clear())
            .fails_with(&["answered HTTP 404: Case not found (case #42).", HINT]);
        let _hive = hive.with_service_account();
        assert_all_updated(job);
    }
}

#[test]
fn where_one_api_answers_404_the_other_is_tried_whatever_the_body_says() {
    for body in ["", "<html>", r#"{"type": "NotFoundError", "message": "Case not found"}"#, r#"{"code": 404}"#] {
        let missing = Fault::Answer { status: 404, headers: Vec::new(), body: body.into() };
        let hive = with_alert(TheHive::four()).fails(QUERY, missing.clone(), usize::MAX);
        assert_all_updated(job_of(ORGANISATION.into(), &hive.fails("/api/v1/case/*", missing, usize::MAX)));
    }
}

#[test]
fn an_api_that_answered_before_is_left_for_the_other_when_it_answers_404() {
    let hive = with_alert(TheHive::five());
    let missing = Fault::Answer { status: 404, headers: Vec::new(), body: Vec::new() };
    let shown = json!({"_id": CASE_ID, "id": CASE_ID, "status": "Resolved"}).to_string();
    let hive = hive.fails("/api/v1/case/*", missing, usize::MAX).fails(
        "/api/case/*",
        Fault::Answer { status: 200, headers: Vec::new(), body: shown.into() },
        usize::MAX,
    );
    let falcon = StandIn::in_the_clear();
    respond(job_of(ORGANISATION.into(), &hive), &falcon).success();
    assert_eq!(falcon.status_of(OTHER_ALERT).as_deref(), Some("closed"));
}
