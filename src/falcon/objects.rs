//! The objects that answers show, and what they show of what was asked for.

use std::collections::HashMap;

use super::effect::{Effect, Shown, worse};
use super::envelope::{Envelope, Error, NoEnvelope, Resource};
use super::id::MAX_ID;
use super::moment::Moment;
use super::read::Read;
use super::reason::Reason;
use super::refusal::{no_envelope, refused};
use crate::http::Answer;
use crate::secret::Secrets;

/// Objects by their ids; one may be there twice.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    shown: HashMap<String, Vec<Resource>>,
    /// The ids that there is nothing of, with what Falcon says of them.
    unknown: HashMap<String, String>,
    secrets: Secrets,
}

/// What is shown of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It is as asked for.
    AsAsked,
    /// It shows something else, in words for behind "it shows", fit to be shown.
    Otherwise {
        shown: String,
        /// Whether Falcon says of it that this is its newest state, or says nothing of that.
        is_newest: bool,
    },
    /// There is no such object.
    Unknown,
    /// It is not there, does not tell, or is a state that is not the newest.
    Absent,
}

impl Objects {
    /// The objects of an answer.
    pub(super) fn of(resources: impl Iterator<Item = Resource>, secrets: &Secrets) -> Objects {
        let mut shown: HashMap<String, Vec<Resource>> = HashMap::new();
        for resource in resources {
            // None that was asked for is longer.
            if let Some(id) = resource.id().filter(|id| id.len() <= MAX_ID).map(str::to_owned) {
                shown.entry(id).or_default().push(resource);
            }
        }
        Objects { shown, unknown: HashMap::new(), secrets: secrets.clone() }
    }

    pub(super) fn is_any(&self) -> bool {
        !self.shown.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Resource> {
        self.shown.values().flatten()
    }

    /// Leaves out the comments that were there before this moment.
    pub(crate) fn forget_comments_before(&mut self, moment: &Moment) {
        self.shown.values_mut().flatten().for_each(|resource| resource.forget_comments_before(moment));
    }

    /// When what shows this id was changed last, where that is known.
    pub(crate) fn changed_at(&self, effect: &Effect, id: &str) -> Option<Moment> {
        let resources = self.shown.get(effect.shown_by(id))?;
        resources.iter().filter_map(|resource| Moment::parse(resource.changed_at()?)).max()
    }

    /// The ids of the cases that this alert belongs to.
    pub(crate) fn linked_cases(&self, id: &str) -> impl Iterator<Item = &str> {
        self.shown.get(id).into_iter().flatten().flat_map(Resource::linked_cases)
    }

    /// The status of this object, where it is shown once and is settled.
    pub(crate) fn status(&self, id: &str) -> Option<String> {
        match self.shown.get(id)?.as_slice() {
            [one] if !one.is_older() => one.status().map(str::to_owned),
            _ => None,
        }
    }

    /// What is shown of an id. Of an object that is there twice, the worse counts.
    pub(crate) fn state(&self, effect: &Effect, id: &str) -> State {
        let shown_by = effect.shown_by(id);
        let resources = self.shown.get(shown_by).map_or(&[][..], Vec::as_slice);
        let found = resources.iter().map(|resource| (effect.on(resource, id), resource));
        let worst = found.reduce(|one, other| if worse(one.0.clone(), other.0.clone()) == one.0 { one } else { other });
        match worst {
            Some((Shown::Otherwise(what, how), resource)) => State::Otherwise {
                shown: format!("{what} {}", self.secrets.quote(&how)).trim_end().to_owned(),
                is_newest: !resource.is_older() && !resource.is_inconsistent(),
            },
            Some((Shown::AsAsked, _)) if !resources.iter().any(Resource::is_older) => State::AsAsked,
            None if self.unknown.contains_key(shown_by) => State::Unknown,
            Some(_) | None => State::Absent,
        }
    }
}

/// Objects that Falcon does not know are told as errors with the code 404, beside those that it does.
impl Read for Objects {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<Objects, Reason> {
        let (mut envelope, unknown) = known_and_unknown(answer, secrets)?;
        let mut objects = Objects::of(envelope.take_resources(), secrets);
        objects.unknown = unknown;
        Ok(objects)
    }
}

/// Returns the envelope of the answer to a read of objects, and what Falcon says of the ids that it does not know.
pub(super) fn known_and_unknown(
    answer: &Answer,
    secrets: &Secrets,
) -> Result<(Envelope, HashMap<String, String>), Reason> {
    let envelope = taken(answer, Envelope::read(&answer.body), secrets)?;
    let unknown = unknown_in(&envelope, secrets)?;
    Ok((envelope, unknown))
}

/// Returns what Falcon says of the ids that it does not know, in the answer to a read of objects.
pub(super) fn unknown(answer: &Answer, secrets: &Secrets) -> Result<HashMap<String, String>, Reason> {
    unknown_in(&taken(answer, Envelope::read_without_resources(&answer.body), secrets)?, secrets)
}

/// Returns the envelope of the answer to a read that Falcon has not refused.
pub(super) fn taken(
    answer: &Answer,
    envelope: Result<Envelope, NoEnvelope>,
    secrets: &Secrets,
) -> Result<Envelope, Reason> {
    match (answer.is_success(), envelope) {
        (true, Ok(envelope)) => Ok(envelope),
        (true, Err(problem)) => Err(no_envelope(answer, problem, secrets)),
        (false, envelope) => Err(refused(answer, envelope.ok().as_ref(), secrets)),
    }
}

fn unknown_in(envelope: &Envelope, secrets: &Secrets) -> Result<HashMap<String, String>, Reason> {
    if envelope.errors().any(|error| error.code.as_str() != Some("404")) {
        return Err(Reason::Named { message: envelope.message(secrets) });
    }
    let said = |error: &Error| Some((error.id.as_str()?.to_owned(), error.text(secrets)));
    Ok(envelope.errors().filter_map(said).collect())
}
