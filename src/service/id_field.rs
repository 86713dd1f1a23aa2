//! Reads the Falcon IDs in a custom field, which people, scripts and other systems fill.
//!
//! What is unambiguous is read: lists of any notation, quoted, percent-encoded, in a link. What is not is refused with the reason,
//! and keeps no other ID back.

use std::collections::HashSet;

use serde_json::Value;

use crate::falcon::{CompositeId, InvalidId};

/// The longest link and placeholder that are looked for, in bytes.
const MAX_LINK: usize = 2_048;
const MAX_PLACEHOLDER: usize = 256;

/// JSON that is longer is read as a list of words: taken apart, it takes many times its length.
const MAX_JSON: usize = 1_000_000;

/// What a custom field holds.
#[derive(Debug, PartialEq)]
pub struct Found<Id> {
    /// The IDs, each once, in the order of the field.
    pub ids: Vec<Id>,
    /// What is not an ID, each once, and why.
    pub refused: Vec<(String, InvalidId)>,
    /// The placeholders of templates that were never filled in, each once.
    pub unfilled: Vec<String>,
}

/// Reads the values of a field, each as one ID or a list of IDs.
#[must_use]
pub fn read<'value, Id: AsRef<str>>(
    values: impl IntoIterator<Item = &'value Value>,
    parse: fn(&str) -> Result<Id, InvalidId>,
) -> Found<Id> {
    let found = Found { ids: Vec::new(), refused: Vec::new(), unfilled: Vec::new() };
    let mut reader = Reader { parse, found, seen: HashSet::new() };
    for value in values {
        reader.value(value);
    }
    reader.found
}

/// Reads piece by piece and keeps nothing twice: a field may hold millions of words.
struct Reader<Id> {
    parse: fn(&str) -> Result<Id, InvalidId>,
    found: Found<Id>,
    seen: HashSet<String>,
}

impl<Id: AsRef<str>> Reader<Id> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => self.text(text.trim()),
            Value::Number(number) if number.is_i64() || number.is_u64() => self.text(&number.to_string()),
            // A fraction, or a number that is too large to be exact, is no longer what was written.
            Value::Number(_) | Value::Bool(_) => self.refuse(&value.to_string(), InvalidId::NotText),
            Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(members) if members.is_empty() => {}
            Value::Object(_) => self.refuse(&value.to_string(), InvalidId::Object),
        }
    }

    fn text(&mut self, text: &str) {
        let may_be_json = text.len() <= MAX_JSON && text.starts_with(['[', '{', '"']);
        match may_be_json.then(|| serde_json::from_str(text)) {
            Some(Ok(value)) => self.value(&value),
            Some(Err(_)) | None => self.words(text),
        }
    }

    /// Reads words between commas, semicolons, bars and blanks.
    fn words(&mut self, text: &str) {
        let is_balanced = is_balanced(text);
        let (mut start, mut at, mut is_unfilled) = (0, 0, false);
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            if c.is_ascii_alphanumeric() {
                at += 1;
            } else if let Some(length) = separator(rest) {
                self.word(&text[start..at], is_unfilled, is_balanced);
                at += length;
                (start, is_unfilled) = (at, false);
            } else if let Some(link) = link(rest).filter(|_| start == at) {
                self.link(&link);
                at += link.text.len();
                start = at;
            } else if let Some(length) = placeholder(rest) {
                at += length;
                is_unfilled = true;
            } else {
                at += c.len_utf8();
            }
        }
        self.word(&text[start..], is_unfilled, is_balanced);
    }

    /// Reads a word, unless it stands for no ID.
    fn word(&mut self, text: &str, is_unfilled: bool, is_balanced: bool) {
        let bare = text.trim_matches(is_wrapping);
        if is_unfilled || is_name_of_placeholder(text, bare) {
            self.leave_unfilled(text);
        } else if bare.is_empty() || means_none(bare) {
            // Nothing was meant.
        } else if bare.len() < text.len() && !is_balanced {
            self.refuse(text, InvalidId::Unbalanced);
        } else {
            match (self.parse)(bare) {
                Ok(id) => self.take(id),
                Err(invalid) => self.refuse(text, invalid),
            }
        }
    }

    fn link(&mut self, link: &Link<'_>) {
        match (self.parse)(link.target) {
            // A label that is another ID makes it unclear which of them counts.
            Ok(id) if CompositeId::new(link.label).is_ok_and(|label| label.as_str() != id.as_ref()) => {
                self.refuse(link.text, InvalidId::Several);
            }
            Ok(id) => self.take(id),
            Err(invalid) => self.refuse(link.text, invalid),
        }
    }

    fn take(&mut self, id: Id) {
        if self.is_new(id.as_ref()) {
            self.found.ids.push(id);
        }
    }

    fn refuse(&mut self, text: &str, why: InvalidId) {
        if self.is_new(text) {
            self.found.refused.push((text.to_owned(), why));
        }
    }

    fn leave_unfilled(&mut self, text: &str) {
        if self.is_new(text) {
            self.found.unfilled.push(text.to_owned());
        }
    }

    fn is_new(&mut self, text: &str) -> bool {
        !self.seen.contains(text) && self.seen.insert(text.to_owned())
    }
}

/// The length of what parts two IDs here, if something does: also a line break that was written as `\n`.
fn separator(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let is_escaped = ["\\n", "\\r", "\\t"].iter().any(|escape| text.starts_with(escape));
    if is_escaped {
        return Some(2);
    }
    (first.is_whitespace() || matches!(first, ',' | ';' | '|')).then(|| first.len_utf8())
}

/// A link of Markdown.
struct Link<'text> {
    text: &'text str,
    label: &'text str,
    target: &'text str,
}

/// The link that begins here, if one does.
fn link(text: &str) -> Option<Link<'_>> {
    let (label, behind) = beginning(text, MAX_LINK).strip_prefix('[')?.split_once("](")?;
    let (target, _) = behind.split_once(')')?;
    if label.contains(['[', ']', '\n']) || target.contains(['(', '\n']) {
        return None;
    }
    let length = "[](".len() + label.len() + target.len() + ")".len();
    // What follows the URL is its title.
    let url = target.split_whitespace().next().unwrap_or_default();
    let target = url.trim_start_matches('<').trim_end_matches('>');
    Some(Link { text: &text[..length], label: label.trim(), target })
}

/// The length of the placeholder of a template that begins here, if one does: `{{ id }}`, `${id}`, `<% id %>`.
fn placeholder(text: &str) -> Option<usize> {
    const KINDS: [(&str, &str); 7] =
        [("{{", "}}"), ("{%", "%}"), ("${", "}"), ("#{", "}"), ("%{", "}"), ("@{", "}"), ("<%", "%>")];
    let (start, end) = KINDS.into_iter().find(|(start, _)| text.starts_with(start))?;
    let behind = beginning(&text[start.len()..], MAX_PLACEHOLDER);
    behind.find(end).map(|length| start.len() + length + end.len())
}

/// Not many more bytes than this of a text, so that the work on a field stays linear.
fn beginning(text: &str, length: usize) -> &str {
    &text[..text.ceil_char_boundary(length)]
}

/// Quotation marks. Those of one list come in pairs, whatever the country.
const QUOTES: [&[char]; 5] = [&['"'], &['\''], &['`'], &['“', '”', '„', '«', '»'], &['‘', '’', '‚', '‹', '›']];
const BRACKETS: [(char, char); 4] = [('[', ']'), ('{', '}'), ('(', ')'), ('<', '>')];

fn is_wrapping(c: char) -> bool {
    QUOTES.iter().any(|marks| marks.contains(&c)) || BRACKETS.iter().any(|(open, close)| c == *open || c == *close)
}

/// Whether each quotation mark and bracket has its counterpart.
fn is_balanced(text: &str) -> bool {
    let count = |marks: &[char]| text.chars().filter(|c| marks.contains(c)).count();
    QUOTES.iter().all(|marks| count(marks) % 2 == 0)
        && BRACKETS.iter().all(|(open, close)| count(&[*open]) == count(&[*close]))
}

/// Whether this is a placeholder by its form: `$alert.id`, `{id}`, `<id>`, `%id%`.
fn is_name_of_placeholder(text: &str, bare: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
    };
    let within = |open, close| text.strip_prefix(open).and_then(|text| text.strip_suffix(close)).is_some_and(is_name);
    bare.strip_prefix('$').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || "_.".contains(c)))
        || within('{', '}')
        || within('<', '>')
        || within('%', '%')
}

/// Whether people write this if there is nothing to write.
fn means_none(word: &str) -> bool {
    const NONE: [&str; 12] = ["n/a", "na", "n.a.", "-", "--", "–", "—", "none", "null", "nil", "undefined", "0"];
    const LONGEST: usize = "undefined".len();
    word.len() <= LONGEST && NONE.contains(&word.to_lowercase().as_str())
}
