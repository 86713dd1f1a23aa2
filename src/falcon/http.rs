//! The one place that speaks HTTP: one client, one pool of connections, whole answers or a [`Reason`].

use std::error::Error;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use reqwest::blocking::{Client, Request};
use reqwest::redirect::Policy;
use reqwest::{NoProxy, Proxy};

use super::answer::Answer;
use super::outcome::{Problem, Reason};
use super::retry::{self, Budget, Next};
use super::settings::{Proxies, Settings};
use super::tls;

/// How we introduce ourselves, as CrowdStrike asks of its API's users.
const USER_AGENT: &str = concat!("cortex-falcon/", env!("CARGO_PKG_VERSION"));

/// The time for a connection to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The time for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// An HTTP client that works within a budget of time.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    pub(super) budget: Budget,
}

impl Http {
    /// A client, and warnings that the report is to carry.
    pub(super) fn new(settings: &Settings) -> Result<(Http, Vec<String>)> {
        let (tls, warnings) = tls::client_config(&settings.trust).context("TLS cannot be set up")?;
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            // Tries are counted in one place, and this is not it.
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT)
            .no_proxy();
        for proxy in proxies(&settings.proxies)? {
            builder = builder.proxy(proxy);
        }
        let client =
            builder.build().map_err(reqwest::Error::without_url).context("the HTTP client cannot be set up")?;
        Ok((Http { client, budget: Budget::starting_now(settings.budget) }, warnings))
    }

    /// Sends a request and reads the answer, whatever it is.
    pub(super) fn exchange(&self, mut request: Request) -> Result<Answer, Reason> {
        let left = self.budget.left();
        if left.is_zero() {
            return Err(Reason::OutOfTime { budget: self.budget.whole() });
        }
        *request.timeout_mut() = Some(left.min(ANSWER_TIMEOUT));
        let response = self.client.execute(request).map_err(|error| no_answer(&error.without_url()))?;
        Answer::read(response, &self.budget)
    }
}

/// Tries something until it works or the policy ends it; returns the last try and how many there were after the first.
pub(super) fn persist<T>(
    budget: &Budget,
    what: &str,
    mut attempt: impl FnMut() -> T,
    failure: impl Fn(&T) -> Option<&Reason>,
) -> (T, u32) {
    let mut retries = 0;
    loop {
        let result = attempt();
        let Some(reason) = failure(&result) else { return (result, retries) };
        match retry::next(reason, retries + 1, SystemTime::now(), budget.left(), fastrand::f64()) {
            Next::GiveUp | Next::TooLate => return (result, retries),
            Next::Wait(wait) => {
                log::info!("{what}: {reason}; next try in {:.1} s", wait.as_secs_f64());
                std::thread::sleep(wait);
                retries += 1;
            }
        }
    }
}

fn proxies(proxies: &Proxies) -> Result<Vec<Proxy>> {
    let except = proxies.except.as_deref().and_then(NoProxy::from_string);
    let https = proxies.https.iter().map(|proxy| Proxy::https(proxy.as_url().clone()));
    let http = proxies.http.iter().filter(|proxy| proxy.is_loopback()).map(|proxy| Proxy::http(proxy.as_url().clone()));
    https
        .chain(http)
        .map(|proxy| Ok(proxy.map_err(reqwest::Error::without_url)?.no_proxy(except.clone())))
        .collect::<Result<_>>()
        .context("the proxy cannot be used")
}

/// What the network's error comes down to. The innermost cause is the one that says something.
fn no_answer(error: &reqwest::Error) -> Reason {
    let mut innermost: &dyn Error = error;
    let mut certificate = false;
    while let Some(cause) = innermost.source() {
        innermost = cause;
        certificate |= matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_)));
    }
    let detail = innermost.to_string();
    let problem = match () {
        () if certificate || detail.contains("invalid peer certificate") => Problem::Certificate,
        () if error.is_timeout() => Problem::Timeout,
        () if error.is_connect() => Problem::Connect,
        () => Problem::Cut,
    };
    Reason::NoAnswer { problem, detail }
}
