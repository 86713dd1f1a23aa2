//! What is in a case of the strict tenant: its tags and its evidence.

use serde_json::{Value, json};

use super::client::{Client, assert_whole};
use crate::common::answers;
use crate::common::strict::{CASE_ALERTS, CASE_EVENTS, CASE_TAGS};
use crate::common::{ALERT, CASE, OTHER_ALERT, StandIn};

#[test]
fn tags_are_added_and_removed_while_they_fit() {
    let falcon = StandIn::in_the_clear().with_case(CASE, "new", &["kept"]).counts_only_changes();
    let client = Client::of(&falcon.url());
    let add = |tags: Value| client.ask("POST", CASE_TAGS, &json!({"id": CASE, "tags": tags}));
    let (_, answer) = add(json!(["a b", "kept", "c&d"]));
    assert_eq!(answer["resources"][0]["tags"], json!(["kept", "a b", "c&d"]));
    assert_eq!(add(json!(["kept"])).1["meta"]["writes"]["resources_affected"], 0);
    assert_eq!(add(json!(["x".repeat(119)])), (400, answers::named("case-field-invalid").body));
    for tags in [json!([]), json!([""]), json!("a"), json!([1])] {
        assert_eq!(add(tags).0, 400);
    }
    let remove = |query: &str| client.ask("DELETE", &format!("{CASE_TAGS}?{query}"), &Value::Null);
    let (_, answer) = remove(&format!("id={CASE}&tag=a%20b&tag=c%26d&tag=other"));
    assert_eq!((&answer["resources"][0]["tags"], &answer["resources"][0]["version"]), (&json!(["kept"]), &json!(3)));
    for query in
        [format!("id={CASE}"), "tag=kept".into(), format!("id={CASE}&tag=a&force=1"), format!("id={CASE}&tag=%zz")]
    {
        assert_eq!(remove(&query).0, 400, "{query}");
    }
    assert_eq!(client.ask("DELETE", &format!("{CASE_TAGS}?id={CASE}&tag=kept"), &json!({"tags": []})).0, 400);
    assert_eq!(falcon.cases()[CASE].tags, ["kept"]);
}

#[test]
fn evidence_is_added_until_the_case_is_full() {
    let falcon = StandIn::in_the_clear().without("cid:ind:gone").with_case(CASE, "new", &["kept"]);
    let client = Client::of(&falcon.url());
    let of = |ids: &[&str]| ids.iter().map(|id| json!({"id": id})).collect::<Value>();
    let (_, answer) = client.ask("POST", CASE_ALERTS, &json!({"id": CASE, "alerts": of(&[ALERT, OTHER_ALERT])}));
    assert_whole(&answer, "case-evidence-added");
    let alerts = json!({"id": CASE, "alerts": of(&[ALERT, "cid:ind:gone"])});
    let (status, answer) = client.ask("POST", CASE_ALERTS, &alerts);
    assert_eq!((status, &answer["errors"][0]["id"]), (200, &json!("cid:ind:gone")));
    let only_missing = json!({"id": CASE, "alerts": of(&["cid:ind:gone"])});
    assert_eq!(client.ask("POST", CASE_ALERTS, &only_missing).1["meta"]["writes"]["resources_affected"], 0);
    let events: Vec<String> = (0..99).map(|event| format!("e{event}")).collect();
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    let add = |events: &[&str]| client.ask("POST", CASE_EVENTS, &json!({"id": CASE, "events": of(events)}));
    assert_eq!(add(&events), (400, answers::named("case-evidence-full").body));
    assert_eq!(add(&events[..98]).0, 200);
    assert_eq!((add(&["e98"]).0, add(&["e97"]).0), (400, 200));
    let kept = &falcon.cases()[CASE];
    assert_eq!((kept.alerts.len(), kept.events.len()), (2, 98));
    for body in
        [json!({"id": CASE}), json!({"id": CASE, "events": []}), json!({"id": CASE, "events": [{"id": "a", "b": 1}]})]
    {
        assert_eq!(client.ask("POST", CASE_EVENTS, &body).0, 400, "{body}");
    }
}
