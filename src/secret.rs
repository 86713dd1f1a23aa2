//! What must never be shown, and the removal of it from all that is.
//!
//! A secret can come back from anywhere: Falcon or a proxy may echo a request in an error page. So it is not enough
//! to keep secrets out of our own words; everything that leaves the program passes through [`Secrets::scrub`].
//!
//! Secrets change what is shown, and nothing else: a job is planned and an answer is judged as it came.

mod credentials;
mod encodings;
mod patterns;
mod spelling;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use base64::prelude::{BASE64_STANDARD, Engine};
use percent_encoding::percent_decode_str;
use serde_json::Value;

pub(crate) use credentials::UrlContext;
use credentials::UrlCredentials;
pub(crate) use credentials::without_credentials;

use crate::text::{LONGEST_PIECE, printable};
use encodings::encodings;
use patterns::Patterns;
use spelling::Plain;

/// The bytes behind the end of a quotation that are redacted with it, so that a secret that begins in the quotation is found.
/// The longest secret, a token, may have 64 kB.
const MARGIN: usize = 100_000;

/// What stands where a secret stood; the word that cortexutils uses.
pub const REMOVED: &str = "REMOVED";

/// The secrets of one job, recognised in every spelling in which they could come back. Clones share them: what one room
/// learns while the job runs (the token), all others remove.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// The secrets as they are.
    raw: Patterns,
    /// The secrets in plain spelling, to be found in texts that were brought to it.
    plain: Patterns,
    /// The secrets without blanks, to be found in texts that were broken into lines.
    unbroken: Patterns,
    /// Whether some secret is not in plain spelling itself, so that even a text without escapes has to be brought to it.
    some_are_escaped: bool,
}

impl Known {
    fn learn(&mut self, secret: &str) {
        self.some_are_escaped |= Plain::of(secret).bytes() != secret.as_bytes();
        self.add(secret);
    }

    fn add(&mut self, form: &str) {
        let plain = Plain::of(form);
        self.raw.add(form.as_bytes());
        self.plain.add(plain.bytes());
        let unbroken = plain.without_blanks();
        if unbroken.bytes().len() >= MIN_UNBROKEN {
            self.unbroken.add(unbroken.bytes());
        }
    }

    /// Where secrets stand in a text that may be escaped or broken into lines.
    fn spans_in_plain(&mut self, text: &str) -> Vec<Range<usize>> {
        let plain = Plain::of(text);
        let mut spans: Vec<_> = self.plain.spans_in(plain.bytes()).iter().map(|span| plain.origin(span)).collect();
        let unbroken = plain.without_blanks();
        let found = self.unbroken.spans_in(unbroken.bytes());
        spans.extend(found.iter().map(|span| without_blanks_behind(text, unbroken.origin(span))));
        spans
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets")
    }
}

impl Secrets {
    /// Remembers a secret.
    pub(crate) fn learn(&self, secret: &str) {
        self.with_known(|known| {
            known.learn(secret);
            for form in encodings(secret) {
                known.add(&form);
            }
            if secret.bytes().all(|byte| byte.is_ascii_graphic()) {
                // Most have nothing around them, and nothing in them, that is ever left out.
                return;
            }
            known.learn(secret.trim());
            if secret.contains(char::is_control) {
                // Logs and headers leave out what they cannot show.
                known.learn(&secret.replace(char::is_control, ""));
            }
        });
    }

    /// Remembers the credentials of the URLs in a text: the password as it stands there and decoded, and the pair as HTTP's basic
    /// authentication spells it. A user without a password is the secret itself: many proxies take a token for a user.
    pub(crate) fn learn_url_credentials(&self, text: &str, context: UrlContext) {
        for url in credentials::urls(text).map(|span| &text[span]) {
            self.learn_credentials_of(url, context);
            for value in credentials::secret_parameters(url, context).map(|span| &url[span]) {
                self.learn(value);
                self.learn(&percent_decode_str(value).decode_utf8_lossy());
            }
        }
    }

    fn learn_credentials_of(&self, url: &str, context: UrlContext) {
        let Some(credentials) = UrlCredentials::find(url, context) else { return };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, password) = (decoded(credentials.user(url)), decoded(credentials.password(url)));
        self.learn(&url[credentials.secret()]);
        self.learn_pair(&user, &password);
        match (user.split_once(':'), password.is_empty()) {
            // The colon was percent-encoded, too.
            (Some((_, password)), true) => self.learn(password),
            (None, true) => self.learn(&user),
            (_, false) => self.learn(&password),
        }
    }

    /// Remembers a user and a password as HTTP's basic authentication spells the pair.
    pub(crate) fn learn_pair(&self, user: &str, password: &str) {
        self.learn(&BASE64_STANDARD.encode(format!("{user}:{password}")));
    }

    /// The text with every secret replaced by [`REMOVED`].
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        self.with_known(|known| {
            let mut spans = known.raw.spans_in(text.as_bytes());
            if known.some_are_escaped || spelling::may_be_escaped(text) {
                spans.extend(known.spans_in_plain(text));
                spans.sort_unstable_by_key(|span| span.start);
            }
            replace(text, &spans)
        })
    }

    /// Text from outside as it may stand in a message. Scrubbed before it is cut: a cut secret no longer matches.
    #[must_use]
    pub(crate) fn quote(&self, text: &str) -> String {
        self.quote_within(text, LONGEST_PIECE)
    }

    /// As [`Secrets::quote`], cut after so many characters. What is far behind these is left out before the text is redacted,
    /// because that takes many times its length in memory.
    #[must_use]
    pub(crate) fn quote_within(&self, text: &str, longest: usize) -> String {
        let near = &text[..text.floor_char_boundary(longest.saturating_add(MARGIN))];
        printable(&self.scrub(near), longest)
    }

    /// A JSON value with every secret inside its strings, numbers and keys replaced by [`REMOVED`].
    #[must_use]
    pub fn scrubbed(&self, value: Value) -> Value {
        self.scrub_value(value, true)
    }

    /// As [`Secrets::scrubbed`], but the keys stay: they are words of this program.
    #[must_use]
    pub(crate) fn scrubbed_but_for_keys(&self, value: Value) -> Value {
        self.scrub_value(value, false)
    }

    fn scrub_value(&self, value: Value, keys: bool) -> Value {
        match value {
            Value::String(text) => self.scrub(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.scrub_value(item, keys)).collect(),
            Value::Object(entries) => {
                let scrub_key = |key: String| if keys { self.scrub(&key) } else { key };
                entries.into_iter().map(|(key, value)| (scrub_key(key), self.scrub_value(value, keys))).collect()
            }
            // A secret may have been typed in digits.
            Value::Number(number) if self.scrub(&number.to_string()) == REMOVED => REMOVED.into(),
            Value::Number(_) | Value::Bool(_) | Value::Null => value,
        }
    }

    fn with_known<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The shortest secret that is found although it is broken into lines, in bytes without its blanks.
const MIN_UNBROKEN: usize = 16;

/// The same span without the blanks at its end, which are left out of a text that is searched without blanks.
fn without_blanks_behind(text: &str, span: Range<usize>) -> Range<usize> {
    let found = &text.as_bytes()[span.clone()];
    span.start..span.start + found.trim_ascii_end().len()
}

/// The text with [`REMOVED`] in the place of each span, and once in the place of spans that touch or overlap. They are in
/// the order of their starts.
fn replace(text: &str, spans: &[Range<usize>]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = None;
    for span in spans {
        let before = from.unwrap_or_default();
        // A secret that breaks off in the middle of a character takes the whole character with it.
        let start = text.floor_char_boundary(span.start).max(before);
        if from != Some(start) {
            kept.push_str(&text[before..start]);
            kept.push_str(REMOVED);
        }
        from = Some(text.ceil_char_boundary(span.end).max(start).max(before));
    }
    kept + &text[from.unwrap_or_default()..]
}

/// Whether a configuration item of this name holds a secret: cortexutils' rule, and tokens. The places where tokens are
/// to be had are none, but for the credentials that a URL may carry.
#[must_use]
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    !["token_url", "token_cache"].contains(&name.as_str())
        && ["key", "password", "secret", "token"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Secrets;

    #[test]
    fn a_secret_in_digits_is_removed_where_it_is_all_of_a_number() {
        let secrets = Secrets::default();
        secrets.learn("123456");
        assert_eq!(secrets.scrubbed(json!({"n": [123_456, 1_234_567]})), json!({"n": ["REMOVED", 1_234_567]}));
        assert_eq!(format!("{secrets:?}"), "Secrets");
    }

    #[test]
    fn a_text_without_escapes_is_brought_to_plain_spelling_where_a_secret_needs_it() {
        let secrets = Secrets::default();
        secrets.learn("tab\there+and-so-on");
        assert_eq!(secrets.scrub("it is tab here and-so-on."), "it is REMOVED.");
        assert_eq!(secrets.scrub("it is tabhere+and-so-on."), "it is REMOVED.");
    }
}
