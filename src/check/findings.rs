//! What a check has found.

use std::fmt;

use serde::Serialize;

use crate::secret::Secrets;

/// What was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Subject {
    /// A configuration, from a file or from the environment: what jobs of any kind need.
    #[default]
    Configuration,
    /// One job, and what it needs.
    Job,
}

/// What a finding means for the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It works.
    Good,
    /// It would not work.
    Bad,
    /// Worth knowing; the job works with it and without it.
    Note,
}

/// One thing that was found. Its `Display` is one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What it means.
    pub mark: Mark,
    /// What it is about.
    pub about: &'static str,
    /// What was found.
    pub text: String,
    /// What to do about it, as a sentence, where the text does not say so itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.about, self.text)?;
        match &self.next {
            Some(next) => write!(formatter, ". Next: {next}"),
            None => Ok(()),
        }
    }
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// One by one, in the order in which they are to be dealt with.
    pub lines: Vec<Line>,
    subject: Subject,
}

impl Findings {
    /// Whether the job would work.
    #[must_use]
    pub fn works(&self) -> bool {
        self.first_bad().is_none()
    }

    /// The end of the check: that it would work, or what must be done first.
    #[must_use]
    pub fn verdict(&self) -> String {
        let (works, fails) = match self.subject {
            Subject::Job => ("This job would work.", "This job would not work yet"),
            Subject::Configuration => {
                ("Jobs would work with this configuration.", "Jobs would not work with this configuration yet")
            }
        };
        match self.first_bad() {
            None => works.to_owned(),
            Some(Line { next: Some(next), .. }) => format!("{fails}. First: {next}"),
            Some(Line { next: None, text, .. }) => format!("{fails}: {}.", text.trim_end_matches('.')),
        }
    }

    fn first_bad(&self) -> Option<&Line> {
        self.lines.iter().find(|line| line.mark == Mark::Bad)
    }

    pub(super) fn is_on(&mut self, subject: Subject) {
        self.subject = subject;
    }

    pub(super) fn add(&mut self, mark: Mark, about: &'static str, text: impl Into<String>) {
        self.lines.push(Line { mark, about, text: text.into(), next: None });
    }

    pub(super) fn add_with_next(&mut self, mark: Mark, about: &'static str, text: impl Into<String>, next: String) {
        self.lines.push(Line { mark, about, text: text.into(), next: Some(next) });
    }

    pub(super) fn note_warnings(&mut self, about: &'static str, warnings: impl IntoIterator<Item = String>) {
        for warning in warnings {
            self.add(Mark::Note, about, warning);
        }
    }

    pub(super) fn scrub(&mut self, secrets: &Secrets) {
        for line in &mut self.lines {
            line.text = secrets.scrub(&line.text);
            line.next = line.next.take().map(|next| secrets.scrub(&next));
        }
    }
}
