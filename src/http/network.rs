//! How to get out of a site's network: whom to trust, through which proxy, and in what time.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ::url::Url;
use anyhow::{Context, Result, bail};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{NoProxy, Proxy};

use super::url::{host_and_port, is_loopback};
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
    pub except: Option<String>,
}

impl Proxies {
    /// The proxies as the client takes them.
    pub(super) fn for_client(&self) -> Result<Vec<Proxy>> {
        let except = self.except.as_deref().and_then(NoProxy::from_string);
        let https = self.https.iter().map(|proxy| Proxy::https(proxy.0.clone()));
        let http = self.http.iter().filter(|proxy| is_loopback(&proxy.0)).map(|proxy| Proxy::http(proxy.0.clone()));
        https
            .chain(http)
            .map(|proxy| Ok(proxy.map_err(reqwest::Error::without_url)?.no_proxy(except.clone())))
            .collect::<Result<_>>()
            .context("the proxy cannot be used")
    }

    /// Returns which request goes through which proxy, as the client decides it.
    pub(super) fn matcher(&self) -> Matcher {
        let url = |proxy: &Option<ProxyUrl>| proxy.as_ref().map(|proxy| proxy.0.to_string()).unwrap_or_default();
        let http = self.http.clone().filter(|proxy| is_loopback(&proxy.0));
        let builder = Matcher::builder().https(url(&self.https)).http(url(&http));
        builder.no(self.except.clone().unwrap_or_default()).build()
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
