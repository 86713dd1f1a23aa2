//! The actions of an update of alerts, as the strict tenant takes them.

use serde_json::{Value, json};

use super::client::{Client, assert_whole};
use crate::common::falcon::ALERTS;
use crate::common::{ALERT, StandIn};

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
