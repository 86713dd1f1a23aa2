//! An object that an answer brings: an alert, an incident or a case, as far as a call can change it.

use serde::Deserialize;

use crate::falcon::id::{CaseId, is_id};
use crate::falcon::moment::Moment;
use crate::http::json::{Items, Maybe, Text};

/// An alert of a busy tenant has some hundred tags. No case has more than 128: together they are 128 characters long.
const MOST_TAGS: usize = 1_000;
/// More comments on one alert are not looked at.
const MOST_COMMENTS: usize = 500;
/// Twice what a case can hold.
const MOST_EVIDENCE: usize = 200;

/// An object that an answer brings.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::falcon) struct Resource {
    id: Text,
    composite_id: Text,
    incident_id: Text,
    status: Text,
    name: Text,
    description: Text,
    severity: Text,
    tags: Option<Items<Text, MOST_TAGS>>,
    assigned_to: Maybe<Person>,
    assigned_to_uuid: Text,
    assigned_to_uid: Text,
    assigned_to_name: Text,
    evidence: Option<Maybe<Evidence>>,
    comments: Option<Items<Maybe<Comment>, MOST_COMMENTS>>,
    linked_case_ids: Items<Text, MOST_EVIDENCE>,
    created_timestamp: Text,
    updated_timestamp: Text,
    modified_timestamp: Text,
    version: Text,
    consistency: Maybe<Consistency>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Person {
    uuid: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Comment {
    value: Text,
    timestamp: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Evidence {
    alerts: Option<Maybe<Records>>,
    events: Option<Maybe<Records>>,
    leads: Option<Maybe<Records>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Records {
    records: Option<Items<Maybe<Record>, MOST_EVIDENCE>>,
}

/// One item of evidence. A request names its `selector.id`; some answers carry only one of the two ids.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::falcon) struct Record {
    id: Text,
    selector: Maybe<Selector>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Selector {
    id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Consistency {
    consistent: Text,
    version: Text,
}

impl Resource {
    /// The id by which a call knows it.
    pub(in crate::falcon) fn id(&self) -> Option<&str> {
        self.composite_id.as_str().or(self.incident_id.as_str()).or(self.id.as_str())
    }

    pub(in crate::falcon) fn status(&self) -> Option<&str> {
        self.status.as_str()
    }

    pub(in crate::falcon) fn name(&self) -> Option<&str> {
        self.name.as_str()
    }

    pub(in crate::falcon) fn description(&self) -> Option<&str> {
        self.description.as_str()
    }

    pub(in crate::falcon) fn severity(&self) -> Option<&str> {
        self.severity.as_str()
    }

    /// Whose it is, by their id in Falcon.
    pub(in crate::falcon) fn assigned_to(&self) -> Option<&str> {
        self.assigned_to.0.as_ref()?.uuid.as_str()
    }

    /// The names under which an alert shows its user: the UUID, the e-mail address, the full name.
    pub(in crate::falcon) fn assignees(&self) -> impl Iterator<Item = &str> {
        [&self.assigned_to_uuid, &self.assigned_to_uid, &self.assigned_to_name].into_iter().filter_map(Text::as_str)
    }

    /// Returns its tags, if it shows all of them.
    pub(in crate::falcon) fn tags(&self) -> Option<Vec<&str>> {
        let all = self.tags.as_ref().is_none_or(|tags| tags.dropped == 0);
        let tags = self.list(self.tags.as_ref()).filter(|_| all)?;
        Some(tags.iter().filter_map(Text::as_str).collect())
    }

    /// Whether it has more comments than are kept.
    pub(in crate::falcon) fn has_more_comments(&self) -> bool {
        self.comments.as_ref().is_some_and(|comments| comments.dropped > 0)
    }

    /// Returns the words of its comments, if it shows them.
    pub(in crate::falcon) fn comments(&self) -> Option<Vec<&str>> {
        let comments = self.list(self.comments.as_ref())?;
        Some(comments.iter().filter_map(|comment| Some(comment.0.as_ref()?.value.as_str()?.trim())).collect())
    }

    /// Returns the items of a list of its own. Falcon leaves an empty list out, or writes null for it: so a missing list is
    /// empty, if this is the object and not a mere reference to it, which has no status either.
    fn list<'list, Item, const MOST: usize>(&self, list: Option<&'list Items<Item, MOST>>) -> Option<&'list [Item]> {
        match list {
            None => self.status().map(|_| &[][..]),
            Some(items) => items.is_list.then_some(&items.kept[..]),
        }
    }

    /// Leaves out the comments that were there before this moment, and those that do not tell since when they are there.
    pub(in crate::falcon) fn forget_comments_before(&mut self, moment: &Moment) {
        let is_newer = |comment: &Maybe<Comment>| {
            let since = comment.0.as_ref().and_then(|comment| Moment::parse(comment.timestamp.as_str()?));
            since.is_some_and(|since| since >= *moment)
        };
        self.comments.iter_mut().for_each(|comments| comments.kept.retain(is_newer));
    }

    /// Returns when it was created, as Falcon writes it.
    pub(in crate::falcon) fn created_at(&self) -> Option<&str> {
        self.created_timestamp.as_str()
    }

    /// When it was changed last, as Falcon writes it: `2026-05-20T08:41:17.602Z`.
    pub(in crate::falcon) fn changed_at(&self) -> Option<&str> {
        self.updated_timestamp.as_str().or(self.modified_timestamp.as_str())
    }

    /// The ids of the cases that an alert belongs to.
    pub(in crate::falcon) fn linked_cases(&self) -> impl Iterator<Item = &str> {
        self.linked_case_ids.kept.iter().filter_map(Text::as_str).filter(|id| CaseId::new(id).is_ok())
    }

    /// Returns the ids of the alerts that are its evidence, if it shows all of them as they are now.
    pub(in crate::falcon) fn alerts(&self) -> Option<Vec<String>> {
        let ids = match &self.evidence {
            None => self.status().map(|_| Vec::new()),
            Some(evidence) => evidence.0.as_ref()?.alerts.as_ref().map_or(Some(Vec::new()), ids_of_all),
        };
        ids.filter(|_| !self.is_older())
    }

    /// Whether it shows all of its evidence.
    pub(in crate::falcon) fn shows_all_evidence(&self) -> bool {
        match &self.evidence {
            None => self.status().is_some(),
            Some(Maybe(evidence)) => evidence.as_ref().is_some_and(|evidence| {
                let Evidence { alerts, events, leads } = evidence;
                [alerts, events, leads].into_iter().flatten().all(|kind| records_of_all(kind).is_some())
            }),
        }
    }

    /// Returns the alerts, events and leads that are its evidence.
    pub(in crate::falcon) fn evidence(&self) -> impl Iterator<Item = &Record> {
        let evidence = self.evidence.iter().filter_map(|evidence| evidence.0.as_ref());
        let kinds = evidence.flat_map(|evidence| [&evidence.alerts, &evidence.events, &evidence.leads]).flatten();
        let records = kinds.filter_map(|kind| kind.0.as_ref()?.records.as_ref()).flat_map(|records| &records.kept);
        records.filter_map(|record| record.0.as_ref())
    }

    pub(in crate::falcon) fn version(&self) -> Option<u64> {
        self.version.as_number()
    }

    /// Whether it says itself that it is not settled yet.
    pub(in crate::falcon) fn is_inconsistent(&self) -> bool {
        self.consistency.0.as_ref().is_some_and(|consistency| consistency.consistent.as_str() == Some("false"))
    }

    /// Whether it is a state that it says itself is not the newest.
    pub(in crate::falcon) fn is_older(&self) -> bool {
        let newest = self.consistency.0.as_ref().and_then(|consistency| consistency.version.as_number());
        newest.is_some_and(|newest| self.version().is_some_and(|version| version < newest))
    }
}

impl Record {
    /// Returns the id that a request names: the selector's, or else its own.
    fn id(&self) -> Option<&str> {
        self.ids().next().filter(|id| is_id(id))
    }

    /// Returns both of its ids, the selector's first.
    pub(in crate::falcon) fn ids(&self) -> impl Iterator<Item = &str> {
        let selector = self.selector.0.iter().filter_map(|selector| selector.id.as_str());
        selector.chain(self.id.as_str()).filter(|id| !id.is_empty())
    }
}

/// Returns the records of a kind of evidence, if it shows all of them. A missing list is empty.
fn records_of_all(kind: &Maybe<Records>) -> Option<&[Maybe<Record>]> {
    match &kind.0.as_ref()?.records {
        None => Some(&[]),
        Some(records) => (records.is_list && records.dropped == 0).then_some(&records.kept[..]),
    }
}

/// Returns the ids of a kind of evidence, if it shows all of them.
fn ids_of_all(kind: &Maybe<Records>) -> Option<Vec<String>> {
    records_of_all(kind)?.iter().map(|record| Some(record.0.as_ref()?.id()?.to_owned())).collect()
}
