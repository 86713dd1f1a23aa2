//! `get_case`: the linked cases, whole.

use serde_json::{Value, json};

use super::{MARK, alert_of, asked, full, instead, job_of, looks_for, reads, respond};
use crate::common::answers::{self, put};
use crate::common::strict::CASES;
use crate::common::{CASE, StandIn};

const OTHER: &str = "b3RoZXI";

#[test]
fn the_cases_are_shown_as_falcon_shows_them() {
    let falcon = StandIn::in_the_clear().with_case_like(CASE, |_| ()).with_case(OTHER, "closed", &["a"]);
    let report = respond(job_of("get_case", json!({"csfalcon-case-id": [CASE, OTHER]})), &falcon).success();
    assert_eq!(asked(&falcon), [reads(&[CASE, OTHER])]);
    let full = full(&report, &["cases"]);
    let in_short = "FIN-0042 (new, severity 50): Encoded command on FIN-LT-0042";
    let message = full["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("Case #42 has 2 cases in Falcon: {in_short}; ")), "{message}");
    assert!(message.contains("(closed, severity 50)"), "{message}");
    assert_eq!((&full["details"], &full["targets"]), (&json!([]), &json!([])));
    let whole = [CASE, OTHER].map(|id| falcon.cases()[id].whole(true));
    assert_eq!(full["cases"], json!(whole));
    assert_eq!((&report["operations"], &report["summary"]["taxonomies"][0]["value"]), (&json!([]), &json!("2")));
}

#[test]
fn an_alerts_case_is_found_and_shown() {
    let falcon = StandIn::in_the_clear().with_case(CASE, "new", &["thehive:~81920"]);
    let report = respond(alert_of("get_case", json!({})), &falcon).success();
    assert_eq!(asked(&falcon), [looks_for("~81920"), reads(&[CASE]), reads(&[CASE])]);
    let message = "Alert ~81920 has 1 case in Falcon: FIN-0042 (new, severity 50): Encoded command on FIN-LT-0042.";
    assert_eq!(full(&report, &["cases"])["message"], message);
}

#[test]
fn a_report_stays_below_a_megabyte_and_says_what_was_left_out() {
    let ids: Vec<String> = (0..500).map(|n| format!("case-{n}")).collect();
    let long = put(answers::case("", "new", 1), "/description", "\u{1}\"ä".repeat(500));
    let cases: Vec<Value> = ids.iter().map(|id| put(long.clone(), "/id", id.as_str())).collect();
    let body = answers::cases_read(cases, &[]).body;
    let falcon = StandIn::in_the_clear().fails(&format!("POST {CASES}"), instead(200, &body, false), 1);
    let ran = respond(job_of("get_case", json!({"csfalcon-case-id": ids})), &falcon);
    let report = ran.success();
    let shown = report["full"]["cases"].as_array().unwrap().len();
    assert!((50..500).contains(&shown) && ran.stdout.len() < 1_000_000, "{shown} cases, {} bytes", ran.stdout.len());
    assert_eq!(report["full"]["details"], json!([format!("{} cases are left out of this report.", 500 - shown)]));
}

#[test]
fn what_falcon_shows_of_another_case_is_not_shown() {
    let body = answers::cases_read([CASE, OTHER].map(|id| answers::case(id, "new", 1)).into(), &[]).body;
    let falcon = StandIn::in_the_clear().fails(&format!("POST {CASES}"), instead(200, &body, false), 1);
    let report = respond(job_of("get_case", json!({"csfalcon-case-id": CASE})), &falcon).success();
    assert_eq!(report["full"]["cases"], json!([answers::case(CASE, "new", 1)]));
}

#[test]
fn members_of_any_type_are_shown_as_they_are() {
    let odd = put(put(answers::case(CASE, "new", 1), "/tags", json!({"a": [1.5, null]})), "/evidence", Value::Null);
    let body = answers::cases_read(vec![odd.clone()], &[]).body;
    let falcon = StandIn::in_the_clear().fails(&format!("POST {CASES}"), instead(200, &body, false), 1);
    let report = respond(job_of("get_case", json!({"csfalcon-case-id": CASE})), &falcon).success();
    assert_eq!(report["full"]["cases"], json!([odd]));
    let falcon = falcon.with_case(CASE, "new", &[MARK]);
    respond(job_of("get_case", json!({"csfalcon-case-id": "N/A"})), &falcon).success();
}

#[test]
fn a_secret_in_a_key_of_a_case_is_removed() {
    for service in ["get_case", "list_cases"] {
        let falcon = StandIn::in_the_clear().with_case(CASE, "new", &[MARK]);
        let mut case = answers::case(CASE, "new", 1);
        for secret in ["Zk8-fixture-only-secret-2Qw", "c0ffee-fixture-token-of-two-parts"] {
            case["evidence"][format!("key {secret}")] = json!({secret: [{secret: 1}]});
        }
        let body = answers::cases_read(vec![put(case, "/tags", json!([MARK]))], &[]).body;
        let falcon = falcon.fails(&format!("POST {CASES}"), instead(200, &body, false), usize::MAX);
        let job = job_of(service, json!({})).with("/config/api_key", "c0ffee-fixture-token-of-two-parts");
        let ran = respond(job, &falcon);
        let report = ran.success();
        assert!(!ran.stdout.contains("c0ffee-fixture"), "{}", ran.stdout);
        assert!(!ran.stdout.contains("fixture-only-secret"), "{}", ran.stdout);
        let evidence = report["full"]["cases"][0]["evidence"].as_object().expect("an object");
        assert!(evidence.contains_key("key REMOVED"), "{evidence:?}");
    }
}
