//! `reopened_status`: what was closed in Falcon and is worked on again is reopened, and not just taken up.

use serde_json::{Value, json};

use super::{asked, linked, reads, reads_alert, respond, updates, with};
use crate::common::falcon::{ALERT_READ, CASES, INCIDENT_READ};
use crate::common::kinds::KINDS;
use crate::common::{ALERT, CASE, INCIDENT, Job, OTHER_ALERT, StandIn};

fn reopening(links: Value, stage: &str) -> Job {
    with(linked(links).with("/data/stage", stage), &json!({"reopened_status": true}))
}

fn incidents(code: &str) -> String {
    format!(
        r#"POST /incidents/entities/incident-actions/v1 {{"action_parameters":[{{"name":"update_status","value":"{code}"}}],"ids":["{INCIDENT}"]}}"#
    )
}

fn case(status: &str) -> String {
    format!(r#"PATCH /cases/entities/cases/v2 {{"fields":{{"status":"{status}"}},"id":"{CASE}"}}"#)
}

/// All that was asked: the reads in their order, and the updates sorted, because they go side by side.
fn reads_and_updates(falcon: &StandIn) -> (Vec<String>, Vec<String>) {
    let (reads, mut updates): (Vec<_>, Vec<_>) = asked(falcon).into_iter().partition(|asked| {
        [ALERT_READ, INCIDENT_READ, &format!("POST {CASES}")].iter().any(|path| asked.contains(path))
    });
    updates.sort();
    (reads, updates)
}

#[test]
fn what_is_closed_in_falcon_is_reopened_whatever_it_is() {
    let links = json!({"csfalcon-alert-id": ALERT, "csfalcon-incident-id": INCIDENT, "csfalcon-case-id": CASE});
    for stage in ["New", "InProgress"] {
        let falcon = StandIn::in_the_clear().having(ALERT, "closed").having(INCIDENT, "40").having(CASE, "closed");
        let report = respond(reopening(links.clone(), stage), &falcon).success();
        let reads_first = [reads_alert(), format!(r#"POST {INCIDENT_READ} {{"ids":["{INCIDENT}"]}}"#), reads(&[CASE])];
        let reopened = [updates(&[("update_status", "reopened")]), case("reopened"), incidents("25")];
        assert_eq!(reads_and_updates(&falcon), (reads_first.to_vec(), reopened.to_vec()));
        let details = [
            "1 alert was updated to reopened.",
            "1 incident was updated to 25 (reopened).",
            "1 case was updated to reopened.",
        ];
        assert_eq!(report["full"]["details"], json!(details));
        assert_eq!(report["full"]["stage"], stage);
    }
}

#[test]
fn what_is_not_closed_in_falcon_gets_the_status_of_the_stage() {
    let links = json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT], "csfalcon-case-id": CASE});
    let falcon = StandIn::in_the_clear().having(OTHER_ALERT, "closed").having(CASE, "reopened");
    let report = respond(reopening(links, "InProgress"), &falcon).success();
    let (reads, sent) = reads_and_updates(&falcon);
    assert_eq!((reads.len(), sent.len()), (2, 3), "one read for each kind");
    let statuses = [ALERT, OTHER_ALERT, CASE].map(|id| falcon.status_of(id).unwrap());
    assert_eq!(statuses, ["in_progress", "reopened", "in_progress"]);
    let details = [
        "1 alert was updated to reopened.",
        "1 alert was updated to in_progress.",
        "1 case was updated to in_progress.",
    ];
    assert_eq!(report["full"]["details"], json!(details));
}

#[test]
fn imported_and_closed_reopen_nothing_and_cost_no_read() {
    for (stage, status) in [("Imported", "in_progress"), ("Closed", "closed")] {
        let falcon = StandIn::in_the_clear().having(ALERT, "closed");
        respond(reopening(json!({"csfalcon-alert-id": ALERT}), stage), &falcon).success();
        assert_eq!(asked(&falcon), [updates(&[("update_status", status)])]);
    }
}

#[test]
fn what_cannot_be_looked_at_gets_the_status_of_the_stage_and_the_report_says_so() {
    for (kind, what) in KINDS.into_iter().zip(["alert", "incident", "case"]) {
        let closed = if kind.id == INCIDENT { "40" } else { "closed" };
        let falcon = StandIn::in_the_clear().having(kind.id, closed).without_scope(kind.scope);
        let report = respond(with(kind.job(), &json!({"reopened_status": true})), &falcon).success();
        assert_eq!(asked(&falcon).len(), 2, "a read and an update");
        let plain = if kind.id == INCIDENT { "30" } else { "in_progress" };
        assert_eq!(falcon.status_of(kind.id).as_deref(), Some(plain));
        let why = "Falcon answered HTTP 403: access denied, scope not permitted (code 403)";
        let detail = format!(
            "Whether 1 {what} is to be reopened was not looked up, because Falcon did not show the {what}s: {why}."
        );
        assert_eq!(report["full"]["details"][0], detail);
    }
}

#[test]
fn what_is_not_there_is_told_by_its_update() {
    let falcon = StandIn::in_the_clear().without(ALERT);
    let told = respond(reopening(json!({"csfalcon-alert-id": ALERT}), "New"), &falcon).failure();
    assert!(
        told.starts_with("1 alert linked to case #42 (New in TheHive) was not updated to new: Falcon said:"),
        "{told}"
    );
}

#[test]
fn a_failure_says_what_was_not_looked_at_too() {
    let falcon = StandIn::in_the_clear().without(ALERT).without_scope("Alerts: read");
    let told = respond(reopening(json!({"csfalcon-alert-id": ALERT}), "New"), &falcon).failure();
    assert!(told.contains("\nWhether 1 alert is to be reopened was not looked up, because Falcon"), "{told}");
}

#[test]
fn many_alerts_are_looked_at_two_hundred_at_a_time() {
    let ids: Vec<String> = (0..450).map(|number| format!("{ALERT}:{number}")).collect();
    let falcon = StandIn::in_the_clear().having(&ids[449], "closed");
    respond(reopening(json!({"csfalcon-alert-id": ids}), "InProgress"), &falcon).success();
    assert_eq!(falcon.hits(ALERT_READ), 3);
    assert_eq!(falcon.status_of(&ids[449]).as_deref(), Some("reopened"));
    assert_eq!(falcon.status_of(&ids[0]).as_deref(), Some("in_progress"));
}

#[test]
fn the_tags_of_a_verdict_go_with_it() {
    let falcon = StandIn::in_the_clear().having(ALERT, "closed").tagged(ALERT, &["true_positive", "ours"]);
    let job = with(reopening(json!({"csfalcon-alert-id": ALERT}), "InProgress"), &json!({"sync_verdict": true}));
    respond(job, &falcon).success();
    assert_eq!(
        (falcon.status_of(ALERT).as_deref(), falcon.tags_of(ALERT)),
        (Some("reopened"), vec!["ours".to_owned()])
    );
}

#[test]
fn a_rehearsal_shows_the_read_and_takes_nothing_for_closed() {
    let job = reopening(json!({"csfalcon-alert-id": ALERT}), "InProgress");
    let ran = crate::common::Responder::new().argument("--dry-run").stdin(job.0.to_string()).run();
    assert!(ran.stdout.contains("/alerts/entities/alerts/v2") && ran.stdout.contains("in_progress"), "{ran:?}");
}
