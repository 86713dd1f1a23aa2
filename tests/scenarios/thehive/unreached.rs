//! TheHive does not answer: the ids at hand are updated, and a job of a case fails and says what was not looked up, and why.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use super::{ALERT_ID, BOTH, CASE_ID, alert, case, details, linked, respond};
use crate::common::the_hive::{QUERY, SEARCH, page, redirect};
use crate::common::{ALERT, Fault, OTHER_ALERT, StandIn, TheHive, together};

const ALWAYS: usize = usize::MAX;

/// The case, with an alert that only TheHive knows of.
fn with_alert(hive: TheHive) -> TheHive {
    hive.with_case(CASE_ID, 42, "InProgress").with_alert_in(CASE_ID, "~1", "det-1", linked(OTHER_ALERT))
}

/// TheHive with this fault on all that it is asked for.
fn failing(hive: TheHive, fault: &Fault) -> TheHive {
    let paths = [QUERY, SEARCH, "/api/v1/case/*", "/api/case/*"];
    paths.iter().fold(with_alert(hive), |hive, path| hive.fails(path, fault.clone(), ALWAYS))
}

fn answer(status: u16, body: &str) -> Fault {
    Fault::Answer { status, headers: Vec::new(), body: body.into() }
}

/// What to do about a TheHive that does not answer as it should, and about one that refuses.
const NOT_AVAILABLE: &str = "Next: Check thehive_url and the network between Cortex and TheHive, ";
const NO_ACCESS: &str = "Next: Check thehive_api_key and its user in TheHive, who must belong to the organisation of the alert or case, have a profile that reads alerts and cases (read-only is enough), and see restricted cases (";

/// The job failed with this reason, behind the words on TheHive's host, after the ids at hand were updated.
fn assert_told(message: &str, place: &str, why: &str, next: &str) {
    let lines: Vec<&str> = message.lines().collect();
    let why = why.replace("PLACE", place);
    assert_eq!(lines[0], format!("The alerts of the case were not looked up in TheHive: {why} (case #42)."));
    assert!(lines[1].starts_with(next), "{message}");
    assert_eq!(lines[2], format!("Whether TheHive has moved on was not looked up: {why}."));
    assert_eq!(lines[3], "1 alert was updated to in_progress.");
    assert!(lines[4].starts_with(&format!("Updated alert: {ALERT}")), "{message}");
}

fn place(hive: &TheHive) -> String {
    hive.url().trim_start_matches("http://").to_owned()
}

#[test]
fn whatever_goes_wrong_the_ids_at_hand_are_updated_and_the_failure_says_why() {
    let rows: Vec<(Fault, &str, &str)> = vec![
        (
            answer(401, r#"{"type": "AuthenticationError", "message": "Authentication failure"}"#),
            "TheHive at PLACE answered HTTP 401: Authentication failure",
            NO_ACCESS,
        ),
        (answer(403, ""), "TheHive at PLACE answered HTTP 403: an empty body", NO_ACCESS),
        (answer(429, ""), "TheHive at PLACE answered HTTP 429: an empty body", NOT_AVAILABLE),
        (
            answer(500, r#"{"type": "InternalError", "message": "Index is closed"}"#),
            "TheHive at PLACE answered HTTP 500: Index is closed",
            NOT_AVAILABLE,
        ),
        (
            answer(404, r#"{"type": "NotFoundError", "message": "Case not found"}"#),
            "TheHive at PLACE answered HTTP 404: Case not found",
            NO_ACCESS,
        ),
        (
            page(404),
            "TheHive at PLACE answered HTTP 404: \"Sign in\"; it has neither the API of TheHive 5 nor that of TheHive 3 and 4",
            NOT_AVAILABLE,
        ),
        (page(503), "TheHive at PLACE answered HTTP 503: \"Sign in\"", NOT_AVAILABLE),
        (
            redirect("https://sso.example/login"),
            "TheHive at PLACE answered HTTP 302 and points to sso.example, and the API key does not follow it",
            NOT_AVAILABLE,
        ),
        (
            Fault::Reset,
            "the connection to TheHive at PLACE broke before its answer was whole: connection closed before message completed",
            NOT_AVAILABLE,
        ),
    ];
    together(&rows, |(fault, why, next)| {
        let (hive, falcon) = (failing(TheHive::five(), fault), StandIn::in_the_clear());
        let message = respond(case("InProgress", linked(ALERT), &hive), &falcon).failure();
        assert_told(&message, &place(&hive), why, next);
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
    });
}

#[test]
fn what_is_not_an_answer_of_thehives_is_quoted() {
    together(&[page(200), answer(200, "7")], |fault| {
        let hive = failing(TheHive::five(), fault);
        let without = format!("TheHive at {} answered HTTP 200 without ", place(&hive));
        respond(case("InProgress", linked(ALERT), &hive), &StandIn::in_the_clear()).fails_with(&[
            &format!("{without}the case's alerts: "),
            &format!("{without}the case: "),
            "\n1 alert was updated to in_progress.\n",
        ]);
    });
}

#[test]
fn a_key_that_is_none_is_refused_by_either_generation() {
    for hive in BOTH {
        let hive = with_alert(hive());
        let job = case("InProgress", linked(ALERT), &hive).with("/config/thehive_api_key", "another-key");
        let message = respond(job, &StandIn::in_the_clear()).failure();
        assert_told(&message, &place(&hive), "TheHive at PLACE answered HTTP 401: Authentication failure", NO_ACCESS);
    }
}

#[test]
fn a_thehive_that_nobody_runs_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hive = TheHive::five();
    let job = case("InProgress", linked(ALERT), &hive).with("/config/thehive_url", format!("http://{free}"));
    let message = respond(job, &StandIn::in_the_clear()).failure();
    assert_eq!(message.matches(&format!("there is no connection to TheHive at {free}: ")).count(), 2, "{message}");
    assert!(message.contains(NOT_AVAILABLE) && message.contains("1 alert was updated"), "{message}");
}

#[test]
fn of_an_alert_a_look_that_failed_is_a_note_and_a_refused_one_says_what_to_check() {
    let refused = answer(403, r#"{"type": "AuthorizationError", "message": "You are not authorized"}"#);
    let hint = NO_ACCESS.trim_start_matches("Next: ");
    for (fault, why) in [(refused, format!("HTTP 403: You are not authorized. {hint}")), (page(503), "HTTP 503".into())]
    {
        let hive = TheHive::five().with_alert(ALERT_ID, "InProgress", "det-81920", json!({}));
        let hive = hive.fails("/api/v1/alert/*", fault, ALWAYS);
        let report = respond(alert("InProgress", linked(ALERT), &hive), &StandIn::in_the_clear()).success();
        let told = &details(&report)[0];
        assert!(told.starts_with("Whether TheHive has moved on was not looked up: ") && told.contains(&why), "{told}");
        assert_eq!(told.contains(hint), why.contains(hint), "{told}");
    }
}

#[test]
fn a_slow_thehive_gets_a_quarter_of_the_time_and_is_not_asked_again() {
    let rows = [Fault::Silence(Duration::from_mins(1)), Fault::Drip];
    together(&rows, |fault| {
        let hive = failing(TheHive::five(), fault);
        let falcon = StandIn::in_the_clear().fails_before_the_deed("PATCH /alerts/entities/alerts/v3", 503, 1);
        let job = case("InProgress", linked(ALERT), &hive).with("/config/timeout_seconds", 8);
        let why = "TheHive at PLACE did not tell within 2 s";
        let message = respond(job, &falcon).failure().replace("One call had to be sent again.\n", "");
        assert_told(&message, &place(&hive), why, NOT_AVAILABLE);
        assert_eq!(hive.asked(), [format!("POST {QUERY}")], "each question would take as long");
    });
}

#[test]
fn a_case_without_an_id_at_hand_fails_and_says_what_was_not_looked_up() {
    let hive = failing(TheHive::five(), &page(502));
    let falcon = StandIn::in_the_clear();
    let told = respond(case("InProgress", json!({}), &hive), &falcon).failure();
    let cause = format!(
        "Nothing was updated in Falcon: the case itself holds no Falcon id. The alerts of the case were not looked up in TheHive: TheHive at {} answered HTTP 502: \"Sign in\" (case #42).\n{NOT_AVAILABLE}",
        place(&hive)
    );
    assert!(told.starts_with(&cause), "{told}");
    assert!(falcon.requests().is_empty());
}

#[test]
fn a_failure_in_falcon_does_not_hide_what_was_not_looked_up() {
    let hive = failing(TheHive::five(), &page(502));
    let falcon = StandIn::in_the_clear().without(ALERT);
    respond(case("InProgress", linked(ALERT), &hive), &falcon)
        .fails_with(&["not found (code 404)", "The alerts of the case were not looked up in TheHive: TheHive at "]);
}
