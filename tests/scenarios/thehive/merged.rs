//! A case stands for all the alerts that were merged into it.

use serde_json::json;

use super::{ALERT_ID, BOTH, CASE_ID, alert, case, details, linked, patient, respond, updated};
use crate::common::the_hive::{QUERY, SEARCH, more};
use crate::common::{ALERT, CASE, CID, Fault, INCIDENT, OTHER_ALERT, StandIn, TheHive};

const OTHER_INCIDENT: &str = "inc:3c1f5a7e9b2d4860a1c3e5f708192a3b:0f9e8d7c6b5a4938";
const OTHER_CASE: &str = "b3BlbmNhc2UtMDAwMg-9Xm4oWgZq_yB3S";

fn third() -> String {
    format!("{CID}:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:third-10357-8210")
}

/// A case whose alerts hold ids of all kinds, in all shapes, some of them twice.
fn with_alerts(hive: TheHive) -> TheHive {
    let several = format!("{OTHER_ALERT}, {ALERT};\n{}", third());
    hive.with_case(CASE_ID, 42, "InProgress")
        .with_alert_in(CASE_ID, "~1", "det-1", json!({"csfalcon-alert-id": several}))
        .with_alert_in(
            CASE_ID,
            "~2",
            &more(0),
            json!({"csfalcon-incident-id": [OTHER_INCIDENT, "n/a"], "csfalcon-case-id": OTHER_CASE}),
        )
        .with_alert_in(CASE_ID, "~3", &format!(" {} ", more(1)), json!({"csfalcon-alert-id": "-", "severity": 3}))
        .with_alert_in(CASE_ID, "~4", "elsewhere", json!({}))
        .with_alert_in(CASE_ID, "~5", &more(2), json!({"csfalcon-alert-id": third(), "csfalcon-case-id": CASE}))
        .with_alert("~6", "New", &more(3), linked(&more(3)))
}

#[test]
fn the_ids_of_its_alerts_are_updated_with_it_each_once_and_in_order() {
    for hive in BOTH {
        let (hive, falcon) = (with_alerts(hive()), StandIn::in_the_clear());
        let own = json!({"csfalcon-alert-id": ALERT, "csfalcon-incident-id": INCIDENT, "csfalcon-case-id": CASE});
        let report = respond(case("InProgress", own, &hive), &falcon).success();
        assert_eq!(updated(&report, "alert"), [ALERT, OTHER_ALERT, &third(), &more(1)]);
        assert_eq!(updated(&report, "incident"), [INCIDENT, OTHER_INCIDENT]);
        assert_eq!(updated(&report, "case"), [CASE, OTHER_CASE]);
        assert_eq!(
            report["full"]["message"],
            "Falcon follows case #42, which is InProgress in TheHive: 4 alerts, 2 incidents and 2 cases."
        );
        let told = [
            "4 alerts were updated to in_progress.",
            "2 incidents were updated to 30 (in progress).",
            "2 cases were updated to in_progress.",
        ];
        assert_eq!(details(&report), told);
        assert_eq!(report["full"]["warnings"], json!([]), "TheHive is on loopback");
        for (id, status) in [(more(1).as_str(), "in_progress"), (OTHER_INCIDENT, "30"), (OTHER_CASE, "in_progress")] {
            assert_eq!(falcon.status_of(id).as_deref(), Some(status));
        }
        assert_eq!(falcon.status_of(&more(0)), None, "an alert with an id of its own goes by that");
        assert_eq!(falcon.status_of(&more(3)), None, "it is in no case");
    }
}

#[test]
fn what_each_generation_is_asked_for() {
    let asked = |hive: TheHive| {
        respond(case("InProgress", linked(ALERT), &hive), &StandIn::in_the_clear()).success();
        hive.asked()
    };
    let read = format!("GET /api/v1/case/{CASE_ID}");
    assert_eq!(asked(with_alerts(TheHive::five())), [format!("POST {QUERY}"), read.clone(), read]);
    let read = format!("GET /api/case/{CASE_ID}");
    // The job names an organisation, which may be why the first is refused.
    let expected = [format!("POST {QUERY}"), format!("POST {QUERY}"), format!("POST {SEARCH}"), read.clone(), read];
    assert_eq!(asked(with_alerts(TheHive::four())), expected);
}

#[test]
fn a_case_without_an_id_of_its_own_follows_by_its_alerts() {
    for hive in BOTH {
        let hive = hive().with_case(CASE_ID, 42, "Closed").with_alert_in(CASE_ID, "~1", "det-1", linked(ALERT));
        let falcon = StandIn::in_the_clear();
        let report = respond(case("Closed", json!({}), &hive), &falcon).success();
        assert_eq!(report["full"]["message"], "Falcon follows case #42, which is Closed in TheHive: 1 alert.");
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("closed"));
    }
}

#[test]
fn a_case_whose_alerts_hold_no_id_either_is_told_and_nothing_is_sent() {
    for hive in BOTH {
        let hive = hive().with_case(CASE_ID, 42, "New").with_alert_in(CASE_ID, "~1", "det-1", json!({}));
        let falcon = StandIn::in_the_clear();
        let told = respond(case("New", json!({}), &hive), &falcon).failure();
        let cause = "There is nothing to update in Falcon: neither the case nor an alert of it holds an id of Falcon's (case #42).";
        let next =
            "Next: Put the Falcon id into a custom field, or limit TheHive's notification to cases that have one.";
        assert_eq!(told, format!("{cause}\n{next}"));
        assert!(falcon.requests().is_empty());
    }
}

#[test]
fn a_job_of_an_alert_asks_for_no_alerts() {
    for hive in BOTH {
        let hive = hive().with_alert(ALERT_ID, "InProgress", "det-81920", linked(ALERT));
        let report = respond(alert("InProgress", linked(ALERT), &hive), &StandIn::in_the_clear()).success();
        assert_eq!(updated(&report, "alert"), [ALERT]);
        let asked = hive.asked();
        assert!(asked.iter().all(|asked| asked.starts_with("GET /api/") && asked.ends_with(ALERT_ID)), "{asked:?}");
    }
}

#[test]
fn more_alerts_than_a_page_are_asked_for_page_by_page_and_all_updated() {
    for (hive, pages) in BOTH.into_iter().zip([3, 3]) {
        let hive = hive().with_case(CASE_ID, 42, "InProgress").with_more_alerts(CASE_ID, 250);
        let report = respond(case("InProgress", linked(ALERT), &hive), &StandIn::in_the_clear()).success();
        let expected: Vec<String> = std::iter::once(ALERT.to_owned()).chain((0..250).map(more)).collect();
        assert_eq!(updated(&report, "alert"), expected);
        assert_eq!(details(&report), ["251 alerts were updated to in_progress."]);
        assert_eq!(hive.asked().iter().filter(|asked| asked.starts_with("POST ")).count(), pages);
    }
}

#[test]
fn of_more_alerts_than_are_looked_up_the_first_are_updated_and_the_job_fails() {
    for hive in BOTH {
        let hive = hive().with_case(CASE_ID, 42, "InProgress").with_more_alerts(CASE_ID, 5_001);
        let falcon = StandIn::in_the_clear();
        let cause = "Only the first 5000 alerts of the case were looked up in TheHive, and it has more (case #42).\nNext: Split the case in TheHive, ";
        respond(patient(case("InProgress", json!({}), &hive)), &falcon)
            .fails_with(&[cause, "\n5000 alerts were updated to in_progress.\n"]);
        let status = |n| falcon.status_of(&more(n));
        assert_eq!((status(4_999).as_deref(), status(5_000)), (Some("in_progress"), None));
    }
}

#[test]
fn as_many_alerts_as_are_looked_up_are_a_success() {
    for hive in BOTH {
        let hive = hive().with_case(CASE_ID, 42, "InProgress").with_more_alerts(CASE_ID, 5_000);
        let report = respond(patient(case("InProgress", json!({}), &hive)), &StandIn::in_the_clear()).success();
        assert_eq!(details(&report), ["5000 alerts were updated to in_progress."]);
    }
}

#[test]
fn what_was_read_before_a_page_failed_is_updated() {
    let refused = Fault::Answer { status: 503, headers: Vec::new(), body: Vec::new() };
    let hive = TheHive::five().with_case(CASE_ID, 42, "InProgress").with_more_alerts(CASE_ID, 150);
    let hive = hive.fails_after(1, QUERY, refused);
    let message = respond(case("InProgress", linked(ALERT), &hive), &StandIn::in_the_clear()).failure();
    let cause = "Only the first 100 alerts of the case were looked up in TheHive: TheHive at ";
    assert!(message.starts_with(cause), "{message}");
    for part in ["answered HTTP 503: an empty body (case #42).\nNext: ", "\n101 alerts were updated to in_progress.\n"]
    {
        assert!(message.contains(part), "{message}");
    }
}
