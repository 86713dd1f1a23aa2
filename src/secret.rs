//! What must never be shown, and the removal of it from all that is.
//!
//! A secret can come back from anywhere: Falcon or a proxy may echo a request in an error page. So it is not enough
//! to keep secrets out of our own words; everything that leaves the program passes through [`Secrets::scrub`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::prelude::{BASE64_STANDARD, Engine};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What stands where a secret stood; the word that cortexutils uses.
pub const REMOVED: &str = "REMOVED";

/// Shorter values are left alone inside running text: they would tear up words that are no secret.
const SHORTEST: usize = 4;

/// The secrets of one job, in each spelling in which they could come back. Clones share them: what one room learns
/// while the job runs (the token), all others remove.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<Vec<String>>>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Secrets({})", self.list().len())
    }
}

impl Secrets {
    /// Remembers a secret: as it is, in a JSON string, in a form or URL, and in HTML.
    pub fn learn(&self, secret: &str) {
        let json = Value::from(secret).to_string();
        let (form, html) = (form(secret), html(secret));
        let spellings = [
            secret.to_owned(),
            secret.trim().to_owned(),
            json[1..json.len() - 1].to_owned(),
            ascii_json(&json[1..json.len() - 1]),
            form.replace('+', "%20"),
            small_hex(&form),
            small_hex(&form.replace('+', "%20")),
            form,
            html.replace('"', "&quot;").replace('\'', "&#x27;"),
            html.replace('"', "&quot;").replace('\'', "&#39;"),
            html.replace('"', "&#34;").replace('\'', "&#39;"),
            html,
        ];
        let mut list = self.list();
        for spelling in spellings {
            if spelling.len() >= SHORTEST && !list.contains(&spelling) {
                list.push(spelling);
            }
        }
        // The longest first, so that no part of a secret is left behind by a shorter one inside it.
        list.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    }

    /// Remembers the credentials of a URL: the password as it stands there and decoded, and the pair as HTTP's basic
    /// authentication spells it.
    pub fn learn_url_password(&self, url: &str) {
        let Some(password) = url_password(url) else { return };
        let user = url[..password.start - 1].rsplit('/').next().unwrap_or_default();
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, decoded_password) = (decoded(user), decoded(&url[password.clone()]));
        self.learn(&url[password]);
        self.learn(&decoded_password);
        self.learn_pair(&user, &decoded_password);
    }

    /// Remembers a user and a password as HTTP's basic authentication spells the pair.
    pub fn learn_pair(&self, user: &str, password: &str) {
        self.learn(&BASE64_STANDARD.encode(format!("{user}:{password}")));
    }

    /// The text with every secret replaced by [`REMOVED`].
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        self.list().iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), REMOVED) } else { text }
        })
    }

    /// The bytes with every secret replaced by [`REMOVED`]; as they came where there is none.
    #[must_use]
    pub fn scrub_bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8_lossy(&bytes);
        let found = self.list().iter().any(|secret| text.contains(secret.as_str()));
        if found { self.scrub(&text).into_bytes() } else { bytes }
    }

    /// Scrubs each string inside a JSON value, keys too.
    pub fn scrub_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.scrub(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.scrub_value(item)),
            Value::Object(entries) => {
                *entries = std::mem::take(entries)
                    .into_iter()
                    .map(|(key, mut value)| {
                        self.scrub_value(&mut value);
                        (self.scrub(&key), value)
                    })
                    .collect();
            }
            // A secret may have been typed in digits.
            Value::Number(number) if self.list().contains(&number.to_string()) => *value = REMOVED.into(),
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    /// A JSON value without secrets.
    #[must_use]
    pub fn scrubbed(&self, mut value: Value) -> Value {
        self.scrub_value(&mut value);
        value
    }

    fn list(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A secret as it stands in a form or a query.
fn form(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The same with `\u00e9` for what is not ASCII, as many services write JSON.
fn ascii_json(json: &str) -> String {
    let escape = |unit: u16| match u8::try_from(unit) {
        Ok(ascii @ b' '..=b'~') => char::from(ascii).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    json.encode_utf16().map(escape).collect::<Vec<_>>().concat()
}

/// The same with `%2f` for `%2F`.
fn small_hex(form: &str) -> String {
    let mut parts = form.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_at_checked(2) {
        Some((hex, rest)) => format!("{text}%{}{rest}", hex.to_lowercase()),
        None => format!("{text}%{part}"),
    })
}

/// A secret as it stands in HTML, but for its quotes, of which there are several spellings.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Whether a configuration item of this name holds a secret: cortexutils' rule, and tokens.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    ["key", "password", "secret", "token"].iter().any(|word| name.contains(word))
}

/// Where in a URL the password stands, however broken the URL is otherwise.
#[must_use]
pub fn url_password(url: &str) -> Option<std::ops::Range<usize>> {
    let start = url.find("://").map_or(0, |at| at + 3);
    let authority_ends = url[start..].find('/').map_or(url.len(), |at| start + at);
    // A password may itself hold a slash that nobody encoded, so the last @ of the whole text decides if the authority has none.
    let at = url[start..authority_ends].rfind('@').or_else(|| url[start..].rfind('@'))? + start;
    let colon = url[start..at].find(':')? + start;
    (colon + 1 < at).then_some(colon + 1..at)
}
