//! One plain spelling for all the ways in which a text can be escaped.
//!
//! JSON (`\u0026`, `\/`, `\"`), URLs and forms (`%2F`, `+`), HTML (`&apos;`, `&#39;`), and any of them inside another:
//! two texts that stand for the same have the same plain spelling. White space and control characters count as blanks,
//! because headers and logs fold them, and a line break of Windows counts as one of Unix.

use std::ops::Range;

/// Escapes inside escapes are undone this often.
const MOST_LEVELS: usize = 5;

/// A text in plain spelling, which knows where each byte came from.
pub(super) struct Plain {
    bytes: Vec<u8>,
    /// For each byte the place in the text at which its spelling starts; and the text's length at the end.
    starts: Vec<u32>,
}

/// Whether the text may hold an escape.
pub(super) fn may_be_escaped(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'\\' | b'%' | b'&' | b'+') || byte.is_ascii_control())
}

impl Plain {
    /// Brings a text to plain spelling.
    pub(super) fn of(text: &str) -> Plain {
        let mut plain = Plain { bytes: text.as_bytes().to_vec(), starts: (0..).take(text.len() + 1).collect() };
        // Most texts, tokens among them, hold nothing that could be undone.
        let levels = if may_be_escaped(text) { MOST_LEVELS } else { 0 };
        for _ in 0..levels {
            let next = plain.unescaped();
            let is_plain = next.bytes == plain.bytes;
            plain = next;
            if is_plain {
                break;
            }
        }
        plain
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where in the text these bytes came from.
    pub(super) fn origin(&self, span: &Range<usize>) -> Range<usize> {
        self.starts[span.start] as usize..self.starts[span.end] as usize
    }

    /// The same without blanks, and so without line breaks and what indents a line. A span of it ends where the next byte that
    /// is not blank starts.
    pub(super) fn without_blanks(mut self) -> Plain {
        let end = self.starts.pop();
        let mut length = 0;
        for at in 0..self.bytes.len() {
            if self.bytes[at] != b' ' {
                self.bytes[length] = self.bytes[at];
                self.starts[length] = self.starts[at];
                length += 1;
            }
        }
        self.bytes.truncate(length);
        self.starts.truncate(length);
        self.starts.extend(end);
        self
    }

    /// One level of escapes less.
    fn unescaped(&self) -> Plain {
        let mut next = Plain { bytes: Vec::with_capacity(self.bytes.len()), starts: Vec::new() };
        next.starts.reserve_exact(self.starts.len());
        let mut at = 0;
        while at < self.bytes.len() {
            let (length, unescaped) = unescape(&self.bytes[at..]);
            match unescaped {
                Unescaped::Nothing => {}
                Unescaped::Byte(byte) => next.bytes.push(byte),
                Unescaped::Char(c) => next.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            next.starts.resize(next.bytes.len(), self.starts[at]);
            at += length;
        }
        next.starts.extend(self.starts.last());
        next
    }
}

enum Unescaped {
    Nothing,
    Byte(u8),
    Char(char),
}

/// What the text begins with, and how many bytes spell it.
fn unescape(text: &[u8]) -> (usize, Unescaped) {
    let escape = match text[0] {
        b'\\' => backslash(text),
        b'%' => hexadecimal(text.get(1..3)).and_then(|byte| Some((3, Unescaped::Byte(u8::try_from(byte).ok()?)))),
        b'&' => entity(text),
        b'+' => Some((1, Unescaped::Byte(b' '))),
        b'\r' => Some((1, Unescaped::Nothing)),
        byte if byte.is_ascii_control() => Some((1, Unescaped::Byte(b' '))),
        _ => None,
    };
    escape.unwrap_or((1, Unescaped::Byte(text[0])))
}

fn backslash(text: &[u8]) -> Option<(usize, Unescaped)> {
    match text.get(1)? {
        b'u' => {
            let first = hexadecimal(text.get(2..6))?;
            let second = text.get(6..8).filter(|next| *next == b"\\u").and_then(|_| hexadecimal(text.get(8..12)));
            match (first, second) {
                (0xd800..0xdc00, Some(second @ 0xdc00..0xe000)) => {
                    let c = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    Some((12, Unescaped::Char(char::from_u32(c)?)))
                }
                _ => Some((6, Unescaped::Char(char::from_u32(first)?))),
            }
        }
        b'x' => hexadecimal_escape(text),
        b'r' => Some((2, Unescaped::Nothing)),
        b'b' | b'f' | b'n' | b't' => Some((2, Unescaped::Byte(b' '))),
        quoted @ (b'"' | b'\'' | b'\\' | b'/') => Some((2, Unescaped::Byte(*quoted))),
        _ => None,
    }
}

/// `\xfc` is a character in some languages, and `\xc3\xbc` the bytes of one in others.
fn hexadecimal_escape(text: &[u8]) -> Option<(usize, Unescaped)> {
    let value = u8::try_from(hexadecimal(text.get(2..4))?).ok()?;
    let next = text.get(4..6).filter(|next| *next == b"\\x").and_then(|_| hexadecimal(text.get(6..8)));
    let is_byte = match value {
        0x80..0xc0 => true,
        0xc0.. => next.is_some_and(|next| (0x80..0xc0).contains(&next)),
        _ => false,
    };
    Some((4, if is_byte { Unescaped::Byte(value) } else { Unescaped::Char(char::from(value)) }))
}

fn entity(text: &[u8]) -> Option<(usize, Unescaped)> {
    /// Zeros before the digits are allowed, and nobody writes many.
    const LONGEST: usize = 16;
    let end = text.iter().take(LONGEST).position(|byte| *byte == b';')?;
    let c = match &text[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hexadecimal(Some(digits))?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    Some((end + 1, Unescaped::Char(c)))
}

fn hexadecimal(digits: Option<&[u8]>) -> Option<u32> {
    let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::Plain;

    #[test]
    fn all_spellings_of_a_text_have_one_plain_spelling() {
        let plain = Plain::of("a&b<c>\"'/+\tü𝄞").bytes;
        for spelling in [
            r#"a\u0026b\u003cc\u003E\"'\/+\t\u00fc\ud834\udd1e"#,
            "a%26b%3Cc%3e%22%27%2F%2B%09%C3%BC%F0%9D%84%9E",
            "a&amp;b&lt;c&gt;&quot;&#39;/+ &#252;&#x1d11e;",
            "a&amp;b&lt;c&gt;&#34;&apos;/+ ü𝄞",
            r#"a\\u0026b<c>\\\"'\\/+\\tü𝄞"#,
            "a%2526b%253Cc%3e%22%27%2F%2B%09%C3%BC𝄞",
            r"a\x26b\x3cc>\x22'/+\x0d\x0a\xc3\xbc\xf0\x9d\x84\x9e",
            r"a&b<c>\x22'/+\t\xfc𝄞",
        ] {
            assert_eq!(Plain::of(spelling).bytes, plain, "{spelling}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in ["100%", "%zz", "a & b", "&unknown;", "c:\\users", "\\ud800", "&#xffffffff;", "\\u12"] {
            assert_eq!(Plain::of(text).bytes, text.as_bytes(), "{text}");
        }
    }
}
