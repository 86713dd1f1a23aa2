//! The TheHive to try things on, by the code of `examples/thehive.rs` itself.

use clap::Parser;
use cortex_falcon::Run;
use cortex_falcon::environment::Environment;
use serde_json::{Value, json};

#[path = "../examples/thehive.rs"]
mod thehive;

use thehive::stand_in::StandIn;
use thehive::the_hive::API_KEY;

#[test]
fn it_has_the_alerts_of_the_case() {
    let hive = thehive::start(&thehive::Arguments::parse_from(["thehive", "--listen", "127.0.0.1:0"]));
    let falcon = StandIn::in_the_clear();
    let mut job: Value = serde_json::from_str(include_str!("../fixtures/jobs/thehive5-case.json")).expect("JSON");
    job["data"]["customFieldValues"] = json!({});
    for (item, value) in [("base_url", falcon.url()), ("thehive_url", hive.url()), ("thehive_api_key", API_KEY.into())]
    {
        job["config"][item] = value.into();
    }
    let report = Run::new(Environment::empty()).respond(|| Ok(job.to_string().into_bytes())).as_json().clone();
    assert_eq!(report["full"]["details"][0], "2 alerts were updated to in_progress.", "{report}");
    assert!(hive.log(0).iter().any(|entry| entry.to_string().ends_with("  200  POST /api/v1/query")));
}
