//! What does not fit into a new case is left out and told; the case is what matters.

use serde_json::json;

use super::create::{created, left_out};
use super::{MARK, job_of, respond};
use crate::common::{ALERT, Job, StandIn};

fn with_tags(tags: &[&str]) -> Job {
    job_of("create_case", json!({})).with("/data/tags", tags)
}

#[test]
fn a_name_and_a_description_are_cut_between_characters() {
    let falcon = StandIn::in_the_clear();
    let (title, description) = (format!("a{}", "ä".repeat(128)), "🦅".repeat(513));
    let job = job_of("create_case", json!({})).with("/data/title", title).with("/data/description", description);
    let report = respond(job, &falcon).success();
    let case = created(&falcon);
    assert_eq!((case.name, case.description), (format!("a{}", "ä".repeat(127)), "🦅".repeat(512)));
    assert_eq!(left_out(&report), ["The name was cut after 256 bytes.", "The description was cut after 2048 bytes."]);
    assert!(report["full"]["message"].as_str().unwrap().ends_with("; not all of it fitted."), "{report:#}");
}

#[test]
fn what_fits_exactly_is_not_cut() {
    let falcon = StandIn::in_the_clear();
    let (title, description) = ("ä".repeat(128), "🦅".repeat(512));
    let job = job_of("create_case", json!({}))
        .with("/data/title", title.clone())
        .with("/data/description", description.clone());
    let report = respond(job, &falcon).success();
    assert_eq!((created(&falcon).name, created(&falcon).description), (title, description));
    assert_eq!(left_out(&report), [""; 0]);
}

#[test]
fn the_mark_always_goes_in_and_other_tags_while_they_fit() {
    // The mark has 14 characters, so that 114 are left.
    let (long, exact) = ("ü".repeat(115), "ü".repeat(110));
    let falcon = StandIn::in_the_clear();
    let report = respond(with_tags(&["four", &long, MARK, &exact, "one more"]), &falcon).success();
    assert_eq!(created(&falcon).tags, [MARK, "four", &exact]);
    let detail = format!(
        "These tags did not fit, because a case's tags are 128 characters long at the most: {long} and one more."
    );
    assert_eq!(left_out(&report), [detail]);
}

#[test]
fn a_hundred_items_of_evidence_go_in_and_the_others_are_named() {
    let falcon = StandIn::in_the_clear();
    let alerts: Vec<String> = (0..99).map(|n| format!("{ALERT}-{n}")).collect();
    let fields =
        json!({"csfalcon-alert-id": alerts, "csfalcon-event-id": ["event-1_8QmZ", "event-2_8QmZ", "event-3_8QmZ"]});
    let report = respond(job_of("create_case", fields), &falcon).success();
    assert_eq!((created(&falcon).alerts, created(&falcon).events), (alerts, vec!["event-1_8QmZ".to_owned()]));
    assert_eq!(
        left_out(&report),
        ["A case holds 100 items of evidence; these did not fit: event-2_8QmZ and event-3_8QmZ."]
    );
    assert!(report["full"]["message"].as_str().unwrap().contains("with 100 items of evidence"), "{report:#}");
}

#[test]
fn of_very_many_that_do_not_fit_the_first_are_named() {
    let falcon = StandIn::in_the_clear();
    let alerts: Vec<String> = (0..19_000).map(|n| format!("{ALERT}-{n}")).collect();
    let ran = respond(job_of("create_case", json!({"csfalcon-alert-id": alerts})), &falcon);
    let told = left_out(&ran.success()).join("");
    assert!(told.ends_with(&format!("{ALERT}-1099 and 17900 more.")), "{}", &told[told.len() - 200..]);
    assert!(ran.stdout.len() < 1_000_000, "{} bytes", ran.stdout.len());
}

#[test]
fn what_is_not_an_alerts_id_is_not_evidence_and_is_named() {
    let falcon = StandIn::in_the_clear();
    let alerts = json!(["ldt:a:1", ALERT, "4711", "x:y", "${id}"]);
    let report = respond(job_of("create_case", json!({"csfalcon-alert-id": alerts})), &falcon).success();
    assert_eq!(created(&falcon).alerts, [ALERT]);
    let of_field = "Not all was added as evidence, because a value of the custom field csfalcon-alert-id";
    let legacy = "is the ID of a legacy detection, whose API CrowdStrike switched off on 2025-09-30; the alerts API does not take it: ldt:a:1.";
    let not_composite = "is not a composite ID (<CID>:<kind>:…, with a CID of 32 hex digits): 4711 and x:y.";
    let unfilled = "The custom field csfalcon-alert-id holds ${id}, a placeholder that was not filled in.";
    let told = [format!("{of_field} {legacy}"), format!("{of_field} {not_composite}"), unfilled.to_owned()];
    assert_eq!(left_out(&report), told);
    assert!(!report["full"]["message"].as_str().unwrap().contains("fitted"), "{report:#}");
}

#[test]
fn what_was_not_meant_for_the_case_is_named_and_not_taken_for_what_did_not_fit() {
    let job = job_of("create_case", json!({"csfalcon-case-id": "${id}"})).with("/data/tags", json!(["thehive:x"]));
    let falcon = StandIn::in_the_clear();
    let report = respond(job.clone(), &falcon).success();
    let id = created(&falcon).id;
    assert_eq!(report["full"]["message"], format!("The case {id} was created in Falcon for case #42."));
    let reserved = "Tags that begin with thehive: are reserved for the responder, so these were left alone: thehive:x.";
    let unfilled = "The custom field csfalcon-case-id holds ${id}, a placeholder that was not filled in.";
    assert_eq!(left_out(&report), [reserved, unfilled]);
    // The case that its tag finds is no other one.
    assert_eq!(left_out(&respond(job, &falcon).success()), [unfilled]);
}
