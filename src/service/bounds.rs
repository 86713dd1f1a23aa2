//! What of an answer goes into a report: no more than people and machines can take.

use serde_json::Value;

use crate::falcon::cases;

/// As many bytes of what a service is about stand in a report, which stays below a megabyte with them.
const LONGEST: usize = 800_000;

/// The room that is left for ids in a report.
pub(super) struct Room(usize);

impl Room {
    /// All of it.
    pub(super) fn new() -> Room {
        Room(LONGEST)
    }

    /// The first of these ids, as many as there is room for.
    pub(super) fn take<'ids>(&mut self, ids: impl Iterator<Item = &'ids str>) -> Vec<&'ids str> {
        // Beside an id stand its quotes or blanks; in JSON some of its characters take two.
        let length = |id: &str| id.len() + id.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count() + 3;
        let fits = |id: &&str| self.0.checked_sub(length(id)).map(|left| self.0 = left).is_some();
        ids.take_while(fits).collect()
    }
}

/// The first of these, as many as there is room for, and how many are left out. One that is too long leaves room for others.
pub(super) fn bounded(items: Vec<Value>, most: usize) -> (Vec<Value>, usize) {
    let (all, mut length) = (items.len(), 0);
    let fits = |item: &Value| {
        let with_it = length + item.to_string().len();
        let fits = with_it <= LONGEST;
        length = if fits { with_it } else { length };
        fits
    };
    let kept: Vec<Value> = items.into_iter().take(most).filter(fits).collect();
    let left_out = all - kept.len();
    (kept, left_out)
}

/// The sentence on what was left out, where something was.
pub(super) fn left_out(count: usize, kind: &str) -> Option<String> {
    let are = if count == 1 { "is" } else { "are" };
    (count > 0).then(|| format!("{} {are} left out of this report.", crate::text::counted(count, kind)))
}

/// As much of a text as fits into so many bytes, whole characters only.
pub(super) fn cut(text: &str, longest: usize) -> &str {
    let mut end = longest.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Fields of a case are cut where Falcon takes no more.
pub(super) fn fitted(text: &str, longest: usize, name: &str, left_out: &mut Vec<String>) -> String {
    let fits = cut(text, longest);
    if fits.len() < text.len() {
        left_out.push(format!("The {name} was cut after {longest} bytes."));
    }
    fits.to_owned()
}

/// The tags that fit beside those of a case, and those that do not.
pub(super) fn fitting_tags(there: &[String], tags: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mut length: usize = there.iter().map(|tag| tag.chars().count()).sum();
    tags.into_iter().partition(|tag| {
        let with = length + tag.chars().count();
        let fits = with <= cases::LONGEST_TAGS;
        length = if fits { with } else { length };
        fits
    })
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("abc", 9), "abc");
        assert_eq!(cut("aäb", 2), "a");
        assert_eq!(cut("aäb", 3), "aä");
        assert_eq!(cut("🦅🦅", 7), "🦅");
    }
}
