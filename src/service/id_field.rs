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
    let mut entries = Vec::new();
    for value in values {
        read_value(value, &mut entries);
    }
    let mut found = Found { ids: Vec::new(), refused: Vec::new(), unfilled: Vec::new() };
    let (mut seen, mut seen_ids) = (HashSet::new(), HashSet::new());
    for entry in entries.into_iter().filter(|entry| seen.insert(entry.clone())) {
        match entry.id(parse) {
            Ok(Some(id)) if seen_ids.insert(id.as_ref().to_owned()) => found.ids.push(id),
            Ok(Some(_)) => {}
            Ok(None) => found.unfilled.push(entry.text),
            Err(invalid) => found.refused.push((entry.text, invalid)),
        }
    }
    found
}

/// A piece of a field that could be an ID.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Entry {
    /// As the field holds it.
    text: String,
    kind: EntryKind,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum EntryKind {
    /// Without quotation marks and brackets.
    Word(String),
    /// A link of Markdown.
    Link {
        label: String,
        target: String,
    },
    Unfilled,
    Unbalanced,
    Object,
    NotText,
}

impl Entry {
    /// The ID, or `None` for an unfilled placeholder.
    fn id<Id: AsRef<str>>(&self, parse: fn(&str) -> Result<Id, InvalidId>) -> Result<Option<Id>, InvalidId> {
        match &self.kind {
            EntryKind::Word(word) => parse(word).map(Some),
            EntryKind::Link { label, target } => {
                let id = parse(target)?;
                // A label that is another ID makes it unclear which of them counts.
                let is_other = CompositeId::new(label).is_ok_and(|label| label.as_str() != id.as_ref());
                if is_other { Err(InvalidId::Several) } else { Ok(Some(id)) }
            }
            EntryKind::Unfilled => Ok(None),
            EntryKind::Unbalanced => Err(InvalidId::Unbalanced),
            EntryKind::Object => Err(InvalidId::Object),
            EntryKind::NotText => Err(InvalidId::NotText),
        }
    }
}

fn read_value(value: &Value, entries: &mut Vec<Entry>) {
    match value {
        Value::Null => {}
        Value::String(text) => read_text(text.trim(), entries),
        Value::Number(number) if number.is_i64() || number.is_u64() => read_text(&number.to_string(), entries),
        // A fraction, or a number that is too large to be exact, is no longer what was written.
        Value::Number(_) | Value::Bool(_) => {
            entries.push(Entry { text: value.to_string(), kind: EntryKind::NotText });
        }
        Value::Array(items) => items.iter().for_each(|item| read_value(item, entries)),
        Value::Object(members) if members.is_empty() => {}
        Value::Object(_) => entries.push(Entry { text: value.to_string(), kind: EntryKind::Object }),
    }
}

fn read_text(text: &str, entries: &mut Vec<Entry>) {
    match serde_json::from_str(text) {
        Ok(value @ (Value::String(_) | Value::Array(_) | Value::Object(_))) if text.starts_with(['[', '{', '"']) => {
            read_value(&value, entries);
        }
        _ => read_words(text, entries),
    }
}

/// Reads words between commas, semicolons, bars and blanks.
fn read_words(text: &str, entries: &mut Vec<Entry>) {
    let is_balanced = is_balanced(text);
    let (mut rest, mut word) = (text, Word::default());
    while let Some(c) = rest.chars().next() {
        let length = if let Some(length) = separator(rest) {
            entries.extend(word.take(is_balanced));
            length
        } else if let Some((link, length)) = link(rest).filter(|_| word.text.is_empty()) {
            entries.push(link);
            length
        } else if let Some(length) = placeholder(rest) {
            word.text.push_str(&rest[..length]);
            word.is_unfilled = true;
            length
        } else {
            word.text.push(c);
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    entries.extend(word.take(is_balanced));
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

/// The link of Markdown that begins here, and its length.
fn link(text: &str) -> Option<(Entry, usize)> {
    let (label, behind) = beginning(text, MAX_LINK).strip_prefix('[')?.split_once("](")?;
    let (target, _) = behind.split_once(')')?;
    if label.contains(['[', ']', '\n']) || target.contains(['(', '\n']) {
        return None;
    }
    let length = "[](".len() + label.len() + target.len() + ")".len();
    // What follows the URL is its title.
    let (label, url) = (label.trim().to_owned(), target.split_whitespace().next().unwrap_or_default());
    let url = url.trim_start_matches('<').trim_end_matches('>').to_owned();
    Some((Entry { text: text[..length].to_owned(), kind: EntryKind::Link { label, target: url } }, length))
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

/// A word in the making.
#[derive(Default)]
struct Word {
    text: String,
    /// Whether a placeholder of a template is part of it.
    is_unfilled: bool,
}

impl Word {
    /// Takes the word for an entry, unless it stands for no ID.
    fn take(&mut self, is_balanced: bool) -> Option<Entry> {
        let Word { text, is_unfilled } = std::mem::take(self);
        let bare = text.trim_matches(is_wrapping);
        let kind = if is_unfilled || is_name_of_placeholder(&text, bare) {
            EntryKind::Unfilled
        } else if bare.is_empty() || means_none(bare) {
            return None;
        } else if bare.len() < text.len() && !is_balanced {
            EntryKind::Unbalanced
        } else {
            EntryKind::Word(bare.to_owned())
        };
        Some(Entry { text, kind })
    }
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
