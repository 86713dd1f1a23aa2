//! Queries and filters with placeholders: `RemoteAddressIP4="{{data}}"`.
//!
//! What comes from TheHive stands inside a string literal and nowhere else, escaped, so that no observable, title or id can
//! change what is asked.

use anyhow::{Result, bail};

use super::{Order, dedup_tag};
use crate::falcon::cases::in_fql;

/// What a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// CrowdStrike's query language: strings in double quotes, comments, regular expressions between slashes.
    Cql,
    /// Falcon's filters: strings in single or double quotes.
    Fql,
}

/// What parts lines and is not a control character.
const LINE_BREAKS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'template> {
    Text(&'template str),
    Placeholder(&'template str),
}

/// The template with its placeholders filled from the job.
///
/// # Errors
/// Says what is wrong with a placeholder: an unknown name, no value in this job, a place outside a string, or a value that
/// would not be taken literally.
pub(super) fn filled(template: &str, language: Language, order: &Order<'_>) -> Result<String> {
    let mut text = String::new();
    for piece in pieces(template, language)? {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Placeholder(name) => text.push_str(&literal(name, &value(name, order)?, language)?),
        }
    }
    Ok(text)
}

fn value(name: &str, order: &Order<'_>) -> Result<String> {
    let entity = order.entity;
    let found = match name {
        "data" => entity.value().map(str::to_owned),
        "title" => entity.title().map(str::to_owned),
        "id" => entity.id().map(str::to_owned),
        "dedup_tag" => dedup_tag::of(order).ok(),
        "number" => entity.number().map(|number| number.to_string()),
        name => match name.strip_prefix("customField.") {
            Some(field) => one(field, entity.custom_fields.texts(field), order)?,
            None => bail!(
                "{{{{{}}}}} is no placeholder; expected {{{{data}}}}, {{{{title}}}}, {{{{id}}}}, {{{{dedup_tag}}}}, {{{{number}}}} or {{{{customField.<name>}}}}",
                order.secrets.quote(name)
            ),
        },
    };
    match found.filter(|value| !value.trim().is_empty()) {
        Some(value) => Ok(value),
        None => bail!("{{{{{}}}}} has no value in this job", order.secrets.quote(name)),
    }
}

fn one(field: &str, mut values: Vec<String>, order: &Order<'_>) -> Result<Option<String>> {
    if values.len() > 1 {
        bail!("the custom field {} holds {} values; a placeholder takes one", order.secrets.quote(field), values.len());
    }
    Ok(values.pop())
}

/// A value as it stands inside a string literal.
fn literal(name: &str, value: &str, language: Language) -> Result<String> {
    if value.contains('*') {
        bail!("the value of {{{{{name}}}}} holds a *, which would match more than itself");
    }
    // Marks that join, vary or direct other characters are text, as emoji and right-to-left scripts need them.
    if value.chars().any(|c| c.is_control() || LINE_BREAKS.contains(&c)) {
        bail!("the value of {{{{{name}}}}} holds a line break or another control character");
    }
    Ok(match language {
        Language::Cql => value.replace('\\', "\\\\").replace('"', "\\\""),
        Language::Fql => in_fql(value),
    })
}

/// The pieces of a template.
fn pieces(template: &str, language: Language) -> Result<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let (mut rest, mut place) = (template, Place::Code);
    loop {
        let text = rest.find("{{").map_or(rest, |start| &rest[..start]);
        place = place.after(text, &rest[text.len()..], language);
        pieces.push(Piece::Text(text));
        let Some(behind) = rest[text.len()..].strip_prefix("{{") else { return Ok(pieces) };
        let Some((name, after)) = behind.split_once("}}") else {
            bail!("a placeholder begins with {{{{ and does not end");
        };
        match place {
            Place::String { is_pattern: false, .. } => {}
            Place::String { is_pattern: true, .. } => {
                bail!("the placeholder {{{{{name}}}}} stands in a regular expression, which its value would change")
            }
            _ => bail!("the placeholder {{{{{name}}}}} stands outside a string; put quotes around it"),
        }
        pieces.push(Piece::Placeholder(name.trim()));
        rest = after;
    }
}

/// Where in a query a character stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    String {
        quote: char,
        /// Whether a function reads it as a regular expression.
        is_pattern: bool,
    },
    LineComment,
    BlockComment,
    Regex,
}

impl Place {
    /// Where one is behind this text. What comes behind it tells a regular expression from a division.
    fn after(self, text: &str, behind: &str, language: Language) -> Place {
        let mut place = self;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let step;
            let before = &text[..text.len() - rest.len()];
            (place, step) = place.step(c, [before, rest, behind], language);
            rest = &rest[step.min(rest.len())..];
        }
        place
    }

    /// The place behind the next character, or two, and how many bytes these are.
    fn step(self, c: char, [before, rest, behind]: [&str; 3], language: Language) -> (Place, usize) {
        let is_cql = language == Language::Cql;
        let escaped = || c.len_utf8() + rest.chars().nth(1).map_or(0, char::len_utf8);
        match self {
            Place::Code if c == '"' || (!is_cql && c == '\'') => {
                (Place::String { quote: c, is_pattern: is_cql && takes_pattern(before) }, 1)
            }
            Place::Code if is_cql && rest.starts_with("//") => (Place::LineComment, 2),
            Place::Code if is_cql && rest.starts_with("/*") => (Place::BlockComment, 2),
            Place::Code if is_cql && c == '/' && is_closed(&rest[1..], behind) => (Place::Regex, 1),
            Place::String { .. } | Place::Regex if c == '\\' => (self, escaped()),
            Place::String { quote, .. } if c == quote => (Place::Code, 1),
            Place::Regex if c == '/' => (Place::Code, 1),
            Place::LineComment if c == '\n' => (Place::Code, 1),
            Place::BlockComment if rest.starts_with("*/") => (Place::Code, 2),
            Place::Code | Place::String { .. } | Place::LineComment | Place::BlockComment | Place::Regex => {
                (self, c.len_utf8())
            }
        }
    }
}

/// Whether the string behind this code is read as a regular expression: `regex("…")`, `replace(regex="…")`.
fn takes_pattern(code: &str) -> bool {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    ["regex(", "replace(", "regex="].iter().any(|beginning| code.ends_with(beginning))
}

/// Whether another slash stands on the same line.
fn is_closed(text: &str, behind: &str) -> bool {
    text.chars().chain(behind.chars()).take_while(|c| *c != '\n').any(|c| c == '/')
}
