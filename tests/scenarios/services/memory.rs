//! What the answers to reads of cases may cost.

use serde_json::{Value, json};

use super::{instead, job_of};
use crate::bounds::{FOR_ANY_ANSWER, FOR_ANY_JOB, alerts, bounded};
use crate::common::responder::Ran;
use crate::common::strict::{CASE_LIST, CASES};
use crate::common::{ALERT, CASE, Job, StandIn, answers, together};

/// A run that has as much memory as any answer may take.
fn limited(job: Job, falcon: &StandIn) -> Ran {
    bounded(FOR_ANY_ANSWER, job.with("/config/base_url", falcon.url()).0.to_string())
}

/// A tenant that answers each read of cases with these cases, and each list of them with their ids.
fn showing(ids: &[String], cases: &str) -> StandIn {
    let listed = answers::named("cases-listed").with("/resources", json!(ids));
    let listed = listed.with("/meta/pagination/total", ids.len()).body;
    let read = json!(format!(r#"{{"meta":{{}},"errors":[],"resources":[{cases}]}}"#));
    let falcon = StandIn::in_the_clear().fails(CASE_LIST, instead(200, &listed, false), usize::MAX);
    falcon.fails(&format!("POST {CASES}"), instead(200, &read, false), usize::MAX)
}

fn linked(service: &str, ids: &[String]) -> Job {
    job_of(service, json!({"csfalcon-case-id": ids, "csfalcon-alert-id": ALERT}))
}

#[test]
fn ten_thousand_ordinary_cases_are_listed() {
    let ids: Vec<String> = (0..10_000).map(|n| format!("case-{n}")).collect();
    let falcon = ids.iter().fold(StandIn::in_the_clear(), |falcon, id| falcon.with_case(id, "new", &[]));
    let job = job_of("list_cases", json!({})).with("/config/case_filter", "status:'new'");
    let report = limited(job.with("/config/max_cases", 10_000), &falcon).success();
    assert_eq!(report["full"]["message"], "Falcon has 10000 cases that match status:'new'.");
    let cases = report["full"]["cases"].as_array().unwrap();
    assert!((100..1_000).contains(&cases.len()), "{}", cases.len());
    assert_eq!((&cases[0]["id"], &cases[1]["id"]), (&json!("case-9999"), &json!("case-9998")));
    let left_out = format!("{} cases are left out of this report.", 10_000 - cases.len());
    assert_eq!(report["full"]["details"], json!([left_out]));
}

/// The beginning of a case, a part of it that comes again and again, and its end.
const PARTS: [(&str, &str, &str); 12] = [
    (r#""a":["#, "[],", "0]"),
    (r#""a":["#, "{},", "0]"),
    (r#""a":["#, r#"{"a":0},"#, "0]"),
    (r#""a":["#, "0,", "0]"),
    (r#""a":""#, "\\u0001", "\""),
    (r#""tags":["#, r#""","#, r#"""]"#),
    (r#""tags":["#, "[],", r#"""]"#),
    (r#""comments":["#, "{},", "{}]"),
    (r#""linked_case_ids":["#, r#""","#, r#"""]"#),
    (r#""evidence":{"alerts":{"records":["#, "{},", "{}]}}"),
    (r#""evidence":{"alerts":{"records":["#, r#"{"id":"a"},"#, "{}]}}"),
    (r#""evidence":{"events":{"records":["#, r#"{"selector":{"id":"a"}},"#, "{}]}}"),
];

/// So many cases that are together as long as any answer that is read, each with that part in it.
fn of_parts(count: usize, (before, part, after): (&str, &str, &str)) -> (Vec<String>, String) {
    let ids: Vec<String> = (0..count).map(|n| format!("case-{n}")).collect();
    let times = (7_800_000 / count).saturating_sub(120) / part.len();
    let rest = [before, &part.repeat(times), after].concat();
    let case = |id: &String| format!(r#"{{"id":"{id}","status":"new","version":1,{rest}}}"#);
    let cases = ids.iter().map(case).collect::<Vec<_>>().join(",");
    (ids, cases)
}

/// The report of a run, unless the response weighs too much to be parsed: that is reported as such.
fn report_unless_too_heavy(ran: &Ran) -> Option<Value> {
    let report = ran.report();
    if report["success"] == true {
        return Some(report);
    }
    ran.fails_with(&["JSON of too many small parts"]);
    None
}

#[test]
fn cases_of_many_small_parts_are_counted_and_not_taken_apart() {
    for count in [1, 500] {
        together(&PARTS, |parts| {
            let (ids, cases) = of_parts(count, *parts);
            let ran = limited(linked("get_case", &ids), &showing(&ids, &cases));
            let Some(report) = report_unless_too_heavy(&ran) else { return };
            let shown = report["full"]["cases"].as_array().unwrap().len();
            assert!(shown < count && report.to_string().len() < 1_000_000, "{shown} of {count}: {parts:?}");
        });
    }
}

#[test]
fn reads_of_many_small_parts_before_a_write_stay_in_bounds() {
    // Each of few has more parts than are kept; of many, all are.
    for count in [500, 8_000] {
        together(&PARTS, |parts| {
            let (ids, cases) = of_parts(count, *parts);
            let falcon = showing(&ids, &cases);
            report_unless_too_heavy(&limited(linked("update_case", &ids[..1]), &falcon));
        });
    }
}

#[test]
fn a_case_that_is_nested_too_deeply_is_counted() {
    let deep = format!(r#"{{"id":"{CASE}","status":"new","a":{}{}}}"#, "[".repeat(4_000), "]".repeat(4_000));
    let falcon = showing(&[CASE.to_owned()], &deep);
    let report = limited(linked("get_case", &[CASE.to_owned()]), &falcon).success();
    assert_eq!(report["full"]["cases"], json!([]));
    assert_eq!(report["full"]["details"], json!(["1 case is left out of this report."]));
    let message = report["full"]["message"].as_str().unwrap();
    assert_eq!(message, "Case #42 has 1 case in Falcon: ? (new, severity ?): ?.");
    assert_eq!(report["full"]["targets"], Value::Array(Vec::new()));
}

#[test]
fn a_list_for_one_tag_that_does_not_end_is_given_up() {
    let ids: Vec<String> = (0..500).map(|n| format!("{n:0>1000}")).collect();
    let listed = answers::named("cases-listed").with("/resources", json!(ids));
    let listed = instead(200, &listed.with("/meta/pagination/total", 9_000_000).body, false);
    let falcon = StandIn::in_the_clear().fails(CASE_LIST, listed, usize::MAX);
    for service in ["create_case", "get_case"] {
        limited(job_of(service, json!({})), &falcon).fails_with(&[
            "Falcon did not list cases: it lists more than 5000 cases for one tag",
            "\nNext: Look for the tag",
        ]);
    }
    assert_eq!((falcon.hits(CASE_LIST), falcon.cases_created()), (20, 0));
}

/// Cases that are full, that are unknown, and one that is empty.
fn hundred_cases() -> (Vec<String>, StandIn) {
    let ids: Vec<String> = (0..100).map(|n| format!("case-{n}")).collect();
    let events: Vec<String> = (0..100).map(|n| format!("event-{n}")).collect();
    let full = ids[..40].iter().fold(StandIn::in_the_clear(), |falcon, id| {
        falcon.with_case(id, "new", &[]).with_case_like(id, |case| case.events.clone_from(&events))
    });
    let falcon = ids[40..99].iter().fold(full, |falcon, id| falcon.without(id));
    (ids, falcon.with_case("case-99", "new", &[]))
}

#[test]
fn evidence_that_fits_into_none_of_many_cases_is_named_in_part_and_counted() {
    let (ids, falcon) = hundred_cases();
    let alerts = alerts(19_000, 140);
    let wrong: Vec<String> = (0..1_000).map(|n| format!("wrong-{n}")).collect();
    let fields = json!({"csfalcon-alert-id": [alerts, wrong], "csfalcon-case-id": ids});
    let job = job_of("add_evidence", fields).with("/config/base_url", falcon.url()).0.to_string();
    let ran = bounded(FOR_ANY_JOB, job);
    ran.fails_with(&[
        "100 alerts were added to the case case-99 as evidence.",
        "\n18800 more alerts and events did not fit into the case case-99.",
        "\n18900 more alerts and events did not fit into the case case-0.",
        "\n18900 more alerts and events were not added to the cases case-40, case-41, case-42 and 56 more.",
        "1000 alerts were not added to the case case-0 (and 40 others) as evidence: a value of the custom field csfalcon-alert-id is not a composite ID",
    ]);
    assert!(ran.stdout.len() < 1_000_000, "{} bytes", ran.stdout.len());
    assert_eq!(falcon.cases()["case-99"].alerts, alerts[..100]);
}

#[test]
fn more_evidence_for_more_cases_than_a_job_adds_is_refused() {
    let ids: Vec<String> = (0..201).map(|n| format!("case-{n}")).collect();
    let fields = json!({"csfalcon-alert-id": alerts(20_000, 140), "csfalcon-case-id": ids});
    let job = job_of("add_evidence", fields).with("/config/base_url", "https://falcon.invalid").0.to_string();
    bounded(FOR_ANY_JOB, job).fails_with(&[
        "20100 alerts and events would be added to 201 Falcon cases; no more than 20000 are added in one job. Link fewer Falcon cases",
    ]);
}
