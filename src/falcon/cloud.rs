//! Where Falcon is: a cloud's name or a URL, as people write either, → its base URL.

use std::fmt;

use ::url::Url;
use anyhow::{Result, bail};

use crate::http::url::{self, host_and_port};

/// CrowdStrike's clouds and the hosts of their APIs, as CrowdStrike's SDKs list them.
const CLOUDS: [(&str, &str); 6] = [
    ("us-1", "api.crowdstrike.com"),
    ("us-2", "api.us-2.crowdstrike.com"),
    ("us-3", "api.us-3.crowdstrike.com"),
    ("eu-1", "api.eu-1.crowdstrike.com"),
    ("us-gov-1", "api.laggar.gcw.crowdstrike.com"),
    ("us-gov-2", "api.us-gov-2.crowdstrike.mil"),
];

/// Where Falcon's API is: one of CrowdStrike's clouds, or a host that stands before one.
#[derive(Debug, Clone, Eq)]
pub struct BaseUrl {
    url: Url,
    cloud: Option<&'static str>,
    is_first_guess: bool,
}

/// What CrowdStrike's own tools take for a cloud's name where us-1 is to be asked which it is. It knows the commercial clouds.
const AUTODISCOVER: &str = "autodiscover";

impl BaseUrl {
    /// Reads what an admin typed: `us-1`, `EU1`, `api.us-2.crowdstrike.com`, `https://api.crowdstrike.com/`.
    ///
    /// # Errors
    /// Says what is wrong with it and lists the clouds. An unknown name is never taken for us-1.
    pub fn parse(text: &str) -> Result<BaseUrl> {
        let text = text.trim();
        if !text.contains('/') {
            let (known, is_first_guess) = if plain(text) == AUTODISCOVER { (CLOUDS[0].0, true) } else { (text, false) };
            if let Some(cloud) = BaseUrl::of_cloud(known) {
                return Ok(BaseUrl { is_first_guess, ..cloud });
            }
        }
        if !text.contains(['.', ':', '/']) {
            // A long word may be a secret in the wrong field.
            let shown = if text.len() <= 12 { format!(" {text:?}") } else { String::new() };
            bail!("the base_url{shown} is none of CrowdStrike's clouds; expected {}, {AUTODISCOVER} or a URL", names());
        }
        let url = parse_url("base_url", text)?;
        let cloud = CLOUDS.iter().find(|(_, host)| url.host_str() == Some(host)).map(|(name, _)| *name);
        Ok(BaseUrl { url, cloud, is_first_guess: false })
    }

    /// The cloud of this name, in any case, with or without dashes.
    #[must_use]
    pub(crate) fn of_cloud(name: &str) -> Option<BaseUrl> {
        let name = plain(name);
        // CrowdStrike's SDK for Go calls the government clouds gov1 and gov2.
        let is_known =
            |known: &str| known == name || (name.starts_with("gov") && known.strip_prefix("us") == Some(&name));
        let (name, host) = CLOUDS.iter().find(|(known, _)| is_known(&plain(known)))?;
        let url = Url::parse(&format!("https://{host}/")).ok()?;
        Some(BaseUrl { url, cloud: Some(name), is_first_guess: false })
    }

    /// Whether nobody has named a cloud, so that the one which Falcon names is none to wonder at.
    #[must_use]
    pub(crate) fn is_first_guess(&self) -> bool {
        self.is_first_guess
    }

    /// The cloud's name, where it is one of CrowdStrike's and no gateway before it.
    #[must_use]
    pub(crate) fn cloud(&self) -> Option<&'static str> {
        self.cloud
    }

    /// The scheme of all its URLs.
    #[must_use]
    pub(crate) fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// The host and port, as they may stand in a message.
    #[must_use]
    pub fn host(&self) -> String {
        host_and_port(&self.url)
    }

    /// The URL of one of the API's paths; `path` starts with a slash.
    #[must_use]
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.url.path().trim_end_matches('/')));
        url
    }
}

/// Whoever names a place, it is the same one.
impl PartialEq for BaseUrl {
    fn eq(&self, other: &BaseUrl) -> bool {
        self.url == other.url
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cloud {
            Some(cloud) => write!(formatter, "{} ({cloud})", self.host()),
            None => formatter.write_str(&self.host()),
        }
    }
}

/// A cloud's name without what people put between its parts.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['-', '_', ' '], "")
}

/// The names of the clouds, for messages.
fn names() -> String {
    CLOUDS.map(|(name, _)| name).join(", ")
}

/// A URL of Falcon's, or of a gateway before it.
///
/// # Errors
/// Names the item and what is wrong with the URL.
pub(crate) fn parse_url(item: &str, text: &str) -> Result<Url> {
    let url = url::parse(item, text, &format!("{} or a URL such as https://api.crowdstrike.com", names()))?;
    if let Some(rest) =
        url.host_str().and_then(|host| host.strip_prefix("falcon.")).filter(|rest| rest.contains("crowdstrike"))
    {
        bail!("the {item} is Falcon's console; the API of the same cloud is https://api.{rest}");
    }
    Ok(url)
}

/// Whether the URL is on the host of one of CrowdStrike's clouds.
pub(super) fn is_cloud(url: &Url) -> bool {
    CLOUDS.iter().any(|(_, host)| url.host_str() == Some(host))
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    fn host(text: &str) -> String {
        BaseUrl::parse(text).unwrap().join("/x").to_string()
    }

    #[test]
    fn a_cloud_goes_by_any_spelling_of_its_name() {
        for text in ["us-2", "US-2", "us2", " Us_2 ", "api.us-2.crowdstrike.com", "https://api.us-2.crowdstrike.com/"] {
            assert_eq!(host(text), "https://api.us-2.crowdstrike.com/x", "{text}");
            assert_eq!(BaseUrl::parse(text).unwrap().cloud(), Some("us-2"), "{text}");
        }
        for text in ["USGOV1", "us-gov-1", "gov1", "Gov-1", " GOV_1 "] {
            assert_eq!(host(text), "https://api.laggar.gcw.crowdstrike.com/x", "{text}");
        }
        for text in ["us-gov-2", "gov2", "gov-2"] {
            assert_eq!(host(text), "https://api.us-gov-2.crowdstrike.mil/x", "{text}");
        }
        assert_eq!(["gov3", "gov", "1", "-1"].map(BaseUrl::of_cloud), [const { None }; 4]);
    }

    #[test]
    fn a_cloud_that_is_to_be_found_is_looked_for_from_us_1() {
        for text in ["autodiscover", " Autodiscover ", "auto-discover"] {
            assert_eq!(host(text), "https://api.crowdstrike.com/x", "{text}");
            assert!(BaseUrl::parse(text).unwrap().is_first_guess(), "{text}");
        }
        assert!(!BaseUrl::parse("us-1").unwrap().is_first_guess());
        assert_eq!(BaseUrl::of_cloud("autodiscover"), None, "no answer of Falcon's names it");
    }

    #[test]
    fn a_gateway_keeps_its_port_and_path() {
        assert_eq!(host(" https://gateway.example:8443/falcon/ "), "https://gateway.example:8443/falcon/x");
        assert_eq!(BaseUrl::parse("https://gateway.example").unwrap().cloud(), None);
    }

    #[test]
    fn what_is_no_falcon_is_refused_with_the_way_out() {
        for (text, expected) in [
            ("us-9", "us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2"),
            ("http://api.crowdstrike.com", "https://api.crowdstrike.com"),
            ("ftp://api.crowdstrike.com", "https://api.crowdstrike.com"),
            ("https://falcon.eu-1.crowdstrike.com/login", "https://api.eu-1.crowdstrike.com"),
            ("https://api.crowdstrike.com/?a=b", "without them"),
            ("https://", "expected us-1"),
            ("https:///V%BB.example", "expected us-1"),
        ] {
            let error = format!("{:#}", BaseUrl::parse(text).unwrap_err());
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_in_the_url_is_not_repeated() {
        let error = format!("{:#}", BaseUrl::parse("https://me:hunter2@api.crowdstrike.com").unwrap_err());
        assert!(error.contains("api.crowdstrike.com") && !error.contains("hunter2"), "{error}");
    }
}
