//! TheHive's own API, which tells what a job does not: the alerts that were merged into a case, and how an alert or case
//! stands by now.
//!
//! TheHive 5 and its predecessors have different paths (`question`). Which of them answer is found out by the first lookup. A
//! lookup is made once, within a time of its own, which ends with the job's: whoever asks can do without the answer.

mod question;
mod reply;

use std::fmt;
use std::slice;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::blocking::Request;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use url::Url;

use super::Kind;
use crate::http::network::{Network, Proxies, Trust};
use crate::http::retry::Budget;
use crate::http::url::{host_and_port, is_loopback};
use crate::http::{Answer, Http};
use crate::secret::Secrets;

use question::{Generation, PAGE, Question};
use reply::{Reply, object_in, page_in, reply};

/// The most alerts of one case that are asked for: where as many are told, there may be more.
pub(crate) const MOST_ALERTS: usize = 5_000;

/// The longest answer that is read, in bytes after decompression.
const LONGEST_ANSWER: usize = 8_000_000;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Where TheHive is, and with which key to come.
#[derive(Debug)]
pub(crate) struct Address {
    /// The URL below which its API is.
    pub(crate) url: Url,
    /// The key of a user of its.
    pub(crate) api_key: ApiKey,
}

/// An API key. Its `Debug` shows none of it.
#[derive(Clone)]
pub(crate) struct ApiKey(pub(crate) String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey")
    }
}

/// Why TheHive did not tell: a sentence without its full stop, fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreached(pub(crate) String);

/// A TheHive that can be asked.
#[derive(Debug)]
pub(crate) struct TheHive {
    http: Http,
    url: Url,
    /// `Bearer …`; marked as sensitive, so that its `Debug` shows none of it.
    authorization: HeaderValue,
    /// The time of one lookup, with all its pages.
    limit: Duration,
    /// Why it is not asked again: it took long to find that out, and would take as long each time.
    given_up: OnceLock<Unreached>,
    /// Whose paths it has, once that is known.
    generation: OnceLock<Generation>,
    secrets: Secrets,
}

impl TheHive {
    /// A TheHive that nothing was asked of yet, and warnings that the report is to carry. Those about certificates are not
    /// among them: they are the same as those of the way to Falcon. No proxy stands on the way: it is one to the outside.
    /// A lookup takes no longer than `limit`, and all together no longer than `budget`.
    ///
    /// # Errors
    /// [`Unreached`], where no request can be made with what is configured.
    pub(crate) fn new(
        address: &Address,
        trust: &Trust,
        limit: Duration,
        budget: Duration,
        secrets: Secrets,
    ) -> Result<(TheHive, Vec<String>), Unreached> {
        let Address { url, api_key: ApiKey(api_key) } = address;
        secrets.learn(api_key);
        let network = Network { trust: trust.clone(), proxies: Proxies::default(), budget };
        let (http, _) = Http::new(&network)
            .map_err(|error| Unreached(format!("TheHive cannot be asked: {}", secrets.quote(&format!("{error:#}")))))?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {api_key}"))
            .map_err(|_| Unreached("TheHive cannot be asked: its API key holds what fits no header".into()))?;
        authorization.set_sensitive(true);
        let url = url.clone();
        let (given_up, generation) = (OnceLock::new(), OnceLock::new());
        let hive = TheHive { http, url, authorization, limit, given_up, generation, secrets };
        let warnings = hive.warnings();
        Ok((hive, warnings))
    }

    /// Adds the alerts of a case, whole, as TheHive shows them; no more than [`MOST_ALERTS`]. Whether these are all.
    ///
    /// # Errors
    /// Why it did not tell all of them. Those that it told by then were added.
    pub(crate) fn alerts_of(&self, case: &str, alerts: &mut Vec<Value>) -> Result<bool, Unreached> {
        let budget = self.lookup()?;
        for from in (0..MOST_ALERTS).step_by(PAGE) {
            let (generation, page) = self.ask(&Question::AlertsOf { case, from }, page_in, &budget)?;
            alerts.extend(page.alerts);
            match generation {
                Generation::Five if page.length == PAGE => {}
                Generation::Older if page.length > MOST_ALERTS => break,
                Generation::Five | Generation::Older => return Ok(true),
            }
        }
        Ok(false)
    }

    /// The alert or case as it is now.
    ///
    /// # Errors
    /// Why it was not told.
    pub(crate) fn entity(&self, kind: Kind, id: &str) -> Result<Value, Unreached> {
        let question = Question::entity(kind, id);
        let question = question.ok_or_else(|| Unreached("TheHive shows an alert or case by its id only".into()))?;
        Ok(self.ask(&question, object_in, &self.lookup()?)?.1)
    }
}

impl TheHive {
    fn warnings(&self) -> Vec<String> {
        let is_open = self.url.scheme() == "http" && !is_loopback(&self.url);
        let warning = format!(
            "TheHive at {} is asked over plain http: the API key and what TheHive tells can be read on the way.",
            self.place()
        );
        is_open.then_some(warning).into_iter().collect()
    }

    /// The time for a lookup that begins now.
    fn lookup(&self) -> Result<Budget, Unreached> {
        if let Some(why) = self.given_up.get() {
            return Err(why.clone());
        }
        match self.http.left() {
            Duration::ZERO => Err(Unreached("the job's time was over before TheHive could be asked".into())),
            left => Ok(Budget::starting_now(self.limit.min(left))),
        }
    }

    /// Asks in the words of whichever generation answers, and remembers which one that was.
    fn ask<T>(
        &self,
        question: &Question<'_>,
        read: impl Fn(&Answer) -> Option<T>,
        budget: &Budget,
    ) -> Result<(Generation, T), Unreached> {
        let known = self.generation.get();
        let mut why = String::new();
        for generation in known.map_or(Generation::ALL.as_slice(), slice::from_ref) {
            let answer = self.send(question, *generation, budget)?;
            match reply(&answer, question.asked_for(), &read, &self.secrets) {
                Reply::Told(told) => return Ok((*self.generation.get_or_init(|| *generation), told)),
                Reply::NotThere(message) => {
                    self.generation.get_or_init(|| *generation);
                    return Err(self.unreached(&message));
                }
                // Of an API that is known to be there, it is a refusal as any other.
                Reply::NoSuchPath(message) => why = message,
                Reply::Refused(message) => return Err(self.unreached(&message)),
            }
        }
        match known {
            Some(_) => Err(self.unreached(&why)),
            None => {
                Err(self.unreached(&format!("{why}; it has neither the API of TheHive 5 nor that of TheHive 3 and 4")))
            }
        }
    }

    fn send(&self, question: &Question<'_>, generation: Generation, budget: &Budget) -> Result<Answer, Unreached> {
        let question = question.to(generation);
        let mut request = Request::new(question.method.clone(), question.url_below(&self.url));
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(ACCEPT, JSON);
        if let Some(body) = question.body {
            headers.insert(CONTENT_TYPE, JSON);
            *request.body_mut() = Some(body.to_string().into());
        }
        let asked = Instant::now();
        self.http.exchange_within(request, LONGEST_ANSWER, budget).map_err(|trouble| {
            let why = Unreached(reply::told(&trouble, &self.place(), budget.whole(), &self.secrets));
            if asked.elapsed() > self.limit / 2 {
                self.given_up.get_or_init(|| why.clone());
            }
            why
        })
    }

    fn unreached(&self, what: &str) -> Unreached {
        Unreached(format!("TheHive at {} {what}", self.place()))
    }

    /// Its host and port, as they may stand in a message.
    fn place(&self) -> String {
        self.secrets.quote(&host_and_port(&self.url))
    }
}
