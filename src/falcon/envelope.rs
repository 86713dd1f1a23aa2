//! Falcon's envelope, as it comes over the wire: `{"meta": …, "errors": […], "resources": […]}`.
//!
//! Its shape is that of CrowdStrike's SDKs (falconpy, gofalcon). What proves something is read strictly: errors of any
//! shape are errors. All else is read liberally: a member that proves nothing may have any shape, and spoils nothing.

mod error;
mod resource;

use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) use error::{Error, join};
pub(super) use resource::Resource;

use crate::http::json::{Items, Maybe, Object, Text, weight};
use crate::secret::Secrets;

/// Twice the ids of the largest call: what comes beyond is counted, not kept.
const MOST_ITEMS: usize = 10_000;

/// The heaviest answer that is parsed: the memory, in bytes, that its parts may take. Two hundred cases with all the evidence that a
/// case can hold take less.
const MAX_WEIGHT: usize = 100_000_000;

/// The envelope around all of Falcon's answers, as far as anybody here needs it.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    meta: Option<Maybe<Meta>>,
    errors: Option<Items<Error, MOST_ITEMS>>,
    /// Some gateways before Falcon, and OAuth2 itself, have one error in place of a list.
    error: Option<Items<Error, MOST_ITEMS>>,
    error_description: Option<Items<Error, MOST_ITEMS>>,
    resources: Option<Items<Maybe<Resource>, MOST_ITEMS>>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    #[serde(default)]
    trace_id: Text,
    #[serde(default)]
    writes: Maybe<Writes>,
}

#[derive(Debug, Deserialize)]
struct Writes {
    #[serde(default)]
    resources_affected: Text,
}

/// An envelope whose objects are passed over.
#[derive(Deserialize)]
struct WithoutResources {
    meta: Option<Maybe<Meta>>,
    errors: Option<Items<Error, MOST_ITEMS>>,
    error: Option<Items<Error, MOST_ITEMS>>,
    error_description: Option<Items<Error, MOST_ITEMS>>,
    resources: Option<IgnoredAny>,
}

impl Envelope {
    /// Reads an envelope.
    pub(super) fn read(body: &[u8]) -> Result<Envelope, NoEnvelope> {
        Envelope::of(parse(body)?)
    }

    /// Reads an envelope, but for its objects: many take a lot of memory.
    pub(super) fn read_without_resources(body: &[u8]) -> Result<Envelope, NoEnvelope> {
        let WithoutResources { meta, errors, error, error_description, resources } = parse(body)?;
        let resources = resources.map(|_| Items::default());
        Envelope::of(Envelope { meta, errors, error, error_description, resources })
    }

    fn of(envelope: Envelope) -> Result<Envelope, NoEnvelope> {
        match envelope {
            Envelope { meta: None, errors: None, error: None, resources: None, .. } => Err(NoEnvelope::OtherObject),
            envelope => Ok(envelope),
        }
    }

    /// The same, but for words in its errors that could be part of a token.
    pub(super) fn without_opaque_words(mut self) -> Envelope {
        let lists = [&mut self.errors, &mut self.error, &mut self.error_description].into_iter().flatten();
        lists.flat_map(|list| &mut list.kept).for_each(Error::remove_opaque_words);
        self
    }

    pub(super) fn trace_id(&self) -> Option<&str> {
        self.meta.as_ref()?.0.as_ref()?.trace_id.as_str()
    }

    /// The errors inside. A lone blank in the place of their list is none.
    pub(super) fn errors(&self) -> impl Iterator<Item = &Error> {
        let lists = [&self.errors, &self.error, &self.error_description].into_iter().flatten();
        lists.flat_map(|list| list.kept.iter().filter(move |error| list.is_list || !error.is_blank()))
    }

    /// Whether there are more errors than are kept.
    pub(super) fn has_more_errors(&self) -> bool {
        [&self.errors, &self.error].into_iter().flatten().any(|list| list.dropped > 0)
    }

    pub(super) fn affected(&self) -> Option<u64> {
        self.meta.as_ref()?.0.as_ref()?.writes.0.as_ref()?.resources_affected.as_number()
    }

    /// What Falcon's gateway says of a path that leads nowhere, as opposed to a service that knows no such object.
    pub(super) fn knows_no_such_page(&self) -> bool {
        let mut messages = self.errors().filter_map(|error| error.message.as_str()).peekable();
        messages.peek().is_none() || messages.any(|message| message.to_lowercase().contains("page not found"))
    }

    /// Whether a service of Falcon's names errors, as opposed to its gateway, or to a proxy with an `error` of its own.
    pub(super) fn lists_errors_of_a_service(&self) -> bool {
        let is_listed = self.errors.as_ref().is_some_and(|errors| errors.is_list && !errors.kept.is_empty());
        is_listed && !self.knows_no_such_page()
    }

    /// Whether an error inside has this code.
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.errors().any(|error| error.code.as_str() == Some(code))
    }

    /// What the errors say, each once.
    pub(super) fn message(&self, secrets: &Secrets) -> String {
        join(self.errors(), secrets)
    }

    /// Takes out the objects.
    pub(super) fn take_resources(&mut self) -> impl Iterator<Item = Resource> + use<> {
        self.resources.take().into_iter().flat_map(|resources| resources.kept).filter_map(|Maybe(resource)| resource)
    }
}

fn parse<'body, Fields: Deserialize<'body>>(body: &'body [u8]) -> Result<Fields, NoEnvelope> {
    if weight(body) > MAX_WEIGHT {
        return Err(NoEnvelope::TooManyParts);
    }
    match serde_json::from_slice(body) {
        Ok(Object(fields)) => Ok(fields),
        Err(error) if error.is_data() => Err(NoEnvelope::OtherJson),
        Err(_) => Err(NoEnvelope::NoJson),
    }
}

/// The first id of an answer that lists ids.
pub(super) fn first_listed_id(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Ids {
        resources: Items<Text, 1>,
    }
    let Object(ids): Object<Ids> = serde_json::from_slice(body).ok()?;
    ids.resources.kept.first()?.as_str().map(str::to_owned)
}

/// Why a body is no envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoEnvelope {
    #[error("no JSON")]
    NoJson,
    #[error("JSON of another shape than Falcon's")]
    OtherJson,
    #[error("JSON of too many small parts")]
    TooManyParts,
    #[error("JSON without any of meta, errors and resources")]
    OtherObject,
}
