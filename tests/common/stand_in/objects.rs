//! The alerts, incidents and cases of a tenant, as far as calls and scenarios change them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::answers::{self, put};

/// The status of an alert or a case that nobody has updated.
pub const NEW: &str = "new";
/// The status of an incident that nobody has updated.
pub const NEW_INCIDENT: &str = "20";

/// All objects: every id exists, but for those that a scenario says are missing.
#[derive(Debug, Default)]
pub struct Objects {
    /// Ids that do not exist.
    pub missing: BTreeSet<String>,
    /// The status of all that was updated.
    pub statuses: BTreeMap<String, String>,
    /// The tags of what has others than the fixtures.
    pub tags: BTreeMap<String, Vec<String>>,
    /// Whether an update that sets the status an object already has counts as none.
    pub counts_only_changes: bool,
    /// How many reads of a case after its update still show it as it was before.
    pub lag: usize,
    versions: BTreeMap<String, u64>,
    lagging: BTreeMap<String, (Value, usize)>,
}

impl Objects {
    /// Whether there is an object of this id. `check` asks for ids of nothing but zeros, which never exist.
    pub fn exists(&self, id: &str) -> bool {
        let zeros = ["000", "inc:000", "MDAwMDAw"];
        !self.missing.contains(id) && !zeros.iter().any(|beginning| id.starts_with(beginning))
    }

    /// Sets a status; whether Falcon counts the object as affected.
    pub fn set(&mut self, id: &str, status: &str, at_first: &str) -> bool {
        let before = self.statuses.insert(id.to_owned(), status.to_owned());
        !self.counts_only_changes || before.as_deref().unwrap_or(at_first) != status
    }

    /// As [`Objects::set`], for a case: the version counts up, and reads lag behind.
    pub fn set_case(&mut self, id: &str, status: &str) -> bool {
        let before = put(self.case(id), "/consistency/consistent", false);
        let is_affected = self.set(id, status, NEW);
        if is_affected {
            self.versions.insert(id.to_owned(), self.version(id) + 1);
            self.lagging.insert(id.to_owned(), (before, self.lag));
        }
        is_affected
    }

    /// How often a case was changed, and once for its creation.
    pub fn version(&self, id: &str) -> u64 {
        self.versions.get(id).copied().unwrap_or(1)
    }

    /// A whole alert, as it is.
    pub fn alert(&self, id: &str) -> Value {
        self.tagged(id, answers::alert(id, self.status(id, NEW)))
    }

    /// A whole incident, as it is.
    pub fn incident(&self, id: &str) -> Value {
        self.tagged(id, answers::incident(id, self.status(id, NEW_INCIDENT)))
    }

    /// A whole case, as it is.
    pub fn case(&self, id: &str) -> Value {
        self.tagged(id, answers::case(id, self.status(id, NEW), self.version(id)))
    }

    /// A whole case, as a read shows it: for a while after an update, as it was before.
    pub fn read_case(&mut self, id: &str) -> Value {
        match self.lagging.get_mut(id) {
            Some((before, reads @ 1..)) => {
                *reads -= 1;
                before.clone()
            }
            _ => self.case(id),
        }
    }

    fn status<'a>(&'a self, id: &str, at_first: &'a str) -> &'a str {
        self.statuses.get(id).map_or(at_first, String::as_str)
    }

    fn tagged(&self, id: &str, object: Value) -> Value {
        match self.tags.get(id) {
            Some(tags) => put(object, "/tags", tags.clone()),
            None => object,
        }
    }
}
