//! Falcon's side: the only room that speaks HTTP.
//!
//! A [`Call`] is a value; [`Falcon::send`] turns each into an [`Outcome`]. A [`Falcon`] holds a token, so that no call
//! can be sent without one. What an answer means is decided in one place, `envelope`.

mod advice;
pub mod answer;
mod auth;
mod bounded;
mod call;
mod cloud;
pub mod envelope;
mod http;
mod ledger;
mod outcome;
pub mod probe;
pub mod retry;
mod settings;
mod tls;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use reqwest::blocking::Request;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::Value;

pub use advice::advice;
pub use call::{Call, CaseId, CompositeId, IncidentId, MOST_ALERTS, MOST_INCIDENTS, Status, Target};
pub use cloud::BaseUrl;
pub(crate) use cloud::parse_url;
pub use ledger::Ledger;
pub use outcome::{Failure, Outcome, Problem, Reason};
pub use settings::{Certificates, Credentials, Proxies, ProxyUrl, Settings, Trust};

use crate::secret::Secrets;
use answer::Answer;
use auth::Token;
use envelope::{Judgement, judge};
use http::Http;
use probe::Probe;

/// How many calls go together; more would only use up the tenant's rate limit faster.
const MOST_TOGETHER: usize = 8;

/// A connection to a tenant of Falcon. It holds a token.
#[derive(Debug)]
pub struct Falcon {
    http: Http,
    settings: Settings,
    token: Mutex<Held>,
    secrets: Secrets,
    warnings: Vec<String>,
}

#[derive(Debug)]
struct Held {
    token: Arc<Token>,
    renewed: bool,
    /// How often a token was asked for again, and a call sent again with the new one.
    retries: u32,
}

/// Why there is no connection, and what the report is to say beside it.
#[derive(Debug)]
pub struct NotConnected {
    /// Why.
    pub reason: Reason,
    /// Warnings for the report.
    pub warnings: Vec<String>,
    /// How often a token was asked for again.
    pub retries: u32,
    /// Kept, because to drop it is to wait.
    _http: Option<Box<Http>>,
}

impl Falcon {
    /// Gets a token. What is learnt to be secret on the way is added to `secrets`.
    ///
    /// # Errors
    /// [`NotConnected`]; then nothing was sent but the request for a token.
    pub fn connect(settings: Settings, secrets: Secrets) -> Result<Falcon, NotConnected> {
        let (http, mut warnings) = Http::new(&settings).map_err(|error| {
            let reason = Reason::Setup { problem: format!("{error:#}") };
            NotConnected { reason, warnings: Vec::new(), retries: 0, _http: None }
        })?;
        match auth::token(&http, &settings, &secrets) {
            (Ok(token), retries) => {
                warnings.extend(moved(&settings.base_url, &token.base_url));
                let token = Mutex::new(Held { token: Arc::new(token), renewed: false, retries });
                Ok(Falcon { http, settings, token, secrets, warnings })
            }
            (Err(reason), retries) => Err(NotConnected { reason, warnings, retries, _http: Some(Box::new(http)) }),
        }
    }

    /// Where the API client belongs, as it may stand in a report.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.token().base_url.to_string()
    }

    /// What the report is to say beside the outcomes.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How often a token was asked for again, and a call sent again with the new one.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.held().retries
    }

    /// Sends all calls of the ledger, several at a time, each even if others fail, and notes the outcomes in it.
    pub fn send(&self, ledger: &Ledger) {
        thread::scope(|scope| {
            for _ in 1..ledger.len().min(MOST_TOGETHER) {
                // Where the system grants no more threads, those that there are do the work.
                if thread::Builder::new().spawn_scoped(scope, || self.work_off(ledger)).is_err() {
                    break;
                }
            }
            self.work_off(ledger);
        });
    }

    fn work_off(&self, ledger: &Ledger) {
        while let Some((place, call)) = ledger.take_up() {
            ledger.done(place, self.persist(call));
        }
    }

    /// Sends one call until it went through or another try would be of no use.
    fn persist(&self, call: Call) -> Outcome {
        let what = format!("{} {}", call.method(), call.path());
        let attempt = || self.with_valid_token(&call);
        let (judgement, retries) = http::persist(&self.http.budget, &what, attempt, Judgement::whole_failure);
        let Judgement { updated, failures, trace_id } = judgement;
        log::info!("{what}: {} updated, {} not", updated.len(), call.ids().len() - updated.len());
        Outcome { call, updated, failures, trace_id, retries }
    }

    /// Sends a call; where Falcon does not take the token any more, once again with a new one.
    fn with_valid_token(&self, call: &Call) -> Judgement {
        let token = self.token();
        let judgement = self.send_once(call, &token);
        match judgement.whole_failure() {
            Some(Reason::Refused { status: 401, .. }) => match self.renew(&token) {
                Some(Ok(token)) => self.send_once(call, &token),
                Some(Err(reason)) => Judgement::without_answer(call, reason),
                None => judgement,
            },
            _ => judgement,
        }
    }

    fn send_once(&self, call: &Call, token: &Token) -> Judgement {
        let request = Request::new(call.method(), token.base_url.join(call.path()));
        match self.exchange(request, Some(&call.body()), token) {
            Ok(answer) => judge(call, &answer),
            Err(reason) => Judgement::without_answer(call, reason),
        }
    }

    /// Asks what the API client may do. Nothing is tried twice: whoever asks wants to know how it is now.
    ///
    /// # Errors
    /// The reason that there is no answer.
    pub fn ask(&self, probe: Probe) -> Result<Answer, Reason> {
        let token = self.token();
        let (request, body) = probe.request(&token.base_url);
        self.exchange(request, body.as_ref(), &token)
    }

    fn exchange(&self, mut request: Request, body: Option<&Value>, token: &Token) -> Result<Answer, Reason> {
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, token.authorization.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.to_string().into());
        }
        Ok(self.http.exchange(request)?.scrubbed(&self.secrets))
    }

    fn token(&self) -> Arc<Token> {
        Arc::clone(&self.held().token)
    }

    /// A token newer than this one; `None` where this one is new already, so that yet another would fare no better.
    /// The lock is held meanwhile: of many calls that are refused together, one asks and the others wait for it.
    fn renew(&self, stale: &Arc<Token>) -> Option<Result<Arc<Token>, Reason>> {
        let mut held = self.held();
        if !Arc::ptr_eq(&held.token, stale) {
            held.retries += 1;
            return Some(Ok(Arc::clone(&held.token)));
        }
        if std::mem::replace(&mut held.renewed, true) {
            return None;
        }
        log::info!("Falcon does not take the token any more; asking for a new one");
        let (token, retries) = auth::token(&self.http, &self.settings, &self.secrets);
        held.retries += 1 + retries;
        Some(token.map(|token| {
            held.token = Arc::new(token);
            Arc::clone(&held.token)
        }))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn moved(configured: &BaseUrl, actual: &BaseUrl) -> Option<String> {
    let name = actual.cloud().filter(|_| configured != actual)?;
    Some(format!("The API client belongs to the cloud {name}, not to {configured}: set base_url to {name} in Cortex."))
}
