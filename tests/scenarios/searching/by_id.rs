//! `get_search` and `stop_search`: a search that somebody else has started, by its id.

use serde_json::{Value, json};

use super::{asked, at, events, looking_at, operations, state, whole};
use crate::common::stand_in::searches::{SearchEnd, Stopped};
use crate::common::strict::SEARCH;
use crate::common::{Job, StandIn, answers, job, together};

const PATH: &str = "/humio/api/v1/repositories/search-all/queryjobs/S1";
const KINDS: [&str; 3] = ["observable", "thehive5-case", "thehive5-alert"];

fn on(name: &str, service: &str, id: impl Into<Value>) -> Job {
    job(name).with("/config/service", service).with("/parameters/search_id", id)
}

fn tenant() -> StandIn {
    StandIn::in_the_clear().with_search("search-all", "S1")
}

#[test]
fn a_search_that_is_done_shows_what_it_found() {
    for name in KINDS {
        let falcon = tenant().finding(events(3)).counting_events(9);
        let report = at(&falcon, on(name, "get_search", " S1 ")).run().success();
        let full = &report["full"];
        assert_eq!(full["message"], "The search S1 is done, and found 9 events.");
        assert_eq!(full["details"], json!(["6 events are left out of this report."]));
        assert_eq!(full["search"], json!({"id": "S1", "repository": "search-all", "done": true}));
        assert_eq!((&full["event_count"], &full["events"]), (&json!(9), &json!(events(3))));
        assert_eq!((operations(&report), asked(&falcon)), (&json!([]), vec![format!("GET {PATH}")]));
    }
}

#[test]
fn a_search_that_runs_shows_what_it_has_found_so_far() {
    let falcon = tenant().finding(events(3)).with_searches_running(9);
    let full = at(&falcon, on("observable", "get_search", "S1")).run().success()["full"].take();
    assert_eq!(full["message"], "The search S1 still runs, and has found 1 event.");
    assert_eq!((&full["search"]["done"], full["events"].as_array().unwrap().len()), (&json!(false), 1));
}

#[test]
fn a_search_that_ended_badly_is_a_failure() {
    for (end, said) in [
        (SearchEnd::Cancelled, "The search S1 was cancelled in Falcon (case #42)."),
        (
            SearchEnd::Warned("slow".into()),
            "The search S1 ended with a warning, so what it found is not all there is: slow",
        ),
    ] {
        let falcon = tenant().with_searches_ending(end);
        at(&falcon, on("thehive5-case", "get_search", "S1")).run().fails_with(&[said]);
    }
}

#[test]
fn a_search_that_is_gone_is_a_failure_and_is_not_started_anew() {
    let falcon = StandIn::in_the_clear();
    let said = at(&falcon, on("observable", "get_search", "S1")).run().failure();
    assert!(said.starts_with("There is no search S1 in search-all (any more): Falcon answered HTTP 404"), "{said}");
    assert!(said.contains("\nNext: A search is gone about 90 seconds after somebody has last looked at it"), "{said}");
    assert_eq!(asked(&falcon), [format!("GET {PATH}")]);
}

#[test]
fn a_search_is_in_its_repository() {
    let falcon = StandIn::in_the_clear().with_search("third-party", "S1");
    for service in ["get_search", "stop_search"] {
        let job = on("observable", service, "S1").with("/config/search_repository", "third-party");
        at(&falcon, job).run().success();
    }
    assert!(falcon.searches()[0].is_stopped);
}

#[test]
fn a_search_is_stopped_whichever_way_falcon_says_so() {
    for how in [Stopped::Empty, Stopped::NoContent, Stopped::Envelope] {
        for name in KINDS {
            let falcon = tenant().saying_stopped(how);
            let report = at(&falcon, on(name, "stop_search", "S1")).run().success();
            let full = &report["full"];
            assert_eq!(full["message"], "The search S1 is stopped.", "{how:?}");
            assert_eq!(full["details"], json!(["1 search was stopped."]));
            assert_eq!((&full["targets"][0]["target"], &full["targets"][0]["ids"]), (&json!("search"), &json!(["S1"])));
            assert_eq!((operations(&report), asked(&falcon)), (&json!([]), vec![format!("DELETE {PATH}")]));
            assert!(falcon.searches()[0].is_stopped);
        }
    }
}

#[test]
fn a_search_that_is_not_there_goes_on_no_more_either() {
    let envelope = answers::refusal(404, "query job not found").text();
    for fault in [None, Some(whole(404, envelope)), Some(whole(410, "")), Some(whole(200, json!({"id": "S1"})))] {
        let falcon = fault.into_iter().fold(StandIn::in_the_clear(), |falcon, fault| falcon.fails(PATH, fault, 1));
        let report = at(&falcon, on("observable", "stop_search", "S1")).run().success();
        let message = report["full"]["message"].as_str().unwrap();
        let gone = "There is no search S1 in search-all (any more): nothing was to be stopped.";
        assert!([gone, "The search S1 is stopped."].contains(&message), "{message}");
        assert_eq!(report["full"]["details"].as_array().unwrap().is_empty(), message == gone);
    }
}

#[test]
fn an_answer_that_does_not_say_so_stops_nothing() {
    let page = "<!DOCTYPE html><title>Web filter</title>";
    let no_such_path = answers::named("gateway-no-such-path").text();
    let inside = answers::refusal(403, "access denied").text();
    let rows = [
        (whole(200, page), "none of Falcon's: no JSON"),
        (whole(404, page), "none of Falcon's: no envelope of Falcon's"),
        (whole(404, no_such_path), "HTTP 404: 404: Page Not Found"),
        (whole(200, inside), "Falcon said: access denied (code 403)"),
        (whole(400, json!({"errors": [{"code": 400, "message": "bad id"}]})), "HTTP 400: bad id"),
    ];
    together(&rows, |(fault, told)| {
        let falcon = tenant().fails(PATH, fault.clone(), usize::MAX);
        let said = at(&falcon, on("observable", "stop_search", "S1")).run().fails_with(&[told, "1 search"]);
        assert!(said.contains(" may or may not have been stopped: ") || said.contains(" was not stopped: "), "{said}");
        assert!(!said.contains("custom field"), "a search's id stands in none: {said}");
    });
}

#[test]
fn a_search_without_the_scope_is_not_stopped_and_the_scope_is_named() {
    let falcon = tenant().without_scope_for(&format!("DELETE {SEARCH}"));
    at(&falcon, on("observable", "stop_search", "S1")).run().fails_with(&["HTTP 403", "the scope \"NGSIEM: write\""]);
    let falcon = tenant().without_scope_for(&format!("GET {SEARCH}"));
    at(&falcon, on("observable", "get_search", "S1")).run().fails_with(&["HTTP 403", "the scope \"NGSIEM: read\""]);
}

#[test]
fn a_job_without_an_id_of_a_search_is_refused_before_anything_is_sent() {
    let long = "S".repeat(2_000);
    let strange = [
        json!("../x"),
        json!("x/../../y"),
        json!("."),
        json!(".."),
        json!("..\\x"),
        json!("  "),
        json!(""),
        json!(long),
        json!(1_234),
        json!(["S1"]),
        json!("S\n1"),
        json!("S1\u{202e}"),
    ];
    for service in ["get_search", "stop_search"] {
        for id in &strange {
            let falcon = tenant();
            let said = at(&falcon, on("observable", service, id.clone())).run().failure();
            let expected = "Observable 192.0.2.1: the search_id among the job's parameters is no id of a search; give";
            assert!(said.starts_with(expected), "{id}: {said}");
            assert_eq!(falcon.requests().len(), 0);
        }
        let nameless = [
            job("observable"),
            job("observable").with("/parameters", Value::Null),
            job("observable").without("/parameters"),
            on("observable", service, Value::Null),
        ];
        for job in nameless {
            let falcon = tenant();
            let ran = at(&falcon, job.with("/config/service", service)).run();
            ran.fails_with(&["the job's parameters name no search_id; give the id of a search as text"]);
            assert_eq!(falcon.requests().len(), 0);
        }
    }
}

#[test]
fn an_id_is_one_segment_of_the_path() {
    let falcon = StandIn::in_the_clear().with_search("search-all", "P7/a b?#");
    at(&falcon, on("observable", "get_search", "P7/a b?#")).run().success();
    assert_eq!(asked(&falcon), ["GET /humio/api/v1/repositories/search-all/queryjobs/P7%2Fa%20b%3F%23"]);
}

#[test]
fn what_is_no_state_of_a_search_is_told_as_none() {
    let page = "<!DOCTYPE html><title>Web filter</title>";
    let done = state("search-done", &[("/done", json!("perhaps"))]);
    let answers =
        [json!(page), json!({}), json!("text"), json!([1]), json!({"done": null}), json!({"done": true}), done];
    together(&answers, |answer| {
        let text = answer.as_str().filter(|text| *text == page).map_or_else(|| answer.to_string(), str::to_owned);
        let falcon = looking_at(tenant(), whole(200, text), usize::MAX);
        let ran = at(&falcon, on("observable", "get_search", "S1")).run();
        ran.fails_with(&["Falcon did not show the search: the answer (HTTP 200) is none of Falcon's"]);
    });
}
