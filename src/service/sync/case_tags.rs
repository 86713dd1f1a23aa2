//! The tags by which Falcon's console shows how a case was resolved.

use std::collections::HashMap;

use crate::falcon::{Call, Case, CaseId, Resolution, cases};
use crate::session::Session;

/// Gives cases the tags of a resolution: as far as they lack them, or have the others.
pub(super) fn give_tags(session: &Session<'_>, ids: &[CaseId], resolution: &Resolution) {
    let (mut removals, mut additions) = (Vec::new(), Vec::new());
    for ids in ids.chunks(cases::MOST_READ) {
        let texts: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let there = session.read_parts(&texts, cases::MOST_READ, cases::read).parts;
        let there: Vec<Case> = there.into_iter().flat_map(|(_, cases)| cases.found).collect();
        let tags: HashMap<&str, &[String]> =
            there.iter().filter_map(|case| Some((&*case.id, case.tags.as_deref()?))).collect();
        for id in ids {
            let (removal, addition) = changes(id, resolution, tags.get(id.as_str()).copied());
            removals.extend(removal);
            additions.extend(addition);
        }
    }
    // What goes makes room for what comes: all tags of a case are limited together.
    session.send(removals);
    session.send(additions);
}

/// The calls that one case needs. Of a case that was not read, all tags are asked for.
fn changes(id: &CaseId, resolution: &Resolution, there: Option<&[String]>) -> (Option<Call>, Option<Call>) {
    let has = |tag: &String| there.is_none_or(|there| there.contains(tag));
    let lacks = |tag: &String| there.is_none_or(|there| !there.contains(tag));
    let over: Vec<String> = resolution.cleared.iter().filter(|tag| has(tag)).cloned().collect();
    let missing: Vec<String> = resolution.tag.iter().filter(|tag| lacks(tag)).cloned().collect();
    let removal = (!over.is_empty()).then(|| cases::remove_tags(id, &over));
    (removal, (!missing.is_empty()).then(|| cases::add_tags(id, &missing)))
}
