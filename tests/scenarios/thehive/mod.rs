//! Sync with TheHive at hand: given this job, this tenant and this TheHive, expect these requests and this report.

mod memory;
mod merged;
mod merged_strange;
mod order;
mod order_failing;
mod order_stopped;
mod order_wishes;
mod organisation;
mod pages;
mod race;
mod sensitive;
mod strange;
mod unreached;
mod way;

use serde_json::{Value, json};

use crate::common::responder::Ran;
use crate::common::the_hive::API_KEY;
use crate::common::{Job, Responder, StandIn, TheHive, job};

/// The id of the fixtures' case.
pub const CASE_ID: &str = "~41156";
/// The id of the fixtures' alert.
pub const ALERT_ID: &str = "~81920";

/// Either generation of TheHive.
pub const BOTH: [fn() -> TheHive; 2] = [TheHive::five, TheHive::four];

/// The fixtures' case, in this stage and with these custom fields; TheHive is to be asked.
pub fn case(stage: &str, fields: Value, hive: &TheHive) -> Job {
    asking(job("thehive5-case").with("/data/stage", stage).linked_to(fields), hive)
}

/// Time enough for a debug build on a busy machine.
pub fn patient(job: Job) -> Job {
    job.with("/config/jobTimeout", 600).with("/config/timeout_seconds", 500)
}

/// The same of the fixtures' alert.
pub fn alert(stage: &str, fields: Value, hive: &TheHive) -> Job {
    asking(job("thehive5-alert").with("/data/stage", stage).linked_to(fields), hive)
}

fn asking(job: Job, hive: &TheHive) -> Job {
    job.with("/config/thehive_url", hive.url()).with("/config/thehive_api_key", API_KEY)
}

pub fn respond(job: Job, falcon: &StandIn) -> Ran {
    start(job, falcon).run()
}

pub fn start(job: Job, falcon: &StandIn) -> Responder {
    Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string())
}

/// The ids of each target of a success, by its kind.
pub fn updated(report: &Value, target: &str) -> Vec<String> {
    let targets = report["full"]["targets"].as_array().expect("targets");
    let of_it = targets.iter().filter(|one| one["target"] == target);
    of_it.flat_map(|one| serde_json::from_value::<Vec<String>>(one["ids"].clone()).expect("ids")).collect()
}

/// The details of a success.
pub fn details(report: &Value) -> Vec<String> {
    serde_json::from_value(report["full"]["details"].clone()).expect("details are texts")
}

/// The custom fields of something that is linked to this alert in Falcon.
pub fn linked(id: &str) -> Value {
    json!({"csfalcon-alert-id": id})
}

/// The statuses that the tenant was told to give alerts, one after the other.
pub fn statuses_sent(falcon: &StandIn) -> Vec<String> {
    let updates = falcon.requests().into_iter().filter(|request| request.is_to("PATCH /alerts/entities/alerts/v3"));
    let bodies = updates.map(|request| serde_json::from_slice::<Value>(&request.body).expect("JSON"));
    let actions = bodies.flat_map(|body| body["action_parameters"].as_array().cloned().unwrap_or_default());
    let statuses = actions.filter(|action| action["name"] == "update_status");
    statuses.map(|action| action["value"].as_str().expect("a status").to_owned()).collect()
}
