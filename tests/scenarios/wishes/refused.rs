//! What is wrong in the configuration of a wish fails the job before anything is sent.

use serde_json::{Value, json};

use super::{closed, respond, with};
use crate::common::StandIn;

fn refused(items: &Value, said: &str) {
    let falcon = StandIn::in_the_clear();
    let told = respond(with(closed("TruePositive"), items), &falcon).failure();
    assert!(told.contains(said), "{items}: {said:?} is not in:\n{told}");
    assert!(falcon.requests().is_empty(), "{items}");
}

#[test]
fn an_entry_of_a_map_has_two_parts_and_a_colon_between() {
    for entry in ["ignored", ":ignored", "Duplicated:", " : ", "Duplicated: "] {
        for (map, expected) in
            [("verdict_map", "TheHiveStatus:falcon_tag"), ("assignee_map", "thehive user:falcon user id")]
        {
            let said = format!(
                "configuration item {map} has the entry \"{}\"; expected {expected}. Correct it in Cortex (Organization → Responders).",
                entry.trim()
            );
            refused(&json!({map: ["Other:fine", entry], "sync_verdict": true}), &said);
            // A map that nothing makes use of is looked at all the same.
            refused(&json!({map: [entry]}), &said);
        }
    }
}

#[test]
fn a_placeholder_is_one_of_six_and_ends() {
    let names = "expected {{number}}, {{title}}, {{stage}}, {{verdict}}, {{summary}}, {{id}}. Correct it in Cortex (Organization → Responders).";
    for (template, said) in [
        ("{{owner}}", format!("configuration item comment names {{{{owner}}}}; {names}")),
        ("{{Title}}", format!("configuration item comment names {{{{Title}}}}; {names}")),
        ("{{}}", format!("configuration item comment names {{{{}}}}; {names}")),
        (
            "ok {{title}} {{title",
            "configuration item comment has a placeholder that begins with {{ and does not end".into(),
        ),
    ] {
        refused(&json!({"comment": template}), &said);
    }
    let falcon = StandIn::in_the_clear();
    let open = closed("").with("/data/stage", "New");
    respond(with(open, &json!({"comment": "{{owner}}"})), &falcon).fails_with(&["comment names"]);
    assert!(falcon.requests().is_empty(), "also where nothing would be commented");
}

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    let wrong = |item: &str, expected: &str| {
        format!("configuration item {item} has a value of the wrong kind; expected {expected}")
    };
    refused(&json!({"sync_verdict": "perhaps"}), &wrong("sync_verdict", "true or false"));
    refused(&json!({"reopened_status": 1}), &wrong("reopened_status", "true or false"));
    refused(&json!({"verify": []}), &wrong("verify", "true or false"));
    refused(&json!({"sync_linked_cases": "no, thanks"}), &wrong("sync_linked_cases", "true or false"));
    refused(&json!({"status_map": "New"}), "onfiguration item status_map has ");
    refused(&json!({"comment": 7}), &wrong("comment", "a string"));
    refused(&json!({"verdict_map": [7]}), &wrong("verdict_map", "a list of strings"));
    refused(&json!({"assignee_map": {}}), &wrong("assignee_map", "a list of strings"));
}
