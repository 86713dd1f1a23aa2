//! TheHive does not tell: the ids at hand are updated, and the report says what was not looked up and why.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use super::{BOTH, CASE_ID, case, details, linked, respond, updated};
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

/// Both lookups are told with this reason, behind the words on TheHive's place.
fn assert_told(details: &[String], place: &str, why: &str) {
    let expected = [
        format!("The alerts of the case were not looked up in TheHive: {}.", why.replace("PLACE", place)),
        format!("Whether TheHive has moved on was not looked up: {}.", why.replace("PLACE", place)),
        "1 alert was updated to in_progress.".to_owned(),
    ];
    assert_eq!(details, expected);
}

fn place(hive: &TheHive) -> String {
    hive.url().trim_start_matches("http://").to_owned()
}

#[test]
fn whatever_goes_wrong_the_ids_at_hand_are_updated_and_the_report_says_why() {
    let garbage = "TheHive at PLACE answered HTTP 200 without ";
    let rows: Vec<(Fault, &str)> = vec![
        (
            answer(401, r#"{"type": "AuthenticationError", "message": "Authentication failure"}"#),
            "TheHive at PLACE answered HTTP 401: Authentication failure",
        ),
        (answer(403, ""), "TheHive at PLACE answered HTTP 403: an empty body"),
        (answer(429, ""), "TheHive at PLACE answered HTTP 429: an empty body"),
        (
            answer(500, r#"{"type": "InternalError", "message": "Index is closed"}"#),
            "TheHive at PLACE answered HTTP 500: Index is closed",
        ),
        (
            answer(404, r#"{"type": "NotFoundError", "message": "Case not found"}"#),
            "TheHive at PLACE answered HTTP 404: Case not found",
        ),
        (page(503), "TheHive at PLACE answered HTTP 503: \"<!doctype html>\""),
        (
            redirect("https://sso.example/login"),
            "TheHive at PLACE answered HTTP 302 and points to sso.example, and the API key does not follow it",
        ),
        (page(200), garbage),
        (answer(200, "7"), garbage),
        (
            Fault::Reset,
            "the connection to TheHive at PLACE broke before its answer was whole: connection closed before message completed",
        ),
    ];
    together(&rows, |(fault, why)| {
        let (hive, falcon) = (failing(TheHive::five(), fault), StandIn::in_the_clear());
        let report = respond(case("InProgress", linked(ALERT), &hive), &falcon).success();
        assert_eq!(updated(&report, "alert"), [ALERT]);
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
        let told = details(&report);
        if *why == garbage {
            assert!(
                told[0].contains(&format!("{}the case's alerts: ", garbage.replace("PLACE", &place(&hive)))),
                "{told:?}"
            );
            assert!(told[1].contains(&format!("{}the case: ", garbage.replace("PLACE", &place(&hive)))), "{told:?}");
        } else {
            assert_told(&told, &place(&hive), why);
        }
    });
}

#[test]
fn a_server_that_is_no_thehive_is_told_as_that() {
    let hive = failing(TheHive::five(), &page(404));
    let report = respond(case("InProgress", linked(ALERT), &hive), &StandIn::in_the_clear()).success();
    let why = "TheHive at PLACE answered HTTP 404: \"<!doctype html>\"; it has neither the API of TheHive 5 nor that of TheHive 3 and 4";
    assert_told(&details(&report), &place(&hive), why);
}

#[test]
fn a_key_that_is_none_is_refused_by_either_generation() {
    for hive in BOTH {
        let hive = with_alert(hive());
        let job = case("InProgress", linked(ALERT), &hive).with("/config/thehive_api_key", "another-key");
        let report = respond(job, &StandIn::in_the_clear()).success();
        assert_told(&details(&report), &place(&hive), "TheHive at PLACE answered HTTP 401: Authentication failure");
    }
}

#[test]
fn a_thehive_that_nobody_runs_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let hive = TheHive::five();
    let job = case("InProgress", linked(ALERT), &hive).with("/config/thehive_url", format!("http://{free}"));
    let report = respond(job, &StandIn::in_the_clear()).success();
    let told = details(&report);
    assert!(told[0].contains(&format!("there is no connection to TheHive at {free}: ")), "{told:?}");
    assert!(told[1].contains(&format!("there is no connection to TheHive at {free}: ")), "{told:?}");
    assert_eq!(updated(&report, "alert"), [ALERT]);
}

#[test]
fn a_slow_thehive_gets_a_quarter_of_the_time_and_is_not_asked_again() {
    let rows = [Fault::Silence(Duration::from_mins(1)), Fault::Drip];
    together(&rows, |fault| {
        let hive = failing(TheHive::five(), fault);
        let falcon = StandIn::in_the_clear().fails_before_the_deed("PATCH /alerts/entities/alerts/v3", 503, 1);
        let job = case("InProgress", linked(ALERT), &hive).with("/config/timeout_seconds", 8);
        let report = respond(job, &falcon).success();
        let told = details(&report);
        assert_eq!(
            told[0],
            format!(
                "The alerts of the case were not looked up in TheHive: TheHive at {} did not tell within 2 s.",
                place(&hive)
            )
        );
        assert_eq!(hive.asked(), [format!("POST {QUERY}")], "each question would take as long");
    });
}

#[test]
fn a_case_without_an_id_at_hand_fails_and_says_what_was_not_looked_up() {
    let hive = failing(TheHive::five(), &page(502));
    let falcon = StandIn::in_the_clear();
    let told = respond(case("InProgress", json!({}), &hive), &falcon).failure();
    let cause = format!(
        "There is nothing to update in Falcon: neither the case nor an alert of it holds an id of Falcon's. The alerts of the case were not looked up in TheHive: TheHive at {} answered HTTP 502: \"<!doctype html>\" (case #42).",
        place(&hive)
    );
    assert!(told.starts_with(&format!("{cause}\nNext: ")), "{told}");
    assert!(falcon.requests().is_empty());
}

#[test]
fn a_failure_in_falcon_does_not_hide_what_was_not_looked_up() {
    let hive = failing(TheHive::five(), &page(502));
    let falcon = StandIn::in_the_clear().without(ALERT);
    respond(case("InProgress", linked(ALERT), &hive), &falcon)
        .fails_with(&["not found (code 404)", "\nThe alerts of the case were not looked up in TheHive: TheHive at "]);
}
