//! Searches in Next-Gen SIEM's events.
//!
//! A search is started, polled as its answers ask, and ends by itself about 90 seconds after the last poll.

mod state;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

pub(crate) use state::{Rows, State};

use super::call::{Call, Change, Look, Query, Request, Target};
use super::effect::Effect;
use super::envelope::{Envelope, NoEnvelope};
use super::read::Read;
use super::reason::Reason;
use super::refusal::{no_envelope, refused, unreadable};
use crate::http::Answer;
use crate::http::json::{Object, Text, weight};
use crate::secret::Secrets;
use crate::text::is_invisible;

/// What a search takes to start, and to stop.
pub(crate) const WRITE: &str = "NGSIEM: write";
/// What it takes to look at one.
pub(crate) const READ: &str = "NGSIEM: read";

/// The heaviest answer that is taken apart: the memory, in bytes, that its parts may take. A thousand rows of a hundred fields
/// take a seventh of it.
const HEAVIEST_ANSWER: usize = 80_000_000;

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

impl Search {
    /// One that no tenant has.
    #[must_use]
    pub(super) fn of_nothing() -> Search {
        Search { repository: "search-all".to_owned(), id: "cortex-falcon-check".to_owned() }
    }
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
    Call::new(request, change, Look::Nowhere)
}

fn jobs(repository: &str) -> String {
    format!("/humio/api/v1/repositories/{}/queryjobs", segment(repository))
}

fn job(search: &Search) -> String {
    format!("{}/{}", jobs(&search.repository), segment(&search.id))
}

/// Whether a text can be the name of a repository or the id of a search: a segment of a path that leads nowhere else, even
/// where a proxy decodes it.
#[must_use]
pub(crate) fn is_segment(text: &str) -> bool {
    const LONGEST: usize = 1_024;
    let leads_away = |part: &str| matches!(part, "." | "..");
    !text.trim().is_empty()
        && text.len() <= LONGEST
        && !text.chars().any(is_invisible)
        && !text.split(['/', '\\']).any(leads_away)
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
        match body.id.as_str().filter(|id| is_segment(id)) {
            Some(id) => Ok(Started { id: id.to_owned() }),
            None if Envelope::read(&answer.body).is_ok() => Err(Reason::NotShown),
            None => Err(unreadable(answer, "a search without an id", true, secrets)),
        }
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
        // So it may answer to a query that it cannot read.
        Err(NoEnvelope::OtherJson) if is_empty_list(&answer.body) => return Err(Reason::NotShown),
        Err(problem @ (NoEnvelope::NoJson | NoEnvelope::OtherJson | NoEnvelope::TooManyParts)) => {
            return Err(no_envelope(answer, problem, secrets));
        }
        Ok(_) | Err(NoEnvelope::OtherObject) => {}
    }
    if weight(&answer.body) > HEAVIEST_ANSWER {
        return Err(unreadable(answer, "JSON of too many small parts", true, secrets));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|_| unreadable(answer, "JSON of another shape than a search's", true, secrets))
}

fn is_empty_list(body: &[u8]) -> bool {
    serde_json::from_slice::<Vec<IgnoredAny>>(body).is_ok_and(|items| items.is_empty())
}
