//! The comment that alerts get when they are closed: a template, filled with words of the alert or case.

use anyhow::{Result, bail};

use crate::secret::Secrets;
use crate::thehive::{Entity, Stage};

const NAMES: [&str; 6] = ["number", "title", "stage", "verdict", "summary", "id"];

/// A template whose placeholders are all known.
pub(super) struct Template(Vec<Piece>);

enum Piece {
    Text(String),
    Placeholder(&'static str),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Names a placeholder that is unknown, or says that one does not end.
    pub(super) fn parse(text: &str, secrets: &Secrets) -> Result<Template> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, behind)) = rest.split_once("{{") {
            let Some((name, after)) = behind.split_once("}}") else {
                bail!(
                    "the configuration item comment has a placeholder that begins with {{{{ and does not end. Correct it in Cortex (Organization → Responders)."
                );
            };
            let Some(known) = NAMES.iter().find(|known| **known == name.trim()) else {
                let names: Vec<String> = NAMES.iter().map(|name| format!("{{{{{name}}}}}")).collect();
                bail!(
                    "the configuration item comment names {{{{{}}}}}; expected {}. Correct it in Cortex (Organization → Responders).",
                    secrets.quote_within(name, 40),
                    names.join(", ")
                );
            };
            pieces.extend([Piece::Text(before.to_owned()), Piece::Placeholder(known)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Template(pieces))
    }

    /// The comment on an alert or case; none where nothing would be said. What the job lacks is empty.
    pub(super) fn filled(&self, entity: &Entity<'_>, stage: Stage) -> Option<String> {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Placeholder(name) => value(name, entity, stage),
        };
        let words: String = self.0.iter().map(text).collect();
        Some(words.trim().to_owned()).filter(|words| !words.is_empty())
    }
}

fn value(name: &str, entity: &Entity<'_>, stage: Stage) -> String {
    match name {
        "number" => entity.number().map(|number| number.to_string()),
        "title" => entity.title().map(str::to_owned),
        "stage" => Some(stage.to_string()),
        "verdict" => entity.verdict(),
        "summary" => entity.summary().map(str::to_owned),
        _ => entity.id().map(str::to_owned),
    }
    .unwrap_or_default()
}
