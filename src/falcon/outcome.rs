//! What became of a call.

use std::collections::HashMap;

use super::call::Call;
use super::reason::Reason;

/// What became of a call: data, not control flow, so that every call is tried and each is told.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The call.
    pub call: Call,
    /// The ids that Falcon is known to have updated.
    pub done: Vec<String>,
    /// All other ids of the call, each with the reason.
    pub failures: Vec<Failure>,
    /// Falcon's name for the exchange; CrowdStrike's support asks for it.
    pub trace_id: Option<String>,
    /// What Falcon said beside what it did: a created case may lack some of what was to be in it.
    pub remark: Option<String>,
}

/// Ids that are not known to be updated, all for the same reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The ids.
    pub ids: Vec<String>,
    /// Why.
    pub reason: Reason,
    /// Whether they may have been updated all the same.
    pub may_be_done: bool,
}

impl Outcome {
    /// A call that did all it was to do, as a rehearsal takes it to be.
    #[must_use]
    pub(crate) fn succeeded(call: Call) -> Outcome {
        Outcome { done: call.change.ids.clone(), call, failures: Vec::new(), trace_id: None, remark: None }
    }

    /// A call of which this was done and the rest was not, each id with its reason. Ids with one reason are told together.
    #[must_use]
    pub(crate) fn sorted(call: Call, done: Vec<String>, reasons: Vec<(String, Reason)>) -> Outcome {
        let mut failures: Vec<Failure> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (id, reason) in reasons {
            let place = *places.entry(reason.to_string()).or_insert(failures.len());
            match failures.get_mut(place) {
                Some(failure) => failure.ids.push(id),
                None => failures.push(Failure { ids: vec![id], may_be_done: reason.leaves_open(), reason }),
            }
        }
        Outcome { call, done, failures, trace_id: None, remark: None }
    }

    /// A call that did nothing for one reason, as far as is known.
    #[must_use]
    pub(crate) fn failed(call: Call, reason: Reason) -> Outcome {
        let failure = Failure { ids: call.change.ids.clone(), may_be_done: reason.leaves_open(), reason };
        Outcome { call, done: Vec::new(), failures: vec![failure], trace_id: None, remark: None }
    }

    /// Why nothing at all was done, where there is one reason for it.
    #[must_use]
    pub(crate) fn whole_failure(&self) -> Option<&Reason> {
        match (self.done.as_slice(), self.failures.as_slice()) {
            ([], [failure]) => Some(&failure.reason),
            _ => None,
        }
    }
}
