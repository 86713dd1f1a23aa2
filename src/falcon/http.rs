//! The one place that speaks HTTP: one client, one pool of connections, whole answers or a [`Reason`].

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use reqwest::blocking::{Client, Request};
use reqwest::redirect::Policy;
use reqwest::{NoProxy, Proxy};

use super::answer::Answer;
use super::cloud::host_and_port;
use super::outcome::{Problem, Reason};
use super::retry::{self, Budget, Next, Tries};
use super::settings::{Proxies, Settings};
use super::tls;

/// How we introduce ourselves, as CrowdStrike asks of its API's users.
const USER_AGENT: &str = concat!("cortex-falcon/", env!("CARGO_PKG_VERSION"));

/// The time for a connection to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest time for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The least time for one answer.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(1);

/// An HTTP client that works within a budget of time. To drop it is to wait for what it has begun, which may be a name
/// that does not resolve.
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
        *request.timeout_mut() = Some(left.min(self.answer_timeout()));
        let what = format!("{} {}{}", request.method(), host_and_port(request.url()), request.url().path());
        let response = self.client.execute(request).map_err(|error| {
            let (problem, detail) = no_answer(&error.without_url());
            Reason::NoAnswer { problem, detail }
        })?;
        let version = response.version();
        let answer = Answer::read(response, &self.budget)?;
        let trace_id = answer.trace_id.as_deref().unwrap_or("none");
        log::debug!("{what}: {version:?} {}, {} bytes, trace id {trace_id}", answer.status, answer.body.len());
        Ok(answer)
    }

    /// In a job with little time a quarter of it, so that an answer that never comes leaves time for another try.
    fn answer_timeout(&self) -> Duration {
        ANSWER_TIMEOUT.min(self.budget.whole() / 4).max(SHORTEST_TIMEOUT)
    }
}

/// Tries something until it works or the policy ends it; returns the last try and how many there were after the first.
pub(super) fn persist<T>(
    budget: &Budget,
    what: &str,
    mut attempt: impl FnMut() -> T,
    failure: impl Fn(&T) -> Option<&Reason>,
) -> (T, u32) {
    let (mut tries, mut retries) = (Tries::default(), 0);
    let mut result = attempt();
    while let Some(reason) = failure(&result) {
        tries = tries.and(reason);
        let Next::Wait(wait) = retry::next(reason, tries, SystemTime::now(), budget.left(), fastrand::f64()) else {
            break;
        };
        log::info!("{what}: {reason}; next try in {:.1} s", wait.as_secs_f64());
        std::thread::sleep(wait);
        let another = attempt();
        if matches!(failure(&another), Some(Reason::OutOfTime { .. })) {
            // It was not sent any more; what the try before it met is what there is to tell.
            break;
        }
        result = another;
        retries += 1;
    }
    (result, retries)
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
pub(super) fn no_answer(error: &(dyn Error + 'static)) -> (Problem, String) {
    let causes = || successors(Some(error), |error| cause_of(*error));
    let reqwest = || causes().filter_map(|cause| cause.downcast_ref::<reqwest::Error>());
    let problem = match () {
        () if causes().any(is_about_certificate) => Problem::Certificate,
        () if reqwest().any(reqwest::Error::is_timeout) => Problem::Timeout,
        () if reqwest().any(reqwest::Error::is_connect) => Problem::Connect,
        () => Problem::Cut,
    };
    (problem, causes().last().map(ToString::to_string).unwrap_or_default())
}

/// An I/O error counts its own content out of its causes.
fn cause_of<'error>(error: &'error (dyn Error + 'static)) -> Option<&'error (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(content) => Some(content),
        None => error.source(),
    }
}

fn is_about_certificate(cause: &(dyn Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_)))
}
