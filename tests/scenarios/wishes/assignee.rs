//! `assignee_map`: who works on it in TheHive works on the alerts in Falcon.

use serde_json::json;

use super::{asked, closed, linked, respond, updates, with};
use crate::common::{ALERT, CASE, INCIDENT, Job, StandIn, job};

fn mapped(job: Job, map: &[&str]) -> Job {
    with(job, &json!({"assignee_map": map}))
}

/// The map that all of these jobs have.
const MAP: [&str; 3] = ["analyst@soc.example:ann@falcon.example", " Ann Lee : lee@falcon.example ", "bob:bob:x"];

#[test]
fn the_alerts_are_assigned_in_the_same_call() {
    let assigned = |user| updates(&[("update_status", "in_progress"), ("assign_to_user_id", user)]);
    let job = linked(json!({"csfalcon-alert-id": ALERT}));
    let of_4 = job_of_4();
    for (job, user) in [
        (job.clone(), "ann@falcon.example"),
        (job.clone().with("/data/assignee", "Ann Lee"), "lee@falcon.example"),
        (job.clone().with("/data/assignee", "bob"), "bob:x"),
        (job.without("/data/assignee").with("/data/owner", "Ann Lee"), "lee@falcon.example"),
        (of_4, "ann@falcon.example"),
    ] {
        let falcon = StandIn::in_the_clear();
        let report = respond(mapped(job, &MAP), &falcon).success();
        assert_eq!(asked(&falcon), [assigned(user)]);
        assert_eq!(falcon.alert(ALERT)["assigned_to_uid"], user);
        assert_eq!(report["full"]["details"], json!(["1 alert was updated to in_progress."]));
    }
}

fn job_of_4() -> Job {
    job("thehive4-case").linked_to(json!({"csfalcon-alert-id": ALERT})).with("/data/status", "Open")
}

#[test]
fn whoever_is_in_no_map_changes_nothing() {
    let job = linked(json!({"csfalcon-alert-id": ALERT}));
    for job in [
        job.clone().with("/data/assignee", "carol"),
        job.clone().with("/data/assignee", "ann lee"),
        job.clone().with("/data/assignee", json!(null)),
        job.clone().with("/data/assignee", 7),
        job.without("/data/assignee"),
    ] {
        let falcon = StandIn::in_the_clear();
        respond(mapped(job, &MAP), &falcon).success();
        assert_eq!(asked(&falcon), [updates(&[("update_status", "in_progress")])]);
    }
}

#[test]
fn it_comes_behind_the_tags_of_a_verdict() {
    let falcon = StandIn::in_the_clear();
    respond(mapped(with(closed("TruePositive"), &json!({"sync_verdict": true})), &MAP), &falcon).success();
    let actions = [
        ("update_status", "closed"),
        ("remove_tag", "false_positive"),
        ("remove_tag", "ignored"),
        ("add_tag", "true_positive"),
        ("assign_to_user_id", "ann@falcon.example"),
    ];
    assert_eq!(asked(&falcon), [updates(&actions)]);
}

#[test]
fn incidents_and_cases_are_assigned_to_nobody() {
    let falcon = StandIn::in_the_clear();
    respond(mapped(linked(json!({"csfalcon-incident-id": INCIDENT, "csfalcon-case-id": CASE})), &MAP), &falcon)
        .success();
    assert!(asked(&falcon).iter().all(|asked| !asked.contains("ann@falcon.example")), "{:?}", asked(&falcon));
}

/// Two e-mail addresses with a colon between have the shape of `user:password@host`.
#[test]
fn the_names_of_a_map_are_no_credentials_and_stand_in_the_report() {
    let map = ["analyst@soc.example:quokka@falcon.example", "ann@soc.example:wombat@falcon.example"];
    let job = linked(json!({"csfalcon-alert-id": ALERT})).with("/data/description", "quokka, wombat and numbat");
    let ran = respond(mapped(job, &map), &StandIn::in_the_clear().without(ALERT));
    ran.failure();
    let input = &ran.report()["input"];
    assert_eq!(input["config"]["assignee_map"], json!(map));
    assert_eq!(input["data"]["description"], "quokka, wombat and numbat");
}
