//! What a call is to bring about, and whether an object shows that it has.

use super::envelope::Resource;
use crate::text::{listed, printable};

/// What a call brings about, for each of its ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The object has a status.
    Status {
        /// As Falcon writes it.
        shows: &'static str,
        /// As people read it.
        to: &'static str,
        /// The tags that go with it.
        resolution: Option<Resolution>,
        /// Whether it comes with an assignee, whom the object may show under another name.
        assigns: bool,
    },
    /// The alert has the tags of a resolution.
    Resolved(Resolution),
    /// The alert belongs to this user.
    Assigned(String),
    /// The alert has a comment with these words.
    Commented(String),
    /// There is a case that carries this tag. The call knows no id before.
    Created {
        /// The tag by which the case is found again.
        mark: String,
    },
    /// The case has these fields.
    Fields(Fields),
    /// The case has these tags.
    Tagged(Vec<String>),
    /// The case has none of these tags.
    Untagged(Vec<String>),
    /// The alerts or events are evidence of this case.
    EvidenceOf(String),
    /// The search goes on no more.
    Stopped,
    /// The object is known as it is now.
    Read,
}

/// How an alert or case was resolved, as Falcon's console shows it: by one of a few tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// The tag that it gets, where it gets one.
    pub tag: Option<String>,
    /// The tags that it must not have beside that.
    pub cleared: Vec<String>,
}

/// Fields of a case, as many as are to be set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// Its name, at most 256 bytes.
    pub name: Option<String>,
    /// Its description, at most 2,048 bytes.
    pub description: Option<String>,
    /// From 1 to 100.
    pub severity: Option<u64>,
    /// As Falcon writes it.
    pub status: Option<&'static str>,
    /// Whose case it is, by their id in Falcon.
    pub assigned_to: Option<String>,
}

impl Fields {
    /// The names of the fields that are to be set.
    #[must_use]
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let Fields { name, description, severity, status, assigned_to } = self;
        [
            name.as_ref().map(|_| "name"),
            description.as_ref().map(|_| "description"),
            severity.map(|_| "severity"),
            status.map(|_| "status"),
            assigned_to.as_ref().map(|_| "assignee"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// What an object shows of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    AsAsked,
    /// Something else, for behind "it shows": what it is, and how it is.
    Otherwise(&'static str, String),
    /// Nothing, one way or the other.
    Nothing,
}

impl Effect {
    /// What was done to the objects, in one word.
    #[must_use]
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Effect::Status { .. } | Effect::Fields(_) => "updated",
            Effect::Created { .. } => "created",
            Effect::Commented(_) => "commented",
            Effect::Tagged(_) | Effect::Resolved(Resolution { tag: Some(_), .. }) => "tagged",
            Effect::Resolved(Resolution { tag: None, .. }) => "cleared",
            Effect::Assigned(_) => "assigned",
            Effect::Untagged(_) => "freed",
            Effect::EvidenceOf(_) => "added",
            Effect::Stopped => "stopped",
            Effect::Read => "read",
        }
    }

    /// What comes behind that word: ` to closed`.
    #[must_use]
    pub(crate) fn rest(&self) -> String {
        match self {
            Effect::Status { to, resolution, .. } => {
                let tag = resolution.as_ref().and_then(|resolution| resolution.tag.as_ref());
                tag.map_or_else(
                    || format!(" to {to}"),
                    |tag| format!(" to {to} as {}", shown(std::slice::from_ref(tag))),
                )
            }
            Effect::Created { .. } | Effect::Commented(_) | Effect::Stopped | Effect::Read => String::new(),
            Effect::Fields(fields) => format!(" in {}", listed(&fields.names())),
            Effect::Tagged(tags) => format!(" with {}", shown(tags)),
            Effect::Untagged(tags) | Effect::Resolved(Resolution { tag: None, cleared: tags }) => {
                format!(" of {}", shown(tags))
            }
            Effect::Resolved(Resolution { tag: Some(tag), .. }) => {
                format!(" with {}", shown(std::slice::from_ref(tag)))
            }
            Effect::Assigned(user) => format!(" to {}", shown(std::slice::from_ref(user))),
            Effect::EvidenceOf(case) => format!(" to the case {case} as evidence"),
        }
    }

    /// The id of the object that shows what became of this id.
    pub(crate) fn shown_by<'id>(&'id self, id: &'id str) -> &'id str {
        if let Effect::EvidenceOf(case) = self { case } else { id }
    }

    /// What an object shows of it.
    pub(super) fn on(&self, resource: &Resource, id: &str) -> Shown {
        match self {
            Effect::Status { shows, resolution: None, .. } => status(resource, shows),
            Effect::Status { shows, resolution: Some(resolution), .. } => {
                worse(status(resource, shows), resolution.on(resource))
            }
            Effect::Resolved(resolution) => resolution.on(resource),
            Effect::Assigned(user) => assignee(resource, user),
            Effect::Commented(words) => match resource.comments() {
                Some(comments) if comments.contains(&words.trim()) => Shown::AsAsked,
                Some(_) if !resource.has_more_comments() => Shown::Otherwise("no such comment", String::new()),
                Some(_) | None => Shown::Nothing,
            },
            Effect::Created { mark } => has(resource.tags(), std::slice::from_ref(mark), true),
            Effect::Fields(fields) => fields.on(resource),
            Effect::Tagged(tags) => has(resource.tags(), tags, true),
            Effect::Untagged(tags) => has(resource.tags(), tags, false),
            Effect::EvidenceOf(_) if resource.evidence().any(|record| record.ids().any(|found| found == id)) => {
                Shown::AsAsked
            }
            Effect::EvidenceOf(_) if resource.shows_all_evidence() => {
                Shown::Otherwise("no such evidence", String::new())
            }
            Effect::EvidenceOf(_) | Effect::Stopped | Effect::Read => Shown::Nothing,
        }
    }
}

impl Resolution {
    fn on(&self, resource: &Resource) -> Shown {
        let tag: Vec<String> = self.tag.iter().cloned().collect();
        worse(has(resource.tags(), &tag, true), has(resource.tags(), &self.cleared, false))
    }
}

impl Fields {
    fn on(&self, resource: &Resource) -> Shown {
        let text = |name, found: Option<&str>, wanted: &Option<String>| match (wanted, found) {
            (None, _) => Shown::AsAsked,
            (Some(_), None) => Shown::Nothing,
            // What Falcon trims is still what was asked for.
            (Some(wanted), Some(found)) if wanted.trim() == found.trim() => Shown::AsAsked,
            (Some(_), Some(found)) => Shown::Otherwise(name, found.to_owned()),
        };
        let severity = self.severity.map(|severity| severity.to_string());
        let each = [
            self.status.map_or(Shown::AsAsked, |wanted| status(resource, wanted)),
            text("the severity", resource.severity(), &severity),
            text("the name", resource.name(), &self.name),
            text("the description", resource.description(), &self.description),
            text("the assignee", resource.assigned_to(), &self.assigned_to),
        ];
        each.into_iter().reduce(worse).unwrap_or(Shown::Nothing)
    }
}

/// The worse of two.
pub(super) fn worse(one: Shown, other: Shown) -> Shown {
    match (&one, &other) {
        (Shown::Otherwise(..), _) | (Shown::Nothing, Shown::AsAsked | Shown::Nothing) => one,
        _ => other,
    }
}

/// Tags in a sentence: people write them, and may have pasted what cannot be seen. Whole: a secret that is cut is not found.
fn shown(tags: &[String]) -> String {
    listed(&tags.iter().map(|tag| printable(tag, usize::MAX)).collect::<Vec<_>>())
}

fn status(resource: &Resource, wanted: &str) -> Shown {
    match resource.status() {
        None => Shown::Nothing,
        Some(status) if status == wanted => Shown::AsAsked,
        Some(status) => Shown::Otherwise("the status", status.to_owned()),
    }
}

/// Falcon shows a user under any of several names.
fn assignee(resource: &Resource, user: &str) -> Shown {
    let mut shown = resource.assignees().peekable();
    match shown.peek().copied() {
        None => Shown::Nothing,
        Some(_) if shown.any(|shown| shown.eq_ignore_ascii_case(user)) => Shown::AsAsked,
        Some(first) => Shown::Otherwise("the assignee", first.to_owned()),
    }
}

/// Whether all of these tags are there, or none of them.
fn has(found: Option<Vec<&str>>, tags: &[String], wanted: bool) -> Shown {
    let Some(found) = found else { return Shown::Nothing };
    match tags.iter().find(|tag| found.contains(&tag.as_str()) != wanted) {
        None => Shown::AsAsked,
        Some(tag) if wanted => Shown::Otherwise("no tag", tag.clone()),
        Some(tag) => Shown::Otherwise("the tag", tag.clone()),
    }
}
