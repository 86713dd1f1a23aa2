//! TheHive's own API, which tells what a job does not: the alerts that were merged into a case, and how an alert or case
//! stands by now.
//!
//! TheHive 5 and its predecessors have different paths (`question`). Which of them answer is found out by the first lookup. A
//! lookup is made once, within a time of its own, which ends with the job's: whoever asks can do without the answer.

mod address;
mod alerts;
mod body;
mod error;
mod question;
mod reply;
mod route;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::blocking::Request;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use super::Kind;
use crate::http::network::{Network, Proxies, Trust};
use crate::http::retry::Budget;
use crate::http::url::{host_and_port, is_loopback};
use crate::http::{Answer, Http, Problem, Trouble};
use crate::secret::Secrets;

pub(crate) use address::{Address, ApiKey};
pub(crate) use alerts::{AlertLookup, LookupEnd, MAX_ALERTS};
pub(crate) use body::MergedAlert;
pub(crate) use error::Unreached;

use address::Organisation;
use body::{entity_in, id_in};
use error::Failure;
use question::{Generation, Question};
use reply::{Reply, reply};
use route::{Acting, Refusals, Route};

/// The longest response that is read, in bytes after decompression.
const MAX_RESPONSE_BYTES: usize = 8_000_000;

/// The longest time for one response.
const MAX_RESPONSE_TIME: Duration = Duration::from_secs(10);

const X_ORGANISATION: HeaderName = HeaderName::from_static("x-organisation");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A TheHive that can be asked.
#[derive(Debug)]
pub(crate) struct TheHive {
    http: Http,
    url: Url,
    /// `Bearer …`; marked as sensitive, so that its `Debug` shows none of it.
    authorization: HeaderValue,
    organisation: Option<Organisation>,
    /// The time for one response.
    limit: Duration,
    /// The time for all alerts of a case.
    lookup_limit: Duration,
    /// Why it is not asked again: it took long to find that out, and would take as long each time.
    given_up: OnceLock<Unreached>,
    /// How a request was answered, once one was.
    route: OnceLock<Route>,
    secrets: Secrets,
}

impl TheHive {
    /// A TheHive that nothing was asked of yet, and warnings that the report is to carry. Those about certificates are not
    /// among them: they are the same as those of the way to Falcon. No proxy stands on the way: it is one to the outside.
    /// A response takes no longer than 10 s or a quarter of `budget`, the alerts of a case no longer than a quarter of `budget`, and everything together no
    /// longer than `budget`.
    ///
    /// # Errors
    /// [`Unreached`], where no request can be made with what is configured.
    pub(crate) fn new(
        address: &Address,
        trust: &Trust,
        budget: Duration,
        secrets: Secrets,
    ) -> Result<(TheHive, Vec<String>), Unreached> {
        let Address { url, api_key: ApiKey(api_key), organisation } = address;
        secrets.learn(api_key);
        let network = Network { trust: trust.clone(), proxies: Proxies::default(), budget };
        let limit = MAX_RESPONSE_TIME.min(budget / 4);
        let (http, _) = Http::new(&network, limit).map_err(|error| {
            Unreached::unavailable(format!("TheHive cannot be asked: {}", secrets.quote(&format!("{error:#}"))))
        })?;
        let hive = TheHive {
            http,
            url: url.clone(),
            authorization: bearer(api_key)?,
            organisation: organisation.clone(),
            limit,
            lookup_limit: limit.max(budget / 4),
            given_up: OnceLock::new(),
            route: OnceLock::new(),
            secrets,
        };
        let warnings = hive.warnings();
        Ok((hive, warnings))
    }

    /// Returns the alert or case as it is now.
    ///
    /// # Errors
    /// Why TheHive gave no usable response.
    pub(crate) fn entity(&self, kind: Kind, id: &str) -> Result<Value, Unreached> {
        let budget = self.begin(self.limit)?;
        let (_, entity) = self.entity_on(&self.routes(None), kind, id, &budget).map_err(Failure::into_error)?;
        Ok(entity)
    }

    /// Returns the alert or case as it is now, and which of these ways shows it.
    fn entity_on(&self, routes: &[Route], kind: Kind, id: &str, budget: &Budget) -> Result<(Route, Value), Failure> {
        let question = Question::entity(kind, id).ok_or_else(Unreached::without_path)?;
        let (route, entity) = self.ask(routes, &question, entity_in, budget)?;
        if is_about(kind, id, &entity) {
            return Ok((self.keep(route), entity));
        }
        let other =
            id_in(&entity).map_or_else(|| "no _id".to_owned(), |other| format!("the _id {}", self.quote(other)));
        Err(self.unreached(200, &format!("answered with {other} to a request for {}", self.quote(id))).into())
    }
}

/// Returns whether TheHive's response is about the alert or case that was asked for. A case can be asked for by its number, too.
fn is_about(kind: Kind, id: &str, entity: &Value) -> bool {
    let is_number = || kind == Kind::Case && entity["number"].as_u64().is_some_and(|number| number.to_string() == id);
    id_in(entity) == Some(id) || is_number()
}

/// Returns the header that shows the API key.
fn bearer(api_key: &str) -> Result<HeaderValue, Unreached> {
    let mut authorization = HeaderValue::try_from(format!("Bearer {api_key}"))
        .map_err(|_| Unreached::unavailable("TheHive cannot be asked: its API key holds what fits no header"))?;
    authorization.set_sensitive(true);
    Ok(authorization)
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

    /// Returns the time for a lookup that begins now.
    fn begin(&self, limit: Duration) -> Result<Budget, Unreached> {
        if let Some(why) = self.given_up.get() {
            return Err(why.clone());
        }
        match self.http.left() {
            Duration::ZERO => Err(Unreached::out_of_time()),
            left => Ok(Budget::starting_now(limit.min(left))),
        }
    }

    /// Returns the ways to send a request: the one that showed something before is the first, or else this one.
    fn routes(&self, first: Option<Route>) -> Vec<Route> {
        let acting: &[Acting] =
            if self.organisation.is_some() { &[Acting::InNamed, Acting::InDefault] } else { &[Acting::InDefault] };
        Route::all(acting, self.route.get().copied().or(first))
    }

    /// Remembers a way that shows something, so that it is tried first from now on.
    fn keep(&self, route: Route) -> Route {
        self.route.get_or_init(|| route);
        route
    }

    /// Sends a request on these ways, one after the other: another organisation or the other API may have what the first has not.
    fn ask<T>(
        &self,
        routes: &[Route],
        question: &Question<'_>,
        read: impl Fn(&Answer) -> Option<T>,
        budget: &Budget,
    ) -> Result<(Route, T), Failure> {
        let mut refusals = Refusals::default();
        for &route in routes {
            if !refusals.leave_open(route) {
                continue;
            }
            let answer = self.send(question, route, budget)?;
            match reply(&answer, question.asked_for(), &read, &self.secrets) {
                Reply::Told(told) => return Ok((route, told)),
                Reply::Refused(subject, message) => {
                    refusals.add(route, answer.status, subject, self.unreached(answer.status, &message));
                }
            }
        }
        Err(refusals.into_failure())
    }

    fn send(&self, question: &Question<'_>, route: Route, budget: &Budget) -> Result<Answer, Failure> {
        let started = Instant::now();
        let exchange = || {
            let time = Budget::starting_now(self.limit.min(budget.left()));
            self.http.exchange_within(self.request(question, route), MAX_RESPONSE_BYTES, &time)
        };
        let response = match exchange() {
            // The lookup of a name outlives its request, and serves the next one.
            Err(trouble) if trouble.is_late_connection() && !budget.left().is_zero() => exchange(),
            response => response,
        };
        response.map_err(|trouble| self.failure(trouble, route.generation, started, budget))
    }

    fn request(&self, question: &Question<'_>, route: Route) -> Request {
        let question = question.to(route.generation);
        let mut request = Request::new(question.method.clone(), question.url_below(&self.url));
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(ACCEPT, JSON);
        if let Some(organisation) = self.organisation.as_ref().filter(|_| route.acting == Acting::InNamed) {
            headers.insert(X_ORGANISATION, organisation.header().clone());
        }
        if let Some(body) = question.body {
            headers.insert(CONTENT_TYPE, JSON);
            *request.body_mut() = Some(body.to_string().into());
        }
        request
    }

    fn failure(&self, trouble: Trouble, generation: Generation, started: Instant, budget: &Budget) -> Failure {
        let limit = if budget.left().is_zero() { budget.whole() } else { self.limit };
        let error = Unreached::unavailable(reply::told(&trouble, &self.place(), limit, &self.secrets));
        match trouble {
            Trouble::Broken { problem: Problem::TooLong, beginning, .. } if beginning.is_success() => {
                Failure::TooLong { beginning, generation, error }
            }
            _ => {
                if started.elapsed() > self.limit / 2 {
                    self.given_up.get_or_init(|| error.clone());
                }
                Failure::Other(error)
            }
        }
    }

    fn unreached(&self, status: u16, what: &str) -> Unreached {
        Unreached::with_status(status, format!("TheHive at {} {what}", self.place()))
    }

    fn quote(&self, text: &str) -> String {
        self.secrets.quote_within(text, 80)
    }

    /// Its host and port, as they may stand in a message.
    fn place(&self) -> String {
        self.secrets.quote(&host_and_port(&self.url))
    }
}
