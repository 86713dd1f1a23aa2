//! The definition of each service, held against Cortex's rules and against what the code reads.

use std::collections::BTreeSet;
use std::fs;

use cortex_falcon::config::{DefaultValue, ITEMS, Item, Type};
use cortex_falcon::service::{FLAVORS, Flavor};
use serde_json::{Value, json};

use crate::common::{Responder, job};

fn definition_of(flavor: &Flavor) -> Value {
    let path = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), flavor.definition);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The id that Cortex makes of a definition.
fn id_of(flavor: &Flavor) -> String {
    let definition = definition_of(flavor);
    let [name, version] = ["name", "version"].map(|member| definition[member].as_str().unwrap());
    format!("{name}_{version}").replace('.', "_")
}

/// The items that all services share, and those of this one.
fn items_of(flavor: &Flavor) -> Vec<Item> {
    ITEMS.iter().chain(flavor.items).copied().collect()
}

#[test]
fn sync_is_a_drop_in_for_the_python_responder() {
    assert_eq!(id_of(&FLAVORS[0]), "CrowdStrikeFalcon_Sync_1_0", "TheHive's notifications name this id");
    assert_eq!(definition_of(&FLAVORS[0])["config"], json!({"service": "sync"}));
    let upstream =
        ["client_id", "client_secret", "base_url", "custom_field_name_alert_id", "custom_field_name_incident_id"];
    let names: Vec<&str> = ITEMS.iter().map(|item| item.name).take(upstream.len()).collect();
    assert_eq!(names, upstream);
}

/// The services beside sync, and the ids by which TheHive and Cortex know them.
const IDS: [(&str, &str); 10] = [
    ("create_case", "CrowdStrikeFalcon_CreateCase_1_0"),
    ("update_case", "CrowdStrikeFalcon_UpdateCase_1_0"),
    ("add_evidence", "CrowdStrikeFalcon_AddEvidence_1_0"),
    ("add_tags", "CrowdStrikeFalcon_AddTags_1_0"),
    ("remove_tags", "CrowdStrikeFalcon_RemoveTags_1_0"),
    ("get_case", "CrowdStrikeFalcon_GetCase_1_0"),
    ("list_cases", "CrowdStrikeFalcon_ListCases_1_0"),
    ("search", "CrowdStrikeFalcon_Search_1_0"),
    ("get_search", "CrowdStrikeFalcon_GetSearch_1_0"),
    ("stop_search", "CrowdStrikeFalcon_StopSearch_1_0"),
];

#[test]
fn each_service_beside_sync_has_its_id_and_a_file_of_its_name() {
    let ids: Vec<(&str, String)> = FLAVORS[1..].iter().map(|flavor| (flavor.name, id_of(flavor))).collect();
    assert_eq!(ids, IDS.map(|(service, id)| (service, id.to_owned())));
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/flavors")).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| format!("flavors/{}", file.unwrap().file_name().display())).collect();
    let of_services = FLAVORS[1..].iter().map(|flavor| flavor.definition.to_owned()).collect();
    assert_eq!(files, of_services, "each file is of a service, and each service has one");
    for flavor in &FLAVORS[1..] {
        let name = definition_of(flavor)["name"].take();
        assert_eq!(flavor.definition, format!("flavors/{}.json", name.as_str().unwrap()));
    }
}

#[test]
fn what_the_services_share_reads_the_same_in_each_definition() {
    let own = ["name", "description", "dataTypeList", "config", "configurationItems"];
    let shared = |flavor: &Flavor| {
        let mut definition = definition_of(flavor);
        let items = definition["configurationItems"].as_array().unwrap()[..ITEMS.len()].to_vec();
        definition.as_object_mut().unwrap().retain(|name, _| !own.contains(&name.as_str()));
        (definition, items)
    };
    for flavor in FLAVORS {
        assert_eq!(shared(flavor), shared(&FLAVORS[0]), "{}", flavor.definition);
    }
}

#[test]
fn each_definition_keeps_cortexs_rules() {
    for flavor in FLAVORS {
        let definition = definition_of(flavor);
        for required in
            ["name", "version", "author", "url", "license", "description", "command", "baseConfig", "dockerImage"]
        {
            let is_set = definition[required].as_str().is_some_and(|text| !text.trim().is_empty());
            assert!(is_set, "{required} of {}", flavor.definition);
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
        assert_eq!(types, flavor.kinds.iter().map(|kind| kind.data_type()).collect(), "{}", flavor.definition);
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
            // What some services cannot do without is there for all.
            let job = job("thehive5-case")
                .with("/config/service", flavor.name)
                .with("/config/search_query", "\"{{id}}\"")
                .with("/parameters/search_id", "P7-kT4oWnSearchJob1")
                .with(&format!("/config/{}", item.name), json!({"no": "item looks like this"}));
            Responder::new()
                .stdin(job.0.to_string())
                .run()
                .fails_with(&[&format!("configuration item {} has a value", item.name)]);
        }
    }
}
