//! A tenant of Falcon, reached with a token over one client.

mod asking;

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::call::{Call, Look, Request};
use super::clock::Clock;
use super::envelope::Envelope;
use super::held_token::HeldToken;
use super::judgement::judge;
use super::login::Login;
use super::moment::Moment;
use super::outcome::{Looked, Outcome};
use super::read::Read;
use super::reason::Reason;
use super::reason::another_try::{again, was_sent};
use super::refusal::refused;
use super::token::Token;
use super::token_cache::TokenCache;
use crate::http::network::Network;
use crate::http::retry::Again;
use crate::http::{Answer, Http, answer_timeout};
use crate::secret::Secrets;

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
    cache: TokenCache,
    clock: Clock,
    secrets: Secrets,
}

impl Falcon {
    /// A tenant that nothing was asked of yet, and warnings that the report is to carry. What is learnt to be secret on the way
    /// is added to `secrets`.
    ///
    /// # Errors
    /// [`Reason::Setup`], [`Reason::NoThread`].
    pub(crate) fn new(login: Login, network: &Network, secrets: Secrets) -> Result<(Falcon, Vec<String>), Reason> {
        let (http, warnings) = Http::new(network, answer_timeout(network.budget))
            .map_err(|error| Reason::of_no_client(&error, &secrets))?;
        let (token, cache, clock) = (HeldToken::default(), TokenCache::of(&login), Clock::default());
        Ok((Falcon { http, login, token, cache, clock, secrets }, warnings))
    }

    /// Makes sure that there is a token, and tells where the tenant is.
    ///
    /// # Errors
    /// [`Reason::NoToken`]; then nothing was sent but the request for a token.
    pub(crate) fn authorize(&self) -> Result<String, Reason> {
        Ok(self.token()?.base_url.to_string())
    }

    /// What the report is to warn of, as far as it is known by now: a tenant elsewhere than was configured, a cache of tokens
    /// that cannot be used.
    #[must_use]
    pub(crate) fn warnings(&self) -> Vec<String> {
        let configured = &self.login.base_url;
        let moved = |token: Arc<Token>| {
            let name =
                token.base_url.cloud().filter(|_| !configured.is_first_guess() && *configured != token.base_url)?;
            Some(format!(
                "The API client belongs to the cloud {name}, not to {configured}: set base_url to {name} in Cortex."
            ))
        };
        let cache = self.cache.warning().map(|warning| self.secrets.quote(warning));
        self.token.held().and_then(moved).into_iter().chain(cache).collect()
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
            self.send(call, |_| Looked::default())
        } else {
            Outcome::failed(call.clone(), Reason::StoppedBefore { by: by.to_owned() })
        }
    }

    /// Sends a call until it went through or another try would be of no use. Before each other try, `look` finds out what has
    /// become of it since the first, and only what is left is sent again.
    #[must_use]
    pub(crate) fn send(&self, call: &Call, look: impl Fn(&Call) -> Looked) -> Outcome {
        let what = call.request.to_string();
        let (mut rest, mut looked, mut is_again) = (Cow::Borrowed(call), Looked::default(), false);
        let (is_all_settled, may_have_arrived) = (Cell::new(false), Cell::new(false));
        // Sent twice, it would be there twice.
        let is_for_once = matches!(call.look, Look::ForMark(_) | Look::Once(_));
        let leaves_open = |reason: &Reason| if is_for_once { reason.may_have_arrived() } else { reason.leaves_open() };
        let attempt = || {
            if std::mem::replace(&mut is_again, true) && looked.add(look(&rest), rest.to_mut()) {
                is_all_settled.set(true);
                return Outcome::nothing(call.clone());
            }
            let outcome = self.send_once(&rest);
            may_have_arrived.set(may_have_arrived.get() || outcome.whole_failure().is_some_and(leaves_open));
            outcome
        };
        let is_worth_another = |outcome: &Outcome| match outcome.whole_failure() {
            Some(reason) if is_for_once && leaves_open(reason) => (Again::No, String::new()),
            // The same request without the assignee tells more than the same request again.
            Some(reason) if call.may_fail_for_its_assignee(reason) => {
                (call.again_for_its_assignee(), reason.to_string())
            }
            failure => again(failure),
        };
        let was_sent =
            |outcome: &Outcome| !is_all_settled.get() && outcome.whole_failure().is_none_or(Reason::was_sent);
        let mut outcome = self.http.persist(&what, attempt, is_worth_another, was_sent);
        // What an earlier try may have done, a later refusal does not undo.
        if may_have_arrived.get() {
            outcome.failures.iter_mut().for_each(|failure| failure.may_be_done = true);
        }
        let outcome = outcome.with(call, looked);
        let left = call.change.ids.len().saturating_sub(outcome.done.len());
        log::info!("{what}: {} done, {left} not", outcome.done.len());
        outcome
    }

    /// Sends a call again that is known not to have been applied.
    #[must_use]
    pub(crate) fn send_once_more(&self, call: &Call) -> Outcome {
        let outcome = self.send(call, |_| Looked::default());
        if outcome.whole_failure().is_none_or(Reason::was_sent) {
            self.http.count_retry();
        }
        outcome
    }

    /// The same moment by Falcon's clock at the latest: its answers tell the time to the second, rounded down.
    #[must_use]
    pub(crate) fn at_the_latest(&self, time: SystemTime) -> Moment {
        Moment::of(self.clock.of(time) + Duration::from_secs(1))
    }

    /// A moment of this machine's clock by Falcon's, as far as its answers tell.
    #[must_use]
    pub(crate) fn by_its_clock(&self, time: SystemTime) -> Moment {
        Moment::of(self.clock.of(time))
    }

    /// Reads something, once.
    ///
    /// # Errors
    /// The reason that it could not be read.
    pub(crate) fn read_once<T: Read>(&self, request: &Request) -> Result<T, Reason> {
        T::read(&self.ask_to_read(request)?, &self.secrets)
    }

    /// Reads something, and tries again where another try may help.
    ///
    /// # Errors
    /// The reason that it could not be read.
    pub(crate) fn read<T: Read>(&self, request: &Request) -> Result<T, Reason> {
        let attempt = || self.read_once(request);
        self.http.persist(&request.to_string(), attempt, |answer| again(answer.as_ref().err()), was_sent)
    }

    /// Has something started whose id the answer brings, and tries again only if it did not arrive.
    ///
    /// # Errors
    /// The reason that it is not known to be started.
    pub(crate) fn begin<T: Read>(&self, request: &Request) -> Result<T, Reason> {
        let attempt = || self.read_once(request);
        let again = |answer: &Result<T, Reason>| match answer.as_ref().err() {
            // Nothing finds what was started once its id is lost.
            Some(reason) if reason.may_have_arrived() => (Again::No, String::new()),
            reason => again(reason),
        };
        self.http.persist(&request.to_string(), attempt, again, was_sent)
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
}
