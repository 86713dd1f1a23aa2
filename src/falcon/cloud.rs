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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: Url,
    cloud: Option<&'static str>,
}

impl BaseUrl {
    /// Reads what an admin typed: `us-1`, `EU1`, `api.us-2.crowdstrike.com`, `https://api.crowdstrike.com/`.
    ///
    /// # Errors
    /// Says what is wrong with it and lists the clouds. An unknown name is never taken for us-1.
    pub fn parse(text: &str) -> Result<BaseUrl> {
        let text = text.trim();
        if let Some(base_url) = BaseUrl::of_cloud(text) {
            return Ok(base_url);
        }
        if !text.contains(['.', ':', '/']) {
            // A long word may be a secret in the wrong field.
            let shown = if text.len() <= 12 { format!(" {text:?}") } else { String::new() };
            bail!("the base_url{shown} is none of CrowdStrike's clouds; expected {} or a URL", names());
        }
        let url = parse_url("base_url", text)?;
        let cloud = CLOUDS.iter().find(|(_, host)| url.host_str() == Some(host)).map(|(name, _)| *name);
        Ok(BaseUrl { url, cloud })
    }

    /// The cloud of this name, in any case, with or without dashes.
    #[must_use]
    pub(crate) fn of_cloud(name: &str) -> Option<BaseUrl> {
        let plain = |name: &str| name.trim().to_lowercase().replace(['-', '_', ' '], "");
        let (name, host) = CLOUDS.iter().find(|(known, _)| plain(known) == plain(name))?;
        let url = Url::parse(&format!("https://{host}/")).ok()?;
        Some(BaseUrl { url, cloud: Some(name) })
    }

    /// The cloud's name, where it is one of CrowdStrike's and no gateway before it.
    #[must_use]
    pub(crate) fn cloud(&self) -> Option<&'static str> {
        self.cloud
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

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cloud {
            Some(cloud) => write!(formatter, "{} ({cloud})", self.host()),
            None => formatter.write_str(&self.host()),
        }
    }
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
        assert_eq!(host("USGOV1"), "https://api.laggar.gcw.crowdstrike.com/x");
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
