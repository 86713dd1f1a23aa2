//! How to get out of a site's network: whom to trust, through which proxy, and in what time.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ::url::Url;
use anyhow::{Context, Result, bail};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::Proxy;

use super::no_proxy::NoProxy;
use super::url::{address, host_and_port, is_loopback};
use crate::secret::{Secrets, UrlContext, without_credentials};

/// How to get out of a site's network.
#[derive(Debug, Clone)]
pub struct Network {
    /// Which certificates are trusted.
    pub trust: Trust,
    /// The way out.
    pub proxies: Proxies,
    /// The time for all exchanges together, retries and waits included.
    pub budget: Duration,
}

/// Which certificates are trusted.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Whether certificates are checked at all.
    pub verify: bool,
    /// Certificates to trust beside the bundled roots.
    pub extra: Vec<Certificates>,
}

/// Certificates in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Certificates {
    /// In this file.
    File(PathBuf),
    /// In the configuration itself.
    Text(String),
}

/// The way out, by the scheme of what is called.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For `https`.
    pub https: Option<ProxyUrl>,
    /// For plain `http`, which never leaves the machine: a proxy elsewhere is not used.
    pub http: Option<ProxyUrl>,
    /// The hosts that are reached without a proxy, as `NO_PROXY` lists them.
    pub except: NoProxy,
}

impl Proxies {
    /// Returns the proxies as the client takes them.
    pub(super) fn for_client(&self) -> Option<Proxy> {
        let is_any = self.https.is_some() || self.http.is_some();
        let proxies = self.clone();
        is_any.then(|| Proxy::custom(move |url| proxies.proxy_for(url).map(|proxy| proxy.0.clone())))
    }

    /// Returns the proxy for requests to this URL.
    pub(super) fn proxy_for(&self, url: &Url) -> Option<&ProxyUrl> {
        let proxy = match url.scheme() {
            "https" => self.https.as_ref(),
            "http" => self.http.as_ref().filter(|proxy| is_loopback(&proxy.0)),
            _ => None,
        };
        proxy.filter(|_| !self.except.covers(url))
    }

    /// Returns the proxy for requests to this URL, with its credentials as the client sends them.
    pub(super) fn intercept(&self, url: &Url) -> Option<Intercept> {
        let matcher = Matcher::builder().all(self.proxy_for(url)?.0.to_string()).build();
        matcher.intercept(&url.origin().ascii_serialization().parse().ok()?)
    }
}

/// A proxy's URL. It may hold a password, so it shows its host only.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// Reads a proxy's URL, with or without its scheme.
    ///
    /// # Errors
    /// Names the item that holds it, and nothing of the URL that may be secret.
    pub fn parse(item: &str, text: &str, secrets: &Secrets) -> Result<ProxyUrl> {
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let expected = "expected http://host:port, or http://user:password@host:port";
        let shown = || secrets.quote(&without_credentials(text, UrlContext::Proxy));
        let url =
            Url::parse(&full).with_context(|| format!("the proxy in {item} ({}) is no URL; {expected}", shown()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            bail!("the proxy in {item} ({}) is none that can be used; {expected}", shown());
        }
        // A URL ends its host at each of these, also inside a user or a password: the rest would be a path, and the user the host.
        if full.contains('\\') || url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            bail!(
                "the proxy in {item} ({}) has more than a host and a port; in a user or password write \\ as %5C (DOMAIN%5Cuser), / as %2F, ? as %3F, # as %23, @ as %40; {expected}",
                shown()
            );
        }
        Ok(ProxyUrl(url))
    }
}

impl ProxyUrl {
    /// Returns `host:port` of the proxy.
    pub(super) fn address(&self) -> String {
        address(&self.0)
    }

    /// Returns whether a user or a password goes to the proxy.
    pub(super) fn has_credentials(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&host_and_port(&self.0))
    }
}
