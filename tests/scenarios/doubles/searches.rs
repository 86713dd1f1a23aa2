//! The searches of the strict tenant.

use serde_json::{Value, json};

use super::client::{Client, JSON, assert_whole};
use crate::common::StandIn;
use crate::common::answers;
use crate::common::stand_in::searches::{SearchEnd, Stopped};
use crate::common::strict::{SEARCH, SEARCHES};

const ALL: &str = "/humio/api/v1/repositories/search-all/queryjobs";
/// The first search in that repository.
const FIRST: &str = "/humio/api/v1/repositories/search-all/queryjobs/P7-kT4oWnSearchJob1";

impl Client {
    fn search(&self) -> Value {
        let (status, answer) = self.ask("POST", ALL, &json!({"queryString": "*", "start": "7d"}));
        assert_eq!(status, 200);
        answer
    }

    /// The state of the first search.
    fn state(&self) -> (u16, Value) {
        self.ask("GET", FIRST, &Value::Null)
    }
}

fn events(count: usize) -> Vec<Value> {
    let event = answers::named("search-done").body["events"][0].take();
    (0..count).map(|n| answers::put(event.clone(), "/@id", format!("e{n}"))).collect()
}

#[test]
fn a_search_runs_for_some_polls_and_then_shows_what_it_found() {
    let falcon = StandIn::in_the_clear().finding(events(3)).with_searches_running(2).polled_after(25);
    let client = Client::of(&falcon.url());
    let body =
        json!({"queryString": "ComputerName=FIN*", "start": "2026-05-20T08:41:17.602Z", "end": "now", "isLive": false});
    let (_, answer) = client.ask("POST", ALL, &body);
    assert_whole(&answer, "search-started");
    assert_eq!(answer["id"], "P7-kT4oWnSearchJob1");
    for _ in 0..2 {
        let (status, answer) = client.state();
        assert_whole(&answer, "search-running");
        assert_eq!((status, &answer["done"], &answer["metaData"]["pollAfter"]), (200, &json!(false), &json!(25)));
    }
    for _ in 0..2 {
        let (_, answer) = client.state();
        assert_whole(&answer, "search-done");
        assert_eq!((&answer["events"][2]["@id"], &answer["metaData"]["eventCount"]), (&json!("e2"), &json!(3)));
    }
    let search = &falcon.searches()[0];
    assert_eq!((search.query.as_str(), search.repository.as_str()), ("ComputerName=FIN*", "search-all"));
    assert_eq!((&search.start, &search.end), (&body["start"], &body["end"]));
    assert_eq!((search.polls, search.is_stopped), (4, false));
    assert_eq!((falcon.hits(SEARCHES), falcon.hits(&format!("GET {SEARCH}"))), (1, 4));
}

#[test]
fn a_search_may_find_nothing_or_more_than_it_shows() {
    let client = Client::of(&StandIn::in_the_clear().url());
    client.search();
    assert_eq!(client.state(), (200, answers::named("search-done-nothing").body));
    let client = Client::of(&StandIn::in_the_clear().finding(events(250)).url());
    client.search();
    let (_, answer) = client.state();
    assert_eq!(answer["events"].as_array().unwrap().len(), 200);
    let meta = &answer["metaData"];
    assert_eq!((&meta["eventCount"], &meta["extraData"]["hasMoreEvents"]), (&json!(200), &json!("true")));
    let client = Client::of(&StandIn::in_the_clear().finding(events(1)).counting_events(7_000).url());
    client.search();
    assert_eq!(client.state().1["metaData"]["eventCount"], 7_000);
}

#[test]
fn a_search_may_be_cancelled_or_warned_of() {
    let falcon = StandIn::in_the_clear().finding(events(2)).with_searches_ending(SearchEnd::Cancelled);
    let client = Client::of(&falcon.url());
    client.search();
    assert_eq!(client.state(), (200, answers::named("search-cancelled").body));
    let warned = SearchEnd::Warned("a part was not searched".into());
    let falcon = StandIn::in_the_clear().finding(events(2)).with_searches_ending(warned);
    let client = Client::of(&falcon.url());
    client.search();
    let (_, answer) = client.state();
    assert_whole(&answer, "search-warned");
    assert_eq!(
        (&answer["warnings"][0]["message"], &answer["events"][1]["@id"]),
        (&json!("a part was not searched"), &json!("e1"))
    );
}

#[test]
fn a_search_that_dies_is_gone_for_every_call() {
    let falcon = StandIn::in_the_clear().forgetting_searches(1, 1).with_search("third-party", "theirs");
    let client = Client::of(&falcon.url());
    client.search();
    let path = FIRST.replace("Job1", "Job2");
    assert_eq!(client.ask("GET", &path, &Value::Null).1["done"], false);
    for method in ["GET", "DELETE"] {
        assert_eq!(client.ask(method, &path, &Value::Null), (404, Value::Null), "{method}");
    }
    client.search();
    let path = FIRST.replace("Job1", "Job3");
    assert_eq!(client.ask("GET", &path, &Value::Null).1["done"], true);
    let theirs = "/humio/api/v1/repositories/third-party/queryjobs/theirs";
    assert_eq!(client.ask("GET", theirs, &Value::Null).1["done"], true);
    assert_eq!(client.ask("GET", &theirs.replace("third-party", "xdr"), &Value::Null).0, 404);
    assert_eq!(falcon.searches().iter().map(|search| search.polls).collect::<Vec<_>>(), [1, 2, 1]);
}

#[test]
fn a_search_is_stopped_in_three_ways() {
    for (how, file) in [
        (Stopped::Empty, "search-stopped-empty"),
        (Stopped::NoContent, "search-stopped-no-content"),
        (Stopped::Envelope, "search-stopped-envelope"),
    ] {
        let falcon = StandIn::in_the_clear().saying_stopped(how).with_searches_running(9);
        let client = Client::of(&falcon.url());
        client.search();
        let expected = answers::named(file);
        let body = if expected.body == "" { Value::Null } else { expected.body };
        assert_eq!(client.ask("DELETE", FIRST, &Value::Null), (expected.status, body), "{how:?}");
        assert!(falcon.searches()[0].is_stopped);
        assert_eq!((client.state().0, client.ask("DELETE", FIRST, &Value::Null).0), (404, 404));
    }
}

#[test]
fn repository_and_id_are_segments_of_the_path() {
    let falcon = StandIn::in_the_clear().without("nowhere").naming_searches("P7/a b?");
    let client = Client::of(&falcon.url());
    let odd = "/humio/api/v1/repositories/my%2Fview%20%C3%A4/queryjobs";
    assert_eq!(client.ask("POST", odd, &json!({"queryString": "*"})).1["id"], "P7/a b?1");
    assert_eq!(falcon.searches()[0].repository, "my/view ä");
    assert_eq!(client.ask("GET", &format!("{odd}/P7%2Fa%20b%3F1"), &Value::Null).1["done"], true);
    assert_eq!(client.ask("GET", &format!("{odd}/P7/a%20b%3F1"), &Value::Null).0, 404);
    let nowhere = ALL.replace("search-all", "nowhere");
    assert_eq!(client.ask("POST", &nowhere, &json!({"queryString": "*"})), (404, Value::Null));
}

#[test]
fn what_the_search_api_does_not_define_is_refused() {
    let falcon = StandIn::in_the_clear();
    let client = Client::of(&falcon.url());
    for (member, value) in [
        ("queryString", json!(" ")),
        ("query", json!("*")),
        ("start", json!("yesterday")),
        ("start", json!("d")),
        ("start", json!("2026-05-20")),
        ("end", json!("2026-05-20T08:41:17Z")),
        ("end", json!(-1)),
        ("isLive", json!("false")),
        ("around", json!({"eventId": "a"})),
        ("arguments", json!({"a": 1})),
        ("autobucketCount", json!("many")),
        ("timeZone", json!(1)),
        ("timeZoneOffsetMinutes", json!("60")),
    ] {
        let mut body = json!({"queryString": "*"});
        body[member] = value;
        assert_eq!(client.ask("POST", ALL, &body), (400, answers::named("case-field-invalid").body), "{body}");
    }
    assert_eq!(client.ask("POST", ALL, &json!({"start": "1d"})).0, 400);
    assert_eq!(client.ask("POST", &format!("{ALL}?live=1"), &json!({"queryString": "*"})).0, 400);
    assert!(falcon.searches().is_empty());
    let all = json!({
        "queryString": "*", "start": 1_778_661_677_000_u64, "end": "90m", "isLive": false, "allowEventSkipping": true,
        "arguments": {"a": "b"}, "autobucketCount": 3, "ingestStart": "1d", "ingestEnd": "now", "useIngestTime": true,
        "around": {"eventId": "e", "timestamp": 1, "numberOfEventsBefore": 2, "numberOfEventsAfter": 2},
        "timeZone": "UTC", "timeZoneOffsetMinutes": -60
    });
    assert_eq!(client.ask("POST", ALL, &all).0, 200);
    for (method, path, body) in [
        ("GET", format!("{FIRST}?wait=1"), Value::Null),
        ("DELETE", format!("{FIRST}?force=1"), Value::Null),
        ("GET", FIRST.into(), json!({})),
    ] {
        assert_eq!(client.ask(method, &path, &body).0, 400, "{method} {path}");
    }
    assert_eq!((falcon.searches()[0].polls, falcon.searches()[0].is_stopped), (0, false));
}

#[test]
fn searches_need_scopes_and_lose_answers_as_all_calls_do() {
    let falcon = StandIn::in_the_clear().without_scope_for(&format!("GET {SEARCH}"));
    let falcon = falcon.loses_answers(&format!("DELETE {SEARCH}"), 1).loses_answers(SEARCHES, 1);
    let client = Client::of(&falcon.url());
    assert_eq!(client.send("POST", ALL, JSON, &json!({"queryString": "*"}).to_string()), None);
    assert_eq!(client.state(), (403, answers::named("scope-missing").body));
    assert_eq!(client.send("DELETE", FIRST, JSON, ""), None);
    let search = &falcon.searches()[0];
    assert_eq!((search.polls, search.is_stopped), (0, true));
    let falcon = StandIn::in_the_clear().without_scope_for(SEARCHES);
    assert_eq!(Client::of(&falcon.url()).ask("POST", ALL, &json!({"queryString": "*"})).0, 403);
    assert!(falcon.searches().is_empty());
}
