//! The references in the documents, held against what the code reads: configuration items, and services.

use cortex_falcon::config::{DefaultValue, ITEMS, Item, Type};
use cortex_falcon::service::FLAVORS;

fn text(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The items that services have of their own, each once.
fn own_items() -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for item in FLAVORS.iter().flat_map(|flavor| flavor.items) {
        if !items.contains(item) {
            items.push(*item);
        }
    }
    items
}

/// The default of an item, as the documents write it.
fn default_of(item: Item) -> String {
    match item.default {
        DefaultValue::Text("") => String::new(),
        DefaultValue::Text(text) => format!("`{text}`"),
        DefaultValue::Texts(texts) => texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(" "),
        DefaultValue::Number(number) => format!("`{number}`"),
        DefaultValue::Switch(on) => format!("`{on}`"),
    }
}

/// A row of a table; a cell with nothing in it is one blank.
fn row(cells: &[&str]) -> String {
    format!("| {} |", cells.join(" | ")).replace("|  |", "| |")
}

#[test]
fn the_configuration_reference_is_what_the_code_reads() {
    let reference = text("docs/configuration.md");
    let told = |item: Item| {
        let kind = match item.kind() {
            Type::String => "string",
            Type::Number => "number",
            Type::Boolean => "boolean",
        };
        let kind = if item.is_multi() { format!("{kind}, several") } else { kind.to_owned() };
        let need = if item.required { "required" } else { "optional" };
        row(&[&format!("`{}`", item.name), &kind, need, &default_of(item)])
    };
    let rows = ITEMS.into_iter().map(told).chain(own_items().into_iter().map(|item| {
        let services = FLAVORS.iter().filter(|flavor| flavor.items.contains(&item));
        let services: Vec<String> = services.map(|flavor| format!("`{}`", flavor.name)).collect();
        // What all of them have is said so.
        let services = if services.len() + 1 == FLAVORS.len() { "all but sync".to_owned() } else { services.join(" ") };
        format!("{} {services} |", told(item))
    }));
    for row in rows {
        assert!(reference.contains(&row), "{row:?} is not in docs/configuration.md");
    }
}

#[test]
fn each_service_has_its_section_with_its_items_and_its_row_with_its_scopes() {
    let document = text("docs/services.md");
    for flavor in &FLAVORS[1..] {
        let heading = format!("\n## {}\n", flavor.name);
        let section = document.split(&heading).nth(1).unwrap_or_else(|| panic!("{heading} is missing"));
        let section = section.split("\n## ").next().unwrap();
        // The custom field with the ids of events is of all of them, and stands before.
        for item in flavor.items.iter().filter(|item| item.name != "custom_field_name_event_id") {
            let row = row(&[&format!("`{}`", item.name), &default_of(*item), ""]);
            assert!(section.contains(row.trim_end_matches(" |")), "{row} is not in the section of {}", flavor.name);
        }
        let kinds: Vec<&str> = flavor.kinds.iter().map(|kind| kind.name()).collect();
        let line = document.lines().find(|line| line.contains(&format!("](#{}) |", flavor.name))).unwrap();
        let id = flavor.definition.trim_start_matches("flavors/").replace(".json", "_1_0");
        assert!(line.contains(&format!("[`{id}`]")) && line.contains(&format!("| {} |", kinds.join(", "))), "{line}");
    }
}

#[test]
fn what_sync_does_beside_the_status_is_told_item_by_item() {
    let document = text("docs/sync.md");
    let (sync, rows) = (&FLAVORS[0], document.lines().filter(|line| line.starts_with("| `")).collect::<Vec<_>>());
    let named = |item: &Item| row(&[&format!("`{}`", item.name), &default_of(*item), ""]);
    for item in sync.items {
        let row = named(item);
        assert!(rows.iter().any(|line| line.starts_with(row.trim_end_matches(" |"))), "{row} is not in docs/sync.md");
    }
}
