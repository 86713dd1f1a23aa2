//! A tenant of Falcon, reached with a token over one client.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};

use super::auth::{self, Login, Token};
use super::call::{Call, Look, Request};
use super::envelope::Envelope;
use super::headers;
use super::judgement::judge;
use super::outcome::Outcome;
use super::read::Read;
use super::reason::{Reason, again};
use super::refusal::refused;
use super::token::HeldToken;
use crate::http::network::Network;
use crate::http::retry::Again;
use crate::http::{Answer, Http, Trouble};
use crate::secret::Secrets;

/// The longest answer that is read, in bytes after decompression. A thousand whole alerts are a few megabytes.
const LONGEST_ANSWER: usize = 8_000_000;

/// The time that is kept for one more call.
const TIME_FOR_ONE_MORE: Duration = Duration::from_secs(5);

/// The time for a call after the job was stopped: whoever stopped it does not wait for long.
const TIME_AFTER_THE_END: Duration = Duration::from_secs(3);

/// A tenant of Falcon. Its token is fetched at the first request.
#[derive(Debug)]
pub(crate) struct Falcon {
    http: Http,
    login: Login,
    token: HeldToken,
    secrets: Secrets,
}

impl Falcon {
    /// A tenant that nothing was asked of yet, and warnings that the report is to carry. What is learnt to be secret on the way
    /// is added to `secrets`.
    ///
    /// # Errors
    /// [`Reason::Setup`].
    pub(crate) fn new(login: Login, network: &Network, secrets: Secrets) -> Result<(Falcon, Vec<String>), Reason> {
        let (http, warnings) =
            Http::new(network).map_err(|error| Reason::Setup { problem: secrets.quote(&format!("{error:#}")) })?;
        Ok((Falcon { http, login, token: HeldToken::default(), secrets }, warnings))
    }

    /// Makes sure that there is a token; where the tenant is, and a warning where that is not what was configured.
    ///
    /// # Errors
    /// [`Reason::NoToken`]; then nothing was sent but the request for a token.
    pub(crate) fn authorize(&self) -> Result<(String, Option<String>), Reason> {
        let (actual, configured) = (&self.token()?.base_url, &self.login.base_url);
        let is_told = !configured.is_first_guess() && configured != actual;
        let moved = actual.cloud().filter(|_| is_told).map(|name| {
            format!(
                "The API client belongs to the cloud {name}, not to {configured}: set base_url to {name} in Cortex."
            )
        });
        Ok((actual.to_string(), moved))
    }

    /// How often something was asked for again.
    #[must_use]
    pub(crate) fn retries(&self) -> u32 {
        self.http.retries()
    }

    /// Sleeps this long, unless the job's time would be over by then.
    ///
    /// # Errors
    /// [`Reason::OutOfTime`], where no time would be left for anything after it.
    pub(crate) fn wait(&self, time: Duration) -> Result<(), Reason> {
        self.http.wait(time).map_err(|trouble| Reason::of_trouble(trouble, &self.secrets))
    }

    /// Keeps time for one more call at the end of the job's.
    pub(crate) fn keep_time_for_one_more(&self) {
        self.http.keep(TIME_FOR_ONE_MORE);
    }

    /// Takes back what [`Falcon::keep_time_for_one_more`] has kept.
    pub(crate) fn use_all_time(&self) {
        self.http.keep(Duration::ZERO);
    }

    /// Sends one call after the job was stopped `by` this, in a hurry. Where somebody waits for a new token, that may take longer
    /// than there is time.
    #[must_use]
    pub(crate) fn send_at_once(&self, call: &Call, by: &str) -> Outcome {
        self.http.end_in(TIME_AFTER_THE_END);
        if self.token.is_free_within(TIME_AFTER_THE_END) {
            self.send(call)
        } else {
            Outcome::failed(call.clone(), Reason::StoppedBefore { by: by.to_owned() })
        }
    }

    /// Sends a call until it went through or another try would be of no use.
    #[must_use]
    pub(crate) fn send(&self, call: &Call) -> Outcome {
        let what = call.request.to_string();
        let may_have_arrived = Cell::new(false);
        // Sent twice, it would make two.
        let is_for_once = matches!(call.look, Look::ForMark(_));
        let leaves_open = |reason: &Reason| if is_for_once { reason.may_have_arrived() } else { reason.leaves_open() };
        let attempt = || {
            let outcome = self.send_once(call);
            may_have_arrived.set(may_have_arrived.get() || outcome.whole_failure().is_some_and(leaves_open));
            outcome
        };
        let mut outcome = self.http.persist(&what, attempt, |outcome| match outcome.whole_failure() {
            Some(reason) if is_for_once && leaves_open(reason) => (Again::No, String::new()),
            failure => again(failure),
        });
        // What an earlier try may have done, a later refusal does not undo.
        if may_have_arrived.get() {
            outcome.failures.iter_mut().for_each(|failure| failure.may_be_done = true);
        }
        log::info!(
            "{what}: {} done, {} not",
            outcome.done.len(),
            call.change.ids.len().saturating_sub(outcome.done.len())
        );
        outcome
    }

    /// Reads something, and tries again where another try may help.
    ///
    /// # Errors
    /// The reason that it could not be read.
    pub(crate) fn read<T: Read>(&self, request: &Request) -> Result<T, Reason> {
        let attempt = || T::read(&self.ask_to_read(request)?, &self.secrets);
        self.http.persist(&request.to_string(), attempt, |answer| again(answer.as_ref().err()))
    }

    /// Asks for something to be read, once.
    ///
    /// # Errors
    /// The reason that there is no answer, or that the token is refused.
    pub(crate) fn ask_to_read(&self, request: &Request) -> Result<Answer, Reason> {
        let answer = self.ask(request)?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let mut reason = refused(&answer, Envelope::read(&answer.body).ok().as_ref(), &self.secrets);
        self.name_host(&mut reason);
        Err(reason)
    }

    fn send_once(&self, call: &Call) -> Outcome {
        match self.ask(&call.request) {
            Ok(answer) => {
                let mut outcome = judge(call, &answer, &self.secrets);
                outcome.failures.iter_mut().for_each(|failure| self.name_host(&mut failure.reason));
                outcome
            }
            Err(reason) => Outcome::failed(call.clone(), reason),
        }
    }

    /// Of a token that is refused it must be told where: it may be one for another cloud.
    fn name_host(&self, reason: &mut Reason) {
        if let (Reason::Refused { status: 401, message, .. }, Some(token)) = (&mut *reason, self.token.held()) {
            *reason = Reason::TokenRefused { message: std::mem::take(message), host: token.base_url.to_string() };
        }
    }

    /// Sends a request with a valid token, once; where Falcon does not take the token any more, once again with a new one.
    fn ask(&self, request: &Request) -> Result<Answer, Reason> {
        let token = self.token()?;
        let answer = self.ask_with(request, &token)?;
        if answer.status != 401 {
            return Ok(answer);
        }
        match self.renewed(&token) {
            Some(token) => self.ask_with(request, &*token?),
            None => Ok(answer),
        }
    }

    fn ask_with(&self, request: &Request, token: &Token) -> Result<Answer, Reason> {
        let mut sent = reqwest::blocking::Request::new(request.method.clone(), request.url(&token.base_url));
        let headers = sent.headers_mut();
        headers.insert(AUTHORIZATION, token.authorization.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = &request.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *sent.body_mut() = Some(body.to_string().into());
        }
        let answer = self.http.exchange(sent, LONGEST_ANSWER).map_err(|trouble| self.reason_of(trouble))?;
        log::debug!("{request}: trace id {}", self.secrets.quote(headers::trace_id(&answer).unwrap_or("none")));
        Ok(answer)
    }

    /// Why no whole answer came, with the first line of what did.
    fn reason_of(&self, trouble: Trouble) -> Reason {
        let began = match &trouble {
            Trouble::Broken { beginning, .. } => beginning.first_line(),
            Trouble::NoAnswer { .. } | Trouble::OutOfTime { .. } => None,
        };
        let mut reason = Reason::of_trouble(trouble, &self.secrets);
        if let (Reason::NoAnswer { detail, .. }, Some(line)) = (&mut reason, began) {
            *detail = format!("{detail}; it began \"{}\"", self.secrets.quote(&line));
        }
        reason
    }

    fn token(&self) -> Result<Arc<Token>, Reason> {
        self.token.get(|| auth::token(&self.http, &self.login, &self.secrets))
    }

    fn renewed(&self, stale: &Arc<Token>) -> Option<Result<Arc<Token>, Reason>> {
        let renewed = self.token.renewed(stale, || auth::token(&self.http, &self.login, &self.secrets));
        if renewed.is_some() {
            self.http.count_retry();
        }
        renewed
    }
}
