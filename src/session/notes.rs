//! What a report says beside the outcomes of calls.

use crate::falcon::{Outcome, Request};
use crate::thehive::Stage;

/// What the job is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    /// The alert or case, as an analyst calls it.
    pub subject: String,
    /// Its stage, where the service follows it.
    pub stage: Option<Stage>,
    /// Its verdict, where it has one.
    pub verdict: Option<String>,
}

impl About {
    /// ` linked to case #42 (Closed in TheHive)`, for behind the Falcon objects that are.
    #[must_use]
    pub(crate) fn linked_to(&self) -> String {
        match self.stage {
            Some(stage) => format!(" linked to {} ({stage} in TheHive)", self.subject),
            None => format!(" linked to {}", self.subject),
        }
    }
}

/// What a report says beside the outcomes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Notes {
    /// What the job is about, once that is known.
    pub about: Option<About>,
    /// Warnings to whoever runs the responder.
    pub warnings: Vec<String>,
    /// Where Falcon was reached, where it was.
    pub falcon: Option<String>,
    /// How often something was asked for again.
    pub retries: u32,
    /// What a rehearsal would have sent.
    pub rehearsed: Vec<Request>,
}

/// A ledger at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// What a report says beside the outcomes.
    pub notes: Notes,
    /// What became of each call, in their order.
    pub outcomes: Vec<Outcome>,
}
