//! What is not wished for costs nothing: the requests are what they were before there was anything to wish for.

use serde_json::{Value, json};

use super::{asked, closed, linked, respond, with};
use crate::common::{ALERT, CASE, INCIDENT, Job, StandIn};

/// What was recorded of the version that knew no wishes.
const IN_PROGRESS: [&str; 3] = [
    r#"PATCH /alerts/entities/alerts/v3 {"action_parameters":[{"name":"update_status","value":"in_progress"}],"composite_ids":["8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:17219-10357-8210"]}"#,
    r#"PATCH /cases/entities/cases/v2 {"fields":{"status":"in_progress"},"id":"b3BlbmNhc2UtMDAwMQ-7Qk3nVfYp_xZ2R"}"#,
    r#"POST /incidents/entities/incident-actions/v1 {"action_parameters":[{"name":"update_status","value":"30"}],"ids":["inc:3c1f5a7e9b2d4860a1c3e5f708192a3b:6b1d8f0e2c4a49d7"]}"#,
];

fn all_linked() -> Value {
    json!({"csfalcon-alert-id": ALERT, "csfalcon-incident-id": INCIDENT, "csfalcon-case-id": CASE})
}

/// The fixtures' case with everything that a wish could make use of.
fn told(stage: &str) -> Job {
    linked(all_linked())
        .with("/data/stage", stage)
        .with("/data/extendedStatus", "TruePositive")
        .with("/data/summary", "Restored.")
        .with("/data/owner", "analyst@soc.example")
}

fn assert_as_recorded(job: Job, (alert_and_case, incident): (&str, &str)) {
    let falcon = StandIn::in_the_clear();
    respond(job, &falcon).success();
    let mut seen = asked(&falcon);
    seen.sort();
    let recorded = IN_PROGRESS.map(|body| body.replace("in_progress", alert_and_case).replace("\"30\"", incident));
    assert_eq!(seen, recorded);
}

#[test]
fn nothing_is_wished_for_by_default() {
    for (stage, status) in [
        ("New", ("new", "\"20\"")),
        ("InProgress", ("in_progress", "\"30\"")),
        ("Imported", ("in_progress", "\"30\"")),
        ("Closed", ("closed", "\"40\"")),
    ] {
        assert_as_recorded(told(stage), status);
    }
}

#[test]
fn what_is_switched_off_or_empty_is_as_what_is_not_set() {
    let off = json!({
        "sync_verdict": false, "verdict_map": [], "comment": "", "reopened_status": false, "assignee_map": [],
        "verify": "false", "thehive_url": "", "thehive_api_key": "", "status_map": [], "sync_linked_cases": false,
    });
    assert_as_recorded(with(told("Closed"), &off), ("closed", "\"40\""));
    let none = json!({"sync_verdict": null, "verdict_map": null, "comment": " \n ", "assignee_map": ["", " "]});
    assert_as_recorded(with(told("Closed"), &none), ("closed", "\"40\""));
}

#[test]
fn a_wish_that_does_not_apply_changes_nothing() {
    for (stage, items) in [
        ("InProgress", json!({"comment": "closed in TheHive"})),
        ("Closed", json!({"verdict_map": ["TruePositive:true_positive"]})),
        ("Closed", json!({"reopened_status": true})),
        ("Imported", json!({"reopened_status": true})),
        ("InProgress", json!({"status_map": ["Imported:new:20:new"]})),
        ("Closed", json!({"assignee_map": ["somebody@soc.example:else@soc.example"]})),
    ] {
        let status = if stage == "Closed" { ("closed", "\"40\"") } else { ("in_progress", "\"30\"") };
        assert_as_recorded(with(told(stage), &items), status);
    }
}

#[test]
fn a_verdict_that_means_nothing_in_falcon_changes_no_tag() {
    for verdict in ["Indeterminate", "Duplicated", "Other", "Closed", "true_positive", ""] {
        let falcon = StandIn::in_the_clear().tagged(ALERT, &["ignored"]);
        respond(with(closed(verdict), &json!({"sync_verdict": true})), &falcon).success();
        assert_eq!(asked(&falcon), [IN_PROGRESS[0].replace("in_progress", "closed")], "{verdict:?}");
        assert_eq!(falcon.tags_of(ALERT), ["ignored"]);
    }
}
