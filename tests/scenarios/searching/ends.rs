//! Searches that end otherwise than well are failures in words.

use serde_json::json;

use super::{FIRST, at, events, looking_at, observable, state, whole};
use crate::common::StandIn;
use crate::common::stand_in::Disturbance;
use crate::common::stand_in::request::Request;
use crate::common::stand_in::searches::SearchEnd;
use crate::common::strict::{SEARCH, SEARCHES};

const AGAIN: &str = "Next: Run the responder again; if it stays so, narrow the query or the time that it searches.";

#[test]
fn a_cancelled_search_is_a_failure() {
    let falcon = StandIn::in_the_clear().finding(events(2)).with_searches_ending(SearchEnd::Cancelled);
    let said = at(&falcon, observable()).run().failure();
    let cause = format!("The search {FIRST} was cancelled in Falcon (observable 192.0.2.1).\n{AGAIN}");
    assert!(said.starts_with(&cause), "{said}");
    assert!(!falcon.searches()[0].is_stopped, "it has ended already");
}

#[test]
fn a_search_that_is_cancelled_before_it_is_done_is_a_failure() {
    let answer = state("search-cancelled", &[("/done", json!(false))]);
    let falcon = looking_at(StandIn::in_the_clear(), whole(200, answer), 1);
    at(&falcon, observable()).run().fails_with(&["was cancelled in Falcon"]);
}

#[test]
fn a_warned_search_is_a_failure_with_the_words_of_the_warning() {
    let warned = SearchEnd::Warned("a part was not searched\u{202e}".into());
    let falcon = StandIn::in_the_clear().finding(events(2)).with_searches_ending(warned);
    let said = at(&falcon, observable()).run().failure();
    let cause = format!(
        "The search {FIRST} ended with a warning, so what it found is not all there is: a part was not searched (observable 192.0.2.1).\n{AGAIN}"
    );
    assert!(said.starts_with(&cause), "{said}");
}

#[test]
fn a_warning_may_stand_anywhere_and_have_any_shape() {
    for (place, warning, told) in [
        ("/warnings", json!("slow"), "there is: slow ("),
        ("/warnings", json!(["slow", "slow"]), "there is: slow ("),
        ("/warnings", json!(["slow", {"description": "cut"}]), "there is: slow (and 1 more)"),
        ("/warnings", json!([{"code": 7}]), "there is: {\"code\":7}"),
        ("/metaData/warning", json!("slow"), "there is: slow"),
        ("/metaData/warning", json!({"message": "slow"}), "there is: slow"),
        ("/metaData/warnings", json!([{"warning": "slow"}]), "there is: slow"),
        ("/metaData/warnings", json!([12]), "there is: 12"),
    ] {
        let falcon = looking_at(StandIn::in_the_clear(), whole(200, state("search-done", &[(place, warning)])), 1);
        at(&falcon, observable()).run().fails_with(&["ended with a warning", told]);
    }
}

#[test]
fn what_is_empty_is_no_warning() {
    for nothing in [json!(null), json!([]), json!(""), json!([""]), json!([{}]), json!({}), json!(false), json!([null])]
    {
        for place in ["/warnings", "/metaData/warning", "/metaData/warnings"] {
            let answer = state("search-done", &[(place, nothing.clone())]);
            let falcon = looking_at(StandIn::in_the_clear(), whole(200, answer), 1);
            at(&falcon, observable()).run().success();
        }
    }
}

#[test]
fn a_query_that_falcon_cannot_read_is_told_as_one() {
    let envelope = json!({"meta": {}, "errors": [], "resources": []});
    for answer in [json!([]), envelope] {
        let falcon = StandIn::in_the_clear().fails(SEARCHES, whole(200, answer), usize::MAX);
        let said = at(&falcon, observable()).run().failure();
        assert!(
            said.starts_with("Falcon did not start the search: Falcon took the call, but its answer does not show")
        );
        assert!(said.contains("\nNext: Try the query in Falcon (Next-Gen SIEM"), "{said}");
        assert_eq!((falcon.hits(SEARCHES), falcon.hits(SEARCH)), (1, 0));
    }
    let errors = json!({"meta": {}, "errors": [{"code": 400, "message": "Expected an expression"}], "resources": []});
    for status in [200, 400] {
        let falcon = StandIn::in_the_clear().fails(SEARCHES, whole(status, errors.clone()), usize::MAX);
        let said = at(&falcon, observable()).run().failure();
        assert!(said.contains("Expected an expression (code 400)"), "{said}");
        assert!(said.contains("and correct search_query, search_start or search_end in Cortex"), "{said}");
    }
}

#[test]
fn a_search_that_is_gone_is_started_anew_once() {
    let falcon = StandIn::in_the_clear().finding(events(1)).forgetting_searches(1, 1);
    at(&falcon, observable()).run().success();
    let searches = falcon.searches();
    assert_eq!(searches.len(), 2);
    assert_eq!(searches[0].query, searches[1].query);
    assert_eq!(falcon.hits(&format!("DELETE {SEARCH}")), 1, "only Falcon's answer to this shows that it is gone");
}

#[test]
fn a_search_that_is_gone_twice_is_a_failure() {
    let falcon = StandIn::in_the_clear().finding(events(1)).forgetting_searches(2, 1);
    let said = at(&falcon, observable()).run().failure();
    let id = falcon.searches()[1].id.clone();
    let cause = format!("There is no search {id} in search-all (any more): Falcon answered HTTP 404: an empty body");
    assert!(said.starts_with(&cause), "{said}");
    assert!(said.contains("\nNext: A search is gone about 90 seconds after somebody has last looked at it"), "{said}");
    assert_eq!((falcon.searches().len(), falcon.hits(&format!("DELETE {SEARCH}"))), (2, 2));
}

#[test]
fn a_search_that_a_proxy_answers_for_is_stopped_and_not_started_again() {
    for polls_before in [0, 1] {
        let falcon = StandIn::in_the_clear().with_searches_running(usize::MAX).polled_after(5);
        let falcon = falcon.disturbed(with_an_empty_404_after(polls_before));
        let said = at(&falcon, observable()).run().failure();
        let cause = format!(
            "The search {FIRST} was started, but Falcon did not show the search: Falcon answered HTTP 404: an empty body"
        );
        assert!(said.starts_with(&cause), "{said}");
        assert!(said.contains("check whether a proxy responds to requests in Falcon's place."), "{said}");
        assert!(said.contains("\n1 search was stopped."), "{said}");
        assert_eq!((falcon.searches().len(), falcon.searches()[0].is_stopped), (1, true));
    }
}

/// Answers so many polls of a search, and then each with an empty 404.
fn with_an_empty_404_after(polls: usize) -> impl FnMut(&Request) -> Disturbance + Send + 'static {
    let mut seen = 0;
    move |request| {
        let is_poll = request.method == "GET" && request.is_to(SEARCH);
        seen += usize::from(is_poll);
        Disturbance { fault: (is_poll && seen > polls).then(|| whole(404, "")), ..Disturbance::default() }
    }
}

#[test]
fn a_search_that_was_never_shown_is_not_started_again() {
    let falcon = StandIn::in_the_clear().finding(events(1)).forgetting_searches(1, 0);
    let said = at(&falcon, observable()).run().failure();
    assert!(said.starts_with(&format!("There is no search {FIRST} in search-all (any more)")), "{said}");
    assert_eq!((falcon.searches().len(), falcon.hits(&format!("DELETE {SEARCH}"))), (1, 1));
}
