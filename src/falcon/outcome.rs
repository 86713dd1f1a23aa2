//! What became of a call.

use std::collections::{HashMap, HashSet};

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
    /// What Falcon refused and no status depends on: told, and not a failure.
    pub tolerated: Vec<Failure>,
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

/// What was found of a call's ids before it was to be sent again.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// They are as asked for.
    pub done: Vec<String>,
    /// They are not to be touched again, each for this reason.
    pub left_alone: Vec<(String, Reason)>,
}

impl Looked {
    /// None of the call is wanted any more.
    #[must_use]
    pub(crate) fn overtaken(call: &Call) -> Looked {
        let left_alone = call.change.ids.iter().map(|id| (id.clone(), Reason::Overtaken)).collect();
        Looked { done: Vec::new(), left_alone }
    }

    /// Adds what was found now, and takes it out of what is left. Whether that leaves nothing.
    pub(super) fn add(&mut self, found: Looked, rest: &mut Call) -> bool {
        let settled = found.settled();
        if settled.is_empty() {
            return false;
        }
        let left = rest.change.ids.iter().filter(|id| !settled.contains(id.as_str())).cloned().collect();
        *rest = rest.of(left);
        self.done.extend(found.done);
        self.left_alone.extend(found.left_alone);
        rest.change.ids.is_empty()
    }

    /// The ids that are not to be sent again.
    fn settled(&self) -> HashSet<&str> {
        self.done.iter().chain(self.left_alone.iter().map(|(id, _)| id)).map(String::as_str).collect()
    }
}

impl Outcome {
    /// Nothing was left to be done.
    pub(super) fn nothing(call: Call) -> Outcome {
        Outcome { call, done: Vec::new(), failures: Vec::new(), tolerated: Vec::new(), trace_id: None, remark: None }
    }

    /// The outcome of the whole call, with what was found of other ids of it.
    pub(super) fn with(mut self, call: &Call, looked: Looked) -> Outcome {
        if looked.done.is_empty() && looked.left_alone.is_empty() {
            return self;
        }
        // Of a try that ended with our own time the try before it is told, which had those ids, too.
        let settled = looked.settled();
        self.failures.retain_mut(|failure| {
            // What is to be created has no id.
            let is_without_ids = failure.ids.is_empty();
            failure.ids.retain(|id| !settled.contains(id.as_str()));
            is_without_ids || !failure.ids.is_empty()
        });
        let Looked { done, left_alone } = looked;
        if !done.is_empty() {
            self.done.extend(done);
            let places: HashMap<&str, usize> =
                call.change.ids.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
            self.done.sort_by_key(|id| places.get(id.as_str()).copied());
        }
        self.failures.extend(Outcome::sorted(call.clone(), Vec::new(), left_alone).failures);
        self.call = call.clone();
        self
    }

    /// The outcome after some of its ids were sent once more.
    #[must_use]
    pub(crate) fn updated_by(mut self, again: Outcome) -> Outcome {
        let ids: HashSet<&String> = again.call.change.ids.iter().collect();
        self.failures.iter_mut().for_each(|failure| failure.ids.retain(|id| !ids.contains(id)));
        self.failures.retain(|failure| !failure.ids.is_empty());
        self.failures.extend(again.failures);
        self.done.extend(again.done);
        Outcome { trace_id: again.trace_id.or(self.trace_id), ..self }
    }

    /// A call that did all it was to do, as a rehearsal takes it to be.
    #[must_use]
    pub(crate) fn succeeded(call: Call) -> Outcome {
        Outcome {
            done: call.change.ids.clone(),
            call,
            failures: Vec::new(),
            tolerated: Vec::new(),
            trace_id: None,
            remark: None,
        }
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
        Outcome { call, done, failures, tolerated: Vec::new(), trace_id: None, remark: None }
    }

    /// A call that did nothing for one reason, as far as is known.
    #[must_use]
    pub(crate) fn failed(call: Call, reason: Reason) -> Outcome {
        let failure = Failure { ids: call.change.ids.clone(), may_be_done: reason.leaves_open(), reason };
        Outcome { call, done: Vec::new(), failures: vec![failure], tolerated: Vec::new(), trace_id: None, remark: None }
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
