//! Searches in Next-Gen SIEM: what is asked, what is told of the answers, and how a search ends.

mod by_id;
mod ends;
mod faults;
mod found;
mod requests;
mod stopped;

use serde_json::{Value, json};

use crate::common::answers::{self, put};
use crate::common::strict::SEARCH;
use crate::common::{Fault, Job, Responder, StandIn, job};

const QUERY: &str = "RemoteAddressIP4=\"{{data}}\"";

/// The id of the first search of a stand-in.
const FIRST: &str = "P7-kT4oWnSearchJob1";

/// A search for the observable of the fixtures.
fn observable() -> Job {
    searching(job("observable"), QUERY)
}

/// This job, as one for a search.
fn searching(job: Job, query: &str) -> Job {
    job.with("/config/service", "search").with("/config/search_query", query)
}

/// A run on this job, against this Falcon.
fn at(falcon: &StandIn, job: Job) -> Responder {
    Responder::new().stdin(text_at(falcon, job))
}

fn text_at(falcon: &StandIn, job: Job) -> String {
    job.with("/config/base_url", falcon.url()).0.to_string()
}

/// So many events, as Falcon shows them.
fn events(count: usize) -> Vec<Value> {
    let event = answers::named("search-done").body["events"][0].take();
    (0..count).map(|n| put(event.clone(), "/@id", format!("e{n}"))).collect()
}

/// An answer with this status and body.
#[expect(clippy::needless_pass_by_value, reason = "texts and JSON read alike where they are given")]
fn whole(status: u16, body: impl ToString) -> Fault {
    Fault::Answer { status, headers: Vec::new(), body: body.to_string().into() }
}

/// A state of a search, with other values for members that it has.
fn state(file: &str, changes: &[(&str, Value)]) -> Value {
    changes.iter().fold(answers::named(file).body, |state, (pointer, value)| put(state, pointer, value.clone()))
}

/// A tenant whose next looks at a search, so many, are answered like this.
fn looking_at(falcon: StandIn, fault: Fault, times: usize) -> StandIn {
    falcon.fails(&format!("GET {SEARCH}"), fault, times)
}

/// What was asked of the search API, as `METHOD path body`.
fn asked(falcon: &StandIn) -> Vec<String> {
    let told = |request: &crate::common::strict::Request| {
        format!("{} {} {}", request.method, request.path, String::from_utf8_lossy(&request.body)).trim_end().to_owned()
    };
    falcon.requests().iter().map(told).filter(|request| request.contains("/humio/")).collect()
}

/// The operations of a report.
fn operations(report: &Value) -> &Value {
    &report["operations"]
}

/// The tag on an observable, as an operation.
fn artifact_tag(tag: &str) -> Value {
    json!([{"type": "AddTagToArtifact", "tag": tag}])
}
