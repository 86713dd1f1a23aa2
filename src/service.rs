//! What the responder can do: one [`Service`] a flavor, each in a file of its own.
//!
//! A service knows both sides: it reads the alert or case and plans calls to Falcon. Planning is pure.

mod summary;
pub mod sync;

use anyhow::Result;

pub use summary::{Notes, report};

use crate::cortex::Operation;
use crate::falcon::{Call, Outcome};
use crate::thehive::{Entity, Stage};

/// A service, with its own settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// Falcon follows the stage of the alert or case.
    Sync(sync::Settings),
}

impl Service {
    /// Plans what is to be asked of Falcon.
    ///
    /// # Errors
    /// Says why there is nothing to do, or what is wrong with the alert or case.
    pub fn plan(&self, entity: &Entity) -> Result<Plan> {
        match self {
            Service::Sync(settings) => sync::plan(settings, entity),
        }
    }
}

/// What is to be asked of Falcon, and what it means to the alert or case.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The alert or case, as an analyst calls it.
    pub subject: String,
    /// Its stage.
    pub stage: Stage,
    /// Its verdict, where it has one.
    pub verdict: Option<String>,
    /// The calls, in the order in which the report tells them.
    pub calls: Vec<Call>,
    /// What needs no call because it is known to fail.
    pub set_aside: Vec<Outcome>,
    /// What TheHive is to do when all went through.
    pub operations: Vec<Operation>,
}
