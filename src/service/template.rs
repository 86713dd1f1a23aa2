//! Queries and filters with placeholders: `RemoteAddressIP4="{{data}}"`.
//!
//! What comes from TheHive stands inside a string literal and nowhere else, escaped, so that no observable, title or id can
//! change what is asked.

mod calls;
mod places;

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

impl Language {
    /// The most bytes of one value.
    fn max_value(self) -> usize {
        match self {
            // A command line of Windows, the longest ordinary observable, has up to 32,767 characters.
            Language::Cql => 131_072,
            // A filter is part of a URL.
            Language::Fql => 2_048,
        }
    }
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
    let max = language.max_value();
    if value.len() > max {
        bail!(
            "the value of {{{{{name}}}}} has {} bytes, and no more than {max} are sent; shorten it in TheHive, or use another placeholder",
            value.len()
        );
    }
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
    let mut rest = template;
    while let Some((text, behind)) = rest.split_once("{{") {
        let Some((name, after)) = behind.split_once("}}") else {
            bail!("a placeholder begins with {{{{ and does not end");
        };
        pieces.extend([Piece::Text(text), Piece::Placeholder(name.trim())]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    places::check(&pieces, language)?;
    Ok(pieces)
}
