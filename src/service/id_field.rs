//! Reads the Falcon IDs in a custom field, which people, scripts and other systems fill.
//!
//! What is unambiguous is read: lists of any notation, quoted, percent-encoded, in a link. What is not is refused with the reason,
//! and keeps no other ID back.

use std::cell::OnceCell;
use std::collections::HashSet;

use serde_json::Value;

use super::links::MOST_IDS;
use crate::falcon::{CompositeId, IncidentId, InvalidId};
use crate::http::json::weight;

/// The longest link and placeholder that are looked for, in bytes.
const MAX_LINK: usize = 2_048;
const MAX_PLACEHOLDER: usize = 256;

/// JSON that would take more memory, in bytes, is read as a list of words. A list of as many IDs as a job updates takes a
/// tenth of it.
const MAX_JSON_WEIGHT: usize = 20_000_000;

/// What a custom field holds.
#[derive(Debug, PartialEq)]
pub struct Found<Id> {
    /// The IDs, each once, in the order of the field.
    pub ids: Vec<Id>,
    /// What is not an ID, each once, and why.
    pub refused: Vec<(String, InvalidId)>,
    /// The placeholders of templates that were never filled in, each once.
    pub unfilled: Vec<String>,
    /// Whether there is more than any job updates, which was not read.
    pub is_cut: bool,
}

/// Reads the values of a field, each as one ID or a list of IDs.
#[must_use]
pub fn read<'value, Id: AsRef<str>>(
    values: impl IntoIterator<Item = &'value Value>,
    parse: fn(&str) -> Result<Id, InvalidId>,
) -> Found<Id> {
    let found = Found { ids: Vec::new(), refused: Vec::new(), unfilled: Vec::new(), is_cut: false };
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
            _ if self.found.is_cut => {}
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
        let may_be_json = text.starts_with(['[', '{', '"']) && weight(text.as_bytes()) <= MAX_JSON_WEIGHT;
        match may_be_json.then(|| serde_json::from_str(text)) {
            Some(Ok(value)) => self.value(&value),
            Some(Err(_)) | None => self.words(text),
        }
    }

    /// Reads words between commas, semicolons, bars and blanks.
    fn words(&mut self, text: &str) {
        let list = List { text, is_balanced: OnceCell::new() };
        let (mut start, mut at, mut is_unfilled) = (0, 0, false);
        while let Some(c) = text[at..].chars().next().filter(|_| !self.found.is_cut) {
            let rest = &text[at..];
            if c.is_ascii_alphanumeric() {
                at += 1;
            } else if let Some(length) = separator(rest) {
                self.word(&text[start..at], is_unfilled, &list);
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
        self.word(&text[start..at], is_unfilled, &list);
    }

    /// Reads a word, unless it stands for no ID.
    fn word(&mut self, text: &str, is_unfilled: bool, list: &List<'_>) {
        let bare = text.trim_matches(is_wrapping);
        if is_unfilled || is_shell_variable(bare) {
            self.leave_unfilled(text);
        } else if let Some(name) = name_in_brackets(text) {
            // Any word could be an ID of an opaque kind.
            let may_be_id = looks_opaque(name) && (self.parse)(name).is_ok();
            if may_be_id { self.refuse(text, InvalidId::InBrackets) } else { self.leave_unfilled(text) }
        } else if bare.is_empty() || means_none(bare) {
            // Nothing was meant.
        } else if !is_wrapped(text, bare) && !list.is_balanced() {
            self.refuse(text, InvalidId::Unbalanced);
        } else {
            match (self.parse)(bare) {
                Ok(id) => self.take(id),
                Err(invalid) => self.refuse(text, invalid),
            }
        }
    }

    fn link(&mut self, link: &Link<'_>) {
        match ((self.parse)(link.target), self.label(link.label)) {
            // A label that is another ID makes it unclear which of them counts.
            (Ok(id), _) if CompositeId::new(link.label).is_ok_and(|label| label.as_str() != id.as_ref()) => {
                self.refuse(link.text, InvalidId::Several);
            }
            (Ok(id), _) | (Err(InvalidId::Url(_)), Some(id)) => self.take(id),
            (Err(invalid), _) => self.refuse(link.text, invalid),
        }
    }

    /// Returns the ID that a label is, if it has the shape of no other text.
    fn label(&self, label: &str) -> Option<Id> {
        let bare = label.trim_matches(is_wrapping);
        let id = (self.parse)(bare).ok()?;
        (CompositeId::new(id.as_ref()).is_ok() || IncidentId::new(id.as_ref()).is_ok()).then_some(id)
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
        if self.found.is_cut || self.seen.contains(text) {
            return false;
        }
        self.found.is_cut = self.seen.len() == MOST_IDS;
        self.seen.insert(text.to_owned())
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

/// Words as they are written, of which one alone may not tell what belongs to it.
struct List<'text> {
    text: &'text str,
    is_balanced: OnceCell<bool>,
}

impl List<'_> {
    fn is_balanced(&self) -> bool {
        *self.is_balanced.get_or_init(|| is_balanced(self.text))
    }
}

/// Returns whether each mark before the bare word has its counterpart after it.
fn is_wrapped(text: &str, bare: &str) -> bool {
    let before = text.len() - text.trim_start_matches(is_wrapping).len();
    let (open, close) = (&text[..before], &text[before + bare.len()..]);
    let is_pair = |(one, other): (char, char)| {
        BRACKETS.contains(&(one, other)) || QUOTES.iter().any(|marks| marks.contains(&one) && marks.contains(&other))
    };
    open.chars().count() == close.chars().count() && open.chars().zip(close.chars().rev()).all(is_pair)
}

/// Returns whether each quotation mark and bracket has its counterpart. A quotation mark inside a word is an apostrophe.
fn is_balanced(text: &str) -> bool {
    let (mut quotes, mut brackets) = ([0_usize; QUOTES.len()], [0_isize; BRACKETS.len()]);
    let mut characters = text.chars().peekable();
    let mut is_in_word = false;
    while let Some(c) = characters.next() {
        let was_in_word = std::mem::replace(&mut is_in_word, c.is_alphanumeric());
        if is_in_word {
            continue;
        }
        let is_apostrophe = was_in_word && characters.peek().is_some_and(|next| next.is_alphanumeric());
        if let Some(kind) = QUOTES.iter().position(|marks| marks.contains(&c)).filter(|_| !is_apostrophe) {
            quotes[kind] += 1;
        }
        for (count, (open, close)) in brackets.iter_mut().zip(BRACKETS) {
            *count += isize::from(c == open) - isize::from(c == close);
        }
    }
    quotes.iter().all(|count| count % 2 == 0) && brackets.iter().all(|count| *count == 0)
}

/// Returns whether this is a placeholder by its form: `$alert.id`.
fn is_shell_variable(bare: &str) -> bool {
    bare.strip_prefix('$').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || "_.".contains(c)))
}

/// Returns the name in `{id}`, `<id>` or `%id%`, which is most likely a placeholder, whatever stands around it.
fn name_in_brackets(text: &str) -> Option<&str> {
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
    };
    let text = text.trim_matches(|c| is_wrapping(c) && !"{}<>".contains(c));
    let within = |(open, close)| text.strip_prefix(open)?.strip_suffix(close).filter(is_name);
    [('{', '}'), ('<', '>'), ('%', '%')].into_iter().find_map(within)
}

/// Returns whether a word looks more like an opaque ID than like a name: it has digits, or is long and of mixed case.
fn looks_opaque(word: &str) -> bool {
    const MIN_OPAQUE: usize = 16;
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    has(u8::is_ascii_digit) || (is_mixed && word.len() >= MIN_OPAQUE)
}

/// Whether people write this if there is nothing to write.
fn means_none(word: &str) -> bool {
    const NONE: [&str; 12] = ["n/a", "na", "n.a.", "-", "--", "–", "—", "none", "null", "nil", "undefined", "0"];
    const LONGEST: usize = "undefined".len();
    word.len() <= LONGEST && NONE.contains(&word.to_lowercase().as_str())
}
