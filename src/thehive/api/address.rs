//! Where TheHive is, and as whom to ask it.

use std::fmt;

use reqwest::header::HeaderValue;
use serde_json::Value;
use url::Url;

/// Where TheHive is, with which key to come, and in which organisation to act.
#[derive(Debug)]
pub(crate) struct Address {
    /// The URL below which its API is.
    pub(crate) url: Url,
    /// The key of a user of its.
    pub(crate) api_key: ApiKey,
    /// The organisation that the job names; without one, TheHive takes the user's default organisation.
    pub(crate) organisation: Option<Organisation>,
}

impl Address {
    /// Returns the address with the organisation that the job's parameters name.
    #[must_use]
    pub(crate) fn in_organisation_of(self, parameters: &Value) -> Address {
        Address { organisation: Organisation::named_in(parameters), ..self }
    }
}

/// An API key. Its `Debug` shows none of it.
#[derive(Clone)]
pub(crate) struct ApiKey(pub(crate) String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey")
    }
}

/// The name of an organisation in TheHive, as the value of the header `X-Organisation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organisation(HeaderValue);

impl Organisation {
    /// The longest name that is sent, in bytes. Servers refuse headers of many kilobytes.
    const MAX_LENGTH: usize = 512;

    /// Returns the organisation that a job's parameters name; `None` if they name none, or one that fits no header.
    fn named_in(parameters: &Value) -> Option<Organisation> {
        let name = parameters.get("organisation")?.as_str()?;
        // HeaderValue would take a tab.
        let is_name = !name.trim().is_empty() && name.len() <= Organisation::MAX_LENGTH;
        let name = Some(name).filter(|name| is_name && !name.contains(char::is_control))?;
        HeaderValue::from_bytes(name.as_bytes()).ok().map(Organisation)
    }

    /// Returns the header's value.
    pub(super) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_name_that_fits_a_header_is_sent() {
        let sent = |organisation: Value| {
            let named = Organisation::named_in(&json!({ "organisation": organisation }));
            named.map(|name| String::from_utf8(name.header().as_bytes().to_vec()).unwrap())
        };
        for name in ["soc", "SOC North (2)", "S\u{e9}curit\u{e9}", "\u{5b89}\u{5168}"] {
            assert_eq!(sent(name.into()).as_deref(), Some(name));
        }
        for name in ["", "  ", "soc\r\nX-Other: 1", "a\tb", "a\u{0}b", "a\u{7f}b", "a\u{85}b", &"x".repeat(513)] {
            assert_eq!(sent(name.into()), None, "{name:?}");
        }
        for none in [json!(null), json!(7), json!(["soc"]), json!({"name": "soc"})] {
            assert_eq!(sent(none.clone()), None, "{none}");
        }
        assert_eq!(Organisation::named_in(&Value::Null), None);
    }
}
