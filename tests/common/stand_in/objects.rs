//! The alerts, incidents and cases of a tenant, as far as calls and scenarios change them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::answers::{self, put};
use super::case::Case;
use super::cases::Cases;
use super::clock::Clock;

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
    statuses: BTreeMap<String, String>,
    /// The tags of what has others than the fixtures.
    tags: BTreeMap<String, Vec<String>>,
    /// When what was changed was changed last.
    changes: BTreeMap<String, Value>,
    /// What else of alerts was changed: their id and the member, and its value.
    members: BTreeMap<(String, &'static str), Value>,
    /// Whether an update that changes nothing counts as none.
    pub counts_only_changes: bool,
    pub clock: Clock,
    pub cases: Cases,
}

impl Objects {
    /// Whether there is an object of this id. `check` asks for ids of nothing but zeros, which never exist.
    pub fn exists(&self, id: &str) -> bool {
        let zeros = ["000", "inc:000", "MDAwMDAw"];
        !self.missing.contains(id) && !zeros.iter().any(|beginning| id.starts_with(beginning))
    }

    /// Returns whether there is a case of this id. `ABC-1234` is a case's reference for people, and no id.
    pub fn has_case(&self, id: &str) -> bool {
        let is_reference = id.split_once('-').is_some_and(|(letters, number)| {
            letters.bytes().all(|byte| byte.is_ascii_uppercase()) && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        self.exists(id) && !is_reference && !id.contains(':')
    }

    /// The ids of all that was changed.
    pub fn changed_ids(&self) -> impl Iterator<Item = &str> {
        self.statuses.keys().chain(self.members.keys().map(|(id, _)| id)).map(String::as_str)
    }

    /// Gives an object this status, as if it had always had it.
    pub fn have_status(&mut self, id: &str, status: &str) {
        self.statuses.insert(id.to_owned(), status.to_owned());
        if let Some(case) = self.cases.get(id).cloned() {
            self.cases.have(Case { status: status.to_owned(), ..case });
        }
    }

    /// Gives an object these tags, as if it had always had them.
    pub fn have_tags(&mut self, id: &str, tags: Vec<String>) {
        self.have(id, "tags", json!(tags));
        self.tags.insert(id.to_owned(), tags.clone());
        if let Some(case) = self.cases.get(id).cloned() {
            self.cases.have(Case { tags, ..case });
        }
    }

    /// Has another client give an object this status at this time.
    pub fn change(&mut self, id: &str, status: &str, time: Value) {
        if let Some(case) = self.cases.get(id).cloned() {
            self.cases.replace(Case { status: status.to_owned(), updated: Some(time.clone()), ..case });
        }
        self.statuses.insert(id.to_owned(), status.to_owned());
        self.changes.insert(id.to_owned(), time);
    }

    /// What this shows as the time of its last change, if somebody has changed it.
    pub fn changed_at(&self, id: &str) -> Option<&Value> {
        self.changes.get(id)
    }

    /// Gives an alert or incident this value of a member that it has.
    pub fn have(&mut self, id: &str, member: &'static str, value: Value) {
        self.members.insert((id.to_owned(), member), value);
    }

    /// Sets a status; whether Falcon counts the object as affected.
    pub fn set(&mut self, id: &str, status: &str, at_first: &str) -> bool {
        let before = self.statuses.insert(id.to_owned(), status.to_owned());
        let is_affected = !self.counts_only_changes || before.as_deref().unwrap_or(at_first) != status;
        if is_affected {
            self.changes.insert(id.to_owned(), self.clock.time_of_change(Duration::ZERO));
        }
        is_affected
    }

    /// Puts a changed case in the place of its last version; whether Falcon counts it as affected.
    pub fn set_case(&mut self, changed: Case) -> bool {
        let before = self.case(&changed.id);
        let is_affected = !self.counts_only_changes || before != changed;
        if is_affected {
            let changed = self.next_version(changed);
            self.statuses.insert(changed.id, changed.status);
        }
        is_affected
    }

    /// Makes this the next version of its case.
    pub fn next_version(&mut self, case: Case) -> Case {
        let id = case.id.clone();
        if self.cases.get(&id).is_none() {
            self.cases.have(self.case(&id));
        }
        self.cases.replace(Case { updated: Some(self.clock.time_of_change(Duration::ZERO)), ..case });
        self.case(&id)
    }

    /// A whole alert, as it is.
    pub fn alert(&self, id: &str) -> Value {
        self.changed(id, "/updated_timestamp", answers::alert(id, self.status(id, NEW)))
    }

    /// A whole incident, as it is.
    pub fn incident(&self, id: &str) -> Value {
        self.changed(id, "/modified_timestamp", answers::incident(id, self.status(id, NEW_INCIDENT)))
    }

    /// A case, as it is.
    pub fn case(&self, id: &str) -> Case {
        self.cases.get(id).cloned().unwrap_or_else(|| {
            let case = Case::of_the_fixtures(id);
            let tags = self.tags.get(id).unwrap_or(&case.tags).clone();
            Case { status: self.status(id, NEW).to_owned(), tags, updated: self.changes.get(id).cloned(), ..case }
        })
    }

    /// A whole case, as it is.
    pub fn whole_case(&self, id: &str) -> Value {
        self.cases.whole(id).unwrap_or_else(|| self.case(id).whole(true))
    }

    /// A whole case, as a read shows it.
    pub fn read_case(&mut self, id: &str) -> Value {
        self.cases.read(id).unwrap_or_else(|| self.case(id).whole(true))
    }

    /// The status of whatever was updated.
    pub fn status_of(&self, id: &str) -> Option<&str> {
        self.statuses.get(id).map(String::as_str)
    }

    fn status<'a>(&'a self, id: &str, at_first: &'a str) -> &'a str {
        self.status_of(id).unwrap_or(at_first)
    }

    /// The object with what was changed of it, and with the time of its last change in this member.
    fn changed(&self, id: &str, time_of_change: &str, object: Value) -> Value {
        let of_it = self.members.iter().filter(|((of, _), _)| of == id);
        let object =
            of_it.fold(object, |object, ((_, member), value)| put(object, &format!("/{member}"), value.clone()));
        match self.changes.get(id) {
            Some(time) => put(object, time_of_change, time.clone()),
            None => object,
        }
    }
}
