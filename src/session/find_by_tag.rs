//! The Falcon cases that carry the dedup tag of an alert or case.

use std::collections::HashSet;

use super::{ReadParts, Session, Unread};
use crate::falcon::{Case, Cases, Listed, Query, Reason, cases};

/// As many cases are looked through for a tag. One entity has one, but a filter may match loosely.
const MAX_LISTED: usize = 5_000;

impl Session<'_> {
    /// Returns the Falcon cases that carry this tag, as far as they are listed yet. The one that counts is the first.
    ///
    /// # Errors
    /// Returns why they could not be listed or read.
    pub(crate) fn tagged(&self, tag: &str) -> Result<Vec<Case>, Unread> {
        self.tagged_of(tag, &self.listed_with(tag)?)
    }

    /// Returns the ids of the Falcon cases that are listed for this tag. It is not documented how exactly a filter matches.
    ///
    /// # Errors
    /// Returns why they could not be listed.
    pub(crate) fn listed_with(&self, tag: &str) -> Result<Vec<String>, Unread> {
        let (mut all, mut offset, mut seen) = (Vec::new(), 0, HashSet::new());
        loop {
            let query = cases::tagged(tag, offset);
            let (what, scope) = (query.what, query.request.scope);
            let Listed { ids, total } = self.read(query)?;
            offset += ids.len();
            let is_last = ids.is_empty() || total.is_none_or(|total| offset as u64 >= total);
            all.extend(ids.into_iter().filter(|id| seen.insert(id.clone())));
            if is_last {
                return Ok(all);
            }
            if offset >= MAX_LISTED {
                return Err(Unread { what, scope, reason: Reason::TooManyListed { max: MAX_LISTED } });
            }
        }
    }

    /// Returns those of the listed cases that carry this very tag, the one that counts first.
    ///
    /// # Errors
    /// Returns why they could not be read.
    pub(crate) fn tagged_of(&self, tag: &str, ids: &[String]) -> Result<Vec<Case>, Unread> {
        let mut tagged = Vec::new();
        let ReadParts { parts, unread } = self.read_parts(ids, cases::MOST_READ, cases::read);
        if let Some((_, unread)) = unread.into_iter().next() {
            return Err(unread);
        }
        for (ids, Cases { found, unknown }) in parts {
            // One that is listed and not shown, or without its tags, may be the very one.
            let is_shown = |id: &String| found.iter().any(|case| case.id == *id && case.tags.is_some());
            if ids.iter().any(|id| !unknown.contains_key(id) && !is_shown(id)) {
                let Query { request, what, .. } = cases::read(&ids);
                return Err(Unread { what, scope: request.scope, reason: Reason::NotNewest });
            }
            let is_tagged = |case: &Case| case.tags.iter().flatten().any(|found| found == tag);
            tagged.extend(found.into_iter().filter(is_tagged));
        }
        tagged.sort_by(|one, other| one.precedence().cmp(&other.precedence()));
        Ok(tagged)
    }
}
