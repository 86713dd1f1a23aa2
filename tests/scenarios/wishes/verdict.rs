//! `sync_verdict` on alerts: TheHive's verdict is Falcon's resolution, which is a tag.

use serde_json::json;

use super::{asked, closed, instead, linked, reads_alert, respond, updates, with};
use crate::common::answers;
use crate::common::falcon::ALERTS;
use crate::common::{ALERT, Fault, INCIDENT, Job, OTHER_ALERT, StandIn, job};

/// The job with verdicts wanted, and with these entries in the map.
fn wanting(job: Job, map: &[&str]) -> Job {
    with(job, &json!({"sync_verdict": true, "verdict_map": map}))
}

/// What closes an alert as this, of the resolutions that it must not have beside it.
fn closes_as(tag: &str, others: &[&str]) -> String {
    let others = others.iter().map(|other| ("remove_tag", *other));
    let actions = std::iter::once(("update_status", "closed")).chain(others).chain([("add_tag", tag)]);
    updates(&actions.collect::<Vec<_>>())
}

#[test]
fn the_verdict_goes_with_the_status_and_the_other_resolutions_go() {
    for (verdict, tag, others) in [
        ("TruePositive", "true_positive", ["false_positive", "ignored"]),
        ("FalsePositive", "false_positive", ["true_positive", "ignored"]),
    ] {
        let falcon = StandIn::in_the_clear().tagged(ALERT, &["ours", others[0], others[1]]);
        let report = respond(wanting(closed(verdict), &[]), &falcon).success();
        assert_eq!(asked(&falcon), [closes_as(tag, &others)]);
        assert_eq!(
            (falcon.status_of(ALERT).as_deref(), falcon.tags_of(ALERT)),
            (Some("closed"), vec!["ours".into(), tag.into()])
        );
        assert_eq!(report["full"]["details"], json!([format!("1 alert was updated to closed as {tag}.")]));
        assert_eq!(report["full"]["targets"][0]["status"], "closed");
        assert_eq!(report["full"]["verdict"], verdict);
    }
}

#[test]
fn an_alert_with_hundreds_of_tags_is_confirmed() {
    for count in [129, 990] {
        let tags: Vec<String> = (0..count).map(|number| format!("tag-{number}")).collect();
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let falcon = StandIn::in_the_clear().tagged(ALERT, &tags);
        let job = with(wanting(closed("TruePositive"), &[]), &json!({"verify": true, "timeout_seconds": 5}));
        let report = respond(job, &falcon).success();
        assert_eq!(report["full"]["details"], json!(["1 alert was updated to closed as true_positive."]));
    }
}

#[test]
fn the_map_adds_verdicts_and_replaces_those_that_are_known() {
    let map = ["Duplicated: ignored ", "Indeterminate:false_positive", "FalsePositive:noise:old", "My Status:mine"];
    let all = ["true_positive", "false_positive", "ignored"];
    for (verdict, tag, others) in [
        ("Duplicated", "ignored", &all[..2]),
        ("Indeterminate", "false_positive", &["true_positive", "ignored"]),
        ("FalsePositive", "noise:old", &all),
        ("My Status", "mine", &all),
        ("TruePositive", "true_positive", &all[1..]),
    ] {
        let falcon = StandIn::in_the_clear();
        respond(wanting(closed(verdict), &map), &falcon).success();
        assert_eq!(asked(&falcon), [closes_as(tag, others)], "{verdict}");
    }
}

#[test]
fn what_is_not_closed_has_no_resolution() {
    for (stage, status) in [("New", "new"), ("InProgress", "in_progress"), ("Imported", "in_progress")] {
        let falcon = StandIn::in_the_clear().tagged(ALERT, &["ignored", "ours", "true_positive"]);
        let report = respond(wanting(closed("TruePositive"), &[]).with("/data/stage", stage), &falcon).success();
        let gone = ["true_positive", "false_positive", "ignored"].map(|tag| ("remove_tag", tag));
        assert_eq!(asked(&falcon), [updates(&[&[("update_status", status)], gone.as_slice()].concat())]);
        assert_eq!(falcon.tags_of(ALERT), ["ours"]);
        assert_eq!(report["full"]["details"], json!([format!("1 alert was updated to {status}.")]));
    }
}

#[test]
fn the_verdict_is_read_as_each_thehive_writes_it() {
    let alert_of_5 = job("thehive5-alert").linked_to(json!({"csfalcon-alert-id": ALERT}));
    let alert_of_5 = alert_of_5.with("/data/stage", "Closed").with("/data/status", "FalsePositive");
    let case_of = |name: &str| job(name).linked_to(json!({"csfalcon-alert-id": ALERT}));
    let resolved = |name: &str, verdict: &str| {
        case_of(name).with("/data/status", "Resolved").with("/data/resolutionStatus", verdict)
    };
    for (job, tag) in [
        (closed("TruePositive"), "true_positive"),
        (alert_of_5, "false_positive"),
        (
            case_of("thehive5-case-api-v1").with("/data/stage", "Closed").with("/data/status", "TruePositive"),
            "true_positive",
        ),
        (resolved("thehive4-case", "FalsePositive"), "false_positive"),
        (resolved("thehive3-case", "TruePositive"), "true_positive"),
    ] {
        let falcon = StandIn::in_the_clear();
        respond(wanting(job, &[]), &falcon).success();
        assert_eq!(falcon.tags_of(ALERT), ["source:thehive", tag]);
    }
}

#[test]
fn all_alerts_get_it_and_incidents_have_none() {
    let falcon = StandIn::in_the_clear();
    let links = json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT], "csfalcon-incident-id": INCIDENT});
    let job = linked(links).with("/data/stage", "Closed").with("/data/extendedStatus", "TruePositive");
    let report = respond(wanting(job, &[]), &falcon).success();
    let mut seen = asked(&falcon);
    seen.sort();
    let both = closes_as("true_positive", &["false_positive", "ignored"])
        .replace(&format!("[\"{ALERT}\"]"), &format!("[\"{ALERT}\",\"{OTHER_ALERT}\"]"));
    let incident = format!(
        r#"POST /incidents/entities/incident-actions/v1 {{"action_parameters":[{{"name":"update_status","value":"40"}}],"ids":["{INCIDENT}"]}}"#
    );
    assert_eq!(seen, [both, incident]);
    let details = ["2 alerts were updated to closed as true_positive.", "1 incident was updated to 40 (closed)."];
    assert_eq!(report["full"]["details"], json!(details));
}

/// An answer that counts nothing, after the deed or in its place.
fn counting_none(falcon: StandIn, is_after_the_deed: bool) -> StandIn {
    falcon.fails(ALERTS, instead(200, &answers::alerts_updated(0, Vec::new()).body, is_after_the_deed), 1)
}

#[test]
fn an_unclear_answer_is_read_back_with_status_and_tags() {
    let falcon = counting_none(StandIn::in_the_clear().tagged(ALERT, &["ignored"]), true);
    respond(wanting(closed("TruePositive"), &[]), &falcon).success();
    assert_eq!(asked(&falcon)[1..], [reads_alert()]);
    for (tags, shown) in [
        (&["source:thehive"][..], "it still shows no tag true_positive"),
        (&["true_positive", "ignored"], "it still shows the tag ignored"),
    ] {
        let falcon = counting_none(StandIn::in_the_clear().having(ALERT, "closed").tagged(ALERT, tags), false);
        let told = respond(wanting(closed("TruePositive"), &[]), &falcon).failure();
        assert!(told.contains(shown) && told.contains("was not updated to closed as true_positive"), "{told}");
        assert!(
            told.ends_with(&format!("Not updated alert: {ALERT}; trace id 5f2b9c1e-0000-4000-8000-0000000000c0")),
            "{told}"
        );
    }
}

#[test]
fn what_had_to_be_tried_again_has_its_tags() {
    for fault in [Fault::Lost, Fault::Reset] {
        let falcon = StandIn::in_the_clear().tagged(ALERT, &["ignored"]).fails(ALERTS, fault, 1);
        respond(wanting(closed("TruePositive"), &[]), &falcon).success();
        assert_eq!(falcon.tags_of(ALERT), ["true_positive"]);
    }
}

#[test]
fn what_cannot_be_seen_in_a_tag_is_not_shown() {
    let falcon = StandIn::in_the_clear();
    let report = respond(wanting(closed("Other"), &["Other:a\nb\u{202e}c"]), &falcon).success();
    assert_eq!(falcon.tags_of(ALERT), ["source:thehive", "a\nb\u{202e}c"]);
    assert_eq!(report["full"]["details"], json!(["1 alert was updated to closed as a bc."]));
}
