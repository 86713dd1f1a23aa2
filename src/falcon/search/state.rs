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
    /// How many it has found, or how many rows an aggregate has.
    pub(crate) event_count: u64,
    /// Whether there are more events than it counts: no search brings more than a few hundred.
    pub(crate) has_more: bool,
    /// What its events are.
    pub(crate) rows: Rows,
    /// How much of its work is done, and of how much.
    pub(crate) work: Option<(u64, u64)>,
    /// When the server wants to be asked again.
    pub(crate) poll_after: Option<Duration>,
    /// What is wrong with it, fit to be shown.
    pub(crate) warnings: Vec<String>,
}

/// What a search brings.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    #[default]
    Events,
    /// The rows of an aggregate.
    OfAggregate,
    /// The rows of an aggregate in which everything is zero: it has a row even if nothing matches.
    OfZeros,
}

impl State {
    /// Whether anything matches.
    #[must_use]
    pub(crate) fn is_hit(&self) -> bool {
        self.event_count > 0 || (!self.events.is_empty() && self.rows != Rows::OfZeros)
    }
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
    is_aggregate: Text,
    #[serde(default)]
    extra_data: Maybe<ExtraData>,
    #[serde(default)]
    work_done: Text,
    #[serde(default)]
    total_work: Text,
    #[serde(default)]
    warning: Items<Warning, 1>,
    #[serde(default)]
    warnings: Items<Warning, MOST_WARNINGS>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExtraData {
    #[serde(default)]
    has_more_events: Text,
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
        let is_cancelled = is_true(&body.cancelled);
        let counted = meta.event_count.as_number();
        if is_done && !is_cancelled && body.events.is_none() && counted.is_none() {
            return Err(unreadable(answer, "a search that is done and tells nothing of events", true, secrets));
        }
        let Items { kept: events, dropped, .. } = body.events.unwrap_or_default();
        let shown = (events.len() + dropped) as u64;
        let is_of_zeros = || dropped == 0 && !events.is_empty() && events.iter().all(is_row_of_zeros);
        let of_aggregate = || if is_of_zeros() { Rows::OfZeros } else { Rows::OfAggregate };
        let rows = if is_true(&meta.is_aggregate) { of_aggregate() } else { Rows::Events };
        let event_count = if rows == Rows::OfZeros { 0 } else { counted.unwrap_or(shown) };
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
            event_count,
            has_more: meta.extra_data.0.is_some_and(|extra| is_true(&extra.has_more_events)),
            rows,
            events,
            work: meta.work_done.as_number().zip(meta.total_work.as_number().filter(|total| *total > 0)),
            poll_after: meta.poll_after.as_number().map(Duration::from_millis),
            warnings: texts,
        })
    }
}

fn is_true(text: &Text) -> bool {
    text.as_str() == Some("true")
}

/// Whether a row of an aggregate says that nothing matched: no member but the time of its bucket is anything but zero.
fn is_row_of_zeros(row: &Value) -> bool {
    let is_zero = |value: &Value| match value {
        Value::Null => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => {
            let text = text.trim();
            text.is_empty() || text == "NaN" || text.parse() == Ok(0.0_f64)
        }
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    };
    row.as_object().is_some_and(|members| members.iter().all(|(name, value)| name == "_bucket" || is_zero(value)))
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
