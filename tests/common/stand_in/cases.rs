//! The cases of a tenant: each with its versions, and with what a list shows of it, which may lag behind.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::case::Case;

/// All cases that were created or changed, or that a scenario speaks of.
#[derive(Debug, Default)]
pub struct Cases {
    /// How many were created.
    pub created: usize,
    /// How many reads of a case after its change still show it as it was before.
    pub lag: usize,
    /// How many lists after a write do not show it yet.
    pub list_lag: usize,
    /// How long after its creation each new case is listed: the first after the first time, and so on, round and round.
    pub index_lags: Vec<Duration>,
    /// Whether a case is listed only once all are that were created before it with one of its tags.
    pub is_listed_in_order: bool,
    /// This case is left out of so many lists.
    pub listed_late: Option<(String, usize)>,
    /// So many updates find that somebody else has changed the case just before.
    pub changed_meanwhile: usize,
    /// The next update finds that this case got this alert just before.
    pub added_meanwhile: Option<(String, String)>,
    lists: usize,
    known: BTreeMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    case: Case,
    /// The higher, the later it came.
    number: usize,
    /// Its versions, each with the lists there had been before; none for one that was always there.
    versions: Vec<(Option<usize>, Case)>,
    /// From when on it is listed.
    listed_from: Instant,
    /// What reads show of it for now, and how many of them.
    before: Option<(Value, usize)>,
}

impl Cases {
    /// The case, if it was created or changed, or if a scenario speaks of it.
    pub fn get(&self, id: &str) -> Option<&Case> {
        self.known.get(id).map(|known| &known.case)
    }

    pub fn all(&self) -> impl Iterator<Item = &Case> {
        self.known.values().map(|known| &known.case)
    }

    /// A case that was always there.
    pub fn have(&mut self, case: Case) {
        self.insert(None, case);
    }

    /// A case that did not exist before.
    pub fn create(&mut self, case: Case) {
        self.created += 1;
        self.insert(Some(self.lists), case);
    }

    fn insert(&mut self, since: Option<usize>, case: Case) {
        let number = self.known.get(&case.id).map_or(self.known.len(), |known| known.number);
        let lag = match since {
            Some(_) => self.index_lags.iter().cycle().nth(self.created - 1).copied().unwrap_or_default(),
            None => Duration::ZERO,
        };
        let like_it = self.known.values().filter(|known| known.case.tags.iter().any(|tag| case.tags.contains(tag)));
        let before = like_it.map(|known| known.listed_from).filter(|_| self.is_listed_in_order).max();
        let listed_from = before.into_iter().chain([Instant::now() + lag]).max().expect("one at least");
        let versions = vec![(since, case.clone())];
        let known = Known { case: case.clone(), number, versions, listed_from, before: None };
        self.known.insert(case.id, known);
    }

    /// Puts a new version in the place of a case that is known.
    pub fn replace(&mut self, changed: Case) {
        let lists = self.lists;
        let known = self.known.get_mut(&changed.id).expect("a case is known before it is changed");
        let changed = Case { version: known.case.version + 1, ..changed };
        known.before = Some((known.case.whole(false), self.lag));
        known.versions.push((Some(lists), changed.clone()));
        known.case = changed;
    }

    /// The whole case, as it is.
    pub fn whole(&self, id: &str) -> Option<Value> {
        let known = self.known.get(id)?;
        let is_consistent = self.in_lists(known).is_some_and(|listed| listed.version == known.case.version);
        Some(known.case.whole(is_consistent))
    }

    /// The whole case, as a read shows it: for a while after a change, as it was before.
    pub fn read(&mut self, id: &str) -> Option<Value> {
        match self.known.get_mut(id)?.before.as_mut() {
            Some((before, reads @ 1..)) => {
                *reads -= 1;
                Some(before.clone())
            }
            _ => self.whole(id),
        }
    }

    /// The cases as a list shows them, the latest first.
    pub fn list(&mut self) -> Vec<Case> {
        let mut known: Vec<&Known> = self.known.values().collect();
        known.sort_by_key(|known| std::cmp::Reverse(known.number));
        let listed = known.into_iter().filter_map(|known| self.in_lists(known)).cloned().collect();
        self.lists += 1;
        listed
    }

    fn in_lists<'a>(&self, known: &'a Known) -> Option<&'a Case> {
        let is_late = |(id, lists): &(String, usize)| *id == known.case.id && self.lists < *lists;
        if known.listed_from > Instant::now() || self.listed_late.as_ref().is_some_and(is_late) {
            return None;
        }
        let is_shown = |since: Option<usize>| since.is_none_or(|lists| lists + self.list_lag <= self.lists);
        known.versions.iter().rev().find(|(since, _)| is_shown(*since)).map(|(_, case)| case)
    }
}
