//! The notification's filters, played against audit entries as TheHive documents them: which events start the responder.
//!
//! `fixtures/thehive/events` holds whole entries: their members are those of TheHive's page on audit logs. That the entry of an
//! import is a derived one, with the case for its context, is from the source of TheHive 4.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::fixture;

/// The form in which a filter has to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `{"_is": {"<field>": "<value>"}}`, and `_contains` with an empty text for a field that is there.
    Short,
    /// `{"_eq": {"_field": "<field>", "_value": "<value>"}}`, and `_has` for a field that is there. For the short form TheHive
    /// 5.4 and later write a warning to their log, on every event.
    Named,
}

/// The filters, and the lines of docs/thehive.md that alerts of falcon2thehive need, in the same form.
const FILTERS: [(&str, Form); 2] =
    [("notification-filter-5.4-and-later", Form::Named), ("notification-filter-before-5.4", Form::Short)];

/// Events, whether our filters catch them, and whether the tutorial's does.
const EVENTS: [(&str, bool, bool); 20] = [
    ("alert-taken-up", true, true),
    ("alert-created", false, false),
    ("alert-imported", true, false),
    ("alert-imported-derived", true, false),
    ("alert-tagged", false, false),
    ("alert-deleted", false, false),
    ("alert-of-falcon2thehive", false, false),
    ("alert-of-falcon2thehive-imported", false, false),
    ("alert-of-falcon2thehive-next-gen-siem", false, false),
    ("alert-of-another-source", false, false),
    ("case-created", true, false),
    ("case-created-derived", false, false),
    ("case-closed", true, false),
    ("case-closed-derived", false, false),
    ("case-merged", false, false),
    ("case-tagged", false, false),
    ("case-field-filled", false, false),
    ("case-of-another-source", false, false),
    ("task-closed", false, false),
    ("responder-finished", false, false),
];

fn json(path: &str) -> Value {
    serde_json::from_str(&fixture(&format!("thehive/{path}.json"))).unwrap()
}

fn event(name: &str) -> Value {
    json(&format!("events/{name}"))
}

fn document() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/thehive.md")).unwrap()
}

/// What a path leads to; `None` where a member is missing.
fn member<'event>(event: &'event Value, path: &str) -> Option<&'event Value> {
    path.split('.').try_fold(event, |value, key| value.get(key))
}

/// The field and the value of an operator, in the form that the filter has to keep.
fn operands(operator: &str, operand: &Value, form: Form) -> (String, Value) {
    let operand = operand.as_object().unwrap();
    match (form, operand.get("_field"), operand.get("_value")) {
        (Form::Named, Some(field), Some(value)) if operand.len() == 2 => {
            (field.as_str().unwrap().into(), value.clone())
        }
        (Form::Short, None, None) if operand.len() == 1 => {
            operand.iter().next().map(|(field, value)| (field.clone(), value.clone())).unwrap()
        }
        _ => panic!("{operator} of {operand:?} is not in the form {form:?}"),
    }
}

/// Whether an event passes a filter, as TheHive documents the operators.
fn passes(filter: &Value, event: &Value, form: Form) -> bool {
    let filter = filter.as_object().unwrap();
    assert_eq!(filter.len(), 1, "one operator each: {filter:?}");
    let (operator, operand) = filter.iter().next().unwrap();
    let any_of = |operand: &Value| operand.as_array().unwrap().clone();
    let compared = || {
        let (field, value) = operands(operator, operand, form);
        (member(event, &field).cloned(), value)
    };
    match (operator.as_str(), form) {
        ("_and", _) => any_of(operand).iter().all(|filter| passes(filter, event, form)),
        ("_or", _) => any_of(operand).iter().any(|filter| passes(filter, event, form)),
        ("_not", _) => !passes(operand, event, form),
        ("_eq", Form::Named) | ("_is", Form::Short) => {
            let (found, value) = compared();
            found == Some(value)
        }
        ("_has", Form::Named) => member(event, operand.as_str().unwrap()).is_some(),
        ("_contains", Form::Short) => {
            let (found, value) = compared();
            matches!((found, value), (Some(Value::String(found)), Value::String(part)) if found.contains(&part))
        }
        ("_like", _) => {
            let (found, value) = compared();
            matches!((found, value), (Some(Value::String(found)), Value::String(like)) if is_like(&found, &like))
        }
        _ => panic!("{operator} is no operator of the form {form:?}"),
    }
}

/// Whether a text fits a pattern in which a star stands for any text.
fn is_like(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => text == pattern,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| is_like(&rest[at..], after))
        }),
    }
}

#[test]
fn the_filters_catch_the_events_that_the_documents_say() {
    let tutorials = json("notification-filter-of-the-tutorial");
    for (name, ours, tutorial) in EVENTS {
        let event = event(name);
        for (filter, form) in FILTERS {
            assert_eq!(passes(&json(filter), &event, form), ours, "{filter} on {name}");
        }
        assert_eq!(passes(&tutorials, &event, Form::Short), tutorial, "the tutorial's on {name}");
        let row = document().lines().find(|line| line.contains(&format!("`{name}`"))).map(str::to_owned);
        let said = |catches: bool| if catches { "yes" } else { "no" };
        let wanted = format!("| {} | {} |", said(tutorial), said(ours));
        assert!(row.is_some_and(|row| row.ends_with(&wanted)), "docs/thehive.md on {name}: {wanted}");
    }
    let events = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/thehive/events")).unwrap();
    assert_eq!(events.count(), EVENTS.len(), "each event is played");
}

#[test]
fn the_events_are_whole_entries_of_an_audit_log() {
    for (name, ..) in EVENTS {
        let event = event(name);
        let has = |members: &[&str]| members.iter().all(|member| event.get(member).is_some());
        assert!(
            has(&["_id", "_createdBy", "_createdAt", "requestId", "rootId", "objectId", "details", "context"]),
            "{name}"
        );
        assert!(event["_type"] == "Audit" && event["mainAction"].is_boolean(), "{name}");
        assert!(["create", "update", "delete", "merge"].contains(&event["action"].as_str().unwrap()), "{name}");
        assert!(event["organisation"]["organisationId"].is_string(), "{name}");
        if event["action"] == "delete" {
            assert_eq!(event.get("object"), None, "nothing is left of it");
        } else {
            assert_eq!(
                (&event["object"]["_id"], &event["object"]["_type"]),
                (&event["objectId"], &event["objectType"])
            );
        }
    }
}

#[test]
fn an_entry_that_does_not_tell_whether_it_is_derived_is_caught() {
    let mut event = event("case-closed");
    event.as_object_mut().unwrap().remove("mainAction");
    for (filter, form) in FILTERS {
        assert!(passes(&json(filter), &event, form), "{filter}");
    }
}

/// The lines that docs/thehive.md has for alerts of falcon2thehive, in this form.
fn lines_for_falcon2thehive(form: Form) -> Vec<Value> {
    let document = document();
    let section = document.split("### Alerts of falcon2thehive").nth(1).unwrap().split("\n#").next().unwrap();
    let blocks = section.split("```json\n").skip(1).filter_map(|block| block.split("```").next());
    let lines = blocks.flat_map(str::lines).map(|line| line.trim_end_matches(','));
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["_like"].get("_field").is_some() == (form == Form::Named)).collect()
}

#[test]
fn alerts_that_are_known_by_their_source_take_a_line_more() {
    for (filter, form) in FILTERS {
        let mut filter = json(filter);
        let lines = lines_for_falcon2thehive(form);
        assert_eq!(lines.len(), 2, "endpoint and Next-Gen SIEM detections");
        filter["_and"][2]["_or"].as_array_mut().unwrap().extend(lines);
        for (name, ours, _) in EVENTS {
            let caught = passes(&filter, &event(name), form);
            assert_eq!(caught, ours || name.starts_with("alert-of-falcon2thehive"), "{form:?} on {name}");
        }
    }
}

#[test]
#[should_panic(expected = "is not in the form Named")]
fn a_short_form_in_the_filter_for_5_4_would_fail_here() {
    let short = serde_json::json!({"_and": [{"_eq": {"action": "update"}}]});
    passes(&short, &event("case-closed"), Form::Named);
}

#[test]
#[should_panic(expected = "_is is no operator of the form Named")]
fn a_deprecated_operator_in_the_filter_for_5_4_would_fail_here() {
    let deprecated = serde_json::json!({"_not": {"_is": {"_field": "action", "_value": "update"}}});
    passes(&deprecated, &event("case-closed"), Form::Named);
}
