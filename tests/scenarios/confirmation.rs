//! What Falcon leaves unclear is read back before the job says anything of it.

use serde_json::{Value, json};

use crate::common::answers::{self, Answer};
use crate::common::falcon::{ALERT_READ, ALERTS, CASES, INCIDENT_READ, INCIDENTS, TOKEN};
use crate::common::kinds::{A_CASE, AN_ALERT, AN_INCIDENT, KINDS, Kind};
use crate::common::messages::{
    CHECK_THE_IDS, SET_IT_BY_HAND, beginning, give_the_scope, message, not_confirmed, not_updated, still, unreadable,
    updated,
};
use crate::common::responder::Ran;
use crate::common::{ALERT, CASE, Fault, INCIDENT, Job, OTHER_ALERT, Responder, StandIn, job};

const TRACE: &str = "5f2b9c1e-0000-4000-8000-0000000000c0";
const NONE_AFFECTED: &str = "Falcon says it updated 0 of 1 and does not say which";

/// An answer to the update of one such object that proves nothing, and what is told of it.
fn unclear(kind: &Kind) -> (Answer, &'static str) {
    match kind.id {
        CASE => {
            let why = "Falcon took the call, but its answer shows the status new";
            (answers::case_not_changed(answers::case(CASE, "new", 1)), why)
        }
        INCIDENT => (answers::incidents_updated(0, Vec::new()), NONE_AFFECTED),
        _ => (answers::alerts_updated(0, Vec::new()), NONE_AFFECTED),
    }
}

fn alerts(ids: &[impl serde::Serialize]) -> Job {
    job("thehive5-case").linked_to(json!({"csfalcon-alert-id": ids}))
}

pub fn respond(job: Job, falcon: &StandIn) -> Ran {
    Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string()).run()
}

/// This answer in the place of the tenant's own, which does nothing.
pub fn instead(answer: &Answer) -> Fault {
    Fault::Answer { status: answer.status, headers: Vec::new(), body: answer.text().into() }
}

/// This answer in the place of the tenant's own, which does what it is asked for.
fn applied(answer: &Answer) -> Fault {
    Fault::AppliedThen { status: answer.status, headers: Vec::new(), body: answer.text().into() }
}

/// What Falcon was asked for, but for the token: each request with its ids.
pub fn asked(falcon: &StandIn) -> Vec<String> {
    let requests = falcon.requests().into_iter().filter(|request| request.path != TOKEN);
    requests
        .map(|request| {
            let body: Value = serde_json::from_slice(&request.body).expect("a body");
            let ids = [&body["composite_ids"], &body["ids"]].into_iter().find_map(Value::as_array);
            let ids = ids.map_or_else(|| vec![&body["id"]], |ids| ids.iter().collect());
            let ids: Vec<&str> = ids.into_iter().map(|id| id.as_str().expect("an id")).collect();
            format!("{} {} {}", request.method, request.path, ids.join(", "))
        })
        .collect()
}

/// So many updates of this, and then so many reads.
pub fn updates_and_reads(kind: &Kind, updates: usize, reads: usize) -> Vec<String> {
    in_turn(kind, &["u".repeat(updates), "r".repeat(reads)].concat())
}

/// Updates of this and reads, in their order: `urur`.
pub fn in_turn(kind: &Kind, calls: &str) -> Vec<String> {
    let call = |call| if call == 'u' { kind.update } else { kind.read };
    calls.chars().map(|letter| format!("{} {}", call(letter), kind.id)).collect()
}

#[test]
fn what_is_in_progress_twice_is_read_once_where_falcon_counts_only_changes() {
    for (kind, reads) in KINDS.into_iter().zip([1, 1, 0]) {
        let falcon = StandIn::in_the_clear().counts_only_changes();
        respond(kind.job().with("/data/stage", "InProgress"), &falcon).success();
        let report = respond(kind.job().with("/data/stage", "Imported"), &falcon).success();
        assert_eq!(report["full"]["targets"][0]["ids"], json!([kind.id]));
        assert_eq!(asked(&falcon), updates_and_reads(&kind, 2, reads), "a case comes back whole, and needs no read");
    }
}

#[test]
fn a_clear_answer_costs_no_read() {
    let falcon = StandIn::in_the_clear();
    respond(job("thehive5-case"), &falcon).success();
    let mut seen = asked(&falcon);
    seen.sort();
    let alerts = format!("PATCH {ALERTS} {ALERT}, {OTHER_ALERT}");
    assert_eq!(seen, [alerts, format!("PATCH {CASES} {CASE}"), format!("POST {INCIDENTS} {INCIDENT}")]);
}

#[test]
fn a_clear_refusal_costs_no_read() {
    for kind in KINDS {
        let falcon = StandIn::in_the_clear().without(kind.id);
        respond(kind.job(), &falcon).fails_with(&["linked to case #42", "not found (code 404)"]);
        assert_eq!(asked(&falcon), updates_and_reads(&kind, 1, 0));
    }
}

#[test]
fn a_case_whose_reads_lag_behind_its_update_is_confirmed_a_moment_later() {
    let (answer, _) = unclear(&A_CASE);
    let falcon = StandIn::in_the_clear().with_lag(1).fails(A_CASE.update, applied(&answer), 1);
    let started = std::time::Instant::now();
    respond(A_CASE.job(), &falcon).success();
    assert!(started.elapsed() >= std::time::Duration::from_secs(1), "the second look is a moment later");
    assert_eq!(asked(&falcon), updates_and_reads(&A_CASE, 1, 2));
}

/// Neither look shows the case as it is now.
fn assert_not_confirmed(falcon: &StandIn) {
    let told = respond(A_CASE.job(), falcon).failure();
    let line = not_confirmed(A_CASE.what, CASE, TRACE, "", "");
    assert!(told.starts_with(beginning(&line).trim_end()), "{told}");
    assert!(told.ends_with(&format!("\nNot confirmed case: {CASE}; trace id {TRACE}")), "{told}");
    assert_eq!(asked(falcon), updates_and_reads(&A_CASE, 1, 2));
}

#[test]
fn a_case_that_falcon_itself_calls_inconsistent_is_not_confirmed() {
    let (answer, _) = unclear(&A_CASE);
    assert_not_confirmed(&StandIn::in_the_clear().with_lag(2).fails(A_CASE.update, applied(&answer), 1));
}

#[test]
fn a_case_of_which_only_an_older_state_is_shown_is_not_confirmed() {
    let (answer, _) = unclear(&A_CASE);
    let older = answers::put(answers::case(CASE, "new", 2), "/version", 1);
    let read = instead(&answers::cases_read(vec![older], &[]));
    assert_not_confirmed(&StandIn::in_the_clear().fails(A_CASE.update, applied(&answer), 1).fails(
        A_CASE.read,
        read,
        2,
    ));
}

#[test]
fn without_the_scope_to_read_the_message_says_so_and_names_it() {
    for kind in KINDS {
        let (answer, why) = unclear(&kind);
        let falcon = StandIn::in_the_clear().fails(kind.update, instead(&answer), 1).without_scope_for(kind.read);
        let next = give_the_scope(kind.scope);
        let line = not_confirmed(kind.what, kind.id, TRACE, &unreadable(why), &next);
        let told = respond(kind.job(), &falcon).failure();
        assert_eq!(told, message(&[line]));
        assert_eq!(asked(&falcon), updates_and_reads(&kind, 1, 1));
    }
}

#[test]
fn several_alerts_are_told_one_by_one() {
    let third = "8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:3";
    let count = answers::alerts_updated(1, Vec::new());
    let falcon = StandIn::in_the_clear().having(ALERT, "in_progress").having(OTHER_ALERT, "reopened").without(third);
    let falcon = falcon.fails(ALERTS, instead(&count), 1);
    let told = respond(alerts(&[OTHER_ALERT, ALERT, third]), &falcon).failure();
    let why = "Falcon says it updated 1 of 3 and does not say which";
    let gone = format!("{why}; read back a moment later, Falcon does not show it");
    let lines = [
        updated(AN_ALERT.what, ALERT, TRACE),
        not_updated(AN_ALERT.what, OTHER_ALERT, TRACE, &still(why, "reopened"), SET_IT_BY_HAND),
        not_updated(AN_ALERT.what, third, TRACE, &gone, CHECK_THE_IDS),
    ];
    assert_eq!(told, message(&lines));
    assert_eq!(
        asked(&falcon),
        [
            format!("PATCH {ALERTS} {OTHER_ALERT}, {ALERT}, {third}"),
            format!("POST {ALERT_READ} {OTHER_ALERT}, {ALERT}, {third}"),
            format!("POST {ALERT_READ} {OTHER_ALERT}, {third}"),
        ]
    );
}

/// So many alerts.
fn many(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:{n}")).collect()
}

#[test]
fn many_alerts_are_read_two_hundred_at_a_time() {
    let ids = many(450);
    let falcon = StandIn::in_the_clear().counts_only_changes();
    respond(alerts(&ids), &falcon).success();
    let report = respond(alerts(&ids), &falcon).success();
    assert_eq!(report["full"]["targets"][0]["ids"], json!(ids), "in the order of the job");
    let reads: Vec<String> = ids.chunks(200).map(|ids| format!("POST {ALERT_READ} {}", ids.join(", "))).collect();
    assert_eq!(asked(&falcon)[2..], reads);
}

#[test]
fn what_was_seen_before_a_read_failed_is_known() {
    let ids = many(201);
    let seen = ids[..200].iter().map(|id| answers::alert(id, "in_progress")).collect();
    let falcon = StandIn::in_the_clear()
        .fails(ALERTS, instead(&answers::alerts_updated(0, Vec::new())), 1)
        .fails(ALERT_READ, instead(&answers::alerts_read(seen, &[])), 1)
        .fails(ALERT_READ, instead(&answers::named("scope-missing")), 1);
    let told = respond(alerts(&ids), &falcon).fails_with(&["200 alerts were updated to in_progress."]);
    let why = unreadable("Falcon says it updated 0 of 201 and does not say which");
    let line = not_confirmed(AN_ALERT.what, &ids[200], TRACE, &why, &give_the_scope("Alerts: read"));
    assert!(told.starts_with(&beginning(&line)), "{told}");
    assert!(
        told.contains(&format!("\nUpdated alerts: {} +197 more; trace id {TRACE}\n", ids[..3].join(", "))),
        "{told}"
    );
    assert!(told.ends_with(&format!("\nNot confirmed alert: {}; trace id {TRACE}", ids[200])), "{told}");
}

#[test]
fn a_read_is_tried_again_where_that_helps() {
    let (answer, _) = unclear(&AN_ALERT);
    let falcon = StandIn::in_the_clear().fails(ALERTS, applied(&answer), 1).fails(
        ALERT_READ,
        instead(&answers::refusal(503, "not now")),
        1,
    );
    let report = respond(AN_ALERT.job(), &falcon).success();
    assert_eq!(report["full"]["retries"], 1);
    assert_eq!(asked(&falcon), updates_and_reads(&AN_ALERT, 1, 2));
}

#[test]
fn a_read_with_an_error_inside_confirms_nothing() {
    let (answer, why) = unclear(&AN_ALERT);
    let error = json!([{"code": 500, "message": "shard down"}]);
    let read = answers::alerts_read(vec![answers::alert(ALERT, "in_progress")], &[]).with("/errors", error);
    let falcon = StandIn::in_the_clear().fails(ALERTS, applied(&answer), 1).fails(ALERT_READ, instead(&read), 1);
    let why = format!("{why}; to read it back did not work, either: Falcon said: shard down (code 500)");
    let next = format!("Look at it in Falcon. {CHECK_THE_IDS}");
    let line = not_confirmed(AN_ALERT.what, ALERT, TRACE, &why, &next);
    assert_eq!(respond(AN_ALERT.job(), &falcon).failure(), message(&[line]));
}

#[test]
fn what_a_read_shows_twice_is_as_the_worse_of_both_says() {
    let (answer, why) = unclear(&AN_ALERT);
    let read = answers::alerts_read(vec![answers::alert(ALERT, "new"), answers::alert(ALERT, "in_progress")], &[]);
    let falcon = StandIn::in_the_clear().fails(ALERTS, instead(&answer), 1).fails(ALERT_READ, instead(&read), 2);
    let line = not_updated(AN_ALERT.what, ALERT, TRACE, &still(why, "new"), SET_IT_BY_HAND);
    assert_eq!(respond(AN_ALERT.job(), &falcon).failure(), message(&[line]));
}

#[test]
fn what_the_second_look_does_not_show_any_more_is_told_as_that() {
    let (answer, why) = unclear(&AN_INCIDENT);
    let gone = instead(&answers::incidents_read(Vec::new(), &[INCIDENT]));
    let first = instead(&answers::incidents_read(vec![answers::incident(INCIDENT, "20")], &[]));
    let falcon = StandIn::in_the_clear().fails(INCIDENTS, instead(&answer), 1);
    let falcon = falcon.fails(INCIDENT_READ, first, 1).fails(INCIDENT_READ, gone, 1);
    let why = format!("{why}; read back a moment later, Falcon does not show it");
    let line = not_updated(AN_INCIDENT.what, INCIDENT, TRACE, &why, CHECK_THE_IDS);
    assert_eq!(respond(AN_INCIDENT.job(), &falcon).failure(), message(&[line]));
}

#[test]
fn who_is_stopped_before_the_second_look_says_that_nobody_knows() {
    let (answer, _) = unclear(&AN_ALERT);
    let falcon = StandIn::in_the_clear().fails(ALERTS, instead(&answer), 1);
    let job = AN_ALERT.job().with("/config/base_url", falcon.url());
    let running = Responder::new().stdin(job.0.to_string()).start();
    while falcon.hits(ALERT_READ) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    running.signal("TERM");
    let report = running.wait().report();
    let why =
        "SIGTERM stopped the responder while it waited for Falcon's answer; the update may or may not have been made";
    let next = "Run the responder again; if Cortex stops it again, raise its job timeout there.";
    let line = not_confirmed(AN_ALERT.what, ALERT, "", why, next);
    assert_eq!(report["errorMessage"], message(&[line]));
    assert_eq!(asked(&falcon), updates_and_reads(&AN_ALERT, 1, 1));
}

#[test]
fn a_rehearsal_asks_falcon_nothing() {
    let falcon = StandIn::in_the_clear().counts_only_changes().having(ALERT, "in_progress");
    let input = job("thehive5-case").with("/config/base_url", falcon.url()).0.to_string();
    let ran = Responder::new().argument("--dry-run").stdin(input).run();
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(falcon.requests().is_empty());
}
