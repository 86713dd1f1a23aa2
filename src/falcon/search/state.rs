//! How far a search has got, as Falcon shows it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::body_of;
use crate::falcon::read::Read;
use crate::falcon::reason::Reason;
use crate::falcon::refusal::unreadable;
use crate::http::Answer;
use crate::http::json::{Items, Maybe, Object, Text};
use crate::secret::Secrets;

/// More events come in no answer: the server's own limit is 200, and 1,500 rows of an aggregate.
const MOST_EVENTS: usize = 2_000;

const MOST_WARNINGS: usize = 20;

/// How far a search has got.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) is_done: bool,
    pub(crate) is_cancelled: bool,
    /// What it has found, as far as the server tells.
    pub(crate) events: Vec<Value>,
    /// How many it has found.
    pub(crate) event_count: u64,
    /// When the server wants to be asked again.
    pub(crate) poll_after: Option<Duration>,
    /// What is wrong with it, fit to be shown.
    pub(crate) warnings: Vec<String>,
}

/// An answer, as far as it is read.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    done: Text,
    #[serde(default)]
    cancelled: Text,
    events: Option<Items<Value, MOST_EVENTS>>,
    #[serde(default, rename = "metaData")]
    meta: Maybe<Meta>,
    #[serde(default)]
    warnings: Items<Warning, MOST_WARNINGS>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    #[serde(default)]
    event_count: Text,
    #[serde(default)]
    poll_after: Text,
    #[serde(default)]
    warning: Items<Warning, 1>,
    #[serde(default)]
    warnings: Items<Warning, MOST_WARNINGS>,
}

impl Read for State {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<State, Reason> {
        let Object(body): Object<Body> = body_of(answer, secrets)?;
        let meta = body.meta.0.unwrap_or_default();
        let is_done = match body.done.as_str() {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(unreadable(answer, "no state of a search", true, secrets)),
        };
        let is_cancelled = body.cancelled.as_str() == Some("true");
        let counted = meta.event_count.as_number();
        if is_done && !is_cancelled && body.events.is_none() && counted.is_none() {
            return Err(unreadable(answer, "a search that is done and tells nothing of events", true, secrets));
        }
        let Items { kept: events, dropped, .. } = body.events.unwrap_or_default();
        let shown = (events.len() + dropped) as u64;
        let warnings = body.warnings.kept.into_iter().chain(meta.warnings.kept).chain(meta.warning.kept);
        let mut texts: Vec<String> = Vec::new();
        for text in warnings.filter_map(|warning| Some(secrets.quote(&warning.0?))) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        Ok(State {
            is_done,
            is_cancelled,
            event_count: counted.unwrap_or(shown),
            events,
            poll_after: meta.poll_after.as_number().map(Duration::from_millis),
            warnings: texts,
        })
    }
}

/// A warning of any shape: its words, or all of it; none where there is nothing in it.
#[derive(Debug)]
struct Warning(Option<String>);

impl<'de> Deserialize<'de> for Warning {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Warning, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let words = ["message", "warning", "description"].iter().find_map(|key| value[*key].as_str());
        let text = words.or(value.as_str()).map_or_else(|| value.to_string(), str::to_owned);
        let is_empty = text.trim().is_empty() || matches!(text.as_str(), "{}" | "[]" | "null" | "false");
        Ok(Warning((!is_empty).then_some(text)))
    }
}
