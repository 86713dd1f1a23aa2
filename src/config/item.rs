//! The configuration items of the responder, and how one is read.
//!
//! [`ITEMS`] is the one list of them; a test holds `responder.json` against it. Nothing else reads the responder's own items.

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use crate::secret::Secrets;

/// The type of an item, in Cortex's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `string`
    String,
    /// `number`
    Number,
    /// `boolean`
    Boolean,
}

/// The value of an item where none is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// A text; empty for none.
    Text(&'static str),
    /// The texts of an item that takes several.
    Texts(&'static [&'static str]),
    /// A whole number.
    Number(u64),
    /// On or off.
    Switch(bool),
}

/// One configuration item, as a definition file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its name in the job's `config`.
    pub name: &'static str,
    /// Whether Cortex demands a value.
    pub required: bool,
    /// Its value where none is set, which tells its type, too.
    pub default: DefaultValue,
}

impl Item {
    /// Its type.
    #[must_use]
    pub fn kind(&self) -> Type {
        match self.default {
            DefaultValue::Text(_) | DefaultValue::Texts(_) => Type::String,
            DefaultValue::Number(_) => Type::Number,
            DefaultValue::Switch(_) => Type::Boolean,
        }
    }

    /// Whether Cortex takes a list of values for it.
    #[must_use]
    pub fn is_multi(&self) -> bool {
        matches!(self.default, DefaultValue::Texts(_))
    }
}

pub(crate) const fn required(name: &'static str, default: &'static str) -> Item {
    Item { name, required: true, default: DefaultValue::Text(default) }
}

pub(crate) const fn optional(name: &'static str, default: DefaultValue) -> Item {
    Item { name, required: false, default }
}

pub(super) const CLIENT_ID: Item = required("client_id", "");
pub(super) const CLIENT_SECRET: Item = required("client_secret", "");
pub(super) const BASE_URL: Item = required("base_url", "https://api.crowdstrike.com");
pub(super) const ALERT_FIELD: Item = required("custom_field_name_alert_id", "csfalcon-alert-id");
pub(super) const INCIDENT_FIELD: Item = required("custom_field_name_incident_id", "csfalcon-incident-id");
pub(super) const CASE_FIELD: Item = optional("custom_field_name_case_id", DefaultValue::Text("csfalcon-case-id"));
pub(super) const MEMBER_CID: Item = optional("member_cid", DefaultValue::Text(""));
pub(super) const TOKEN_URL: Item = optional("token_url", DefaultValue::Text(""));
pub(super) const SCOPE: Item = optional("scope", DefaultValue::Texts(&[]));
pub(super) const VERIFY_SSL: Item = optional("verify_ssl", DefaultValue::Switch(true));
pub(super) const SYNC_TAG: Item = optional("sync_tag", DefaultValue::Text("csfalcon:synced"));
pub(super) const TOKEN_CACHE: Item = optional("token_cache", DefaultValue::Text(""));
pub(super) const THEHIVE_INSTANCE: Item = optional("thehive_instance", DefaultValue::Text(""));
pub(super) const TIMEOUT_SECONDS: Item = optional("timeout_seconds", DefaultValue::Number(120));

/// Of all services but the first.
pub(crate) const EVENT_FIELD: Item = optional("custom_field_name_event_id", DefaultValue::Text("csfalcon-event-id"));

/// Where TheHive is, and with which key to come, for services that ask it.
pub(crate) const THEHIVE_URL: Item = optional("thehive_url", DefaultValue::Text(""));
pub(crate) const THEHIVE_API_KEY: Item = optional("thehive_api_key", DefaultValue::Text(""));

/// The configuration items that all services share, in the order in which Cortex shows them.
pub const ITEMS: [Item; 14] = [
    CLIENT_ID,
    CLIENT_SECRET,
    BASE_URL,
    ALERT_FIELD,
    INCIDENT_FIELD,
    CASE_FIELD,
    MEMBER_CID,
    TOKEN_URL,
    SCOPE,
    VERIFY_SSL,
    SYNC_TAG,
    TIMEOUT_SECONDS,
    TOKEN_CACHE,
    THEHIVE_INSTANCE,
];

/// The word that turns an item off.
const OFF: &str = "none";

/// The job's `config`, read by item.
#[derive(Clone, Copy)]
pub(super) struct Values<'job>(pub(super) &'job Map<String, Value>);

impl<'job> Values<'job> {
    /// The text of an item without the blanks around it; `None` where it is not set or blank.
    pub(super) fn text(self, item: Item) -> Result<Option<String>> {
        Ok(self.text_as_set(item)?.filter(|text| !text.is_empty()))
    }

    /// The text of an item, or its default where it is not set or blank.
    pub(super) fn text_or_default(self, item: Item) -> Result<String> {
        Ok(self.text(item)?.unwrap_or_else(|| text_of(item)))
    }

    /// Returns the text of an item that can be turned off, or its default if it is not set; `None` if it is turned off: by
    /// the word `none`, because Cortex 4.1 stores null for a cleared text, or by the empty text that earlier versions store.
    pub(super) fn text_unless_off(self, item: Item) -> Result<Option<String>> {
        let text = self.text_as_set(item)?.unwrap_or_else(|| text_of(item));
        Ok(Some(text).filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case(OFF)))
    }

    /// Returns the words of a `multi` item.
    pub(super) fn texts(self, item: Item) -> Result<Vec<String>> {
        let rows = self.rows(item)?;
        Ok(rows.into_iter().flat_map(str::split_whitespace).map(str::to_owned).collect())
    }

    /// Returns the rows of a `multi` item, with the blanks inside them.
    pub(super) fn entries(self, item: Item) -> Result<Vec<String>> {
        Ok(self.rows(item)?.into_iter().map(str::to_owned).collect())
    }

    /// Returns the rows of a `multi` item without the blank ones. Cortex's form stores null for a row that was added and left
    /// empty, and `[null]` after the last row was removed.
    fn rows(self, item: Item) -> Result<Vec<&'job str>> {
        let rows = match self.value(item) {
            Some(Value::Array(rows)) => rows.as_slice(),
            Some(row) => std::slice::from_ref(row),
            None => &[],
        };
        let mut texts = Vec::new();
        for row in rows.iter().filter(|row| !row.is_null()) {
            match row {
                Value::String(text) => texts.push(text.trim()),
                _ => return wrong(item, "a list of strings"),
            }
        }
        texts.retain(|text| !text.is_empty());
        Ok(texts)
    }

    /// Returns the values of a `multi` item that takes none but those of its default, or these if it is not set.
    pub(super) fn choices(self, item: Item, secrets: &Secrets) -> Result<Vec<&'static str>> {
        let DefaultValue::Texts(known) = item.default else { return Ok(Vec::new()) };
        let texts = self.texts(item)?;
        if texts.is_empty() {
            return Ok(known.to_vec());
        }
        let choice = |text: &String| match known.iter().find(|known| *known == text) {
            Some(known) => Ok(*known),
            None => bail!(
                "the configuration item {} has the entry {:?}; expected any of {}. Correct it in Cortex (Organization → Responders).",
                item.name,
                secrets.quote_within(text, 40),
                known.join(", ")
            ),
        };
        texts.iter().map(choice).collect()
    }

    /// Whether an item is switched on.
    pub(super) fn switch(self, item: Item) -> Result<bool> {
        match self.value(item) {
            None => Ok(item.default == DefaultValue::Switch(true)),
            Some(Value::Bool(on)) => Ok(*on),
            Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => wrong(item, "true or false"),
        }
    }

    /// A whole number from 1 to this.
    pub(super) fn number(self, item: Item, most: u64) -> Result<u64> {
        let default = if let DefaultValue::Number(number) = item.default { Some(number) } else { None };
        match self.value(item).map_or(default, whole_number) {
            Some(number) if (1..=most).contains(&number) => Ok(number),
            _ => wrong(item, &format!("a whole number from 1 to {most}")),
        }
    }

    /// Returns the name that an item holds: lower-case letters, digits and dashes, at most this many.
    pub(super) fn name(self, item: Item, most: usize) -> Result<Option<String>> {
        let is_name = |text: &str| text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        match self.text(item)? {
            Some(text) if text.len() > most || !is_name(&text) => {
                wrong(item, &format!("up to {most} lower-case letters (a-z), digits and dashes"))
            }
            name => Ok(name),
        }
    }

    fn text_as_set(self, item: Item) -> Result<Option<String>> {
        match self.value(item) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(_) => wrong(item, "a string"),
        }
    }

    fn value(self, item: Item) -> Option<&'job Value> {
        self.0.get(item.name).filter(|value| {
            !value.is_null() && value.as_str().is_none_or(|text| item.kind() == Type::String || !text.trim().is_empty())
        })
    }
}

/// A whole number, as Cortex or a person writes it: some versions of Cortex keep numbers as floats and send 120.0.
pub(super) fn whole_number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.to_string().trim_end_matches(".0").parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn text_of(item: Item) -> String {
    if let DefaultValue::Text(text) = item.default { text.to_owned() } else { String::new() }
}

/// The value stays out of the message: somebody may have pasted a secret into the wrong field.
fn wrong<T>(item: Item, expected: &str) -> Result<T> {
    bail!(
        "the configuration item {} has a value of the wrong kind; expected {expected}. Correct it in Cortex (Organization → Responders).",
        item.name
    )
}
