//! The definition of each service, held against Cortex's rules and against what the code reads.

use std::collections::BTreeSet;

use cortex_falcon::config::{DefaultValue, ITEMS, Item, Type};
use cortex_falcon::service::{FLAVORS, Flavor};
use serde_json::{Value, json};

use crate::common::{Responder, job};

fn definition_of(flavor: &Flavor) -> Value {
    let path = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), flavor.definition);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The items that all services share, and those of this one.
fn items_of(flavor: &Flavor) -> Vec<Item> {
    ITEMS.iter().chain(flavor.items).copied().collect()
}

#[test]
fn sync_is_a_drop_in_for_the_python_responder() {
    let definition = definition_of(&FLAVORS[0]);
    let id = format!("{}_{}", definition["name"].as_str().unwrap(), definition["version"].as_str().unwrap())
        .replace('.', "_");
    assert_eq!(id, "CrowdStrikeFalcon_Sync_1_0", "TheHive's notifications name this id");
    assert_eq!(definition["config"], json!({"service": "sync"}));
    let upstream =
        ["client_id", "client_secret", "base_url", "custom_field_name_alert_id", "custom_field_name_incident_id"];
    let names: Vec<&str> = ITEMS.iter().map(|item| item.name).take(upstream.len()).collect();
    assert_eq!(names, upstream);
}

#[test]
fn each_definition_keeps_cortexs_rules() {
    for flavor in FLAVORS {
        let definition = definition_of(flavor);
        for required in
            ["name", "version", "author", "url", "license", "description", "command", "baseConfig", "dockerImage"]
        {
            assert!(definition[required].as_str().is_some_and(|text| !text.trim().is_empty()), "{required}");
        }
        assert_eq!(definition["license"], "AGPL-V3");
        assert_eq!(definition["baseConfig"], "CrowdstrikeFalcon");
        assert_eq!(definition["config"], json!({"service": flavor.name}));
        let name = definition["name"].as_str().unwrap();
        assert!(!name.contains(|c: char| c.is_whitespace() || c == '/'), "{name}");
        let command = definition["command"].as_str().unwrap();
        assert_eq!(command, "CrowdstrikeFalcon/cortex-falcon", "relative to the responders folder");
        let types: BTreeSet<&str> =
            definition["dataTypeList"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(types, flavor.kinds.iter().map(|kind| kind.data_type()).collect());
    }
}

#[test]
fn each_definition_and_the_code_know_the_same_items() {
    for flavor in FLAVORS {
        let definition = definition_of(flavor);
        let defined = definition["configurationItems"].as_array().unwrap();
        assert_eq!(defined.len(), items_of(flavor).len());
        for (defined, item) in defined.iter().zip(items_of(flavor)) {
            let kind = match item.kind() {
                Type::String => "string",
                Type::Number => "number",
                Type::Boolean => "boolean",
            };
            let expected = json!({
                "name": item.name,
                "description": defined["description"],
                "type": kind,
                "multi": item.is_multi(),
                "required": item.required,
                "defaultValue": default_value(item.default),
            });
            assert_eq!(*defined, expected);
            let description = defined["description"].as_str().unwrap();
            assert!(
                description.len() > 30 && description.ends_with('.'),
                "an admin understands {}: {description}",
                item.name
            );
        }
    }
}

fn default_value(default: DefaultValue) -> Value {
    match default {
        DefaultValue::Text(text) => json!(text),
        DefaultValue::Texts(texts) => json!(texts),
        DefaultValue::Number(number) => json!(number),
        DefaultValue::Switch(on) => json!(on),
    }
}

#[test]
fn every_item_is_read() {
    for flavor in FLAVORS {
        for item in items_of(flavor) {
            let job = job("thehive5-case")
                .with("/config/service", flavor.name)
                .with(&format!("/config/{}", item.name), json!({"no": "item looks like this"}));
            Responder::new()
                .stdin(job.0.to_string())
                .run()
                .fails_with(&[&format!("configuration item {} has a value", item.name)]);
        }
    }
}
