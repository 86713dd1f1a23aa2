//! Transport: one client, one pool of connections, one budget of time; whole answers, or `Trouble`.
//!
//! This room names no product. What an answer means, and what of it may be shown, is decided by whoever asked.

mod answer;
pub(crate) mod json;
pub(crate) mod network;
pub mod retry;
mod tls;
mod trouble;
pub(crate) mod url;

use std::mem::ManuallyDrop;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use reqwest::blocking::{Client, Request};
use reqwest::redirect::Policy;

pub use answer::Answer;
pub use trouble::Problem;
pub(crate) use trouble::Trouble;

use network::Network;
use retry::{Again, Budget, Tries};
use url::host_and_port;

/// How we introduce ourselves.
const USER_AGENT: &str = concat!("cortex-falcon/", env!("CARGO_PKG_VERSION"));

/// The time for a connection to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest time for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The least time for one answer.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(1);

/// An HTTP client that works within a budget of time.
#[derive(Debug)]
pub(crate) struct Http {
    /// Never dropped: that would wait for what it has begun, which may be a name that does not resolve.
    client: ManuallyDrop<Client>,
    budget: Budget,
    retries: AtomicU32,
}

impl Http {
    /// A client whose time begins now, and warnings that the report is to carry.
    ///
    /// # Errors
    /// Says what of the network's configuration cannot be used.
    pub(crate) fn new(network: &Network) -> Result<(Http, Vec<String>)> {
        let (tls, warnings) = tls::client_config(&network.trust).context("TLS cannot be set up")?;
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            // Only `persist` tries again, because it counts the tries.
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT)
            .no_proxy();
        for proxy in network.proxies.for_client()? {
            builder = builder.proxy(proxy);
        }
        let client =
            builder.build().map_err(reqwest::Error::without_url).context("the HTTP client cannot be set up")?;
        let http = Http {
            client: ManuallyDrop::new(client),
            budget: Budget::starting_now(network.budget),
            retries: AtomicU32::new(0),
        };
        Ok((http, warnings))
    }

    /// Sends a request and reads the answer, whatever it is, up to so many bytes.
    ///
    /// # Errors
    /// [`Trouble`], where no whole answer came.
    pub(crate) fn exchange(&self, request: Request, longest: usize) -> Result<Answer, Trouble> {
        self.exchange_in(request, longest, &self.budget, self.answer_timeout())
    }

    /// The same in a budget that is not the client's own; one answer may take all of it.
    ///
    /// # Errors
    /// [`Trouble`], where no whole answer came.
    pub(crate) fn exchange_within(&self, request: Request, longest: usize, budget: &Budget) -> Result<Answer, Trouble> {
        self.exchange_in(request, longest, budget, budget.whole())
    }

    fn exchange_in(
        &self,
        mut request: Request,
        longest: usize,
        budget: &Budget,
        timeout: Duration,
    ) -> Result<Answer, Trouble> {
        let left = budget.left();
        if left.is_zero() {
            return Err(Trouble::OutOfTime { whole: budget.whole() });
        }
        let is_cut_short = left < timeout;
        *request.timeout_mut() = Some(left.min(timeout));
        let what = format!("{} {}{}", request.method(), host_and_port(request.url()), request.url().path());
        let response =
            self.client.execute(request).map_err(|error| Trouble::no_answer(&error.without_url(), is_cut_short))?;
        let version = response.version();
        let answer = Answer::read(response, longest, budget, is_cut_short)?;
        log::debug!("{what}: {version:?} {}, {} bytes", answer.status, answer.body.len());
        Ok(answer)
    }

    /// Tries something until it works or another try is of no use, and returns what the most telling try gave.
    pub(crate) fn persist<T>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> T,
        again: impl Fn(&T) -> (Again, String),
    ) -> T {
        let mut tries = Tries::default();
        let mut result = attempt();
        loop {
            let (wish, why) = again(&result);
            tries = tries.and(wish);
            let Some(wait) = retry::next(wish, tries, SystemTime::now(), self.budget.left(), fastrand::f64()) else {
                return result;
            };
            log::info!("{what}: {why}; next try in {:.1} s", wait.as_secs_f64());
            std::thread::sleep(wait);
            let another = attempt();
            if matches!(again(&another).0, Again::NoTimeLeft) {
                // It ended with our own time; what the try before it met tells more.
                return result;
            }
            result = another;
            self.retries.fetch_add(1, Relaxed);
        }
    }

    /// Sleeps this long, unless the time would be over by then.
    ///
    /// # Errors
    /// [`Trouble::OutOfTime`], where no time would be left for anything after it.
    pub(crate) fn wait(&self, time: Duration) -> Result<(), Trouble> {
        if time >= self.budget.left() {
            return Err(Trouble::OutOfTime { whole: self.budget.whole() });
        }
        std::thread::sleep(time);
        Ok(())
    }

    /// Keeps this much of the time at its end, a fifth of it at the most.
    pub(crate) fn keep(&self, time: Duration) {
        self.budget.keep(time.min(self.budget.whole() / 5));
    }

    /// Leaves no more time than this from now on.
    pub(crate) fn end_in(&self, time: Duration) {
        self.budget.end_in(time);
    }

    /// All of its time.
    pub(crate) fn whole(&self) -> Duration {
        self.budget.whole()
    }

    /// What is left of its time.
    pub(crate) fn left(&self) -> Duration {
        self.budget.left()
    }

    /// How often something was tried again so far.
    pub(crate) fn retries(&self) -> u32 {
        self.retries.load(Relaxed)
    }

    /// Takes back a try that turned out to need no request.
    pub(crate) fn uncount_retry(&self) {
        self.retries.fetch_sub(1, Relaxed);
    }

    /// Counts one more try that somebody else made.
    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    /// In a job with little time a quarter of it, so that an answer that never comes leaves time for another try.
    fn answer_timeout(&self) -> Duration {
        ANSWER_TIMEOUT.min(self.budget.whole() / 4).max(SHORTEST_TIMEOUT)
    }
}
