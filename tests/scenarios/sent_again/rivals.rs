//! Before a status is sent again: which state of an object shows that another client has taken it further since the first attempt.

use serde_json::json;

use super::{busy, left_alone, statuses};
use crate::common::falcon::ALERTS;
use crate::common::kinds::{AN_ALERT, AN_INCIDENT, KINDS, Kind};
use crate::common::messages::message_on;
use crate::common::{Job, StandIn, together};
use crate::confirmation::{asked, in_turn, respond};

const WORDS: [&str; 4] = ["new", "in_progress", "reopened", "closed"];
const CODES: [&str; 4] = ["20", "30", "25", "40"];

fn status(kind: &Kind, number: usize) -> &'static str {
    if kind.id == AN_INCIDENT.id { CODES[number] } else { WORDS[number] }
}

/// A job that gives this kind of object the status with this number.
fn setting(kind: &Kind, number: usize) -> Job {
    kind.job().with("/config/status_map", json!([format!("InProgress:{0}:{1}:{0}", WORDS[number], CODES[number])]))
}

/// Whether the first status is further along than the second.
fn is_further(one: usize, other: usize) -> bool {
    [0, 1, 1, 2][one] > [0, 1, 1, 2][other]
}

#[test]
fn only_a_status_that_is_further_along_keeps_an_object_from_being_sent_again() {
    let rows: Vec<(Kind, usize, usize)> =
        KINDS.iter().flat_map(|kind| (0..16).map(move |n| (*kind, n / 4, n % 4))).collect();
    together(&rows, |(kind, wanted, shown)| {
        let falcon = busy(kind).changed_later_than(kind.update, kind.id, status(kind, *shown));
        let ran = respond(setting(kind, *wanted), &falcon);
        if wanted == shown {
            assert_eq!(asked(&falcon), in_turn(kind, "ur"));
            ran.success();
        } else if is_further(*shown, *wanted) {
            let told = ran.failure();
            assert!(told.contains("after the first attempt: it shows the status"), "{told}");
            assert_eq!(asked(&falcon), in_turn(kind, "ur"));
            assert_eq!(falcon.status_of(kind.id).as_deref(), Some(status(kind, *shown)));
        } else {
            ran.success();
            assert_eq!(asked(&falcon), in_turn(kind, "uru"));
            assert_eq!(falcon.status_of(kind.id).as_deref(), Some(status(kind, *wanted)));
        }
    });
}

#[test]
fn what_was_only_touched_since_is_sent_again() {
    together(&KINDS, |kind| {
        for before in [0, 2] {
            let falcon = busy(kind).having(kind.id, status(kind, before)).touched_later_than(kind.update, kind.id);
            respond(kind.job(), &falcon).success();
            assert_eq!(asked(&falcon), in_turn(kind, "uru"));
        }
    });
}

#[test]
fn a_change_in_the_second_of_the_first_attempt_is_no_rival() {
    together(&KINDS, |kind| {
        let falcon = busy(kind).changed_after(kind.update, kind.id, statuses(kind).1);
        respond(kind.job(), &falcon).success();
        assert_eq!(asked(&falcon), in_turn(kind, "uru"));
    });
}

fn reopening(kind: &Kind) -> Job {
    kind.job().with("/config/reopened_status", true)
}

#[test]
fn what_a_job_has_read_before_its_first_attempt_decides() {
    together(&KINDS, |kind| {
        // It is closed, as it was, and touched since.
        let falcon = busy(kind).having(kind.id, status(kind, 3)).touched_later_than(kind.update, kind.id);
        respond(reopening(kind), &falcon).success();
        assert_eq!(asked(&falcon), in_turn(kind, "ruru"));
        assert_eq!(falcon.status_of(kind.id).as_deref(), Some(status(kind, 2)));
        // It was new, and another client has closed it in the same second.
        let falcon = busy(kind).changed_after(kind.update, kind.id, status(kind, 3));
        let told = respond(reopening(kind), &falcon).failure();
        let line = left_alone(&falcon, kind.id, kind.what, status(kind, 3), "");
        assert_eq!(told, message_on("case #42 (InProgress in TheHive)", &[line]));
        assert_eq!(asked(&falcon), in_turn(kind, "rur"));
    });
}

#[test]
fn what_has_closed_stays_closed_and_a_reopened_alert_is_no_obstacle_to_work() {
    let falcon = StandIn::in_the_clear().fails_before_the_deed(ALERTS, 429, 1);
    let falcon = falcon.changed_later_than(ALERTS, AN_ALERT.id, "reopened");
    respond(AN_ALERT.job(), &falcon).success();
    assert_eq!(falcon.status_of(AN_ALERT.id).as_deref(), Some("in_progress"));
}
