//! What Cortex's form stores for items that are left empty, and a job that has lost its definition.

use cortex_falcon::Run;
use cortex_falcon::config::{ITEMS, Item};
use cortex_falcon::environment::Environment;
use cortex_falcon::service::{FLAVORS, Flavor};
use serde_json::{Value, json};

use crate::common::{Falcon, Job, Responder, job};

/// A job of this service, in which each of its items has an effect.
fn job_of(flavor: &Flavor) -> Job {
    if flavor.name != "sync" {
        return job(&flavor.name.replace('_', "-"));
    }
    let closed = job("thehive5-case").with("/data/stage", "Closed").with("/data/extendedStatus", "Duplicated");
    closed.with("/config/sync_verdict", true).with("/data/assignee", "ana@soc.example")
}

/// Each item of each service.
fn all_items() -> impl Iterator<Item = (&'static Flavor, Item)> {
    FLAVORS.iter().flat_map(|flavor| ITEMS.iter().chain(flavor.items).map(move |item| (flavor, *item)))
}

/// What a dry run shows: the requests and the report.
fn planned(job: &Job) -> String {
    let rehearsed = Run::new(Environment::empty()).rehearse(|| Ok(job.0.to_string().into_bytes()));
    rehearsed.map_or_else(
        |report| report.message().to_owned(),
        |rehearsal| json!({"calls": rehearsal.calls, "report": rehearsal.report.as_json()}).to_string(),
    )
}

/// The job with this value for an item.
fn with(job: &Job, item: &Item, value: Value) -> String {
    planned(&job.clone().with(&format!("/config/{}", item.name), value))
}

/// The job in which nothing is set for an item.
fn unset(job: &Job, item: &Item) -> String {
    let mut job = job.clone();
    job.0["config"].as_object_mut().unwrap().remove(item.name);
    planned(&job)
}

#[test]
fn blank_rows_of_an_item_that_takes_several_are_skipped() {
    let rows = |item: &Item| match item.name {
        "scope" => json!(["alerts:write"]),
        "verdict_map" => json!(["Duplicated:ignored", "Other:ignored"]),
        "assignee_map" => json!(["ana@soc.example:ana@falcon.example"]),
        "status_map" => json!(["Closed:in_progress"]),
        "update_fields" => json!(["severity", "status"]),
        name => panic!("{name} takes several values: say which here"),
    };
    for (flavor, item) in all_items().filter(|(_, item)| item.is_multi()) {
        let (job, rows) = (job_of(flavor), rows(&item));
        for blank in [json!([null]), json!([]), json!(["", null, "  "]), json!([null, null])] {
            assert_eq!(
                with(&job, &item, blank.clone()),
                unset(&job, &item),
                "{} of {}: {blank}",
                item.name,
                flavor.name
            );
        }
        let mut mixed = vec![Value::Null];
        mixed.extend(rows.as_array().unwrap().iter().flat_map(|row| [row.clone(), json!(null), json!(" ")]));
        let expected = with(&job, &item, rows);
        assert_eq!(with(&job, &item, mixed.into()), expected, "{} of {}", item.name, flavor.name);
        assert!(item.name == "scope" || expected != unset(&job, &item), "{} has an effect in this job", item.name);
    }
}

#[test]
fn an_item_that_is_null_or_blank_is_not_set() {
    for (flavor, item) in all_items() {
        let job = job_of(flavor);
        for blank in [json!(null), json!(""), json!("  ")] {
            let turns_off = item.name == "sync_tag" && !blank.is_null();
            let planned = with(&job, &item, blank.clone());
            assert!(turns_off || planned == unset(&job, &item), "{} of {}: {blank}", item.name, flavor.name);
        }
    }
}

#[test]
fn a_job_whose_definition_cortex_has_lost_is_refused() {
    for flavor in FLAVORS {
        for lost in [json!(null), json!(""), json!(" ")] {
            let falcon = Falcon::silent();
            let job = job_of(flavor).with("/config/service", lost);
            Responder::on(job, &falcon).run().fails_with(&[
                "The job names no service: config.service is missing. Nothing was sent to Falcon.",
                "responder.urls",
                "Refresh responders",
                "config.service, for example to \"sync\"",
            ]);
        }
        let missing = job_of(flavor).without("/config/service");
        Responder::on(missing, &Falcon::silent()).run().fails_with(&["The job names no service"]);
    }
}
