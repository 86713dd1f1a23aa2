//! What the reads of all objects of a job may cost together.

use serde_json::Value;

use super::{linked, many};
use crate::bounds::{FOR_ANY_ANSWER, bounded};
use crate::common::answers::{self, put};
use crate::common::falcon::ALERT_READ;
use crate::common::kinds::AN_ALERT;
use crate::common::stand_in::Disturbance;
use crate::common::{Fault, StandIn, together};

/// Stands for the ID in an alert.
const ID: &str = "%ID%";

/// A tenant that shows each alert with these comments, and with a description of 12 kB.
fn with_long_alerts(comments: usize) -> StandIn {
    let alert = put(answers::alert(ID, "in_progress"), "/composite_id", ID);
    let alert = put(alert, "/comments", vec![serde_json::json!({"value": "x"}); comments]);
    let alert = put(alert, "/description", "x".repeat(12_000)).to_string();
    StandIn::in_the_clear().disturbed(move |request| {
        let fault = request.is_to(&format!("POST {ALERT_READ}")).then(|| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let ids = body["composite_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
            let alerts: Vec<String> = ids.map(|id| alert.replace(ID, id)).collect();
            let body = format!(r#"{{"meta":{{}},"errors":[],"resources":[{}]}}"#, alerts.join(","));
            Fault::Answer { status: 200, headers: Vec::new(), body: body.into_bytes() }
        });
        Disturbance { fault, ..Disturbance::default() }
    })
}

#[test]
fn of_thousands_of_long_alerts_one_response_is_in_memory_at_once() {
    let ids = many(&AN_ALERT, 8_000);
    together(&["verify", "reopened_status", "sync_linked_cases"], |item| {
        let falcon = with_long_alerts(100);
        let job = linked(&AN_ALERT, &ids).with(&format!("/config/{item}"), true).with("/config/base_url", falcon.url());
        // A debug build is slow, and the machine may be busy.
        let job = job.with("/config/jobTimeout", 600).with("/config/timeout_seconds", 500);
        let report = bounded(FOR_ANY_ANSWER, job.0.to_string()).success();
        assert_eq!(report["full"]["details"][0], "8000 alerts were updated to in_progress.", "{item}");
        assert!(falcon.hits(ALERT_READ) >= 16, "{item}");
    });
}
