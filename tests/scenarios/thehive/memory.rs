//! What TheHive's responses may cost.

use std::io::Write;

use super::{CASE_ID, case, details, linked};
use crate::bounds::{FOR_ANY_ANSWER, bounded};
use crate::common::responder::Ran;
use crate::common::the_hive::{QUERY, SEARCH, more};
use crate::common::{ALERT, CID, Fault, Job, StandIn, TheHive};
use flate2::Compression;
use flate2::write::GzEncoder;

/// As long as a response may be, in bytes.
const LONGEST: usize = 7_900_000;

/// A compressed answer.
fn packed(body: &str) -> Fault {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let body = encoder.write_all(body.as_bytes()).and_then(|()| encoder.finish()).unwrap();
    Fault::Answer { status: 200, headers: vec![("content-encoding", "gzip".into())], body }
}

/// A full page of alerts, of which each has this part so often that the page is as long as any that is read.
fn page(before: &str, part: &str, after: &str) -> String {
    let times = LONGEST / 100 / part.len();
    let alert = format!("{{\"_id\":\"~1\",{before}{}{after}}}", part.repeat(times));
    format!("[{}]", vec![alert; 100].join(","))
}

fn run(hive: &TheHive, falcon: &StandIn) -> Ran {
    let job: Job = case("InProgress", linked(ALERT), hive).with("/config/base_url", falcon.url());
    // A debug build is slow, and the machine may be busy.
    let job = job.with("/config/jobTimeout", 600).with("/config/timeout_seconds", 500);
    bounded(FOR_ANY_ANSWER, job.0.to_string())
}

/// As many pages as hold all alerts that are looked up.
const ALL_PAGES: usize = 50;

#[test]
fn pages_of_many_small_parts_cost_no_more_than_their_length() {
    let of_row = r#"{"name":"csfalcon-alert-id","value":"#;
    let rows = [
        ("\"title\":[".to_owned(), "{},", "0]", 4),
        (format!("\"customFields\":[{of_row}["), "[],", "0]}]", 2),
        (format!("\"customFields\":[{of_row}["), "\"\",", "0]}]", 2),
        ("\"customFields\":[".to_owned(), r#"{"name":"csfalcon-alert-id","value":0},"#, "0]", 2),
        ("\"customFields\":[".to_owned(), "{},", "0]", 2),
        ("\"customFieldValues\":{".to_owned(), "\"a\":{},", "\"b\":0}", 2),
        (String::new(), "\"k\":0,", "\"l\":0", 2),
    ];
    for (before, part, after, pages) in rows {
        let answer = packed(&page(&before, part, after));
        let hive = TheHive::five().with_case(CASE_ID, 42, "InProgress").fails(QUERY, answer, pages);
        let falcon = StandIn::in_the_clear();
        let report = run(&hive, &falcon).report();
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"), "{before}: {report:#}");
    }
}

#[test]
fn a_whole_list_of_small_parts_costs_no_more_than_its_length() {
    let of_alert = r#"{"_id":"~1","customFields":{"csfalcon-alert-id":{"string":"a,b"}}},"#;
    for part in ["{},", of_alert, "0,"] {
        let answer = packed(&format!("[{}0]", part.repeat(LONGEST / part.len())));
        let hive = TheHive::four().with_case(CASE_ID, 42, "InProgress").fails(SEARCH, answer, 1);
        let falcon = StandIn::in_the_clear();
        let report = run(&hive, &falcon).report();
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"), "{part}: {report:#}");
    }
}

#[test]
fn a_case_of_many_small_parts_costs_no_more_than_its_length() {
    for (before, part, after) in
        [("\"tags\":[", "{},", "0]"), ("\"caseId\":[", "[],", "0]"), ("", "\"k\":0,", "\"l\":0")]
    {
        let parts = part.repeat(LONGEST / part.len());
        let answer = packed(&format!("{{\"_id\":\"{CASE_ID}\",\"stage\":\"Closed\",{before}{parts}{after}}}"));
        let hive = TheHive::five().with_case(CASE_ID, 42, "Closed").fails("/api/v1/case/*", answer, usize::MAX);
        let falcon = StandIn::in_the_clear();
        run(&hive, &falcon).success();
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("closed"));
    }
}

#[test]
fn five_thousand_alerts_with_long_descriptions_all_follow() {
    let description = "d".repeat(70_000);
    let alert = |n: usize| {
        format!(r#"{{"_id":"~{n}","sourceRef":"{}","description":"{description}","customFields":[]}}"#, more(n))
    };
    let hive = (0..ALL_PAGES).fold(TheHive::five().with_case(CASE_ID, 42, "InProgress"), |hive, place| {
        let alerts: Vec<String> = (place * 100..place * 100 + 100).map(alert).collect();
        hive.fails(QUERY, packed(&format!("[{}]", alerts.join(","))), 1)
    });
    let report = run(&hive, &StandIn::in_the_clear()).success();
    assert_eq!(details(&report), ["5001 alerts were updated to in_progress."]);
}

/// An alert with this in its field for alerts.
fn holding(id: usize, value: &str) -> String {
    format!(r#"{{"_id":"~{id}","customFields":[{{"name":"csfalcon-alert-id","value":"{value}"}}]}}"#)
}

#[test]
fn thousands_of_ids_fit_however_long_they_are() {
    let id = |n: usize| format!("{CID}:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:{n:0>900}");
    let alert = |place: usize| holding(place, &(place * 400..place * 400 + 400).map(id).collect::<Vec<_>>().join(","));
    let alerts: Vec<String> = (0..15).map(alert).collect();
    let hive = TheHive::five().with_case(CASE_ID, 42, "InProgress");
    let hive = hive.fails(QUERY, packed(&format!("[{}]", alerts.join(","))), 1);
    let falcon = StandIn::in_the_clear();
    let report = run(&hive, &falcon).report();
    assert_eq!(falcon.status_of(&id(5_999)).as_deref(), Some("in_progress"), "{report:#}");
}

#[test]
fn fields_of_short_words_cost_no_more_than_is_kept_of_them() {
    let distinct = (0..200_000).map(|n| format!("{n:x}")).collect::<Vec<_>>().join(",");
    for words in ["a,".repeat(499_000), distinct[..998_000].to_owned()] {
        let alerts: Vec<String> = (0..2).map(|place| holding(place, &words)).collect();
        let hive = TheHive::five().with_case(CASE_ID, 42, "InProgress");
        let hive = hive.fails(QUERY, packed(&format!("[{}]", alerts.join(","))), 1);
        run(&hive, &StandIn::in_the_clear()).report();
    }
}
