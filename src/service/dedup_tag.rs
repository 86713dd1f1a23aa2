//! The dedup tag of an alert or case: `thehive:<id>`, or `thehive:<instance>:<id>`. By it alone its Falcon case is found.
//!
//! Its prefix is ours: a tag from TheHive that begins with it would make the Falcon case of one entity that of another. So no
//! such tag is ever copied to Falcon, added or removed there.

use anyhow::{Result, bail};
use icu_normalizer::ComposingNormalizerBorrowed;

use super::Order;
use super::create_case::few;
use crate::falcon::cases;
use crate::secret::Secrets;
use crate::text::is_invisible;
use crate::thehive::Kind;

/// What every dedup tag begins with.
pub(super) const PREFIX: &str = "thehive:";

/// Returns the dedup tag of the job's alert or case.
///
/// # Errors
/// Returns an error if the job has no id to make it of.
pub(super) fn of(order: &Order<'_>) -> Result<String> {
    let entity = order.entity;
    let is_strange = |c: char| is_invisible(c) || c.is_whitespace() || c == ':';
    let id = entity.id().filter(|id| id.chars().count() < cases::LONGEST_TAGS / 2 && !id.contains(is_strange));
    match id.filter(|_| entity.kind != Kind::Observable) {
        Some(id) => Ok(match order.config.thehive_instance()? {
            Some(instance) => format!("{PREFIX}{instance}:{id}"),
            None => format!("{PREFIX}{id}"),
        }),
        None => {
            bail!("{}: the job's data has no _id, by which its case in Falcon could be told from others", entity.label)
        }
    }
}

/// Tags from TheHive.
#[derive(Debug)]
pub(super) struct Tags {
    /// Those that may go to Falcon.
    pub(super) allowed: Vec<String>,
    /// Those that may not.
    pub(super) reserved: Vec<String>,
}

impl Tags {
    /// Sorts the tags of the job's alert or case.
    pub(super) fn of(order: &Order<'_>) -> Tags {
        let (reserved, allowed) = order.entity.tags().into_iter().partition(|tag| is_reserved(tag));
        Tags { allowed, reserved }
    }

    /// Returns the sentence on those that may not go to Falcon, if there are any.
    pub(super) fn left_alone(&self, secrets: &Secrets) -> Option<String> {
        let reserved: Vec<String> = self.reserved.iter().map(|tag| secrets.quote(tag)).collect();
        (!reserved.is_empty()).then(|| {
            format!(
                "Tags that begin with {PREFIX} are reserved for the responder, so these were left alone: {}.",
                few(reserved)
            )
        })
    }
}

/// Whether a tag begins with the prefix, or only looks as if it did: in another width or case, or with blanks or characters
/// between that cannot be seen.
pub(super) fn is_reserved(tag: &str) -> bool {
    let plain = |text: &str| -> String {
        let characters = ComposingNormalizerBorrowed::new_nfkc().normalize(text).to_lowercase();
        characters.chars().filter(|c| !is_invisible(*c) && !c.is_whitespace()).collect()
    };
    // Without what cannot be seen, other characters stand side by side and may compose.
    plain(&plain(tag)).starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn a_tag_is_reserved_in_each_spelling_of_the_prefix() {
        let reserved = [
            "thehive:~1",
            "thehive:",
            "TheHive:~1",
            " thehive :~1",
            "the\u{200b}hive:~1",
            "\u{feff}thehive\u{ad}:x",
            "t\u{202e}hehive:~1",
            "ｔｈｅｈｉｖｅ：~1",
            "thehive\u{fe55}~1",
            "𝐭𝐡𝐞𝐡𝐢𝐯𝐞:~1",
            "ⓉⒽⒺⒽⒾⓋⒺ:~1",
            "the\thi\nve:~1",
            "thehi\u{34f}ve:prod:~1",
            "ᵗʰᵉʰⁱᵛᵉ:~1",
        ];
        for tag in reserved {
            assert!(is_reserved(tag), "{tag:?}");
        }
        for tag in
            ["", "thehive", "thehives:~1", "hive:1", "my-thehive:~1", "the-hive:~1", "source:thehive", "thehiv\u{e9}:1"]
        {
            assert!(!is_reserved(tag), "{tag:?}");
        }
    }
}
