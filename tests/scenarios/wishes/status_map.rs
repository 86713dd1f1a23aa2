//! `status_map`: what a stage means in Falcon is a site's own affair, stage by stage and kind by kind.

use serde_json::{Value, json};

use super::{asked, linked, respond, with};
use crate::common::{ALERT, CASE, INCIDENT, Job, StandIn};

/// The fixtures' case, linked to one object of each kind.
fn mapped(stage: &str, entries: &[&str]) -> Job {
    let links = json!({"csfalcon-alert-id": ALERT, "csfalcon-incident-id": INCIDENT, "csfalcon-case-id": CASE});
    with(linked(links).with("/data/stage", stage), &json!({"status_map": entries}))
}

fn updates([alert, incident, case]: [&str; 3]) -> [String; 3] {
    [
        format!(
            r#"PATCH /alerts/entities/alerts/v3 {{"action_parameters":[{{"name":"update_status","value":"{alert}"}}],"composite_ids":["{ALERT}"]}}"#
        ),
        format!(r#"PATCH /cases/entities/cases/v2 {{"fields":{{"status":"{case}"}},"id":"{CASE}"}}"#),
        format!(
            r#"POST /incidents/entities/incident-actions/v1 {{"action_parameters":[{{"name":"update_status","value":"{incident}"}}],"ids":["{INCIDENT}"]}}"#
        ),
    ]
}

fn assert_sends(job: Job, statuses: [&str; 3]) -> Value {
    let falcon = StandIn::in_the_clear();
    let report = respond(job, &falcon).success();
    let mut seen = asked(&falcon);
    seen.sort();
    assert_eq!(seen, updates(statuses));
    report
}

#[test]
fn each_kind_gets_what_the_map_says_of_the_stage() {
    let report = assert_sends(mapped("Imported", &["Imported:new:25:reopened"]), ["new", "25", "reopened"]);
    let details =
        ["1 alert was updated to new.", "1 incident was updated to 25 (reopened).", "1 case was updated to reopened."];
    assert_eq!(report["full"]["details"], json!(details));
    assert_eq!(report["full"]["stage"], "Imported");
    assert_eq!(report["summary"]["taxonomies"][0]["value"], "new", "the label is what the alerts have");
}

#[test]
fn what_an_entry_leaves_out_keeps_its_default() {
    for (stage, entry, statuses) in [
        ("Imported", "Imported:new", ["new", "30", "in_progress"]),
        ("Imported", "Imported:new:20", ["new", "20", "in_progress"]),
        ("New", "New::30", ["new", "30", "new"]),
        ("InProgress", " InProgress : : : reopened ", ["in_progress", "30", "reopened"]),
        ("Closed", "Closed:in_progress", ["in_progress", "40", "closed"]),
    ] {
        assert_sends(mapped(stage, &[entry]), statuses);
    }
}

#[test]
fn the_other_stages_are_as_they_were() {
    let entries = ["Imported:new:20:new", "New:in_progress:30:in_progress"];
    assert_sends(mapped("Imported", &entries), ["new", "20", "new"]);
    assert_sends(mapped("New", &entries), ["in_progress", "30", "in_progress"]);
    assert_sends(mapped("InProgress", &entries), ["in_progress", "30", "in_progress"]);
    assert_sends(mapped("Closed", &entries), ["closed", "40", "closed"]);
}

#[test]
fn without_an_entry_all_is_as_it_was() {
    assert_sends(mapped("Imported", &[]), ["in_progress", "30", "in_progress"]);
    assert_sends(mapped("Imported", &["", " "]), ["in_progress", "30", "in_progress"]);
    assert_sends(mapped("Closed", &[]).with("/config/status_map", Value::Null), ["closed", "40", "closed"]);
}

#[track_caller]
fn refused(entries: &[&str], said: &str) {
    let falcon = StandIn::in_the_clear();
    let told = respond(mapped("InProgress", entries), &falcon).failure();
    assert!(told.contains(said), "{entries:?}: {said:?} is not in:\n{told}");
    assert!(falcon.requests().is_empty(), "{entries:?}");
}

#[test]
fn a_bad_entry_is_refused_with_what_is_allowed() {
    let allowed = "expected Stage:alert_status[:incident_status[:case_status]] with the stage New, InProgress, Imported or Closed, the alert's and the case's status new, in_progress, reopened or closed, and the incident's 20, 25, 30 or 40. Correct it in Cortex (Organization → Responders).";
    for wrong in [
        "Imported",
        "Imported:",
        ":new",
        "Imported:::",
        "Imported:new:20:new:new",
        "Done:new",
        "imported:new",
        "Imported:open",
        "Imported:20",
        "Imported:new:new",
        "Imported:new:50",
        "Imported:new:20:40",
    ] {
        let said = format!("The configuration item status_map has the entry \"{wrong}\"; {allowed}");
        refused(&["New:new", wrong], &said);
    }
}

#[test]
fn a_stage_is_there_once() {
    let said = "The configuration item status_map has the stage New twice; expected New, InProgress, Imported and Closed once each at most. Correct it in Cortex (Organization → Responders).";
    refused(&["New:new", "Closed:closed", "New:new"], said);
}

#[test]
fn what_was_closed_is_reopened_unless_the_map_closes_it() {
    let job = mapped("InProgress", &["InProgress:new:40:new"]).with("/config/reopened_status", true);
    let falcon = StandIn::in_the_clear().having(ALERT, "closed").having(INCIDENT, "40");
    respond(job, &falcon).success();
    let statuses = [ALERT, INCIDENT, CASE].map(|id| falcon.status_of(id).unwrap());
    assert_eq!(statuses, ["reopened", "40", "new"]);
}
