//! Any text in a custom field: what is read is an ID, each once, and reading takes linear work.
#![no_main]

use std::collections::HashSet;

use cortex_falcon::falcon::{CaseId, CompositeId, EventId, IncidentId, InvalidId};
use cortex_falcon::service::id_field::read;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn check<Id: AsRef<str>>(
    values: &[Value],
    parse: fn(&str) -> Result<Id, InvalidId>,
    new: fn(&str) -> Result<Id, InvalidId>,
) {
    let found = read(values, parse);
    let mut seen = HashSet::new();
    for id in &found.ids {
        assert!(new(id.as_ref()).is_ok(), "{}", id.as_ref());
        assert!(seen.insert(id.as_ref()), "{}", id.as_ref());
        // Alone, it is the same.
        let alone = read(&[Value::from(id.as_ref())], new);
        assert!(alone.refused.is_empty(), "{:?}", alone.refused);
    }
    for (text, why) in &found.refused {
        assert!(!text.is_empty() && !why.to_string().is_empty());
    }
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let json = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let values = [Value::from(text), json];
    check(&values, CompositeId::read, CompositeId::new);
    check(&values, IncidentId::read, IncidentId::new);
    check(&values, CaseId::read, CaseId::new);
    check(&values, EventId::read, EventId::new);
});
