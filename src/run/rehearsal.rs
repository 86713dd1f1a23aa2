//! A run in which nothing is sent.

use anyhow::Result;
use serde_json::Value;

use super::Run;
use crate::cortex::Report;
use crate::session::{Session, Snapshot};

/// What a run would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// What it would ask of Falcon, as far as that depends on no answer: each request's method, URL and body.
    pub calls: Vec<Value>,
    /// The report that success would give.
    pub report: Report,
}

impl Run {
    /// Plans without sending: the calls, and the report that success would give. Needs no credentials.
    ///
    /// # Errors
    /// The report of a job of which no plan can be made.
    pub fn rehearse(&self, read: impl FnOnce() -> Result<Vec<u8>>) -> Result<Rehearsal, Report> {
        self.rehearsal(read).map_err(|error| self.told(self.failure(&error)))
    }

    fn rehearsal(&self, read: impl FnOnce() -> Result<Vec<u8>>) -> Result<Rehearsal> {
        let job = self.read(read)?;
        let (config, plan) = self.plan(job)?;
        let base_url = config.base_url()?;
        self.ledger.note(|notes| notes.falcon = Some(base_url.to_string()));
        let report = self.told(self.report(plan, &Session::rehearsed(&self.ledger)));
        let Snapshot { notes, .. } = self.ledger.end();
        let calls = notes.rehearsed.iter().map(|request| self.secrets.scrubbed(request.as_json(&base_url))).collect();
        Ok(Rehearsal { calls, report })
    }
}
