//! What of an answer goes into a report: no more than people and machines can take.

use serde_json::Value;

use crate::falcon::cases;
use crate::secret::Secrets;

/// At most so many bytes of what a service is about, or of ids, stand in a report, which stays below a megabyte with them.
pub(super) const LONGEST: usize = 800_000;

/// How many ids of each of these lists there is room for: the short ones come first, so that a long one leaves room for them.
pub(super) fn fitting(lists: &[Vec<&str>]) -> Vec<usize> {
    let (mut left, mut fitting) = (LONGEST, vec![0; lists.len()]);
    let mut places: Vec<usize> = (0..lists.len()).collect();
    places.sort_by_key(|place| lists[*place].len());
    for place in places {
        let fits = |id: &&&str| left.checked_sub(length_in_report(id)).map(|less| left = less).is_some();
        fitting[place] = lists[place].iter().take_while(fits).count();
    }
    fitting
}

/// Beside an id stand its quotes, or a comma and a blank; in JSON some of its characters take two.
fn length_in_report(id: &str) -> usize {
    id.len() + id.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count() + 3
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

/// Returns tags as a message names them: not all of many, and none whole that is long.
pub(super) fn few_tags(tags: &[String], secrets: &Secrets) -> Vec<String> {
    const MAX_NAMED: usize = 20;
    let mut named: Vec<String> = tags.iter().take(MAX_NAMED).map(|tag| secrets.quote(tag)).collect();
    named.extend((tags.len() > MAX_NAMED).then(|| format!("{} more", tags.len() - MAX_NAMED)));
    named
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
