//! What a check has found.

use serde::Serialize;

use crate::secret::Secrets;

/// What a finding means for the sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It works.
    Good,
    /// It would not work.
    Bad,
    /// Worth knowing; the sync works with it and without it.
    Note,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What it means.
    pub mark: Mark,
    /// What it is about.
    pub about: &'static str,
    /// What was found, and where it is bad, what to do.
    pub text: String,
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(pub Vec<Line>);

impl Findings {
    /// Whether the sync would work.
    #[must_use]
    pub fn works(&self) -> bool {
        self.0.iter().all(|line| line.mark != Mark::Bad)
    }

    pub(super) fn add(&mut self, mark: Mark, about: &'static str, text: impl Into<String>) {
        self.0.push(Line { mark, about, text: text.into() });
    }

    pub(super) fn note_warnings(&mut self, about: &'static str, warnings: impl IntoIterator<Item = String>) {
        for warning in warnings {
            self.add(Mark::Note, about, warning);
        }
    }

    pub(super) fn scrub(&mut self, secrets: &Secrets) {
        for line in &mut self.0 {
            line.text = secrets.scrub(&line.text);
        }
    }
}
