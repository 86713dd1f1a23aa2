//! The strict tenant's lists of cases.

use serde_json::{Value, json};

use super::client::{Client, assert_whole};
use crate::common::strict::{ALERT_LIST, CASE_LIST, CASE_TAGS, CASES, INCIDENT_LIST};
use crate::common::{ALERT, CID, INCIDENT, OTHER_ALERT, StandIn};

impl Client {
    /// A list of cases for these parameters.
    fn list(&self, parameters: &[(&str, &str)]) -> (u16, Value) {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.ask("GET", &format!("{CASE_LIST}?{query}"), &Value::Null)
    }

    /// The ids in a list of the cases that this filter lets through.
    fn filter(&self, filter: &str) -> Value {
        let (status, answer) = self.list(&[("filter", filter)]);
        assert_eq!(status, 200, "{filter}");
        answer["resources"].clone()
    }
}

#[test]
fn a_list_is_filtered_as_the_query_language_says() {
    let falcon = StandIn::in_the_clear().without("gone").with_case("gone", "new", &[]);
    let falcon = falcon.with_case("a", "new", &["thehive:~1", "it's"]).with_case("b", "closed", &["thehive:~12"]);
    let falcon = falcon.with_case("c", "new", &[r"back\slash", "star*"]);
    let client = Client::of(&falcon.url());
    for (filter, ids) in [
        ("", json!(["c", "b", "a"])),
        ("tags:'thehive:~1'", json!(["a"])),
        ("tags:'thehive:*'", json!(["b", "a"])),
        ("tags:'*~1*'+status:'new'", json!(["a"])),
        (r"tags:'it\'s'", json!(["a"])),
        (r"tags:'back\\slash'", json!(["c"])),
        ("status:'closed'", json!(["b"])),
        ("status:'close'", json!([])),
        ("id:'c'+name:'*FIN-LT-0042'+reference_id:'FIN-*'", json!(["c"])),
        (&format!("cid:'{CID}'+status:'*e*w*'"), json!(["c", "a"])),
        ("tags:'*a*a*a*a*a*'", json!([])),
    ] {
        assert_eq!(client.filter(filter), ids, "{filter}");
    }
    for filter in [
        "tags",
        "tags:thehive",
        "tags:'a",
        "tags:'a''b'",
        "tags:'a'+",
        "tags:'a' status:'new'",
        "colour:'red'",
        r"tags:'a\*'",
        "tags:'it's'",
    ] {
        assert_eq!(client.list(&[("filter", filter)]).0, 400, "{filter}");
    }
}

#[test]
fn a_list_comes_in_pages() {
    let falcon = (0..5).fold(StandIn::in_the_clear(), |falcon, n| {
        falcon.with_case_like(&format!("case-{n}"), |case| case.severity = [40, 100, 5, 40, 99][n])
    });
    let client = Client::of(&falcon.url());
    let (_, answer) = client.list(&[("limit", "2"), ("offset", "1")]);
    assert_whole(&answer, "cases-listed");
    assert_eq!(answer["resources"], json!(["case-3", "case-2"]));
    assert_eq!(answer["meta"]["pagination"], json!({"offset": 1, "limit": 2, "total": 5}));
    let (_, answer) = client.list(&[("offset", "5")]);
    assert_whole(&answer, "cases-listed-none");
    assert_eq!(answer["meta"]["pagination"], json!({"offset": 5, "limit": 100, "total": 5}));
    for (sort, first) in [
        ("severity|asc", "case-2"),
        ("severity|desc", "case-1"),
        ("created_timestamp|asc", "case-0"),
        ("created_timestamp|desc", "case-4"),
        ("name|asc", "case-0"),
        ("status|desc", "case-4"),
    ] {
        assert_eq!(client.list(&[("sort", sort)]).1["resources"][0], first, "{sort}");
    }
    assert_eq!(client.list(&[("q", "CASE-3")]).1["resources"], json!(["case-3"]));
    for (name, value) in [
        ("limit", "0"),
        ("limit", "10001"),
        ("limit", "many"),
        ("offset", "-1"),
        ("sort", "severity"),
        ("sort", "colour|asc"),
        ("sort", "name|up"),
        ("after", "x"),
    ] {
        assert_eq!(client.list(&[(name, value)]).0, 400, "{name}={value}");
    }
    assert_eq!(client.list(&[("limit", "1"), ("limit", "2")]).0, 400);
    assert_eq!(client.list(&[("limit", "10000")]).0, 200);
}

#[test]
fn lists_of_alerts_and_incidents_are_filtered_sorted_and_paged() {
    let falcon = StandIn::in_the_clear().without(INCIDENT).having("a:b:c", "closed").having("inc:x", "40");
    let client = Client::of(&falcon.url());
    let ids =
        |path: &str, query: &str| client.ask("GET", &format!("{path}?{query}"), &Value::Null).1["resources"].take();
    for (path, query, expected) in [
        (ALERT_LIST, "", json!([ALERT, OTHER_ALERT, "a:b:c"])),
        (ALERT_LIST, "limit=1&offset=1", json!([OTHER_ALERT])),
        (ALERT_LIST, "filter=status:'closed'", json!(["a:b:c"])),
        (ALERT_LIST, "sort=status|asc&limit=1", json!(["a:b:c"])),
        (ALERT_LIST, "q=17219-10357", json!([ALERT])),
        (INCIDENT_LIST, "limit=5", json!(["inc:x"])),
        (INCIDENT_LIST, "filter=status:'20'", json!([])),
    ] {
        assert_eq!(ids(path, query), expected, "{path}?{query}");
    }
    for (path, query) in [
        (ALERT_LIST, "limit=0"),
        (ALERT_LIST, "limit=10001"),
        (ALERT_LIST, "filter=colour:'red'"),
        (ALERT_LIST, "sort=status|up"),
        (INCIDENT_LIST, "limit=501"),
        (INCIDENT_LIST, "include_hidden=true"),
    ] {
        assert_eq!(client.ask("GET", &format!("{path}?{query}"), &Value::Null).0, 400, "{path}?{query}");
    }
}

#[test]
fn lists_may_lag_behind_a_write() {
    let falcon = StandIn::in_the_clear().with_lists_that_lag(2).with_case("old", "new", &["mark"]);
    let client = Client::of(&falcon.url());
    let (_, answer) = client.ask("PUT", CASES, &json!({"name": "a", "tags": ["mark"]}));
    let id = &answer["resources"][0]["id"];
    assert_eq!(client.filter("tags:'mark'"), json!(["old"]));
    let tagged = client.ask("POST", CASE_TAGS, &json!({"id": "old", "tags": ["late"]})).1["resources"][0].take();
    assert_eq!(tagged["consistency"], json!({"consistent": false, "version": 2}));
    assert_eq!(client.filter("tags:'mark'"), json!(["old"]));
    assert_eq!(client.filter("tags:'mark'"), json!([id, "old"]));
    assert_eq!(client.filter("tags:'late'"), json!(["old"]));
    assert_eq!(
        client.ask("POST", CASES, &json!({"ids": ["old"]})).1["resources"][0]["consistency"]["consistent"],
        true
    );
}
