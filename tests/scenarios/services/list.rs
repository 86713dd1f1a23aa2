//! `list_cases`: the cases that match a filter, page by page.

use serde_json::{Value, json};

use super::{MARK, alert_of, asked, full, instead, job_of, looks_for, reads, respond};
use crate::common::strict::{CASE_LIST, CASES};
use crate::common::{CASE, Job, StandIn, answers};

const OTHER: &str = "b3RoZXI";

fn list(filter: &str) -> Job {
    job_of("list_cases", json!({})).with("/config/case_filter", filter)
}

/// A tenant with so many open cases; the last comes first in a list.
fn with_cases(count: usize) -> StandIn {
    (0..count).fold(StandIn::in_the_clear(), |falcon, n| falcon.with_case(&format!("case-{n}"), "new", &[]))
}

/// The list of open cases from here on.
fn page(limit: usize, offset: usize) -> String {
    format!("GET {CASE_LIST}?filter=status%3A%27new%27&limit={limit}&offset={offset}")
}

#[test]
fn the_cases_with_the_mark_are_listed_where_no_filter_is_set() {
    let falcon = StandIn::in_the_clear().with_case(CASE, "new", &[MARK]).with_case(OTHER, "new", &["thehive:~411567"]);
    let report = respond(job_of("list_cases", json!({"csfalcon-case-id": OTHER})), &falcon).success();
    assert_eq!(asked(&falcon), [looks_for("~41156").replace("limit=500", "limit=100"), reads(&[CASE])]);
    let full = full(&report, &["cases"]);
    assert_eq!(full["message"], "Falcon has 1 case that matches tags:'thehive:~41156'.");
    assert_eq!((&full["details"], &full["cases"][0]["id"]), (&json!([]), &json!(CASE)));
    assert_eq!(report["operations"], json!([]));
}

#[test]
fn a_filter_is_filled_from_the_job() {
    let falcon = StandIn::in_the_clear().with_case_like(CASE, |case| case.name = "It's 42".into());
    let job = list("name:'{{title}}'+status:'new'").with("/data/title", "It's 42");
    let report = respond(job, &falcon).success();
    assert_eq!(
        asked(&falcon)[0],
        format!("GET {CASE_LIST}?filter=name%3A%27It%5C%27s+42%27%2Bstatus%3A%27new%27&limit=100&offset=0")
    );
    assert_eq!(report["full"]["cases"][0]["id"], CASE);
    let alert = alert_of("list_cases", json!({})).with("/config/case_filter", "id:'{{customField.csfalcon-case-id}}'");
    respond(alert, &falcon).fails_with(&[
        "lert ~81920: the configuration item case_filter: {{customField.csfalcon-case-id}} has no value in this job",
    ]);
}

#[test]
fn nothing_found_is_success() {
    let falcon = StandIn::in_the_clear();
    let report = respond(list("status:'new'"), &falcon).success();
    assert_eq!(full(&report, &["cases"])["message"], "Falcon has no case that matches status:'new'.");
    assert_eq!((&report["full"]["cases"], falcon.hits(CASES)), (&json!([]), 0));
}

#[test]
fn cases_are_listed_to_the_end() {
    let falcon = with_cases(501);
    let report = respond(list("status:'new'").with("/config/max_cases", 1_000), &falcon).success();
    let asked = asked(&falcon);
    assert_eq!((&asked[0], &asked[1], asked.len()), (&page(500, 0), &page(500, 500), 4));
    assert_eq!(full(&report, &["cases"])["message"], "Falcon has 501 cases that match status:'new'.");
    let (shown, details) = (report["full"]["cases"].as_array().unwrap().len(), &report["full"]["details"]);
    assert_eq!(*details, json!([format!("{} cases are left out of this report.", 501 - shown)]));
}

#[test]
fn no_more_than_max_cases_are_listed() {
    let falcon = with_cases(5);
    let report = respond(list("status:'new'").with("/config/max_cases", 3), &falcon).success();
    assert_eq!(asked(&falcon), [page(3, 0), reads(&["case-4", "case-3", "case-2"])]);
    let full = full(&report, &["cases"]);
    assert_eq!(full["message"], "Falcon has the first 3 cases that match status:'new'.");
    assert_eq!(full["details"], json!(["5 cases match in all; max_cases is 3."]));
    for wrong in [json!(0), json!(10_001), json!("many")] {
        respond(list("status:'new'").with("/config/max_cases", wrong), &falcon)
            .fails_with(&["max_cases", "a whole number from 1 to 10000"]);
    }
}

#[test]
fn a_page_that_is_shorter_than_asked_for_is_not_the_last_while_there_are_more() {
    let short =
        answers::named("cases-listed").with("/resources", json!(["case-2"])).with("/meta/pagination/total", 3).body;
    let falcon = with_cases(3).fails(CASE_LIST, instead(200, &short, false), 1);
    let report = respond(list("status:'new'"), &falcon).success();
    assert_eq!(asked(&falcon)[1], page(99, 1));
    assert_eq!(report["full"]["cases"].as_array().unwrap().len(), 3);
}

#[test]
fn a_case_that_moves_to_the_next_page_is_listed_once() {
    let short =
        answers::named("cases-listed").with("/resources", json!(["case-1"])).with("/meta/pagination/total", 3).body;
    let falcon = with_cases(3).fails(CASE_LIST, instead(200, &short, false), 1);
    respond(list("status:'new'"), &falcon).success();
    assert_eq!(asked(&falcon)[2], reads(&["case-1", "case-0"]));
}

#[test]
fn a_list_that_is_longer_than_asked_for_is_cut() {
    let long = answers::named("cases-listed")
        .with("/resources", json!(["a", "b", "c"]))
        .with("/meta/pagination/total", 3)
        .body;
    let falcon = StandIn::in_the_clear().fails(CASE_LIST, instead(200, &long, false), 1);
    respond(list("status:'new'").with("/config/max_cases", 2), &falcon).success();
    assert_eq!(asked(&falcon), [page(2, 0), reads(&["a", "b"])]);
}

#[test]
fn a_list_that_does_not_count_ends_with_a_short_page() {
    let uncounted =
        answers::named("cases-listed").with("/resources", json!([CASE])).with("/meta/pagination", Value::Null).body;
    let falcon = StandIn::in_the_clear().fails(CASE_LIST, instead(200, &uncounted, false), 1);
    let report = respond(list("status:'new'"), &falcon).success();
    assert_eq!((falcon.hits(CASE_LIST), &report["full"]["cases"][0]["id"]), (1, &json!(CASE)));
}

#[test]
fn a_list_with_errors_or_without_ids_is_a_failure() {
    let named = |file: &str| answers::named(file);
    let rows = [
        (400, named("case-field-invalid").body, "Falcon did not list cases: Falcon answered HTTP 400"),
        (
            200,
            named("cases-listed").with("/errors", json!(["slow index"])).body,
            "Falcon did not list cases: Falcon said: slow index",
        ),
        (200, named("cases-listed").with("/resources", Value::Null).body, "Falcon did not list cases: "),
        (403, named("scope-missing").body, "Give the API client the scope \"Cases: read\""),
    ];
    for (status, body, why) in rows {
        let falcon = StandIn::in_the_clear().fails(CASE_LIST, instead(status, &body, false), 1);
        respond(list("status:'new'"), &falcon).fails_with(&[why, "(case #42)"]);
        assert_eq!(falcon.hits(CASES), 0);
    }
}

#[test]
fn a_listed_case_that_is_gone_is_a_failure_that_names_it() {
    let falcon = with_cases(2);
    let gone = answers::named("cases-read-in-part")
        .with("/resources", json!([answers::case("case-1", "new", 1)]))
        .with("/errors/0/id", "case-0")
        .body;
    let falcon = falcon.fails(&format!("POST {CASES}"), instead(200, &gone, false), 1);
    respond(list("status:'new'"), &falcon).fails_with(&[
        "Falcon did not show 1 case: Falcon said: case not found (code 404). Not shown: case-0 (case #42).",
    ]);
}

#[test]
fn cases_are_shown_in_the_order_of_the_list_whatever_the_order_of_the_read() {
    let falcon = with_cases(5);
    let report = respond(list("status:'new'"), &falcon).success();
    let ids: Vec<&Value> = report["full"]["cases"].as_array().unwrap().iter().map(|case| &case["id"]).collect();
    assert_eq!(ids, ["case-4", "case-3", "case-2", "case-1", "case-0"]);
    let mut shuffled =
        answers::cases_read((0..5).map(|n| answers::case(&format!("case-{n}"), "new", 1)).collect(), &[]);
    shuffled.body["resources"].as_array_mut().unwrap().swap(0, 3);
    let falcon = falcon.fails(&format!("POST {CASES}"), instead(200, &shuffled.body, false), 1);
    assert_eq!(respond(list("status:'new'"), &falcon).success()["full"]["cases"][4]["id"], "case-0");
}
