//! The cases that carry a tag which no other has.

use super::{Session, Unread};
use crate::falcon::{Case, Cases, Listed, Reason, cases};

impl Session<'_> {
    /// The ids of the cases that carry this tag, as their lists show them by now.
    ///
    /// # Errors
    /// The reason that they could not be listed, or looked at.
    pub(crate) fn marked(&self, mark: &str) -> Result<Vec<String>, Unread> {
        let mut offset = 0;
        loop {
            let Listed { ids, total } = self.read(cases::tagged(mark, offset))?;
            offset += ids.len();
            let marked = self.carrying(mark, &ids)?;
            let is_last = ids.is_empty() || total.is_none_or(|total| offset as u64 >= total);
            if is_last || !marked.is_empty() {
                return Ok(marked);
            }
        }
    }

    /// Those of the listed cases that carry this very tag: nobody has published how exactly a filter matches.
    fn carrying(&self, mark: &str, ids: &[String]) -> Result<Vec<String>, Unread> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query = cases::read(ids);
        let (what, scope) = (query.what, query.request.scope);
        let Cases { found, unknown } = self.read(query)?;
        // One that is listed and not shown, or without its tags, may be the very one.
        let is_shown = |id: &String| found.iter().any(|case| case.id == *id && case.tags.is_some());
        if ids.iter().any(|id| !unknown.contains_key(id) && !is_shown(id)) {
            return Err(Unread { what, scope, reason: Reason::NotNewest });
        }
        let is_marked = |case: &Case| case.tags.iter().flatten().any(|tag| tag == mark);
        Ok(found.into_iter().filter(is_marked).map(|case| case.id).collect())
    }
}
