//! An object that an answer brings: an alert, an incident or a case, as far as a call can change it.

use serde::Deserialize;

use crate::falcon::moment::Moment;
use crate::http::json::{Items, Maybe, Text};

/// No case has more tags: together they are 128 characters long.
const MOST_TAGS: usize = 128;
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
    evidence: Maybe<Evidence>,
    comments: Option<Items<Maybe<Comment>, MOST_COMMENTS>>,
    linked_case_ids: Items<Text, MOST_EVIDENCE>,
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
    alerts: Maybe<Records>,
    events: Maybe<Records>,
    leads: Maybe<Records>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Records {
    records: Items<Maybe<Record>, MOST_EVIDENCE>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Record {
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

    /// Its tags, where it has a list of them.
    pub(in crate::falcon) fn tags(&self) -> Option<Vec<&str>> {
        let tags = self.tags.as_ref().filter(|tags| tags.is_list)?;
        Some(tags.kept.iter().filter_map(Text::as_str).collect())
    }

    /// Whether it has more comments than are kept.
    pub(in crate::falcon) fn has_more_comments(&self) -> bool {
        self.comments.as_ref().is_some_and(|comments| comments.dropped > 0)
    }

    /// The words of its comments, where it tells of any.
    pub(in crate::falcon) fn comments(&self) -> Option<Vec<&str>> {
        let comments = self.comments.as_ref().filter(|comments| comments.is_list)?;
        Some(comments.kept.iter().filter_map(|comment| Some(comment.0.as_ref()?.value.as_str()?.trim())).collect())
    }

    /// Leaves out the comments that were there before this moment, and those that do not tell since when they are there.
    pub(in crate::falcon) fn forget_comments_before(&mut self, moment: &Moment) {
        let is_newer = |comment: &Maybe<Comment>| {
            let since = comment.0.as_ref().and_then(|comment| Moment::parse(comment.timestamp.as_str()?));
            since.is_some_and(|since| since >= *moment)
        };
        self.comments.iter_mut().for_each(|comments| comments.kept.retain(is_newer));
    }

    /// When it was changed last, as Falcon writes it: `2026-05-20T08:41:17.602Z`.
    pub(in crate::falcon) fn changed_at(&self) -> Option<&str> {
        self.updated_timestamp.as_str().or(self.modified_timestamp.as_str())
    }

    /// The ids of the cases that an alert belongs to.
    pub(in crate::falcon) fn linked_cases(&self) -> impl Iterator<Item = &str> {
        self.linked_case_ids.kept.iter().filter_map(Text::as_str)
    }

    /// The ids of the alerts that are its evidence, where it shows all of them as they are now.
    pub(in crate::falcon) fn alerts(&self) -> Option<Vec<String>> {
        let records = &self.evidence.0.as_ref()?.alerts.0.as_ref()?.records;
        let is_whole = records.dropped == 0 && !self.is_older();
        let ids = records.kept.iter().map(|record| Some(record.0.as_ref()?.id.as_str()?.to_owned()));
        ids.collect::<Option<Vec<String>>>().filter(|_| is_whole)
    }

    /// Whether it tells its evidence at all.
    pub(in crate::falcon) fn has_evidence(&self) -> bool {
        self.evidence.0.is_some()
    }

    /// The ids of the alerts, events and leads that are its evidence.
    pub(in crate::falcon) fn evidence(&self) -> impl Iterator<Item = &str> {
        let evidence = self.evidence.0.iter();
        let kinds = evidence.flat_map(|evidence| [&evidence.alerts, &evidence.events, &evidence.leads]);
        let records = kinds.filter_map(|kind| kind.0.as_ref()).flat_map(|kind| &kind.records.kept);
        records.filter_map(|record| record.0.as_ref()?.id.as_str())
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
