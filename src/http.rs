//! Transport: one client, one pool of connections, one budget of time; whole answers, or `Trouble`.
//!
//! This room names no product. What an answer means, and what of it may be shown, is decided by whoever asked.

mod answer;
mod connect;
pub(crate) mod json;
mod memory;
pub(crate) mod network;
pub(crate) mod no_proxy;
mod page;
mod proxy;
mod resolve;
pub mod retry;
mod tls;
mod trouble;
pub(crate) mod url;

use std::error::Error;
use std::io;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

use ::url::Url;
use anyhow::{Context, Result};
use reqwest::blocking::{Client, Request};
use reqwest::redirect::Policy;
use rustls::ClientConfig;

pub use answer::Answer;
pub(crate) use trouble::Trouble;
pub use trouble::{Peer, Problem};

use connect::{ConnectLayer, Connections};
use network::{Network, Proxies, ProxyUrl};
use proxy::{TunnelRequest, WANTS_PASSWORD};
use resolve::SharedResolver;
use retry::{Again, Budget, Tries};
use trouble::Cause;
use url::{address, host_and_port};

/// How we introduce ourselves.
const USER_AGENT: &str = concat!("cortex-falcon/", env!("CARGO_PKG_VERSION"));

/// The longest time for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The least time for one answer.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(1);

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoClient {
    /// The client works in a thread of its own.
    #[error("the system starts no more threads for the responder: {0}")]
    NoThread(String),
    #[error("the HTTP client cannot be set up")]
    Other(#[source] reqwest::Error),
}

impl From<reqwest::Error> for NoClient {
    fn from(error: reqwest::Error) -> NoClient {
        let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        match cause.filter(|cause| cause.kind() == io::ErrorKind::WouldBlock) {
            Some(cause) => NoClient::NoThread(cause.to_string()),
            None => NoClient::Other(error),
        }
    }
}

/// An HTTP client that works within a budget of time.
#[derive(Debug)]
pub(crate) struct Http {
    /// Never dropped: that would wait for what it has begun, which may be a name that does not resolve.
    client: ManuallyDrop<Client>,
    /// The time for one response.
    timeout: Duration,
    budget: Arc<Budget>,
    connections: Arc<Connections>,
    /// Which requests go through which proxy.
    proxies: Proxies,
    /// For a proxy that is reached over TLS.
    proxy_tls: Arc<ClientConfig>,
    retries: AtomicU32,
}

impl Http {
    /// Returns a client whose time begins now, and warnings for the report. An exchange within the client's own budget has `timeout`;
    /// a connection always has less.
    ///
    /// # Errors
    /// Says what of the network's configuration cannot be used.
    pub(crate) fn new(network: &Network, timeout: Duration) -> Result<(Http, Vec<String>)> {
        let (tls, warnings) = tls::client_config(&network.trust).context("TLS cannot be set up")?;
        let mut proxy_tls = tls.clone();
        proxy_tls.alpn_protocols.clear();
        let proxy_tls = Arc::new(proxy_tls);
        let budget = Arc::new(Budget::starting_now(network.budget));
        let connect_timeout = connect::timeout_within(timeout);
        let sends_password = network.proxies.https.as_ref().is_some_and(ProxyUrl::has_credentials);
        let connections = Arc::new(Connections::new(Arc::clone(&budget), connect_timeout, sends_password));
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            // Only `persist` tries again, because it counts the tries.
            .retry(reqwest::retry::never())
            // Shared among the addresses of a host; the layer bounds all of it, the name included.
            .connect_timeout(connect_timeout)
            .connector_layer(ConnectLayer(Arc::clone(&connections)))
            .dns_resolver(Arc::new(SharedResolver::default()))
            .no_proxy();
        if let Some(proxy) = network.proxies.for_client() {
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|error| NoClient::from(error.without_url()))?;
        let (client, retries) = (ManuallyDrop::new(client), AtomicU32::new(0));
        let http = Http { client, timeout, budget, connections, proxies: network.proxies.clone(), proxy_tls, retries };
        Ok((http, warnings))
    }

    /// Sends a request and reads the answer, whatever it is, up to so many bytes.
    ///
    /// # Errors
    /// [`Trouble`], where no whole answer came.
    pub(crate) fn exchange(&self, request: Request, longest: usize) -> Result<Answer, Trouble> {
        self.exchange_in(request, longest, &self.budget, self.timeout)
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
        let url = request.url().clone();
        let response =
            self.client.execute(request).map_err(|error| self.no_answer(&error.without_url(), &url, is_cut_short))?;
        let version = response.version();
        let answer = Answer::read(response, longest, budget)
            .map_err(|(beginning, cause)| self.broken(beginning, cause, &url, is_cut_short))?;
        log::debug!("{what}: {version:?} {}, {} bytes", answer.status, answer.body.len());
        Ok(answer)
    }

    fn no_answer(&self, error: &reqwest::Error, url: &Url, is_cut_short: bool) -> Trouble {
        let mut cause = Cause::of(error);
        if cause.problem == Problem::Timeout && !self.connections.is_any_made() {
            cause = Cause { problem: Problem::Connect, detail: connect::NOT_IN_TIME.to_owned(), ..cause };
        }
        if cause.problem == Problem::Tunnel(None) {
            self.ask_for_status(&mut cause, url);
        }
        self.connections.go_on();
        let is_cut_short = cause.is_cut_short || (is_cut_short && cause.problem == Problem::Timeout);
        let peer = self.peer(url, cause.is_at_proxy);
        Trouble::NoAnswer { problem: cause.problem, peer, detail: cause.detail, is_cut_short }
    }

    fn broken(&self, beginning: Box<Answer>, cause: Cause, url: &Url, is_cut_short: bool) -> Trouble {
        let is_cut_short = is_cut_short && cause.problem == Problem::Timeout;
        let peer = self.peer(url, false);
        Trouble::Broken { problem: cause.problem, peer, detail: cause.detail, beginning, is_cut_short }
    }

    /// Asks the proxy why it did not open a tunnel to this URL's host.
    fn ask_for_status(&self, cause: &mut Cause, url: &Url) {
        let Some(proxy) = self.proxies.intercept(url) else { return };
        let request =
            TunnelRequest { proxy: &proxy, target: &address(url), tls: &self.proxy_tls, user_agent: USER_AGENT };
        let time = connect::timeout_within(self.budget.left());
        match request.status(time) {
            Ok(answer) => {
                if WANTS_PASSWORD.contains(&answer.status) {
                    self.connections.give_up(&answer.line);
                }
                (cause.problem, cause.detail) = (Problem::Tunnel(Some(answer.status)), answer.line);
            }
            Err(error) => log::debug!("the proxy's status is not known: {error}"),
        }
    }

    fn peer(&self, url: &Url, is_proxy: bool) -> Peer {
        let proxy = self.proxies.proxy_for(url).map(ProxyUrl::address);
        Peer { server: address(url), proxy, is_proxy }
    }

    /// Tries something until it works or another try is of no use, and returns what the most telling try gave.
    pub(crate) fn persist<T>(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> T,
        again: impl Fn(&T) -> (Again, String),
        was_sent: impl Fn(&T) -> bool,
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
            if was_sent(&another) {
                self.count_retry();
            }
            if matches!(again(&another).0, Again::NoTimeLeft) {
                // It ended with our own time; what the try before it met tells more.
                return result;
            }
            result = another;
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
}

/// Returns the time for one answer: in a job with little time a quarter of it, so that an answer that never comes leaves time for
/// another try.
pub(crate) fn answer_timeout(budget: Duration) -> Duration {
    ANSWER_TIMEOUT.min(budget / 4).max(SHORTEST_TIMEOUT)
}
