//! `NO_PROXY`: the hosts that are reached without a proxy.
//!
//! There is no standard for it. These are the rules of Go's and Python's HTTP clients, and of curl, where they do not contradict
//! one another. reqwest's own list knows no ports, and no IP address in `*`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use url::{Host, Url};

/// The hosts that are reached without a proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoProxy {
    text: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    All,
    Network(IpNet),
    Address(IpAddr, Option<u16>),
    /// A name in lower case, which stands for its subdomains, too.
    Domain(String, Option<u16>),
}

impl NoProxy {
    /// Parses a list of entries, separated by commas or blanks.
    #[must_use]
    pub fn parse(text: &str) -> NoProxy {
        let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter_map(Entry::parse);
        NoProxy { text: text.to_owned(), entries: entries.collect() }
    }

    /// Returns whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns whether requests to this URL go past the proxy.
    #[must_use]
    pub fn covers(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        url.host().is_some_and(|host| self.entries.iter().any(|entry| entry.covers(&host, port)))
    }
}

/// The list as it was given.
impl fmt::Display for NoProxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Entry> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if text == "*" {
            return Some(Entry::All);
        }
        if let Ok(network) = text.parse() {
            return Some(Entry::Network(network));
        }
        if let Ok(address) = bare.parse() {
            return Some(Entry::Address(address, None));
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Some(Entry::Address(address.ip(), Some(address.port())));
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let name = name.strip_prefix('*').unwrap_or(name).trim_matches('.').to_lowercase();
        (!name.is_empty()).then_some(Entry::Domain(name, port))
    }

    fn covers(&self, host: &Host<&str>, port: Option<u16>) -> bool {
        let is_same_port = |own: &Option<u16>| own.is_none() || *own == port;
        match (self, address(host), host) {
            (Entry::All, ..) => true,
            (Entry::Network(network), Some(address), _) => network.contains(&address),
            (Entry::Address(own, own_port), Some(address), _) => *own == address && is_same_port(own_port),
            (Entry::Domain(own, own_port), None, Host::Domain(name)) => is_within(name, own) && is_same_port(own_port),
            (Entry::Network(_) | Entry::Address(..) | Entry::Domain(..), ..) => false,
        }
    }
}

fn address(host: &Host<&str>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some((*address).into()),
    }
}

/// Whether a host, which a URL has in lower case, is this domain or one of its subdomains.
fn is_within(name: &str, domain: &str) -> bool {
    let rest = name.trim_end_matches('.').strip_suffix(domain);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(list: &str, url: &str) -> bool {
        NoProxy::parse(list).covers(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn each_kind_of_entry_covers_what_it_names_and_nothing_else() {
        let falcon = "https://api.crowdstrike.com/";
        for (list, url, is_covered) in [
            ("*", falcon, true),
            ("*", "https://10.1.2.3/", true),
            ("*", "https://[fd00::1]:8443/", true),
            ("example.org, *", falcon, true),
            ("crowdstrike.com", falcon, true),
            (".crowdstrike.com", falcon, true),
            ("*.CrowdStrike.com", falcon, true),
            ("crowdstrike.com.", falcon, true),
            ("api.crowdstrike.com", "https://api.crowdstrike.com./", true),
            ("example.org api.crowdstrike.com", falcon, true),
            ("api.crowdstrike.com:443", falcon, true),
            ("crowdstrike.com:443", falcon, true),
            ("api.crowdstrike.com:8443", falcon, false),
            ("api.crowdstrike.com:https", falcon, false),
            ("strike.com", falcon, false),
            ("api.crowdstrike.com.example.org", falcon, false),
            ("", falcon, false),
            (",, .,*.,:443", falcon, false),
            ("10.1.2.3", "https://10.1.2.3:8443/", true),
            ("10.1.2.3:8443", "https://10.1.2.3:8443/", true),
            ("10.1.2.3:443", "https://10.1.2.3:8443/", false),
            ("10.1.2.4", "https://10.1.2.3/", false),
            ("10.1.0.0/16", "https://10.1.2.3:8443/", true),
            ("10.2.0.0/16", "https://10.1.2.3/", false),
            ("0.0.0.0/0", "https://10.1.2.3/", true),
            ("0.0.0.0/0", "https://[fd00::1]/", false),
            ("10.1.0.0/33", "https://10.1.2.3/", false),
            ("3", "https://10.1.2.3/", false),
            ("fd00::1", "https://[fd00::1]:8443/", true),
            ("[fd00::1]", "https://[fd00::1]:8443/", true),
            ("[fd00::1]:8443", "https://[fd00::1]:8443/", true),
            ("[fd00::1]:443", "https://[fd00::1]:8443/", false),
            ("fd00::/8", "https://[fd00::1]/", true),
            ("fe80::/10", "https://[fd00::1]/", false),
        ] {
            assert_eq!(covers(list, url), is_covered, "{list:?} and {url}");
        }
    }
}
