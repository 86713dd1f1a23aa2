//! Searches in Next-Gen SIEM's events.
//!
//! A search is started, polled as its answers ask, and ends by itself about 90 seconds after the last poll.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, Change, Look, Query, Request, Target};
use super::effect::Effect;
use super::envelope::Envelope;
use super::read::Read;
use super::reason::Reason;
use super::refusal::{no_envelope, refused, unreadable};
use crate::http::Answer;
use crate::http::json::{Items, Maybe, Object, Text};
use crate::secret::Secrets;

/// What a search takes to start, and to stop.
pub(crate) const WRITE: &str = "NGSIEM: write";
/// What it takes to look at one.
pub(crate) const READ: &str = "NGSIEM: read";

/// More events come in no answer: the server's own limit is 200, and 1,500 rows of an aggregate.
const MOST_EVENTS: usize = 2_000;

/// Where a search runs, and what for.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The repository or view.
    pub repository: String,
    /// In CrowdStrike's query language.
    pub query: String,
    /// The beginning of the time that is searched: `7d`, a moment, or milliseconds.
    pub start: Value,
    /// Its end.
    pub end: Value,
}

/// A search that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) repository: String,
    pub(crate) id: String,
}

/// Starts a search.
#[must_use]
pub(crate) fn start(question: &Question) -> Query<Started> {
    let Question { repository, query, start, end } = question;
    let body = json!({"queryString": query, "start": start, "end": end, "isLive": false});
    let request = Request::with_body(Method::POST, jobs(repository), body, WRITE);
    Query { request, what: "start the search", assumed: Started { id: "(the id of the search)".to_owned() } }
}

/// Looks at a search, which also keeps it going.
#[must_use]
pub(crate) fn look_at(search: &Search) -> Query<State> {
    let request = Request { method: Method::GET, path: job(search).into(), query: None, body: None, scope: READ };
    let assumed = State { is_done: true, ..State::default() };
    Query { request, what: "show the search", assumed }
}

/// Stops a search.
#[must_use]
pub(crate) fn stop(search: &Search) -> Call {
    let request = Request { method: Method::DELETE, path: job(search).into(), query: None, body: None, scope: WRITE };
    let change = Change { target: Target::Search, ids: vec![search.id.clone()], effect: Effect::Stopped };
    Call { request, change, look: Look::Nowhere }
}

fn jobs(repository: &str) -> String {
    format!("/humio/api/v1/repositories/{}/queryjobs", segment(repository))
}

fn job(search: &Search) -> String {
    format!("{}/{}", jobs(&search.repository), segment(&search.id))
}

fn segment(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}

/// The id of a search that was started.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) id: String,
}

impl Read for Started {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<Started, Reason> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            id: Text,
        }
        let Object(body): Object<Body> = body_of(answer, secrets)?;
        let id = body.id.as_str().filter(|id| !id.trim().is_empty());
        id.map(|id| Started { id: id.to_owned() })
            .ok_or_else(|| unreadable(answer, "a search without an id", true, secrets))
    }
}

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

impl Read for State {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<State, Reason> {
        #[derive(Deserialize)]
        struct Body {
            done: Option<Text>,
            #[serde(default)]
            cancelled: Text,
            #[serde(default)]
            events: Items<Value, MOST_EVENTS>,
            #[serde(default, rename = "metaData")]
            meta: Maybe<Meta>,
            #[serde(default)]
            warnings: Items<Warning, MOST_WARNINGS>,
        }
        #[derive(Deserialize)]
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
        const MOST_WARNINGS: usize = 20;
        let Object(body): Object<Body> = body_of(answer, secrets)?;
        let Some(done) = body.done else { return Err(unreadable(answer, "no state of a search", true, secrets)) };
        let mut warnings: Vec<Warning> = body.warnings.kept;
        let (mut event_count, mut poll_after) = (None, None);
        if let Some(meta) = body.meta.0 {
            warnings.extend(meta.warnings.kept.into_iter().chain(meta.warning.kept));
            (event_count, poll_after) = (meta.event_count.as_number(), meta.poll_after.as_number());
        }
        let mut texts: Vec<String> = warnings.iter().map(|warning| secrets.quote(&warning.0)).collect();
        texts.dedup();
        Ok(State {
            is_done: done.as_str() == Some("true"),
            is_cancelled: body.cancelled.as_str() == Some("true"),
            event_count: event_count.unwrap_or(body.events.kept.len() as u64),
            events: body.events.kept,
            poll_after: poll_after.map(Duration::from_millis),
            warnings: texts,
        })
    }
}

/// A warning of any shape: its words, or all of it.
#[derive(Debug)]
struct Warning(String);

impl<'de> Deserialize<'de> for Warning {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Warning, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let words = ["message", "warning", "description"].iter().find_map(|key| value[*key].as_str());
        Ok(Warning(words.or(value.as_str()).map_or_else(|| value.to_string(), str::to_owned)))
    }
}

/// The body of a good answer: what it says, and no envelope of Falcon's around it.
fn body_of<Body: serde::de::DeserializeOwned>(answer: &Answer, secrets: &Secrets) -> Result<Object<Body>, Reason> {
    let envelope = Envelope::read(&answer.body);
    if !answer.is_success() {
        return Err(refused(answer, envelope.ok().as_ref(), secrets));
    }
    match envelope {
        Ok(envelope) if envelope.errors().next().is_some() => {
            return Err(Reason::Named { message: envelope.message(secrets) });
        }
        Err(problem @ (super::envelope::NoEnvelope::NoJson | super::envelope::NoEnvelope::OtherJson)) => {
            return Err(no_envelope(answer, problem, secrets));
        }
        Ok(_) | Err(_) => {}
    }
    serde_json::from_slice(&answer.body)
        .map_err(|_| unreadable(answer, "JSON of another shape than a search's", true, secrets))
}
