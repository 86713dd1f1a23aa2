//! Ids of objects in Falcon. Each is data: it travels in a body, never in a path or header.

use percent_encoding::percent_decode_str;

use crate::text::{LONGEST_PIECE, is_invisible};

/// The longest id that is sent, in bytes. Falcon's own stay below 300.
const LONGEST_ID: usize = 1_024;

/// Why no Falcon id looks like this; to be read after the words "the id …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// It is longer than any.
    #[error("is {0} bytes long; no Falcon id is longer than {LONGEST_ID}")]
    TooLong(usize),
    /// It holds a blank, or a character that cannot be seen.
    #[error("holds the character U+{0:04X}, which no Falcon id has")]
    Strange(u32),
    /// It is the URL of a page in Falcon's console.
    #[error("is a URL; expected the id alone{}", hint(.0.as_deref()))]
    Url(Option<String>),
}

/// As much of the URL as is most likely the id.
fn hint(id: Option<&str>) -> String {
    id.map_or_else(String::new, |id| format!(", which seems to be {id:?}"))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident $(, $nothing:literal)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Takes an id from outside.
            ///
            /// # Errors
            /// Says why no Falcon id looks like this.
            pub fn new(id: &str) -> Result<$name, InvalidId> {
                check(id).map(|()| $name(id.to_owned()))
            }

            $(
                /// An id of the right shape that no tenant has: its update asks for a scope and changes nothing.
                #[must_use]
                pub(crate) fn of_nothing() -> $name {
                    $name($nothing.to_owned())
                }
            )?

            /// The id, as Falcon writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// An alert's id: `<cid>:<type>:…`.
    CompositeId, "00000000000000000000000000000000:ind:00000000000000000000000000000000:0-0-0"
}
id! {
    /// An incident's id: `inc:<aid>:<id>`.
    IncidentId, "inc:00000000000000000000000000000000:0"
}
id! {
    /// An NG-SIEM case's opaque id; not its `reference_id` (`ABC-1234`), which is for people.
    CaseId, "MDAwMDAwMDAwMDAwMDAwMA"
}

id! {
    /// An event's id in Next-Gen SIEM; opaque.
    EventId
}

/// Ids may hold any letter, ASCII or not.
fn check(id: &str) -> Result<(), InvalidId> {
    // Nearly all of them are plain, and a job may have thousands.
    let is_plain = id.bytes().all(|byte| byte.is_ascii_graphic());
    let strange = || id.chars().find(|c| is_invisible(*c) || c.is_whitespace());
    if let Some(strange) = (!is_plain).then(strange).flatten() {
        return Err(InvalidId::Strange(strange.into()));
    }
    if id.starts_with("https://") || id.starts_with("http://") {
        return Err(InvalidId::Url(id_in_url(id)));
    }
    if id.len() > LONGEST_ID {
        return Err(InvalidId::TooLong(id.len()));
    }
    Ok(())
}

/// What looks like an id in a URL of Falcon's console: an alert's or incident's id, or else the longest part of it.
fn id_in_url(url: &str) -> Option<String> {
    const SHORTEST_OPAQUE: usize = 16;
    /// Nobody would read a longer one in a message.
    const LONGEST_HINT: usize = LONGEST_PIECE;
    let decoded = percent_decode_str(url).decode_utf8().ok()?;
    let (_, behind_host) = decoded.split_once("://")?.1.split_once('/')?;
    let parts = || behind_host.split(['/', '?', '&', '=', '#']).filter(|part| check(part).is_ok());
    let told = parts().find(|part| CompositeId::is_shape_of(part) || part.starts_with("inc:"));
    let longest = || parts().filter(|part| part.len() >= SHORTEST_OPAQUE).max_by_key(|part| part.len());
    told.or_else(longest).filter(|id| id.len() <= LONGEST_HINT).map(str::to_owned)
}

impl CompositeId {
    /// Whether this text has the shape `<cid>:<type>:<rest>` of a composite id, as no other alert's reference has.
    #[must_use]
    pub(crate) fn is_shape_of(text: &str) -> bool {
        let mut parts = text.splitn(3, ':');
        let (Some(cid), Some(kind), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
        let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let (customer, checksum) = cid.split_once('-').unwrap_or((cid, "00"));
        customer.len() == 32
            && customer.chars().all(|c| c.is_ascii_alphanumeric())
            && checksum.len() == 2
            && word(checksum)
            && word(kind)
            && !rest.is_empty()
            && !rest.contains([',', ';'])
            && check(text).is_ok()
    }

    /// Whether this is a detection's id from the API that ended on 2025-09-30, which the alerts API refuses.
    #[must_use]
    pub(crate) fn is_legacy_detection(&self) -> bool {
        self.0.starts_with("ldt:")
    }
}
