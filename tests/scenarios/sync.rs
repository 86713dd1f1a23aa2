//! The main job: given this alert or case and this Falcon, expect these requests and this report.

use crate::common::{ALERT, CASE, Falcon, INCIDENT, OTHER_ALERT, Responder, job};
use serde_json::json;

/// The table of the contract: TheHive's stage, and what it makes of an alert, an incident and a case.
const TABLE: [(&str, &str, &str, &str); 4] = [
    ("New", "new", "20", "new"),
    ("InProgress", "in_progress", "30", "in_progress"),
    ("Imported", "in_progress", "30", "in_progress"),
    ("Closed", "closed", "40", "closed"),
];

#[test]
fn every_stage_reaches_every_target() {
    for (stage, alert, incident, case) in TABLE {
        for fixture in ["thehive5-case", "thehive5-alert"] {
            let falcon = Falcon::start()
                .updates_alerts(&[ALERT], alert)
                .updates_incidents(&[INCIDENT], incident)
                .updates_case(CASE, case);
            let links = json!({"csfalcon-alert-id": ALERT, "csfalcon-incident-id": INCIDENT, "csfalcon-case-id": CASE});
            let job = job(fixture).with("/data/stage", stage).linked_to(links);
            let report = Responder::on(job, &falcon).run().success();
            assert_eq!(
                report["full"]["targets"],
                json!([
                    {"target": "alert", "ids": [ALERT], "status": alert, "trace_id": "trace-alerts"},
                    {"target": "incident", "ids": [INCIDENT], "status": incident, "trace_id": "trace-incidents"},
                    {"target": "case", "ids": [CASE], "status": case, "trace_id": "trace-cases"},
                ]),
                "{stage} of {fixture}"
            );
            assert_eq!(report["full"]["stage"], stage);
        }
    }
}

#[test]
fn a_case_is_followed_and_tagged() {
    let falcon = Falcon::start()
        .updates_alerts(&[ALERT, OTHER_ALERT], "in_progress")
        .updates_incidents(&[INCIDENT], "30")
        .updates_case(CASE, "in_progress");
    let report = Responder::on(job("thehive5-case"), &falcon).run().success();
    let details = [
        "2 alerts were updated to in_progress.",
        "1 incident was updated to 30 (in progress).",
        "1 case was updated to in_progress.",
    ];
    let message = "Falcon follows case #42, which is InProgress in TheHive: 2 alerts, 1 incident and 1 case.";
    assert_eq!(report["full"]["message"], message);
    assert_eq!(report["full"]["details"], json!(details));
    assert_eq!(report["operations"], json!([{"type": "AddTagToCase", "tag": "csfalcon:synced"}]));
}

#[test]
fn an_alert_gets_the_tag_that_is_configured_or_none() {
    for (tag, operations) in [
        (json!("falcon:in-sync"), json!([{"type": "AddTagToAlert", "tag": "falcon:in-sync"}])),
        (json!(null), json!([{"type": "AddTagToAlert", "tag": "csfalcon:synced"}])),
        (json!(""), json!([])),
        (json!("none"), json!([])),
        (json!(" None "), json!([])),
        (json!("NONE"), json!([])),
        (json!("none-of-ours"), json!([{"type": "AddTagToAlert", "tag": "none-of-ours"}])),
    ] {
        let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
        let job = job("thehive5-alert").with("/config/sync_tag", tag);
        assert_eq!(Responder::on(job, &falcon).run().success()["operations"], operations);
    }
}

#[test]
fn the_same_job_gives_the_same_report() {
    let run = || {
        let falcon = Falcon::start()
            .updates_alerts(&[ALERT, OTHER_ALERT], "in_progress")
            .updates_incidents(&[INCIDENT], "30")
            .updates_case(CASE, "in_progress");
        let mut report = Responder::on(job("thehive5-case"), &falcon).run().success();
        report["full"]["falcon"].take();
        report.to_string()
    };
    assert_eq!(run(), run());
}

#[test]
fn more_ids_than_a_call_takes_go_in_several() {
    let ids = |count: usize, of: &str| (0..count).map(|n| format!("{of}:{n}")).collect::<Vec<_>>();
    let (alerts, incidents) = (ids(1_001, ALERT), ids(5_001, INCIDENT));
    let cases = ids(12, "Y2FzZQ").iter().map(|id| id.replace(':', "-")).collect::<Vec<_>>();
    let mut falcon = Falcon::start()
        .updates_alerts(&alerts[..1_000], "in_progress")
        .updates_alerts(&alerts[1_000..], "in_progress")
        .updates_incidents(&incidents[..5_000], "30")
        .updates_incidents(&incidents[5_000..], "30");
    for case in &cases {
        falcon = falcon.updates_case(case, "in_progress");
    }
    let links = json!({"csfalcon-alert-id": alerts, "csfalcon-incident-id": incidents, "csfalcon-case-id": cases});
    let report = Responder::on(job("thehive5-case").linked_to(links), &falcon).run().success();
    let targets = report["full"]["targets"].as_array().unwrap();
    let sizes: Vec<_> = targets.iter().map(|target| target["ids"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [[1_000, 1, 5_000, 1].as_slice(), &[1; 12]].concat());
    let message = "Falcon follows case #42, which is InProgress in TheHive: 1001 alerts, 5001 incidents and 12 cases.";
    assert_eq!(report["full"]["message"], message);
}
