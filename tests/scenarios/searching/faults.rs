//! Faults while a search runs.

use serde_json::json;

use super::{FIRST, asked, at, events, looking_at, observable, state, whole};
use crate::common::strict::{SEARCH, SEARCHES, TOKEN};
use crate::common::{Fault, Ran, StandIn, answers, together};

fn stops(falcon: &StandIn) -> usize {
    falcon.hits(&format!("DELETE {SEARCH}"))
}

#[test]
fn a_token_that_is_refused_in_the_middle_is_renewed() {
    let falcon = StandIn::in_the_clear().finding(events(1)).with_searches_running(2).polled_after(5);
    let refused = answers::named("bearer-refused").text();
    let falcon = looking_at(falcon, whole(401, refused), 1);
    let report = at(&falcon, observable()).run().success();
    assert_eq!((falcon.hits(TOKEN), falcon.searches().len(), &report["full"]["retries"]), (2, 1, &json!(1)));
}

#[test]
fn a_token_that_is_refused_for_good_ends_the_search() {
    let refused = answers::named("bearer-refused").text();
    let falcon = looking_at(StandIn::in_the_clear(), whole(401, refused), usize::MAX);
    let said =
        at(&falcon, observable()).run().fails_with(&["Falcon did not show the search: Falcon answered HTTP 401"]);
    assert!(said.contains("\n1 search was stopped."), "{said}");
    assert!(falcon.searches()[0].is_stopped);
}

#[test]
fn a_missing_scope_is_named() {
    let falcon = StandIn::in_the_clear().without_scope_for(SEARCHES);
    let said = at(&falcon, observable()).run().failure();
    assert!(said.starts_with("Falcon did not start the search: Falcon answered HTTP 403: access denied"), "{said}");
    assert!(said.contains("\nNext: Give the API client the scope \"NGSIEM: write\" in Falcon"), "{said}");
    let falcon = StandIn::in_the_clear().without_scope_for(&format!("GET {SEARCH}"));
    let said = at(&falcon, observable()).run().failure();
    assert!(said.starts_with("Falcon did not show the search: Falcon answered HTTP 403: access denied"), "{said}");
    assert!(said.contains("\nNext: Give the API client the scope \"NGSIEM: read\" in Falcon"), "{said}");
    assert!(falcon.searches()[0].is_stopped, "nobody can look at it");
}

#[test]
fn a_fault_that_passes_is_waited_out() {
    let limited = Fault::Answer {
        status: 429,
        headers: vec![("retry-after", "1".to_owned())],
        body: answers::named("rate-limited").text().into(),
    };
    // A start that may have arrived is not sent again.
    let faults = [
        (limited, 1),
        (whole(500, ""), 0),
        (whole(502, "<html>Bad gateway</html>"), 0),
        (whole(503, ""), 0),
        (Fault::Reset, 0),
        (Fault::CutMidBody, 0),
    ];
    together(&faults, |(fault, starts)| {
        let falcon = StandIn::in_the_clear().finding(events(1)).with_searches_running(1).polled_after(5);
        let falcon = looking_at(falcon, fault.clone(), 2).fails(SEARCHES, fault.clone(), *starts);
        let report = at(&falcon, observable()).run().success();
        assert_eq!((&report["full"]["retries"], falcon.searches().len()), (&json!(2 + starts), 1), "{fault:?}");
        assert_eq!(stops(&falcon), 0);
    });
}

#[test]
fn a_start_whose_answer_is_lost_is_not_sent_again() {
    let after = |status, body: &str| Fault::AppliedThen { status, headers: Vec::new(), body: body.into() };
    let page = "<!DOCTYPE html><title>Web filter</title>";
    let faults = [
        Fault::Lost,
        after(500, ""),
        after(502, page),
        after(503, ""),
        after(501, ""),
        after(504, ""),
        after(200, page),
        after(200, "{\"id\": \"S"),
        after(200, ""),
    ];
    together(&faults, |fault| {
        let falcon = StandIn::in_the_clear().finding(events(1)).fails(SEARCHES, fault.clone(), usize::MAX);
        let said = at(&falcon, observable()).run().failure();
        assert!(said.starts_with("It is not known whether Falcon started the search: "), "{said}");
        let next = "\nNext: Run the responder again. A search that was started ends by itself about 90 seconds later.";
        assert!(said.contains(next), "{said}");
        assert_eq!((falcon.searches().len(), falcon.hits(SEARCHES), stops(&falcon)), (1, 1, 0), "{fault:?}");
    });
}

#[test]
fn a_fault_that_stays_is_a_failure_and_ends_the_search() {
    let page = "<!DOCTYPE html><title>Web filter</title>";
    let rows = [
        (whole(500, ""), "Falcon answered HTTP 500: an empty body"),
        (whole(502, page), "a gateway answered HTTP 502: \"Web filter\""),
        (whole(200, page), "the answer (HTTP 200) is none of Falcon's: no JSON"),
        (whole(404, page), "the answer (HTTP 404) is none of Falcon's"),
        (whole(200, json!(["a list"])), "the answer (HTTP 200) is none of Falcon's: JSON of another shape"),
        (whole(200, "\"a text\""), "the answer (HTTP 200) is none of Falcon's: JSON of another shape"),
        (whole(200, "{}"), "the answer (HTTP 200) is none of Falcon's: no state of a search"),
        (whole(200, json!({"done": true})), "a search that is done and tells nothing of events"),
        (whole(204, ""), "the answer (HTTP 204) is none of Falcon's"),
        (whole(200, answers::refusal(500, "inside").text()), "Falcon said: inside (code 500)"),
    ];
    together(&rows, |(fault, told)| {
        let falcon = looking_at(StandIn::in_the_clear().polled_after(5), fault.clone(), usize::MAX);
        let said = at(&falcon, observable().with("/config/timeout_seconds", 20)).run().failure();
        assert!(said.starts_with("Falcon did not show the search: ") && said.contains(told), "{told}: {said}");
        assert!(said.contains("\n1 search was stopped.") && said.contains(FIRST), "{said}");
        assert_eq!((falcon.searches().len(), stops(&falcon)), (1, 1));
    });
}

#[test]
fn an_end_that_fails_too_is_told() {
    let falcon = looking_at(StandIn::in_the_clear(), whole(400, ""), usize::MAX).fails(
        &format!("DELETE {SEARCH}"),
        whole(403, answers::named("scope-missing").text()),
        usize::MAX,
    );
    let said = at(&falcon, observable()).run().failure();
    assert!(said.starts_with("Falcon did not show the search: Falcon answered HTTP 400"), "{said}");
    assert!(said.contains("\n1 search was not stopped: Falcon answered HTTP 403"), "{said}");
    assert!(said.contains("\nNext: Give the API client the scope \"NGSIEM: write\""), "{said}");
    assert!(said.contains(FIRST), "{said}");
}

#[test]
fn a_search_whose_start_is_answered_by_something_else_is_not_there() {
    let page = "<!DOCTYPE html><title>Web filter</title>";
    let rows = [
        (whole(200, page), "none of Falcon's: no JSON"),
        (whole(200, "{}"), "none of Falcon's: a search without an id"),
        (whole(200, json!({"id": {"a": 1}})), "none of Falcon's: a search without an id"),
        (whole(200, "\"S1\""), "none of Falcon's: JSON of another shape"),
        (whole(200, json!([{"id": "S1"}])), "none of Falcon's: JSON of another shape"),
    ];
    together(&rows, |(fault, told)| {
        let falcon = StandIn::in_the_clear().fails(SEARCHES, fault.clone(), usize::MAX);
        let said = at(&falcon, observable().with("/config/timeout_seconds", 10)).run().failure();
        assert!(
            said.starts_with("It is not known whether Falcon started the search: ") && said.contains(told),
            "{said}"
        );
        assert_eq!((falcon.hits(SEARCHES), falcon.hits(SEARCH), stops(&falcon)), (1, 0, 0));
    });
}

#[test]
fn an_answer_with_an_id_that_is_a_number_starts_a_search() {
    let falcon =
        StandIn::in_the_clear().fails(SEARCHES, whole(200, json!({"id": 7})), 1).with_search("search-all", "7");
    let Ran { status, .. } = at(&falcon, observable()).run();
    assert_eq!((status, asked(&falcon).len()), (Some(0), 2));
}

#[test]
fn a_secret_in_an_answer_is_not_shown() {
    let secret = "Zk8-fixture-only-secret-2Qw";
    let warned = state("search-warned", &[("/warnings/0/message", json!(format!("bad {secret}")))]);
    let falcon = looking_at(StandIn::in_the_clear(), whole(200, warned), 1);
    at(&falcon, observable()).run().fails_with(&["bad REMOVED"]);
    let falcon = StandIn::in_the_clear().echoes_requests(SEARCHES);
    at(&falcon, observable()).argument("-vv").run().fails_with(&["Falcon did not start the search"]);
}
