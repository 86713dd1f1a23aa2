//! The services around Next-Gen SIEM cases: given this job and this tenant, expect these requests and this report.

pub mod create;
mod created_once;
mod dedup_tag;
mod duplicates;
mod evidence;
mod limits;
mod linked;
mod list;
mod mark;
mod memory;
mod rehearsed;
mod show;
mod tags;
mod update;

use serde_json::{Value, json};

use crate::common::falcon::TOKEN;
use crate::common::responder::Ran;
use crate::common::{ALERT, Fault, Job, Responder, StandIn, job};

/// The tag that marks the case in Falcon of the fixtures' case.
pub const MARK: &str = "thehive:~41156";

/// The fixtures' case as a job of this service, with these custom fields and no others.
pub fn job_of(service: &str, fields: Value) -> Job {
    job("thehive5-case").with("/config/service", service).linked_to(fields)
}

/// The fixtures' alert as a job of this service, with these custom fields and no others.
pub fn alert_of(service: &str, fields: Value) -> Job {
    job("thehive5-alert").with("/config/service", service).linked_to(fields)
}

/// The fixtures' case, linked to an alert, that is to be created in Falcon.
pub fn case_job() -> Job {
    job_of("create_case", json!({"csfalcon-alert-id": ALERT}))
}

/// This answer in place of the tenant's own.
pub fn instead(status: u16, body: &Value, is_after_the_deed: bool) -> Fault {
    let (headers, body) = (Vec::new(), body.as_str().map_or_else(|| body.to_string(), str::to_owned).into_bytes());
    if is_after_the_deed {
        Fault::AppliedThen { status, headers, body }
    } else {
        Fault::Answer { status, headers, body }
    }
}

pub fn respond(job: Job, falcon: &StandIn) -> Ran {
    Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string()).run()
}

/// All that Falcon was asked but for the token, byte for byte: `PUT /cases/entities/cases/v2 {"name":"…"}`.
pub fn asked(falcon: &StandIn) -> Vec<String> {
    let requests = falcon.requests().into_iter().filter(|request| request.path != TOKEN);
    requests
        .map(|request| {
            let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
            let body = String::from_utf8(request.body).expect("a body is UTF-8");
            format!("{} {}{query} {body}", request.method, request.path).trim_end().to_owned()
        })
        .collect()
}

/// The list of the cases with the mark of the entity with this id, which begins with a tilde.
pub fn looks_for(id: &str) -> String {
    let id = id.replace('~', "%7E");
    format!("GET /cases/queries/cases/v1?filter=tags%3A%27thehive%3A{id}%27&limit=500&offset=0")
}

/// The read of these cases.
pub fn reads(ids: &[&str]) -> String {
    format!("POST /cases/entities/cases/v2 {}", json!({"ids": ids}))
}

/// The `full` of a success; it begins with the message and the details, then comes what the service is about, and it is
/// as TheHive can show it.
pub fn full(report: &Value, about: &[&str]) -> Value {
    let members = report["full"].as_object().expect("an object");
    let rest = ["targets", "subject", "stage", "verdict", "falcon", "retries", "warnings", "version"];
    let expected: Vec<&str> = ["message", "details"].iter().chain(about).chain(&rest).copied().collect();
    assert_eq!(members.keys().collect::<Vec<_>>(), expected);
    assert!(!report["full"].to_string().contains("\\n"), "TheHive shows a line break as \\n: {report:#}");
    report["full"].clone()
}

/// The operations of a success on a case that does no more than to mark it.
pub fn tags_the_case() -> Value {
    json!([{"type": "AddTagToCase", "tag": "csfalcon:synced"}])
}

/// The same on an alert.
pub fn tags_the_alert() -> Value {
    json!([{"type": "AddTagToAlert", "tag": "csfalcon:synced"}])
}
