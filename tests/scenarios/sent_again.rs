//! A status that is sent again after a wait: what has become of its object in the meantime is looked at first.

mod clocks;
mod rivals;

use std::time::Duration;

use serde_json::json;

use super::confirmation::{asked, in_turn, respond};
use crate::common::falcon::{ALERT_READ, ALERTS, TOKEN};
use crate::common::kinds::{AN_ALERT, KINDS, Kind};
use crate::common::messages::{Line, message, not_updated, updated};
use crate::common::{ALERT, Fault, Job, OTHER_ALERT, StandIn, job, together};

const ALWAYS: usize = usize::MAX;
const TRACE: &str = "5f2b9c1e-0000-4000-8000-0000000000c0";
const LOOK_THERE: &str = "Look at it in Falcon, where somebody has changed it in the meantime; run the responder again if what TheHive says is to count.";
const ONCE_MORE: Line = Line::Note("One call had to be sent again.");

fn answer(status: u16, headers: &[(&'static str, &str)]) -> Fault {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Fault::Answer { status, headers, body: Vec::new() }
}

/// A tenant that refuses the first update of this kind for a moment.
fn busy(kind: &Kind) -> StandIn {
    StandIn::in_the_clear().fails(kind.update, answer(503, &[]), 1)
}

/// The status that the job wishes for, and another that an object of this kind may have.
fn statuses(kind: &Kind) -> (&'static str, &'static str) {
    if kind.id.starts_with("inc:") { ("30", "40") } else { ("in_progress", "closed") }
}

/// What is told of an object that somebody has given this status.
fn left_alone(falcon: &StandIn, id: &str, what: &str, status: &str, trace_id: &str) -> Line {
    let since = falcon.changed_at(id).expect("it was changed");
    let (since, _) = since.split_once('.').expect("a fraction of a second");
    let why = format!(
        "it was changed in Falcon at {since}Z, after the first attempt: it shows the status {status} now, and was left alone"
    );
    not_updated(what, id, trace_id, &why, LOOK_THERE)
}

fn alerts(ids: &[impl serde::Serialize]) -> Job {
    job("thehive5-case").linked_to(json!({"csfalcon-alert-id": ids}))
}

/// All kinds, each with each of these faults.
fn each_with(faults: &[Fault]) -> Vec<(Kind, Fault)> {
    KINDS.iter().flat_map(|kind| faults.iter().map(|fault| (*kind, fault.clone()))).collect()
}

#[test]
fn what_nobody_has_changed_is_sent_again() {
    let silence = Fault::Silence(Duration::from_hours(1));
    together(&each_with(&[answer(503, &[]), Fault::Reset, Fault::CutMidBody, silence]), |(kind, fault)| {
        let falcon = StandIn::in_the_clear().fails(kind.update, fault.clone(), 1);
        let report = respond(kind.job().with("/config/timeout_seconds", 8), &falcon).success();
        assert_eq!(report["full"]["retries"], 1);
        assert_eq!(asked(&falcon), in_turn(kind, "uru"), "{fault:?}");
        assert_eq!(falcon.status_of(kind.id).as_deref(), Some(statuses(kind).0));
    });
}

#[test]
fn what_somebody_has_changed_since_is_left_alone_and_told() {
    let limited = answer(429, &[("retry-after", "1")]);
    together(&each_with(&[answer(503, &[]), Fault::Lost, limited]), |(kind, fault)| {
        let (_, status) = statuses(kind);
        let falcon = StandIn::in_the_clear().fails(kind.update, fault.clone(), 1);
        let falcon = falcon.changed_later_than(kind.update, kind.id, status);
        let told = respond(kind.job(), &falcon).failure();
        assert_eq!(told, message(&[left_alone(&falcon, kind.id, kind.what, status, "")]), "{fault:?}");
        assert_eq!(asked(&falcon), in_turn(kind, "ur"));
        assert_eq!(falcon.status_of(kind.id).as_deref(), Some(status));
    });
}

#[test]
fn each_further_try_looks_anew() {
    let falcon =
        StandIn::in_the_clear().fails(ALERTS, answer(503, &[]), 2).changed_later_than(ALERT_READ, ALERT, "closed");
    let told = respond(AN_ALERT.job(), &falcon).failure();
    assert_eq!(told, message(&[left_alone(&falcon, ALERT, AN_ALERT.what, "closed", ""), ONCE_MORE]));
    assert_eq!(asked(&falcon), in_turn(&AN_ALERT, "urur"));
}

#[test]
fn what_somebody_has_changed_to_the_same_is_done() {
    for kind in KINDS {
        let falcon = busy(&kind).changed_later_than(kind.update, kind.id, statuses(&kind).0);
        let report = respond(kind.job(), &falcon).success();
        assert_eq!((&report["full"]["retries"], &report["full"]["targets"][0]["ids"]), (&json!(0), &json!([kind.id])));
        assert_eq!(asked(&falcon), in_turn(&kind, "ur"));
    }
}

#[test]
fn what_is_beside_it_in_the_same_call_is_sent_again() {
    let falcon = busy(&AN_ALERT).changed_later_than(ALERTS, OTHER_ALERT, "closed");
    let told = respond(alerts(&[OTHER_ALERT, ALERT]), &falcon).failure();
    // The trace id is that of the call's last answer.
    let lines = [
        left_alone(&falcon, OTHER_ALERT, AN_ALERT.what, "closed", TRACE),
        updated(AN_ALERT.what, ALERT, TRACE),
        ONCE_MORE,
    ];
    assert_eq!(told, message(&lines));
    let expected = [
        format!("PATCH {ALERTS} {OTHER_ALERT}, {ALERT}"),
        format!("POST {ALERT_READ} {OTHER_ALERT}, {ALERT}"),
        format!("PATCH {ALERTS} {ALERT}"),
    ];
    assert_eq!(asked(&falcon), expected);
}

#[test]
fn of_a_thousand_alerts_each_goes_its_own_way() {
    let ids: Vec<String> = (0..1_000).map(|n| format!("{ALERT}:{n}")).collect();
    let falcon = ids[..10].iter().fold(busy(&AN_ALERT), |falcon, id| falcon.having(id, "in_progress"));
    let changed = [&ids[300], &ids[301], &ids[999]];
    let falcon = changed.iter().fold(falcon, |falcon, id| falcon.changed_later_than(ALERTS, id, "closed"));
    let told = respond(alerts(&ids), &falcon).fails_with(&["997 alerts were updated to in_progress."]);
    assert!(told.contains("it was changed in Falcon at "), "{told}");
    let named = told.lines().filter(|line| line.contains("Not updated alert")).collect::<Vec<_>>().join("\n");
    assert!(changed.iter().all(|id| named.contains(id.as_str())), "{told}");
    let rest: Vec<String> = ids[10..].iter().filter(|id| !changed.contains(id)).cloned().collect();
    let reads = ids.chunks(200).map(|ids| format!("POST {ALERT_READ} {}", ids.join(", ")));
    let updates = [&ids, &rest].map(|ids| format!("PATCH {ALERTS} {}", ids.join(", ")));
    let expected: Vec<String> = [updates[0].clone()].into_iter().chain(reads).chain([updates[1].clone()]).collect();
    assert_eq!(asked(&falcon), expected);
    let status = |id: &String| falcon.status_of(id).expect("each was set");
    assert!(rest.iter().all(|id| status(id) == "in_progress") && changed.iter().all(|id| status(id) == "closed"));
}

#[test]
fn without_the_scope_to_read_it_is_sent_again_as_ever_and_read_once() {
    together(&KINDS, |kind| {
        let falcon = StandIn::in_the_clear().fails(kind.update, answer(503, &[]), 3).without_scope_for(kind.read);
        let falcon = falcon.changed_later_than(kind.update, kind.id, statuses(kind).1);
        assert_eq!(respond(kind.job(), &falcon).success()["full"]["retries"], 3);
        assert_eq!(asked(&falcon), in_turn(kind, "uruuu"));
    });
}

#[test]
fn a_read_that_takes_its_whole_time_is_not_waited_for_again() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, answer(503, &[]), 3);
    let falcon = falcon.fails(ALERT_READ, Fault::Silence(Duration::from_hours(1)), ALWAYS);
    respond(AN_ALERT.job().with("/config/timeout_seconds", 8), &falcon).success();
    assert_eq!(asked(&falcon), in_turn(&AN_ALERT, "uruuu"));
}

#[test]
fn a_new_token_is_used_at_once() {
    for kind in KINDS {
        let falcon = StandIn::in_the_clear().with_the_first_token_revoked();
        assert_eq!(respond(kind.job(), &falcon).success()["full"]["retries"], 1);
        assert_eq!((asked(&falcon), falcon.hits(TOKEN)), (in_turn(&kind, "uu"), 2));
    }
}

#[test]
fn what_was_done_meanwhile_is_told_once_though_the_time_runs_out() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, answer(503, &[("retry-after", "2")]), 1);
    let falcon = falcon.fails(ALERTS, Fault::Silence(Duration::from_hours(1)), ALWAYS);
    let falcon = falcon.changed_later_than(ALERTS, ALERT, "in_progress");
    let told = respond(alerts(&[ALERT, OTHER_ALERT]).with("/config/timeout_seconds", 3), &falcon).failure();
    assert!(told.contains(&format!("\nUpdated alert: {ALERT}\nNot confirmed alert: {OTHER_ALERT}")), "{told}");
    assert_eq!(told.matches(ALERT).count(), 1, "{told}");
}

#[test]
fn the_retries_are_the_requests_that_were_sent_again_also_when_the_time_runs_out() {
    let rows: Vec<(Kind, usize)> = KINDS.iter().flat_map(|kind| (1..4).map(move |refused| (*kind, refused))).collect();
    together(&rows, |(kind, refused)| {
        let silence = Fault::Silence(Duration::from_hours(1));
        let falcon = StandIn::in_the_clear().fails(kind.update, answer(503, &[]), *refused);
        let falcon = falcon.fails(kind.update, silence, ALWAYS);
        let told = respond(kind.job().with("/config/timeout_seconds", 8), &falcon).failure();
        let again = match falcon.hits(kind.update) - 1 {
            1 => "One call had to be sent again.".to_owned(),
            more => format!("Calls had to be sent again {more} times."),
        };
        assert!(told.contains(&again), "{again} is not in {told}");
    });
}

#[test]
fn a_retry_for_which_there_is_no_time_is_none() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, answer(503, &[("retry-after", "60")]), ALWAYS);
    let told = respond(AN_ALERT.job().with("/config/timeout_seconds", 8), &falcon).failure();
    assert_eq!((falcon.hits(ALERTS), told.contains("sent again")), (1, false), "{told}");
}
