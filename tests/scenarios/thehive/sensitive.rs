//! Merged alerts whose own TLP or PAP exceeds what the responder may send.

use serde_json::{Value, json};

use super::{BOTH, CASE_ID, case, details, linked, respond, updated};
use crate::common::the_hive::more;
use crate::common::{ALERT, Job, StandIn, TheHive};

/// A case with an alert of each of these levels.
fn with_levels(hive: TheHive, levels: &[(Value, Value)]) -> TheHive {
    let hive = hive.with_case(CASE_ID, 42, "InProgress").with_more_alerts(CASE_ID, levels.len());
    levels.iter().enumerate().fold(hive, |hive, (n, (tlp, pap))| {
        let id = format!("~more{n}");
        hive.showing(&id, "/tlp", tlp.clone()).showing(&id, "/pap", pap.clone())
    })
}

/// A job of the case with these limits.
fn limited(fields: Value, hive: &TheHive, tlp: u8, pap: u8) -> Job {
    let job = case("InProgress", fields, hive).with("/config/check_tlp", true).with("/config/max_tlp", tlp);
    job.with("/config/check_pap", true).with("/config/max_pap", pap)
}

#[test]
fn alerts_above_a_limit_are_left_out_and_named_and_the_job_is_a_success() {
    let levels = [
        (json!(2), json!(2)),
        (json!(3), json!(2)),
        (json!(4), json!(3)),
        (json!(2), json!(3)),
        (json!(4), json!(0)),
        (json!("amber"), json!(2)),
        (json!(null), json!(null)),
    ];
    for hive in BOTH {
        let (hive, falcon) = (with_levels(hive(), &levels), StandIn::in_the_clear());
        let report = respond(limited(linked(ALERT), &hive, 2, 2), &falcon).success();
        assert_eq!(updated(&report, "alert"), [ALERT, &more(0), &more(6)], "an alert without a level is amber");
        let told = [
            "1 alert of the case was left out, because TLP 3 (AMBER+STRICT; RED before TheHive 5.2) exceeds the limit TLP:AMBER (2): ~more1.",
            "2 alerts of the case were left out, because TLP 4 (RED) exceeds the limit TLP:AMBER (2): ~more2 and ~more4.",
            "1 alert of the case was left out, because PAP 3 (RED) exceeds the limit PAP:AMBER (2): ~more3.",
            "1 alert of the case was left out, because its tlp is no number: ~more5.",
            "3 alerts were updated to in_progress.",
        ];
        assert_eq!(details(&report), told);
        assert_eq!(falcon.status_of(&more(2)), None);
    }
}

#[test]
fn limits_that_are_higher_or_off_leave_nothing_out() {
    let levels = [(json!(4), json!(3))];
    let hive = with_levels(TheHive::five(), &levels);
    for job in [
        limited(json!({}), &hive, 4, 3),
        limited(json!({}), &hive, 0, 0).with("/config/check_tlp", false).with("/config/check_pap", Value::Null),
    ] {
        let report = respond(job, &StandIn::in_the_clear()).success();
        assert_eq!(updated(&report, "alert"), [more(0)]);
    }
}

#[test]
fn a_case_with_nothing_else_to_update_fails_with_the_limit() {
    let hive = with_levels(TheHive::five(), &[(json!(4), json!(2)), (json!(4), json!(2))]);
    let falcon = StandIn::in_the_clear();
    let message = respond(limited(json!({}), &hive, 2, 2), &falcon).failure();
    let expected = "Nothing was updated in Falcon: the case itself holds no Falcon id, and neither does an alert that may be sent. \
        2 alerts of the case were left out, because TLP 4 (RED) exceeds the limit TLP:AMBER (2): ~more0 and ~more1 (case #42).\n\
        Next: Lower the TLP in TheHive, or raise the responder's max TLP in Cortex (Organization → Responders).";
    assert_eq!(message, expected);
    assert!(falcon.requests().is_empty());
}

#[test]
fn the_same_object_of_an_alert_that_may_be_sent_is_updated() {
    let hive = with_levels(TheHive::five(), &[(json!(4), json!(2)), (json!(2), json!(2))]);
    let hive = hive.with_fields("~more1", linked(&more(0)));
    let report = respond(limited(json!({}), &hive, 2, 2), &StandIn::in_the_clear()).success();
    assert_eq!(updated(&report, "alert"), [more(0)]);
}

#[test]
fn of_many_levels_twenty_are_reported_one_by_one() {
    let levels: Vec<_> = (0..37).map(|n| (json!(100 + n), json!(2))).collect();
    let hive = with_levels(TheHive::five(), &levels);
    let report = respond(limited(linked(ALERT), &hive, 2, 2), &StandIn::in_the_clear()).success();
    let told = details(&report);
    assert_eq!(told.len(), 22);
    assert!(
        told[20]
            .starts_with("17 alerts of the case were left out, because other levels exceed their limits: ~more20, "),
        "{told:?}"
    );
}
