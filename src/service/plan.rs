//! What a service is, and what it is given.

use anyhow::Result;
use serde_json::{Map, Value};

use crate::config::Config;
use crate::cortex::{Label, Limits, Operation};
use crate::falcon::{Asked, Call, Outcome, advice};
use crate::secret::Secrets;
use crate::session::{About, Session, Unread};
use crate::thehive::{Address, Entity, Kind, Stage, TheHive, Unreached};

/// What a service plans from.
#[derive(Clone, Copy)]
pub(crate) struct Order<'job> {
    /// The alert, case or observable.
    pub entity: &'job Entity<'job>,
    /// The job's configuration.
    pub config: &'job Config<'job>,
    /// What was given along by whoever runs the responder.
    pub parameters: &'job Value,
    /// The highest TLP and PAP of what is sent.
    pub limits: &'job Limits,
    /// What must not be shown where an error quotes the job.
    pub secrets: &'job Secrets,
}

/// What is to be done, and for whom.
pub(crate) struct Plan {
    /// What the report is about.
    pub about: About,
    /// What needs no call because it is known to fail.
    pub set_aside: Vec<Outcome>,
    /// What does it.
    pub service: Box<dyn Service>,
    /// Where TheHive is, where the service is to ask it.
    pub thehive: Option<Address>,
}

/// Something to be done for an alert or case, planned and not begun.
pub(crate) trait Service {
    /// The writes that wait for no answer.
    fn calls(&self) -> Vec<Call> {
        Vec::new()
    }

    /// The scopes that it cannot do without, for `check`. A service that reads, or writes only after it has read, adds those.
    fn scopes(&self) -> Vec<&'static str> {
        self.calls().iter().map(|call| call.request.scope).collect()
    }

    /// Asks TheHive for something that it needs, for `check`.
    ///
    /// # Errors
    /// Why TheHive did not tell.
    fn ask(&self, _thehive: &TheHive) -> Result<(), Unreached> {
        Ok(())
    }

    /// Returns whether it fails without TheHive, for `check`.
    fn needs_thehive(&self) -> bool {
        false
    }

    /// Does it, from the first request to the last, and says what is to be told where all went through. What it writes is told
    /// from the session's ledger.
    ///
    /// # Errors
    /// Why it could not go on. What was written by then is told all the same.
    fn work(&self, session: &Session<'_>) -> Result<Done, Setback>;
}

/// What is told of work that went through, beside its writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    /// One sentence for people.
    pub message: String,
    /// What else people should know, a sentence each.
    pub details: Vec<String>,
    /// What the service is about, for machines.
    pub full: Map<String, Value>,
    /// What TheHive is to do.
    pub operations: Vec<Operation>,
    /// What Cortex's own page shows.
    pub label: Option<Label>,
    /// What could not be done although every write went through: the job fails with this.
    pub incomplete: Option<Setback>,
}

/// Why a service could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setback {
    /// What happened and why: a sentence without its full stop.
    pub cause: String,
    /// What to do about it.
    pub next: String,
}

impl Setback {
    /// Returns this one with the cause of another behind its own.
    #[must_use]
    pub(super) fn and(self, other: Option<&Setback>) -> Setback {
        let cause = other.map_or_else(|| self.cause.clone(), |other| format!("{}. {}", self.cause, other.cause));
        Setback { cause, ..self }
    }
}

/// Something could not be read.
impl From<Unread> for Setback {
    fn from(Unread { what, scope, reason }: Unread) -> Setback {
        let next = advice(&reason, Asked { scope, change: None });
        Setback { cause: format!("Falcon did not {what}: {reason}"), next }
    }
}

impl Order<'_> {
    /// What a report on this order is about.
    pub(super) fn about(&self) -> About {
        let verdict = self.entity.verdict().map(|verdict| self.secrets.quote(&verdict));
        About { subject: self.entity.label.clone(), stage: None, verdict }
    }

    /// The same, of a service that follows the stage.
    pub(super) fn about_stage(&self, stage: Stage) -> About {
        About { stage: Some(stage), ..self.about() }
    }

    /// The plan of a service that knows of nothing that is bound to fail.
    pub(super) fn plan(&self, service: impl Service + 'static) -> Plan {
        Plan { about: self.about(), set_aside: Vec::new(), service: Box::new(service), thehive: None }
    }

    /// The operation that marks the alert or case as synchronised; none where no tag is configured.
    ///
    /// # Errors
    /// Says that the configured tag is no text.
    pub(super) fn sync_tag(&self) -> Result<Option<Operation>> {
        let operation = |tag: String| match self.entity.kind {
            Kind::Alert => Operation::AddTagToAlert { tag },
            Kind::Case => Operation::AddTagToCase { tag },
            Kind::Observable => Operation::AddTagToArtifact { tag },
        };
        Ok(self.config.tag()?.map(operation))
    }
}
