//! IDs of objects in Falcon. Each is data: it travels in a body, never in a path or header.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::text::{LONGEST_PIECE, is_invisible};

/// The longest ID that is sent, in bytes. Falcon's own stay below 300.
pub(super) const MAX_ID: usize = 1_024;

/// What lists and quotations are written with, and IDs are not.
const NEVER_IN_AN_ID: [char; 23] = [
    ',', ';', '|', '"', '\'', '`', '“', '”', '„', '«', '»', '‘', '’', '‚', '[', ']', '{', '}', '(', ')', '<', '>', '\\',
];

/// Why a text is not an ID; to be read after the words "a value of the custom field …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// It is longer than any.
    #[error("is longer than {MAX_ID} bytes, as no Falcon ID is")]
    TooLong,
    /// It holds a blank, a character that cannot be seen, or one that lists are written with.
    #[error("holds the character U+{0:04X}, which no Falcon ID has")]
    Strange(u32),
    /// It is the URL of a page, and which part of it is the ID is a guess.
    #[error("is a URL; expected the ID alone{}", hint(.0.as_deref()))]
    Url(Option<String>),
    /// It is a link or a URL with more than one ID.
    #[error("is a link with more than one ID; expected one")]
    Several,
    /// It is not what the alerts API takes.
    #[error("is not a composite ID (<CID>:<kind>:…, with a CID of 32 hex digits)")]
    NotComposite,
    /// It is a detection's ID from the API that ended on 2025-09-30.
    #[error(
        "is the ID of a legacy detection, whose API CrowdStrike switched off on 2025-09-30; the alerts API does not take it"
    )]
    LegacyDetection,
    /// It is not what the incidents API takes.
    #[error("is not the ID of an incident (inc:…)")]
    NotIncident,
    /// It is the ID of an object of another kind.
    #[error("is the ID of {0}, not of a case")]
    OtherKind(&'static str),
    /// It is a truth value, or a number that is too large or not whole.
    #[error("is neither text nor a whole number")]
    NotText,
    /// It is a JSON object that was written as text.
    #[error("is a JSON object; expected the ID alone")]
    Object,
    /// It is in brackets like the name in a placeholder.
    #[error("is in brackets, so it may be an ID or a placeholder that was not filled in; expected the ID alone")]
    InBrackets,
    /// It is in quotation marks or brackets of which some are missing.
    #[error("has a quotation mark or bracket without its counterpart, so part of it may be missing")]
    Unbalanced,
}

/// Returns the CID that a composite ID begins with: its tenant.
pub(super) fn cid(id: &str) -> Option<&str> {
    let (cid, _) = id.split_once(':')?;
    (cid.len() == 32 && cid.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(cid)
}

/// As much of the URL as is most likely the ID.
fn hint(id: Option<&str>) -> String {
    id.map_or_else(String::new, |id| format!(", which seems to be {id:?}"))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:ident, $shape:expr $(, $nothing:literal)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Takes an ID from outside.
            ///
            /// # Errors
            /// Says why no Falcon ID looks like this.
            pub fn new(id: &str) -> Result<$name, InvalidId> {
                $check(id).map(|()| $name(id.to_owned()))
            }

            /// Reads an ID that may be percent-encoded, or the only one in a URL.
            ///
            /// # Errors
            /// Says why there is no ID, or which of several is unclear.
            pub fn read(text: &str) -> Result<$name, InvalidId> {
                read_with($check, $shape, text).map($name)
            }

            $(
                /// Returns an ID of the right shape that no tenant has: its update asks for a scope and changes nothing.
                #[must_use]
                pub(crate) fn of_nothing() -> $name {
                    $name($nothing.to_owned())
                }
            )?

            /// The ID, as Falcon writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// An alert's ID: `<cid>:<kind>:…`, of any kind but `ldt`; what follows is opaque.
    CompositeId, check_composite, Shape::Own, "00000000000000000000000000000000:ind:00000000000000000000000000000000:0-0-0"
}
id! {
    /// An incident's ID: `inc:<aid>:<id>`.
    IncidentId, check_incident, Shape::Own, "inc:00000000000000000000000000000000:0"
}
id! {
    /// An NG-SIEM case's opaque ID; not its `reference_id` (`ABC-1234`), which is for people.
    CaseId, check_case, Shape::Opaque, "MDAwMDAwMDAwMDAwMDAwMA"
}
id! {
    /// An event's ID in Next-Gen SIEM; opaque.
    EventId, check, Shape::Opaque
}

/// Whether IDs of a kind look like no other text.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Own,
    /// Any word could be one.
    Opaque,
}

/// Whether a text from an answer can be the ID of an object of any kind.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && check(text).is_ok()
}

/// Checks what all IDs have in common. They may hold letters of any script.
fn check(id: &str) -> Result<(), InvalidId> {
    if is_url(id) { Err(InvalidId::Url(id_in_url(id))) } else { check_characters(id) }
}

fn check_characters(id: &str) -> Result<(), InvalidId> {
    let is_strange = |c: char| NEVER_IN_AN_ID.contains(&c) || is_invisible(c) || c.is_whitespace();
    if let Some(strange) = id.chars().find(|c| !c.is_ascii_alphanumeric() && is_strange(*c)) {
        return Err(InvalidId::Strange(strange.into()));
    }
    if id.len() > MAX_ID { Err(InvalidId::TooLong) } else { Ok(()) }
}

fn check_composite(id: &str) -> Result<(), InvalidId> {
    check(id)?;
    let mut parts = id.splitn(3, ':');
    let (first, kind, rest) = (parts.next().unwrap_or_default(), parts.next(), parts.next().unwrap_or_default());
    let is_legacy = |text: &str| text.eq_ignore_ascii_case("ldt");
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    match kind {
        Some(_) if is_legacy(first) => Err(InvalidId::LegacyDetection),
        Some(kind) if !is_cid(first) || kind.is_empty() || !is_word(kind) || rest.is_empty() => {
            Err(InvalidId::NotComposite)
        }
        Some(kind) if is_legacy(kind) => Err(InvalidId::LegacyDetection),
        Some(_) => Ok(()),
        None => Err(InvalidId::NotComposite),
    }
}

fn is_cid(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn check_incident(id: &str) -> Result<(), InvalidId> {
    check(id)?;
    if is_incident(id) { Ok(()) } else { Err(InvalidId::NotIncident) }
}

fn is_incident(text: &str) -> bool {
    text.split_once(':').is_some_and(|(first, rest)| first.eq_ignore_ascii_case("inc") && !rest.is_empty())
}

fn check_case(id: &str) -> Result<(), InvalidId> {
    check(id)?;
    match check_composite(id) {
        Ok(()) | Err(InvalidId::LegacyDetection) => Err(InvalidId::OtherKind("an alert")),
        Err(_) if is_incident(id) => Err(InvalidId::OtherKind("an incident")),
        Err(_) => Ok(()),
    }
}

/// Reads an ID as it is, percent-decoded, or out of a URL with no other.
fn read_with(check: fn(&str) -> Result<(), InvalidId>, shape: Shape, text: &str) -> Result<String, InvalidId> {
    let plain = decoded(text);
    let refused = match (check(text), check(&plain)) {
        (Ok(()), _) if shape == Shape::Own => return Ok(text.to_owned()),
        (_, Ok(())) => return Ok(plain.into_owned()),
        (_, Err(refused)) => refused,
    };
    if shape == Shape::Opaque || !is_url(text) {
        return Err(refused);
    }
    let mut ids: Vec<String> = parts_of_url(text).filter(|part| check(part).is_ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    match ids.pop() {
        Some(id) if ids.is_empty() => Ok(id),
        Some(_) => Err(InvalidId::Several),
        None => Err(refused),
    }
}

/// The text without percent-encoding, if it has any and is text without it.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
}

/// Whether this is a URL, with or without its scheme.
fn is_url(text: &str) -> bool {
    let (scheme, behind) = text.split_once("://").unwrap_or_default();
    let has_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphabetic());
    let (host, _) =
        if has_scheme { (behind, "") } else { text.trim_start_matches("//").split_once('/').unwrap_or_default() };
    has_scheme || is_host(host)
}

/// Whether this is the name of a host with a domain, which no ID has before a slash.
fn is_host(text: &str) -> bool {
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let last = name.rsplit_once('.').map_or("", |(_, last)| last);
    name.split('.').all(is_label) && last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The parts of a URL behind its host, percent-decoded.
fn parts_of_url(url: &str) -> impl Iterator<Item = String> {
    let behind_scheme = url.split_once("://").map_or(url.trim_start_matches("//"), |(_, behind)| behind);
    let behind_host = behind_scheme.split_once('/').map_or("", |(_, behind)| behind);
    behind_host.split(['/', '?', '&', '=', '#']).map(|part| decoded(part).into_owned())
}

/// What is most likely the ID in a URL, for a message: an alert's or incident's, or else the longest part.
fn id_in_url(url: &str) -> Option<String> {
    const MIN_OPAQUE: usize = 16;
    /// A longer one is not read in a message.
    const MAX_HINT: usize = LONGEST_PIECE;
    let parts = || parts_of_url(url).filter(|part| !is_url(part) && check_characters(part).is_ok());
    let has_shape = |part: &String| check_composite(part).is_ok() || is_incident(part);
    let longest = || parts().filter(|part| part.len() >= MIN_OPAQUE).max_by_key(String::len);
    parts().find(has_shape).or_else(longest).filter(|id| id.len() <= MAX_HINT)
}
