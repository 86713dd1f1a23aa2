//! URLs, as people paste them and as messages show them.

use std::net::IpAddr;

use anyhow::{Context, Result, bail};
use url::{Host, Url};

/// A URL to which credentials may be sent, as people paste it: blanks, no scheme, a slash at the end. `expected` names
/// what else may stand in its place.
///
/// # Errors
/// Names the item and what is wrong with the URL; the URL itself only as far as it can hold no password.
pub(crate) fn parse(item: &str, text: &str, expected: &str) -> Result<Url> {
    let url = parse_also_plain(item, text, expected)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        let host = url.host_str().unwrap_or_default();
        bail!("the {item} is plain http, which would send the secret in the clear; expected https://{host}");
    }
    Ok(url)
}

/// The same, where plain http will do for any host.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_also_plain(item: &str, text: &str, expected: &str) -> Result<Url> {
    let text = text.trim();
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&full).ok().with_context(|| format!("the {item} is no URL; expected {expected}"))?;
    let host = url.host_str().unwrap_or_default();
    if !url.username().is_empty() || url.password().is_some() {
        bail!("the {item} carries a user name or a password; expected {host:?} without them");
    }
    if url.query().is_some() || url.fragment().is_some() {
        bail!("the {item} carries a query or a fragment; expected the URL of {host:?} without them");
    }
    match url.scheme() {
        "https" | "http" => Ok(url),
        other => bail!("the {item} has the scheme {other:?}; expected https://{host}"),
    }
}

/// The host and, where it is not the usual one, the port.
#[must_use]
pub(crate) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns the host and the port, also where that is the usual one.
#[must_use]
pub(crate) fn address(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether the URL's host is this machine.
#[must_use]
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}
