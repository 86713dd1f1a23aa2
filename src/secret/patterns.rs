//! Many secrets, found in a text in one pass, however many and however long they are.

use std::collections::HashSet;
use std::ops::Range;

/// Shorter secrets are left alone inside running text: they would tear up words that are no secret.
const SHORTEST: usize = 4;

/// From this length on the beginning of a secret is removed, too: an answer may break off in the middle of one.
const LONG_BEGINNING: usize = 16;

/// At the end of a text, where it may have been cut, this much of a secret's beginning is enough.
const LAST_BEGINNING: usize = 8;

/// Byte strings, to be found in others.
#[derive(Default)]
pub(super) struct Patterns {
    /// In order, once [`Patterns::prepare`] was called.
    sorted: Vec<Vec<u8>>,
    /// Those shorter than [`LONG_BEGINNING`].
    short: HashSet<Vec<u8>>,
    /// One bit for each hash of a pattern's first four bytes: most places of a text are ruled out by it.
    beginnings: Vec<u64>,
    is_prepared: bool,
}

impl Patterns {
    /// Adds a pattern; one that is too short or blank is none.
    pub(super) fn add(&mut self, pattern: &[u8]) {
        if pattern.len() < SHORTEST || pattern.trim_ascii().is_empty() {
            return;
        }
        self.is_prepared = false;
        self.sorted.push(pattern.to_vec());
    }

    /// Where patterns, or long beginnings of them, stand in the text; in order of their starts. They may overlap.
    ///
    /// The work is linear in the text: what matches is passed over, and what does not match differs within a few bytes.
    pub(super) fn spans_in(&mut self, text: &[u8]) -> Vec<Range<usize>> {
        self.prepare();
        let mut spans: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while at < text.len() && !self.sorted.is_empty() {
            let Found { length, is_whole } = self.found_at(&text[at..]);
            if length > 0 {
                spans.push(at..at + length);
            }
            // Where only a beginning stood, its end may be the beginning of another pattern.
            at += if is_whole { length } else { length.saturating_sub(LONG_BEGINNING - 1) }.max(1);
        }
        spans
    }

    /// How much of the text's beginning belongs to a pattern.
    fn found_at(&self, text: &[u8]) -> Found {
        if !hash_of_beginning(text).is_some_and(|hash| self.begins_with(hash)) {
            return Found { length: 0, is_whole: false };
        }
        let place = self.sorted.partition_point(|pattern| pattern.as_slice() <= text);
        let neighbours = self.sorted[place.saturating_sub(1)..].iter().take(2);
        let common = |pattern: &Vec<u8>| (common_length(pattern, text), pattern.len());
        let (length, of) = neighbours.map(common).max_by_key(|(length, _)| *length).unwrap_or_default();
        let breaks_off = length == text.len() && length >= LAST_BEGINNING;
        if length >= LONG_BEGINNING || breaks_off {
            return Found { length, is_whole: length == of };
        }
        let short = (SHORTEST..=length).rev().find(|length| self.short.contains(&text[..*length]));
        Found { length: short.unwrap_or_default(), is_whole: short.is_some() }
    }

    fn begins_with(&self, hash: usize) -> bool {
        self.beginnings[hash / 64] & (1 << (hash % 64)) != 0
    }

    fn prepare(&mut self) {
        if self.is_prepared {
            return;
        }
        self.sorted.sort_unstable();
        self.sorted.dedup();
        self.short = self.sorted.iter().filter(|pattern| pattern.len() < LONG_BEGINNING).cloned().collect();
        self.beginnings = vec![0; BEGINNINGS / 64];
        for hash in self.sorted.iter().filter_map(|pattern| hash_of_beginning(pattern)) {
            self.beginnings[hash / 64] |= 1 << (hash % 64);
        }
        self.is_prepared = true;
    }
}

/// What stands at a place of a text.
struct Found {
    length: usize,
    /// Whether it is all of a pattern.
    is_whole: bool,
}

const BEGINNINGS: usize = 1 << 12;

/// A hash of the first four bytes, below [`BEGINNINGS`].
fn hash_of_beginning(text: &[u8]) -> Option<usize> {
    let beginning = u32::from_le_bytes(*text.first_chunk()?);
    Some((beginning.wrapping_mul(0x9e37_79b1) >> 20) as usize)
}

fn common_length(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::Patterns;

    /// The parts of the text in which patterns were found.
    fn found<'text>(patterns: &[&str], text: &'text str) -> Vec<&'text str> {
        let mut known = Patterns::default();
        for pattern in patterns {
            known.add(pattern.as_bytes());
        }
        known.spans_in(text.as_bytes()).into_iter().map(|span| &text[span]).collect()
    }

    #[test]
    fn the_longest_of_several_is_found_wherever_it_stands() {
        assert_eq!(found(&["abcd", "abcdef", "bcde"], "xabcdefx abcdex"), ["abcdef", "abcd"]);
        assert!(found(&["abc", "   "], "abc    abc").is_empty(), "too short, and blank");
    }

    #[test]
    fn the_beginning_of_a_long_one_is_found() {
        let secret = "0123456789abcdefghij";
        assert_eq!(found(&[secret], "x0123456789abcdefghix"), ["0123456789abcdefghi"]);
        assert!(found(&[secret], "x0123456789abcdx").is_empty());
        assert_eq!(found(&[secret], "x01234567"), ["01234567"]);
        assert!(found(&[secret], "x0123456").is_empty());
    }

    #[test]
    fn a_pattern_that_begins_inside_the_beginning_of_another_is_found() {
        let patterns = ["0123456789abcdefgh-one", "efgh-two-and-more-of-it"];
        assert_eq!(
            found(&patterns, "0123456789abcdefgh-two-and-more-of-it"),
            ["0123456789abcdefgh-", "efgh-two-and-more-of-it"]
        );
    }
}
