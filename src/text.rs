//! Text from outside, as it may stand in a message: visible, on one line, and no longer than is read.

use std::ops::Range;

/// The most characters of one piece of text from outside.
pub(crate) const LONGEST_PIECE: usize = 300;

/// The text on one line, without what cannot be seen, cut after so many characters.
pub(crate) fn printable(text: &str, longest: usize) -> String {
    let one_line = text.chars().map(|c| if is_line_break(c) || c == '\t' { ' ' } else { c });
    let mut characters = one_line.filter(|c| !is_invisible(*c));
    let mut shown: String = characters.by_ref().take(longest).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// `1 alert`, `2 alerts`
pub(crate) fn counted(count: usize, kind: &str) -> String {
    format!("{count} {}", if count == 1 { kind.to_owned() } else { format!("{kind}s") })
}

/// The text with its first letter as a capital.
pub(crate) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// `a, b and c`
pub(crate) fn listed<Item: AsRef<str>>(items: &[Item]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items[..] {
        [] => String::new(),
        [one] => one.to_owned(),
        [ref first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character is there and not seen: control, bidirectional and zero-width characters, line separators,
/// variation selectors, tags (Unicode's categories Cc, Cf, Zl and Zp, and its default-ignorable characters).
pub(crate) fn is_invisible(c: char) -> bool {
    const INVISIBLE: [Range<u32>; 18] = [
        0xad..0xae,
        0x34f..0x350,
        0x600..0x606,
        0x61c..0x61d,
        0x115f..0x1161,
        0x17b4..0x17b6,
        0x180b..0x1810,
        0x200b..0x2010,
        0x2028..0x202f,
        0x2060..0x2070,
        0x3164..0x3165,
        0xfe00..0xfe10,
        0xfeff..0xff00,
        0xffa0..0xffa1,
        0xfff0..0xfffc,
        0x1_bca0..0x1_bca4,
        0x1_d173..0x1_d17b,
        0xe_0000..0xe_1000,
    ];
    // Most of what is looked at is ASCII.
    c.is_control() || (!c.is_ascii() && INVISIBLE.iter().any(|range| range.contains(&(c as u32))))
}

/// The text without words that could be part of a token: whatever is as long as one and made of the same characters.
///
/// What a token endpoint answers may hold a token in any place; people's words are shorter than this.
pub(crate) fn without_opaque_words(text: &str) -> String {
    const SHORTEST_OPAQUE: usize = 16;
    // What cannot be seen is left out of a message, so it parts no words.
    let is_unseen = |c: char| is_invisible(c) && !is_line_break(c) && c != '\t';
    let is_opaque = |c: char| c.is_alphanumeric() || "-_.~+/=%\\&#;".contains(c) || is_unseen(c);
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_opaque) {
        let end = rest[start..].find(|c| !is_opaque(c)).map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        kept.push_str(&rest[..start]);
        kept.push_str(if word.chars().count() < SHORTEST_OPAQUE { word } else { "…" });
        rest = &rest[end..];
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_not_shown() {
        let shown = printable("a\u{202e}b\u{200b}c\u{2028}d\u{1b}[31me\u{feff}f\tg\r\nh", 300);
        assert_eq!(shown, "abc d[31mef g  h");
        assert_eq!(printable("abcdef", 3), "abc…");
    }

    #[test]
    fn words_as_long_as_a_token_are_left_out() {
        assert_eq!(without_opaque_words("see https://wiki.example/abc now"), "see https:… now");
        assert_eq!(without_opaque_words("<p>Access denied by policy 17</p>"), "<p>Access denied by policy 17</p>");
        assert_eq!(without_opaque_words("{\"t\":\"0123456789abcdef\"}"), "{\"t\":\"…\"}");
        assert_eq!(without_opaque_words("a 01234567\u{f}89abcdef b"), "a … b");
        assert_eq!(without_opaque_words("a &#101;&#121;&#74;&#104; b"), "a … b");
    }
}
