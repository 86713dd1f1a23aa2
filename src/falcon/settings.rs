//! All that is needed to reach a tenant of Falcon.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use oauth2::{ClientId, ClientSecret, Scope};
use url::Url;

use super::answer::shown as shortened;
use super::cloud::{BaseUrl, host_and_port, is_loopback, parse_ascii};
use crate::secret::{REMOVED, url_password};

/// How to reach Falcon, and as whom.
#[derive(Debug)]
pub struct Settings {
    /// Where its API is.
    pub base_url: BaseUrl,
    /// Where its tokens are, if not at the base URL.
    pub token_url: Option<Url>,
    /// Who asks.
    pub credentials: Credentials,
    /// Which certificates are trusted.
    pub trust: Trust,
    /// The way out of the network.
    pub proxies: Proxies,
    /// The time for all calls together, retries and waits included.
    pub budget: Duration,
}

/// An API client of a tenant, and as whom it acts.
#[derive(Debug)]
pub struct Credentials {
    /// The API client's id.
    pub client_id: ClientId,
    /// Its secret; its `Debug` shows none of it.
    pub client_secret: ClientSecret,
    /// The child tenant to act in, where the API client belongs to a parent (MSSP).
    pub member_cid: Option<String>,
    /// The scopes to ask for; all that the API client has, where none is named.
    pub scopes: Vec<Scope>,
}

/// Whom to believe that they are Falcon.
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

/// The way out of the network, by the scheme of what is called.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// For `https`, which is all that Falcon speaks.
    pub https: Option<ProxyUrl>,
    /// For plain `http`, which never leaves the machine: a proxy elsewhere is not used.
    pub http: Option<ProxyUrl>,
    /// The hosts that are reached without a proxy, as `NO_PROXY` lists them.
    pub except: Option<String>,
}

/// A proxy's URL. It may hold a password, so it shows its host only.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// Reads a proxy's URL, with or without its scheme.
    ///
    /// # Errors
    /// Names the item that holds it, and nothing of a URL that may hold a password.
    pub fn parse(item: &str, text: &str) -> Result<ProxyUrl> {
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let expected = "expected http://host:port, or http://user:password@host:port";
        let url = parse_ascii(&full)
            .with_context(|| format!("the proxy in {item} ({}) is no URL; {expected}", without_password(text)))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            bail!("the proxy in {item} ({}) is none that can be used; {expected}", without_password(text));
        }
        Ok(ProxyUrl(url))
    }

    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    pub(super) fn as_url(&self) -> &Url {
        &self.0
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

fn without_password(url: &str) -> String {
    let mut shown = url.to_owned();
    match (url_password(url), url.rfind('@')) {
        (Some(password), _) => shown.replace_range(password, REMOVED),
        // No password can be told from the rest; so nothing before the host is shown.
        (None, Some(at)) => shown.replace_range(..at, REMOVED),
        (None, None) => {}
    }
    shortened(&shown)
}
