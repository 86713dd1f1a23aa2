//! Falcon may have done what it was asked for, and its answer never came.

use super::confirmation::{asked, in_turn, instead, respond};
use crate::common::kinds::{A_CASE, AN_ALERT, AN_INCIDENT, KINDS, Kind};
use serde_json::json;

use crate::common::messages::{Line, SET_IT_BY_HAND, details, message, not_updated, still, updated};
use crate::common::{ALERT, CASE, Fault, INCIDENT, Job, StandIn, answers, job};

const ALWAYS: usize = usize::MAX;

/// A tenant with this fault on every update, for ever, and the case that is linked to one object of each kind.
fn with_every_update_failing(fault: &Fault) -> (StandIn, Job) {
    let failing = |falcon: StandIn, kind: &Kind| falcon.fails(kind.update, fault.clone(), ALWAYS);
    let job = job("thehive5-case").with("/data/customFieldValues/csfalcon-alert-id", ALERT);
    (KINDS.iter().fold(StandIn::in_the_clear(), failing), job)
}

/// The next reads of this kind, so many, are refused for a while.
fn with_reads_failing(falcon: StandIn, kind: &Kind, times: usize) -> StandIn {
    falcon.fails(kind.read, instead(&answers::refusal(503, "not now")), times)
}

/// Each kind of object was asked for in this way.
fn assert_each_kind_was_asked_for(falcon: &StandIn, calls: &str) {
    for kind in KINDS {
        let mut seen = asked(falcon);
        seen.retain(|asked| asked.ends_with(kind.id));
        assert_eq!(seen, in_turn(&kind, calls));
    }
}

/// What is told of one object of each kind, all of which were updated.
fn each_updated() -> [Line; 3] {
    [updated(AN_ALERT.what, ALERT, ""), updated(AN_INCIDENT.what, INCIDENT, ""), updated(A_CASE.what, CASE, "")]
}

#[test]
fn what_was_done_before_its_answer_got_lost_is_seen_and_not_sent_again() {
    let (falcon, job) = with_every_update_failing(&Fault::Lost);
    let report = respond(job, &falcon).success();
    assert_eq!(report["full"]["details"], json!(details(&each_updated())));
    assert_eq!(report["full"]["retries"], 0);
    assert_each_kind_was_asked_for(&falcon, "ur");
}

#[test]
fn what_was_done_before_its_answers_got_lost_is_success_once_it_can_be_read() {
    let (falcon, job) = with_every_update_failing(&Fault::Lost);
    let falcon = KINDS.iter().fold(falcon, |falcon, kind| with_reads_failing(falcon, kind, 5));
    let report = respond(job, &falcon).success();
    let note = Line::Note("Calls had to be sent again 15 times.");
    let lines: Vec<Line> = each_updated().into_iter().chain([note]).collect();
    assert_eq!(report["full"]["details"], json!(details(&lines)));
    assert_each_kind_was_asked_for(&falcon, "urururururur");
}

#[test]
fn what_a_lost_try_has_done_the_next_one_finds_unchanged_or_refused() {
    for (kind, calls) in KINDS.into_iter().zip(["urur", "urur", "uru"]) {
        let falcon = StandIn::in_the_clear().counts_only_changes().loses_answers(kind.update, 1);
        let falcon = with_reads_failing(falcon, &kind, 1);
        assert_eq!(respond(kind.job(), &falcon).success()["full"]["retries"], 1);
        assert_eq!(asked(&falcon), in_turn(&kind, calls));
    }
    for kind in KINDS {
        let refused = instead(&answers::refusal(403, "access denied, scope not permitted"));
        let falcon = StandIn::in_the_clear().loses_answers(kind.update, 1).fails(kind.update, refused, 1);
        let falcon = with_reads_failing(falcon, &kind, 1);
        respond(kind.job(), &falcon).success();
        assert_eq!(asked(&falcon), in_turn(&kind, "urur"));
    }
}

#[test]
fn what_was_not_done_before_the_answers_got_lost_is_told_with_its_status() {
    let (falcon, job) = with_every_update_failing(&Fault::Reset);
    let falcon = falcon.having(ALERT, "reopened");
    let broke = "the connection broke before Falcon's answer was whole: connection closed before message completed";
    let line = |kind: &Kind, status| not_updated(kind.what, kind.id, "", &still(broke, status), SET_IT_BY_HAND);
    let lines = [
        line(&AN_ALERT, "reopened"),
        line(&AN_INCIDENT, "20"),
        line(&A_CASE, "new"),
        Line::Note("Calls had to be sent again 15 times."),
    ];
    assert_eq!(respond(job, &falcon).failure(), message(&lines));
    assert_each_kind_was_asked_for(&falcon, "ururururururr");
}
