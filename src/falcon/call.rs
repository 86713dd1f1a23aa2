//! What can be asked of Falcon, as values: a [`Call`] changes something, a [`Query`] reads something.
//!
//! One endpoint is one function, in the file of its resource ([`super::alerts`], [`super::incidents`], [`super::cases`]).

use std::collections::{HashMap, HashSet};
use std::fmt;

use reqwest::Method;
use serde_json::{Value, json};

use super::cloud::BaseUrl;

/// A request to Falcon's API. It knows nothing of a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path, below the base URL.
    pub path: &'static str,
    /// What stands behind the question mark.
    pub query: Option<&'static str>,
    /// The JSON body.
    pub body: Option<Value>,
    /// The scope that the API client needs for it, as Falcon's console names it.
    pub scope: &'static str,
}

impl Request {
    pub(super) fn url(&self, base_url: &BaseUrl) -> url::Url {
        let mut url = base_url.join(self.path);
        url.set_query(self.query);
        url
    }

    /// The request as a rehearsal shows it.
    #[must_use]
    pub(crate) fn as_json(&self, base_url: &BaseUrl) -> Value {
        json!({"method": self.method.as_str(), "url": self.url(base_url).as_str(), "body": self.body})
    }
}

impl fmt::Display for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

/// A write: told in the report, whatever becomes of it.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is sent.
    pub request: Request,
    /// What it changes.
    pub change: Change,
    /// How to read the changed objects back, for when the answer is unclear.
    pub(crate) read_back: fn(&[String]) -> Query<Statuses>,
}

/// What a call changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The kind of object.
    pub target: Target,
    /// The ids of the objects.
    pub ids: Vec<String>,
    /// Their new status, as Falcon writes it: what an answer must show.
    pub status: &'static str,
    /// Their new status, as people read it.
    pub to: &'static str,
}

impl Change {
    /// What was done to the objects, in one word: `updated`.
    #[must_use]
    pub(crate) fn word(&self) -> &'static str {
        "updated"
    }

    /// What comes behind that word: ` to closed`.
    #[must_use]
    pub(crate) fn rest(&self) -> String {
        format!(" to {}", self.to)
    }
}

/// The kind of object that a call changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An alert, which the console and older documents call a detection.
    Alert,
    /// An incident, retired on 2026-03-09.
    Incident,
    /// A case of Next-Gen SIEM.
    Case,
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Target::Alert => "alert",
            Target::Incident => "incident",
            Target::Case => "case",
        })
    }
}

/// The status that an alert, incident or case is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody has taken it up.
    New,
    /// Somebody works on it.
    InProgress,
    /// The work is done.
    Closed,
}

impl Status {
    /// The word that alerts and cases have for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::InProgress => "in_progress",
            Status::Closed => "closed",
        }
    }
}

/// A read: it changes nothing, so no report tells it unless it fails.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query<T> {
    /// What is sent.
    pub request: Request,
    /// What a rehearsal takes for the answer.
    pub assumed: T,
}

/// What the answer to a read says of each object's status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Statuses {
    /// The objects that it shows, by id; one may be there twice.
    pub(crate) shown: HashMap<String, Vec<FoundStatus>>,
    /// The ids that it says there is nothing of.
    pub(crate) unknown: HashSet<String>,
}

/// A status as it came, to be compared, and as it may stand in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundStatus {
    pub(crate) raw: String,
    pub(crate) quoted: String,
    /// Whether Falcon says of the object that this is its newest state, or says nothing of that.
    pub(crate) is_newest: bool,
}
