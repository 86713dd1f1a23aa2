//! JSON that is nearly JSON: what cannot be read of it is replaced, so that one odd member does not spoil the rest.

use serde_json::Number;

/// The deepest list or object that is kept. `serde_json` reads 127 levels.
const MAX_DEPTH: usize = 100;

/// Stands for a value that cannot be read. No member of a job or a response that is needed may be an empty object, so a needed
/// one is refused for its type.
const UNREADABLE: &[u8] = b"{}";

/// Returns the same JSON with each value that `serde_json` refuses replaced: `NaN`, an infinity, a number that is too large, and
/// what is nested too deeply by an empty object; half of a surrogate pair by U+FFFD; a control character by its escape.
pub(crate) fn repaired(json: &[u8]) -> Vec<u8> {
    let mut repaired = Vec::with_capacity(json.len());
    let (mut rest, mut depth) = (json, 0_usize);
    while let Some(first) = rest.first() {
        let length = match first {
            b'"' => string(rest, &mut repaired),
            b'{' | b'[' if depth == MAX_DEPTH => {
                repaired.extend_from_slice(UNREADABLE);
                nested(rest)
            }
            b'{' | b'[' => {
                depth += 1;
                copy(rest, 1, &mut repaired)
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                copy(rest, 1, &mut repaired)
            }
            byte if is_of_word(*byte) => word(rest, &mut repaired),
            _ => copy(rest, 1, &mut repaired),
        };
        rest = &rest[length..];
    }
    repaired
}

fn copy(json: &[u8], length: usize, repaired: &mut Vec<u8>) -> usize {
    repaired.extend_from_slice(&json[..length]);
    length
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// Copies a number, `true`, `false` or `null`, or what stands in the place of one.
fn word(json: &[u8], repaired: &mut Vec<u8>) -> usize {
    let length = json.iter().position(|byte| !is_of_word(*byte)).unwrap_or(json.len());
    let word = &json[..length];
    if matches!(word, b"NaN" | b"Infinity" | b"-Infinity") || is_too_large(word) {
        repaired.extend_from_slice(UNREADABLE);
    } else {
        repaired.extend_from_slice(word);
    }
    length
}

/// Whether it is a number that no `f64` holds.
fn is_too_large(word: &[u8]) -> bool {
    let is_readable = serde_json::from_slice::<Number>(word).is_ok();
    let text = std::str::from_utf8(word).unwrap_or_default();
    !is_readable && text.ends_with(|last: char| last.is_ascii_digit()) && text.parse().is_ok_and(f64::is_infinite)
}

/// Copies a string with what can be read of it, and returns its length.
fn string(json: &[u8], repaired: &mut Vec<u8>) -> usize {
    let mut at = copy(json, 1, repaired);
    while let Some(byte) = json.get(at) {
        at += match byte {
            b'"' => return at + copy(&json[at..], 1, repaired),
            b'\\' => escape(&json[at..], repaired),
            0..0x20 => {
                repaired.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                1
            }
            _ => copy(&json[at..], 1, repaired),
        };
    }
    at
}

/// Copies an escape, and returns its length. Half of a surrogate pair stands for nothing.
fn escape(json: &[u8], repaired: &mut Vec<u8>) -> usize {
    match (unit(json), unit(json.get(6..).unwrap_or_default())) {
        (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => copy(json, 12, repaired),
        (Some(0xd800..0xe000), _) => {
            repaired.extend_from_slice(b"\\ufffd");
            6
        }
        _ => copy(json, json.len().min(2), repaired),
    }
}

/// The UTF-16 unit that the escape `\uXXXX` stands for.
fn unit(json: &[u8]) -> Option<u32> {
    let digits = json.get(..6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Returns the length of a list or object with all that is in it.
fn nested(json: &[u8]) -> usize {
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_string => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            b'{' | b'[' if !is_in_string => depth += 1,
            b'}' | b']' if !is_in_string => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::repaired;

    fn read(text: &str) -> Option<Value> {
        serde_json::from_slice(&repaired(text.as_bytes())).ok()
    }

    #[test]
    fn what_cannot_be_read_is_replaced_and_the_rest_stays() {
        for (odd, read_as) in [
            (r#""a\ud83d""#, json!("a\u{fffd}")),
            (r#""\udc00\ud83d\ude00""#, json!("\u{fffd}😀")),
            (r#""\ud83d\ud83d\ude00""#, json!("\u{fffd}😀")),
            (r#""\ud83dx""#, json!("\u{fffd}x")),
            (r#""\\ud83d""#, json!("\\ud83d")),
            ("\"a\tb\nc\"", json!("a\tb\nc")),
            ("NaN", json!({})),
            ("-Infinity", json!({})),
            ("1e400", json!({})),
            ("-1E+999", json!({})),
            (&"9".repeat(400), json!({})),
            ("1e308", json!(1e308)),
            ("[true, null, -1.5e3, 7]", json!([true, null, -1500.0, 7])),
            (r#"{"a\ud83d": 1}"#, json!({"a\u{fffd}": 1})),
        ] {
            assert_eq!(
                read(&format!(r#"{{"x": {odd}, "y": "{{[\"NaN"}}"#)),
                Some(json!({"x": read_as, "y": "{[\"NaN"})),
                "{odd}"
            );
        }
    }

    #[test]
    fn what_is_nested_too_deeply_is_left_out() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"]":"["},"#, "]")] {
            let deep = format!("{}0{}", open.repeat(400), close.repeat(400));
            let value = read(&format!(r#"{{"x": {deep}, "y": 1}}"#)).unwrap_or_default();
            assert_eq!(value["y"], 1, "{open}");
        }
    }

    #[test]
    fn what_is_not_json_stays_so() {
        for text in
            ["", "{", "[1,]", "nan", "Infinit", "{\"a\": e400}", "\"\\u12\"", "\"abc", "\\", "1e400x", "\"\\", "[[["]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
