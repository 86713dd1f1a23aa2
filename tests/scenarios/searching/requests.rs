//! What is asked of Falcon, byte for byte.

use serde_json::{Value, json};

use super::{FIRST, artifact_tag, asked, at, events, observable, operations, searching, text_at, whole};
use crate::common::responder::Ran;
use crate::common::strict::{SEARCH, SEARCHES};
use crate::common::{Responder, StandIn, job, together};
use crate::shutdown::wait_for;

const ALL: &str = "/humio/api/v1/repositories/search-all/queryjobs";

#[test]
fn a_search_is_one_post_and_looks_until_it_is_done() {
    let falcon = StandIn::in_the_clear().finding(events(2)).with_searches_running(2).polled_after(5);
    let report = at(&falcon, observable()).run().success();
    let body = r#"{"queryString":"RemoteAddressIP4=\"192.0.2.1\"","start":"7d","end":"now","isLive":false}"#;
    let look = format!("GET {ALL}/{FIRST}");
    assert_eq!(asked(&falcon), [format!("POST {ALL} {body}"), look.clone(), look.clone(), look]);
    assert_eq!(
        report["full"]["message"],
        "The search for observable 192.0.2.1 in search-all, from 7d to now, found 2 events."
    );
    let keys: Vec<&String> = report["full"].as_object().unwrap().keys().collect();
    assert_eq!(keys[..5], ["message", "details", "search", "event_count", "events"]);
    assert_eq!(report["full"]["search"], json!({"id": FIRST, "repository": "search-all", "done": true}));
    assert_eq!(report["full"]["events"], json!(events(2)));
    assert_eq!(operations(&report), &artifact_tag("ngsiem:hit"));
}

#[test]
fn the_time_is_relative_a_date_or_milliseconds_as_a_number() {
    for (start, end, sent) in [
        ("30m", "now", json!(["30m", "now"])),
        (
            "2026-05-20T08:41:17.602Z",
            "2026-05-21T00:00:00.000Z",
            json!(["2026-05-20T08:41:17.602Z", "2026-05-21T00:00:00.000Z"]),
        ),
        ("1778661677000", " 1778661678000 ", json!([1_778_661_677_000_u64, 1_778_661_678_000_u64])),
        ("", "", json!(["7d", "now"])),
    ] {
        let falcon = StandIn::in_the_clear();
        let job = observable().with("/config/search_start", start).with("/config/search_end", end);
        at(&falcon, job).run().success();
        let search = &falcon.searches()[0];
        assert_eq!(json!([search.start, search.end]), sent);
    }
}

#[test]
fn a_time_that_falcon_does_not_take_is_told_in_its_words() {
    let falcon = StandIn::in_the_clear();
    let said = at(&falcon, observable().with("/config/search_start", "yesterday")).run().failure();
    assert!(said.starts_with("Falcon did not start the search: Falcon answered HTTP 400: "), "{said}");
    assert!(said.contains("\nNext: Try the query in Falcon"), "{said}");
    assert_eq!(falcon.hits(SEARCHES), 1);
}

#[test]
fn repository_and_id_are_encoded_in_the_path() {
    let falcon = StandIn::in_the_clear().naming_searches("P7/a b?#%é");
    at(&falcon, observable().with("/config/search_repository", "my/view ä?")).run().success();
    let path = "/humio/api/v1/repositories/my%2Fview%20%C3%A4%3F/queryjobs";
    let asked = asked(&falcon);
    assert!(asked[0].starts_with(&format!("POST {path} {{")), "{asked:?}");
    assert_eq!(asked[1], format!("GET {path}/P7%2Fa%20b%3F%23%25%C3%A91"));
    assert_eq!(falcon.searches()[0].repository, "my/view ä?");
}

#[test]
fn what_is_no_repository_is_refused_before_anything_is_sent() {
    for name in ["..", ".", "a/../b", "..\\x", "a\u{202e}b", &"r".repeat(2_000)] {
        let falcon = StandIn::in_the_clear();
        let ran = at(&falcon, observable().with("/config/search_repository", name)).run();
        ran.fails_with(&["search_repository is no name of a repository or view; correct it in Cortex"]);
        assert_eq!(falcon.requests().len(), 0);
    }
    let falcon = StandIn::in_the_clear().without("nowhere");
    let said = at(&falcon, observable().with("/config/search_repository", "nowhere")).run().failure();
    assert!(said.contains("\nNext: Check that search_repository in Cortex"), "{said}");
    assert_eq!(falcon.hits(SEARCHES), 1, "a repository that is not there is not asked twice");
}

#[test]
fn an_id_that_would_lead_elsewhere_is_none() {
    for id in ["..", ".", "../x", "", " ", "a\nb"] {
        let falcon = StandIn::in_the_clear().fails(SEARCHES, whole(200, json!({"id": id})), usize::MAX);
        at(&falcon, observable())
            .run()
            .fails_with(&["It is not known whether Falcon started the search", "a search without an id"]);
        assert_eq!(falcon.hits(SEARCH), 0);
    }
}

/// What a run tells of its next look, at `-v`, while the search goes on.
fn next_look(poll_after: Value) -> String {
    let running = super::state("search-running", &[("/metaData/pollAfter", poll_after)]);
    let falcon = super::looking_at(StandIn::in_the_clear(), whole(200, running), usize::MAX);
    let running = at(&falcon, observable().with("/config/timeout_seconds", 200)).argument("-v").start();
    wait_for("a look", || falcon.hits(&format!("GET {SEARCH}")) > 0);
    running.until_it_waits();
    running.signal("TERM");
    let Ran { stderr, .. } = running.wait();
    let line = stderr.lines().find(|line| line.contains("next look")).unwrap_or_else(|| panic!("{stderr}"));
    line.rsplit("next look in ").next().unwrap().to_owned()
}

#[test]
fn falcon_is_asked_again_when_it_wants_to_be_within_bounds() {
    let rows = [
        (json!(7_000), "7.0 s"),
        (json!("2500"), "2.5 s"),
        (json!(0), "0.1 s"),
        (json!(3_600_000), "60.0 s"),
        (json!(u64::MAX), "60.0 s"),
        (json!(1e300), "1.0 s"),
        (json!(-5), "1.0 s"),
        (json!("soon"), "1.0 s"),
        (Value::Null, "1.0 s"),
        (json!({"ms": 5}), "1.0 s"),
    ];
    together(&rows, |(poll_after, wait)| assert_eq!(next_look(poll_after.clone()), *wait, "{poll_after}"));
}

#[test]
fn progress_says_what_was_found_and_how_far_the_search_is() {
    let rows = [
        (json!({"eventCount": 1, "workDone": 12, "totalWork": 40}), "1 event so far and is 30 % done"),
        (json!({"eventCount": 7, "workDone": "39", "totalWork": "40"}), "7 events so far and is 97 % done"),
        (json!({"eventCount": 7, "workDone": 50, "totalWork": 40}), "7 events so far and is 100 % done"),
        (json!({"eventCount": 200, "extraData": {"hasMoreEvents": "true"}}), "at least 200 events so far"),
        (json!({"eventCount": 0, "workDone": 0, "totalWork": 0}), "0 events so far"),
    ];
    together(&rows, |(meta, told)| {
        let running = super::state("search-running", &[("/metaData", meta.clone())]);
        let falcon = super::looking_at(StandIn::in_the_clear(), whole(200, running), 1);
        let ran = at(&falcon, observable()).argument("-v").run();
        assert!(ran.stderr.contains(&format!("the search has found {told}; next look in 1.0 s")), "{}", ran.stderr);
    });
}

#[test]
fn a_rehearsal_shows_the_search_and_sends_nothing() {
    let falcon = StandIn::in_the_clear();
    let ran = at(&falcon, observable()).argument("--dry-run").run();
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    let body = json!({"queryString": "RemoteAddressIP4=\"192.0.2.1\"", "start": "7d", "end": "now", "isLive": false});
    let call = json!({"method": "POST", "url": format!("{}{ALL}", falcon.url()), "body": body});
    assert_eq!((&shown["calls"], ran.status), (&json!([call]), Some(0)));
    for (service, method) in [("get_search", "GET"), ("stop_search", "DELETE")] {
        let job = job("observable").with("/config/service", service).with("/parameters/search_id", "S1");
        let ran = at(&falcon, job).argument("--dry-run").run();
        let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
        let call = json!({"method": method, "url": format!("{}{ALL}/S1", falcon.url()), "body": null});
        assert_eq!(shown["calls"], json!([call]), "{service}");
    }
    assert_eq!(falcon.requests().len(), 0);
}

#[test]
fn a_job_above_the_tlp_is_refused_first() {
    for service in ["search", "get_search", "stop_search"] {
        let falcon = StandIn::in_the_clear();
        let job = observable().with("/config/service", service).with("/tlp", 3).with("/config/search_query", "{{");
        at(&falcon, job).run().fails_with(&["exceeds the limit TLP:"]);
        assert_eq!(falcon.requests().len(), 0);
    }
}

#[test]
fn a_search_needs_a_query() {
    for query in ["", "  "] {
        let falcon = StandIn::in_the_clear();
        at(&falcon, searching(job("observable"), query)).run().fails_with(&["search_query is missing; set the query"]);
        assert_eq!(falcon.requests().len(), 0);
    }
}

#[test]
fn progress_is_told_at_a_terminal_only() {
    let falcon = StandIn::in_the_clear().with_searches_running(2).polled_after(150);
    assert_eq!(at(&falcon, observable()).run().stderr, "");
    let falcon = StandIn::in_the_clear().with_searches_running(2).polled_after(150);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text_at(&falcon, observable())).unwrap();
    let ran = Responder::at_a_terminal(&file.path().display().to_string()).run();
    assert_eq!(
        ran.stdout.matches("the search has found 0 events so far and is 37 % done; next look in 0.1 s").count(),
        2,
        "{}",
        ran.stdout
    );
}
