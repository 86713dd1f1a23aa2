//! `sync_linked_cases`: the cases that Falcon itself links to the alerts follow, too, with care.

use serde_json::{Value, json};

use super::{asked, instead, linked, reads, reads_alert, respond, updates, with};
use crate::common::falcon::{ALERT_READ, CASES};
use crate::common::{ALERT, CASE, Job, OTHER_ALERT, Ran, Responder, StandIn, job};
use crate::thehive::patient;

const SECOND: &str = "b3BlbmNhc2UtMDAwMg-7Qk3nVfYp_xZ2R";

/// The fixtures' case in this stage, linked to one alert.
fn following(stage: &str) -> Job {
    following_all(stage, json!({"csfalcon-alert-id": ALERT}))
}

fn following_all(stage: &str, links: Value) -> Job {
    with(linked(links).with("/data/stage", stage), &json!({"sync_linked_cases": true}))
}

/// A tenant that links the alert to this case, which has this status and these alerts in its evidence.
fn linking(status: &str, evidence: &[&str]) -> StandIn {
    holding(StandIn::in_the_clear().linking(ALERT, &[CASE]), CASE, status, evidence)
}

fn holding(falcon: StandIn, case: &str, status: &str, evidence: &[&str]) -> StandIn {
    falcon.with_case_like(case, |case| {
        status.clone_into(&mut case.status);
        case.tags.clear();
        case.alerts = evidence.iter().map(|id| (*id).to_owned()).collect();
    })
}

fn sets(id: &str, status: &str) -> String {
    sets_version(id, status, 1)
}

fn sets_version(id: &str, status: &str, version: u64) -> String {
    format!(r#"PATCH {CASES} {{"fields":{{"status":"{status}"}},"id":"{id}","expected_version":{version}}}"#)
}

fn reads_alerts(ids: &[&str]) -> String {
    format!("POST {ALERT_READ} {}", json!({"composite_ids": ids}))
}

#[track_caller]
fn tells(ran: &Ran, detail: &str) {
    let report = ran.success();
    let details = report["full"]["details"].as_array().unwrap();
    assert!(details.iter().any(|told| told == detail), "{detail:?} is not in {details:#?}");
}

#[test]
fn a_case_that_is_new_is_taken_up_after_its_alert() {
    for stage in ["InProgress", "Imported"] {
        let falcon = linking("new", &[ALERT]);
        let ran = respond(following(stage), &falcon);
        let status = updates(&[("update_status", "in_progress")]);
        assert_eq!(asked(&falcon), [status, reads_alert(), reads(&[CASE]), sets(CASE, "in_progress")]);
        tells(&ran, "1 case was updated to in_progress.");
    }
}

#[test]
fn the_job_of_an_alert_does_the_same() {
    let falcon = linking("new", &[ALERT]);
    let alert = job("thehive5-alert").linked_to(json!({"csfalcon-alert-id": ALERT})).with("/data/stage", "Imported");
    respond(with(alert, &json!({"sync_linked_cases": true})), &falcon).success();
    assert_eq!(asked(&falcon)[1..], [reads_alert(), reads(&[CASE]), sets(CASE, "in_progress")]);
}

#[test]
fn a_case_that_somebody_has_taken_up_is_left_alone() {
    for status in ["in_progress", "reopened", "closed"] {
        let falcon = linking(status, &[ALERT]);
        respond(following("InProgress"), &falcon).success();
        assert_eq!(falcon.hits(&format!("PATCH {CASES}")), 0, "{status}");
    }
}

#[test]
fn a_case_is_closed_when_every_alert_in_its_evidence_is() {
    let falcon = linking("in_progress", &[ALERT, OTHER_ALERT]).having(OTHER_ALERT, "closed");
    respond(following("Closed"), &falcon).success();
    let status = updates(&[("update_status", "closed")]);
    let rest = reads_alerts(&[OTHER_ALERT]);
    assert_eq!(asked(&falcon), [status, reads_alert(), reads(&[CASE]), rest, sets(CASE, "closed")]);
}

#[test]
fn the_alert_that_was_closed_just_now_needs_no_further_proof() {
    let falcon = linking("new", &[ALERT]);
    respond(following("Closed"), &falcon).success();
    assert_eq!((falcon.hits(ALERT_READ), falcon.status_of(CASE).as_deref()), (1, Some("closed")));
    let closed = linking("closed", &[ALERT, OTHER_ALERT]);
    respond(following("Closed"), &closed).success();
    assert_eq!(asked(&closed).len(), 3, "a closed case has nothing to prove");
}

#[test]
fn a_case_with_an_open_alert_stays_open_and_the_report_names_both() {
    let falcon = linking("in_progress", &[ALERT, OTHER_ALERT]);
    let ran = respond(following("Closed"), &falcon);
    tells(
        &ran,
        &format!(
            "The linked case {CASE} was left open, because an alert in its evidence is not closed: {OTHER_ALERT}."
        ),
    );
    let gone = linking("in_progress", &[ALERT, OTHER_ALERT, "x:ind:y:1"]).without(OTHER_ALERT);
    let why = format!("alerts in its evidence are not closed: {OTHER_ALERT} and x:ind:y:1.");
    tells(&respond(following("Closed"), &gone), &format!("The linked case {CASE} was left open, because {why}"));
    assert_eq!(falcon.hits(&format!("PATCH {CASES}")) + gone.hits(&format!("PATCH {CASES}")), 0);
}

#[test]
fn an_alert_that_the_map_does_not_close_keeps_its_case_open() {
    let falcon = linking("in_progress", &[ALERT]);
    let job = with(following("Closed"), &json!({"status_map": ["Closed:in_progress"]}));
    let why = format!("because an alert in its evidence is not closed: {ALERT}.");
    tells(&respond(job, &falcon), &format!("The linked case {CASE} was left open, {why}"));
}

#[test]
fn many_alerts_are_read_five_hundred_at_a_time() {
    let ids: Vec<String> = (0..501).map(|number| format!("{ALERT}:{number}")).collect();
    let (mut falcon, mut cases) = (StandIn::in_the_clear(), Vec::new());
    for number in 0..6 {
        let (case, evidence) = (format!("{CASE}{number}"), (0..100).map(|alert| format!("x:ind:{number}:{alert}")));
        let evidence: Vec<String> = evidence.collect();
        falcon = evidence.iter().fold(falcon, |falcon, id| falcon.having(id, "closed"));
        falcon = holding(falcon, &case, "new", &evidence.iter().map(String::as_str).collect::<Vec<_>>());
        cases.push(case);
    }
    let falcon = falcon.linking(&ids[500], &cases.iter().map(String::as_str).collect::<Vec<_>>());
    respond(following_all("Closed", json!({"csfalcon-alert-id": ids})), &falcon).success();
    assert_eq!(falcon.hits(ALERT_READ), 4, "501 for their cases, and 600 of the evidence");
    assert!(cases.iter().all(|id| falcon.status_of(id).as_deref() == Some("closed")));
}

#[test]
fn a_case_in_the_field_needs_no_proof_and_is_not_asked_for_twice() {
    let falcon = linking("in_progress", &[ALERT, OTHER_ALERT]).linking(ALERT, &[CASE, SECOND, SECOND]);
    let falcon = holding(falcon, SECOND, "new", &[ALERT]);
    respond(following_all("Closed", json!({"csfalcon-alert-id": ALERT, "csfalcon-case-id": CASE})), &falcon).success();
    let seen = asked(&falcon);
    assert_eq!(seen[2..], [reads_alert(), reads(&[SECOND]), sets(SECOND, "closed")]);
    let of_the_field = sets(CASE, "closed").replace(r#","expected_version":1"#, "");
    assert!(seen[..2].contains(&of_the_field), "{seen:#?}");
}

#[test]
fn new_and_the_default_read_nothing() {
    for job in [following("New"), following("Closed").with("/config/sync_linked_cases", false)] {
        let falcon = linking("new", &[ALERT]);
        respond(job, &falcon).success();
        assert_eq!(asked(&falcon).len(), 1);
    }
}

#[test]
fn what_may_not_be_read_is_told_and_fails_nothing() {
    let why = "Falcon answered HTTP 403: access denied, scope not permitted (code 403)";
    for (scope, what) in [("Alerts: read", "show the alerts"), ("Cases: read", "show the linked cases")] {
        let falcon = linking("new", &[ALERT]).without_scope(scope);
        let detail = format!(
            "Whether the cases that Falcon links to the alerts are to follow was not looked up, because Falcon did not {what}: {why}."
        );
        tells(&respond(following("InProgress"), &falcon), &detail);
        assert_eq!(falcon.hits(&format!("PATCH {CASES}")), 0);
    }
}

#[test]
fn a_case_that_falcon_does_not_show_or_without_evidence_is_told_and_left_open() {
    let falcon = holding(StandIn::in_the_clear().linking(ALERT, &[CASE, SECOND]).without(CASE), SECOND, "new", &[]);
    let ran = respond(following("Closed"), &falcon);
    tells(&ran, &format!("Falcon does not show these cases, to which it links the alerts: {CASE}."));
    let why = "because Falcon does not show all alerts in its evidence.";
    tells(&ran, &format!("The linked case {SECOND} was left open, {why}"));
    assert_eq!(falcon.hits(&format!("PATCH {CASES}")), 0);
}

#[test]
fn a_linked_case_that_is_a_duplicate_of_another_is_left_alone() {
    let falcon = StandIn::in_the_clear().linking(ALERT, &[CASE, SECOND]);
    let falcon = [(CASE, "9998-05-20T08:41:17Z"), (SECOND, "2026-05-20T08:41:17Z")].iter().fold(
        falcon,
        |falcon, (id, created)| {
            holding(falcon, id, "new", &[ALERT]).with_case_like(id, |case| {
                case.tags = vec!["thehive:~7".into()];
                case.created = Some((*created).into());
            })
        },
    );
    let ran = respond(following("InProgress"), &falcon);
    tells(
        &ran,
        &format!(
            "The linked case {CASE} was left alone: it carries the tag thehive:~7 of the case {SECOND}, which counts."
        ),
    );
    assert_eq!((falcon.status_of(CASE), falcon.status_of(SECOND).as_deref()), (None, Some("in_progress")));
}

#[test]
fn an_update_of_a_linked_case_that_is_refused_is_a_failure() {
    let refusal = json!({"errors": [{"code": 400, "message": "no such status here"}], "resources": []});
    let falcon = linking("new", &[ALERT]).fails(&format!("PATCH {CASES}"), instead(400, &refusal, false), usize::MAX);
    respond(following("InProgress"), &falcon).fails_with(&["1 case linked to", "no such status here", CASE]);
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
}

#[test]
fn only_alerts_that_were_updated_count() {
    let falcon = linking("new", &[ALERT]).without(ALERT);
    respond(following_all("Closed", json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT]})), &falcon).failure();
    assert_eq!(asked(&falcon)[1..], [reads_alerts(&[OTHER_ALERT])]);
}

#[test]
fn with_verify_the_linked_case_is_looked_at_too() {
    let falcon = linking("new", &[ALERT]);
    respond(with(following("InProgress"), &json!({"verify": true})), &falcon).success();
    assert_eq!(asked(&falcon)[2..], [reads_alert(), reads(&[CASE]), sets(CASE, "in_progress"), reads(&[CASE])]);
}

#[test]
fn a_rehearsal_shows_the_read_of_the_alerts_and_no_more() {
    let ran = Responder::new().argument("--dry-run").stdin(following("Closed").0.to_string()).run();
    assert!(ran.stdout.contains(ALERT_READ) && !ran.stdout.contains(CASES), "{ran:?}");
}

/// A tenant in which another client adds this alert to the case between the read of it and the update.
fn adding_meanwhile(alert: &'static str) -> StandIn {
    let falcon = linking("in_progress", &[ALERT]);
    falcon.adding_evidence_before_the_next_update(CASE, alert)
}

#[test]
fn a_case_is_not_closed_over_an_alert_that_arrived_since_it_was_read() {
    let falcon = adding_meanwhile(OTHER_ALERT);
    let ran = respond(following("Closed"), &falcon);
    let status = updates(&[("update_status", "closed")]);
    let reads_and_tries =
        [reads_alert(), reads(&[CASE]), sets(CASE, "closed"), reads(&[CASE]), reads_alerts(&[OTHER_ALERT])];
    assert_eq!(asked(&falcon), [&[status][..], &reads_and_tries].concat());
    let why =
        format!("The linked case {CASE} was left open, because an alert in its evidence is not closed: {OTHER_ALERT}.");
    tells(&ran, &why);
    assert_eq!(falcon.cases()[CASE].status, "in_progress");
}

#[test]
fn a_case_that_got_another_closed_alert_is_closed_once_that_is_known() {
    let falcon = adding_meanwhile(OTHER_ALERT).having(OTHER_ALERT, "closed");
    let ran = respond(following("Closed"), &falcon);
    assert_eq!(asked(&falcon).last(), Some(&sets_version(CASE, "closed", 2)));
    tells(&ran, "1 case was updated to closed.");
}

#[test]
fn a_case_that_changes_each_time_is_a_failure_that_says_so() {
    let falcon = linking("in_progress", &[ALERT]).with_cases_changed_meanwhile(2);
    respond(following("Closed"), &falcon).fails_with(&[
        "1 case linked to case #42 (Closed in TheHive) was not updated to closed: Falcon answered HTTP 409",
    ]);
    assert_eq!(falcon.hits(&format!("PATCH {CASES}")), 2);
    let falcon = linking("new", &[ALERT]).with_cases_changed_meanwhile(1);
    tells(&respond(following("InProgress"), &falcon), "1 case was updated to in_progress.");
    assert_eq!(asked(&falcon).last(), Some(&sets_version(CASE, "in_progress", 2)));
}

#[test]
fn of_more_cases_than_a_job_updates_the_first_follow_and_the_others_are_counted() {
    let alerts: Vec<String> = (0..7).map(|n| format!("{ALERT}:{n}")).collect();
    let cases: Vec<Vec<String>> = (0..7).map(|n| (0..150).map(|k| format!("case-{n}-{k}")).collect()).collect();
    let mut falcon = StandIn::in_the_clear();
    for (alert, cases) in alerts.iter().zip(&cases) {
        falcon = falcon.linking(alert, &cases.iter().map(String::as_str).collect::<Vec<_>>());
        falcon = cases.iter().fold(falcon, |falcon, case| holding(falcon, case, "new", &[alert]));
    }
    let fields = json!({"csfalcon-alert-id": alerts, "csfalcon-case-id": CASE});
    let ran = respond(patient(following_all("InProgress", fields)), &falcon);
    tells(
        &ran,
        "Falcon links the alerts to more cases than the 1000 that one job updates: 51 links to other cases were left out. Set the status of these cases in Falcon by hand.",
    );
    assert_eq!(falcon.hits(&format!("PATCH {CASES}")), 1_000);
}
