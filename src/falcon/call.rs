//! What can be asked of Falcon, as values: a [`Call`] changes something, a [`Query`] reads something.
//!
//! One endpoint is one function, in the file of its resource ([`super::alerts`], [`super::incidents`], [`super::cases`],
//! [`super::search`]).

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::cloud::BaseUrl;
use super::effect::Effect;
use super::objects::Objects;

/// The members of a body that list the IDs of its objects.
const ID_LISTS: [&str; 2] = ["composite_ids", "ids"];

/// A request to Falcon's API. It knows nothing of a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path, below the base URL; what is in it from outside is percent-encoded.
    pub path: Cow<'static, str>,
    /// What stands behind the question mark, encoded.
    pub query: Option<Cow<'static, str>>,
    /// The JSON body.
    pub body: Option<Value>,
    /// The scope that the API client needs for it, as Falcon's console names it.
    pub scope: &'static str,
}

impl Request {
    /// A request with a body.
    pub(super) fn with_body(
        method: Method,
        path: impl Into<Cow<'static, str>>,
        body: Value,
        scope: &'static str,
    ) -> Request {
        Request { method, path: path.into(), query: None, body: Some(body), scope }
    }

    pub(super) fn url(&self, base_url: &BaseUrl) -> url::Url {
        let mut url = base_url.join(&self.path);
        url.set_query(self.query.as_deref());
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
    /// How to find out what became of it, for when the answer is unclear.
    pub(crate) look: Look,
    /// What is sent instead if Falcon refuses the whole request.
    pub(crate) if_refused: IfRefused,
    /// The statuses that the job read before, by ID.
    pub(crate) baseline: Baseline,
}

/// The statuses that a job read before it changed them, by ID.
pub(crate) type Baseline = Arc<HashMap<String, String>>;

/// What is sent instead of a request that Falcon refused as a whole.
#[derive(Debug, Clone, Default)]
pub(crate) enum IfRefused {
    /// Nothing: the refusal is the outcome.
    #[default]
    Final,
    /// The same request for each half of its IDs.
    Halves,
    /// The same request for two of its IDs, each alone, and for halves of the others if it is accepted for one of the two. If not,
    /// what it does is refused, and not the IDs.
    HalvesIfAccepted,
    /// The request without its extra actions, and after that has gone through, each extra action alone.
    WithoutExtras { plain: Box<Call>, extras: Vec<Call> },
}

impl IfRefused {
    fn of(&self, ids: &[String]) -> IfRefused {
        match self {
            IfRefused::Final => IfRefused::Final,
            IfRefused::Halves => IfRefused::Halves,
            IfRefused::HalvesIfAccepted => IfRefused::HalvesIfAccepted,
            IfRefused::WithoutExtras { plain, extras } => IfRefused::WithoutExtras {
                plain: Box::new(plain.of(ids.to_vec())),
                extras: extras.iter().map(|extra| extra.of(ids.to_vec())).collect(),
            },
        }
    }
}

impl Call {
    /// Returns a call of which nothing else is sent if it is refused.
    pub(super) fn new(request: Request, change: Change, look: Look) -> Call {
        Call { request, change, look, if_refused: IfRefused::Final, baseline: Baseline::default() }
    }

    /// The same call, which is looked after until its objects show what was asked for.
    #[must_use]
    pub(crate) fn verified(mut self) -> Call {
        // Falcon may show a user under another name than the one that was sent.
        if let (Look::At(read), false) = (&self.look, matches!(self.change.effect, Effect::Assigned(_))) {
            self.look = Look::Always(*read);
        }
        if let IfRefused::WithoutExtras { plain, extras } = self.if_refused {
            let (plain, extras) = (Box::new(plain.verified()), extras.into_iter().map(Call::verified).collect());
            self.if_refused = IfRefused::WithoutExtras { plain, extras };
        }
        self
    }

    /// Returns the same call after the job has read these statuses.
    #[must_use]
    pub(crate) fn after_reading(mut self, baseline: &Baseline) -> Call {
        self.baseline = Arc::clone(baseline);
        if let IfRefused::WithoutExtras { plain, extras } = self.if_refused {
            let plain = Box::new(plain.after_reading(baseline));
            self.if_refused = IfRefused::WithoutExtras { plain, extras };
        }
        self
    }

    /// Whether the IDs are a list in the body, of which a part can be sent.
    pub(super) fn names_ids_in_a_list(&self) -> bool {
        let body = self.request.body.as_ref().and_then(Value::as_object);
        body.is_some_and(|body| ID_LISTS.iter().any(|member| body.get(*member).is_some_and(Value::is_array)))
    }

    /// The same call for these of its ids.
    #[must_use]
    pub(crate) fn of(&self, ids: Vec<String>) -> Call {
        let if_refused = self.if_refused.of(&ids);
        let mut call = Call { if_refused, ..self.clone() };
        if let Some(Value::Object(body)) = &mut call.request.body {
            for (member, of) in body.iter_mut().filter(|(_, value)| value.is_array()) {
                if ID_LISTS.contains(&member.as_str()) {
                    *of = json!(ids);
                }
            }
        }
        call.change.ids = ids;
        call
    }
}

/// How to find out what became of a call.
#[derive(Debug, Clone)]
pub(crate) enum Look {
    /// By reading these objects. Such a call may be sent again: done twice it is the same.
    At(fn(&[String]) -> Query<Objects>),
    /// The same, even where the answer is clear.
    Always(fn(&[String]) -> Query<Objects>),
    /// By reading these objects. Such a call must not be sent again where it may have arrived: done twice it is not the same.
    Once(fn(&[String]) -> Query<Objects>),
    /// By a tag that only what it creates has. Such a call must not be sent again where it may have arrived.
    ForMark(String),
    /// Not at all: such a call may be sent again, and an answer of any shape will do.
    Nowhere,
}

/// What a call changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The kind of object.
    pub target: Target,
    /// The ids of the objects; none of what is to be created.
    pub ids: Vec<String>,
    /// What becomes of them.
    pub effect: Effect,
}

/// The kind of object that a call changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// An alert, which the console and older documents call a detection.
    Alert,
    /// An incident, retired on 2026-03-09.
    Incident,
    /// A case of Next-Gen SIEM.
    Case,
    /// An event of Next-Gen SIEM.
    Event,
    /// A search in Next-Gen SIEM's events.
    Search,
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Target::Alert => "alert",
            Target::Incident => "incident",
            Target::Case => "case",
            Target::Event => "event",
            Target::Search => "search",
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
    /// It was done, and is not any more.
    Reopened,
}

impl Status {
    /// All of them.
    pub(crate) const ALL: [Status; 4] = [Status::New, Status::InProgress, Status::Closed, Status::Reopened];

    /// Returns the status that an alert, incident or case shows with this text.
    #[must_use]
    pub(crate) fn shown_as(text: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| [status.word(), status.code()].contains(&text))
    }

    /// Whether work that has this status is further along than work that has the other one.
    #[must_use]
    pub(crate) fn is_further_along_than(self, other: Status) -> bool {
        let rank = |status| match status {
            Status::New => 0,
            Status::InProgress | Status::Reopened => 1,
            Status::Closed => 2,
        };
        rank(self) > rank(other)
    }

    /// The number that incidents have for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Status::New => "20",
            Status::Reopened => "25",
            Status::InProgress => "30",
            Status::Closed => "40",
        }
    }

    /// The word that alerts and cases have for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::InProgress => "in_progress",
            Status::Closed => "closed",
            Status::Reopened => "reopened",
        }
    }
}

/// A read: it changes nothing, so no report tells it unless it fails.
#[derive(Debug)]
pub(crate) struct Query<T> {
    /// What is sent.
    pub request: Request,
    /// What Falcon is to do, for behind the words "Falcon did not".
    pub what: &'static str,
    /// What a rehearsal takes for the answer.
    pub assumed: T,
}
