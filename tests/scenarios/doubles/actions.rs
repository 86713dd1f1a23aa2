//! The actions of an update of alerts, as the strict tenant takes them.

use serde_json::{Value, json};

use super::client::{Client, assert_whole};
use crate::common::falcon::{ALERT_READ, ALERTS};
use crate::common::{ALERT, OTHER_ALERT, StandIn};

fn update(falcon: &StandIn, actions: &Value) -> (u16, Value) {
    let body = json!({"composite_ids": [ALERT], "action_parameters": actions});
    Client::of(&falcon.url()).ask("PATCH", ALERTS, &body)
}

#[test]
fn an_alert_gets_a_status_tags_a_comment_and_somebody_who_works_on_it() {
    let falcon = StandIn::in_the_clear().tagged(ALERT, &["kept", "a", "b"]);
    let (_, answer) = update(
        &falcon,
        &json!([
            {"name": "update_status", "value": "closed"},
            {"name": "add_tag", "value": "a"},
            {"name": "remove_tag", "value": "a"},
            {"name": "remove_tag", "value": "b"},
            {"name": "remove_tag", "value": "gone"},
            {"name": "append_comment", "value": "one"},
            {"name": "append_comment", "value": "one"},
            {"name": "assign_to_user_id", "value": "ann@soc.example"},
        ]),
    );
    assert_whole(&answer, "alerts-updated");
    let alert = falcon.alert(ALERT);
    assert_eq!((&alert["status"], &alert["assigned_to_uid"]), (&json!("closed"), &json!("ann@soc.example")));
    assert_eq!(falcon.tags_of(ALERT), ["kept", "a"], "removals go before additions");
    assert_eq!(falcon.comments_on(ALERT), ["one", "one"], "each is appended");
    let newest = &alert["comments"][2];
    assert_eq!(newest["timestamp"].as_str().unwrap().len(), "2026-05-20T08:41:17.602Z".len());
    assert!(newest["timestamp"].as_str() > alert["comments"][0]["timestamp"].as_str());
}

#[test]
fn an_alert_is_assigned_in_three_ways_and_to_one_user_at_a_time() {
    let uuid = "21b6f0c4-0000-4000-8000-0000000000a1";
    let falcon = StandIn::in_the_clear();
    for (action, value, uuid, user_id, name) in [
        ("assign_to_uuid", uuid, json!(uuid), Value::Null, Value::Null),
        ("assign_to_user_id", "ann@soc.example", Value::Null, json!("ann@soc.example"), Value::Null),
        ("assign_to_name", "Ann Analyst", Value::Null, Value::Null, json!("Ann Analyst")),
        ("unassign", "", Value::Null, Value::Null, Value::Null),
    ] {
        assert_eq!(update(&falcon, &json!([{"name": action, "value": value}])).0, 200, "{action}");
        let alert = falcon.alert(ALERT);
        let seen = ["assigned_to_uuid", "assigned_to_uid", "assigned_to_name"].map(|member| alert[member].clone());
        assert_eq!(seen, [uuid, user_id, name], "{action}");
    }
    for actions in [
        json!([{"name": "assign_to_uuid", "value": "ann@soc.example"}]),
        json!([{"name": "assign_to_name", "value": "Ann"}, {"name": "unassign", "value": ""}]),
        json!([{"name": "unassign"}]),
        json!([{"name": "unassign", "value": null}]),
    ] {
        assert_eq!(update(&falcon, &actions).0, 400, "{actions}");
    }
}

#[test]
fn a_hidden_alert_is_missing_unless_the_request_includes_it() {
    let falcon = StandIn::in_the_clear();
    let client = Client::of(&falcon.url());
    let ids = json!({"composite_ids": [ALERT, OTHER_ALERT]});
    let read = |query: &str| client.ask("POST", &format!("{ALERT_READ}{query}"), &ids);
    let count = |query: &str| read(query).1["resources"].as_array().map_or(0, Vec::len);
    let show = |value: &str| assert_eq!(update(&falcon, &json!([{"name": "show_in_ui", "value": value}])).0, 200);
    show("false");
    assert_eq!([count(""), count("?include_hidden=True"), count("?include_hidden=false")], [2, 2, 1]);
    assert_eq!(read("?include_hidden=false").1["errors"][0]["id"], ALERT);
    show("");
    assert_eq!(count("?include_hidden=false"), 2, "an empty value shows it");
    for query in ["?include_hidden=no", "?hidden=true", "?include_hidden=true&include_hidden=true"] {
        assert_eq!(read(query).0, 400, "{query}");
    }
    assert_eq!(update(&falcon, &json!([{"name": "show_in_ui", "value": "yes"}])).0, 400);
}

#[test]
fn tags_are_removed_by_their_beginning() {
    let falcon = StandIn::in_the_clear().tagged(ALERT, &["ours:a", "theirs", "ours:b", "ours"]);
    let actions = json!([{"name": "remove_tags_by_prefix", "value": "ours:"}, {"name": "add_tag", "value": "ours:c"}]);
    assert_eq!(update(&falcon, &actions).0, 200);
    assert_eq!(falcon.tags_of(ALERT), ["theirs", "ours", "ours:c"]);
}

#[test]
fn what_is_no_action_is_refused_and_nothing_of_it_is_done() {
    for action in [
        json!({"name": "update_state", "value": "closed"}),
        json!({"name": "update_status", "value": "open"}),
        json!({"name": "update_status", "value": 40}),
        json!({"name": "add_tag", "value": ["a"]}),
        json!({"name": "append_comment", "value": ""}),
        json!({"name": "add_tag"}),
        json!({"name": "add_tag", "value": "a", "comment": "b"}),
        json!("add_tag"),
    ] {
        let falcon = StandIn::in_the_clear();
        let (status, _) = update(&falcon, &json!([{"name": "update_status", "value": "closed"}, action]));
        assert_eq!((status, falcon.status_of(ALERT)), (400, None), "{action}");
    }
    assert_eq!(update(&StandIn::in_the_clear(), &json!([])).0, 400);
}

#[test]
fn tags_that_are_there_already_are_no_change() {
    let falcon = StandIn::in_the_clear().counts_only_changes().tagged(ALERT, &["a"]);
    let actions = json!([{"name": "add_tag", "value": "a"}, {"name": "remove_tag", "value": "b"}]);
    assert_eq!(update(&falcon, &actions).1["meta"]["writes"]["resources_affected"], 0);
}
