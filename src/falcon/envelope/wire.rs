//! Falcon's envelope, as it comes over the wire: `{"meta": …, "errors": […], "resources": […]}`.
//!
//! Its shape is that of CrowdStrike's SDKs (falconpy, gofalcon). `errors` may be absent, null or empty; `resources` may be absent;
//! Falcon's services don't agree on the type of an error's code.

use serde::Deserialize;

use crate::falcon::answer::shown;
use crate::falcon::bounded::{Bounded, Maybe, Object, Text};

/// The envelope around all of Falcon's answers, as far as a judgement needs it.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    #[serde(default)]
    meta: Option<Object<Meta>>,
    #[serde(default)]
    errors: Option<Bounded<Object<Error>, MOST_ERRORS>>,
    #[serde(default)]
    resources: Option<Bounded<Maybe<Resource>, MOST_ERRORS>>,
}

/// Twice the ids of the largest call: what comes beyond is counted, not kept.
const MOST_ERRORS: usize = 10_000;

#[derive(Debug, Deserialize)]
struct Meta {
    #[serde(default)]
    trace_id: Text,
    #[serde(default)]
    writes: Option<Object<Writes>>,
}

#[derive(Debug, Deserialize)]
struct Writes {
    #[serde(default)]
    resources_affected: Option<u64>,
}

/// One error.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Error {
    #[serde(default)]
    code: Text,
    #[serde(default)]
    message: Text,
    #[serde(default)]
    id: Text,
}

/// An object in the answer to its update, as far as it brings one.
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    #[serde(default)]
    id: Text,
    #[serde(default)]
    composite_id: Text,
    #[serde(default)]
    status: Text,
    #[serde(default)]
    fields: Option<Maybe<Fields>>,
    #[serde(default)]
    consistency: Option<Maybe<Consistency>>,
}

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    status: Text,
}

#[derive(Debug, Deserialize)]
struct Consistency {
    #[serde(default)]
    consistent: Option<bool>,
}

impl Envelope {
    /// Reads an envelope; the error says why this is none.
    pub(super) fn read(body: &[u8]) -> Result<Envelope, String> {
        let Object(envelope) = serde_json::from_slice(body).map_err(|error| {
            if error.is_data() { "JSON of another shape than Falcon's".to_owned() } else { "no JSON".to_owned() }
        })?;
        match envelope {
            Envelope { meta: None, errors: None, resources: None } => {
                Err("JSON without any of meta, errors and resources".into())
            }
            envelope => Ok(envelope),
        }
    }

    pub(super) fn trace_id(&self) -> Option<String> {
        self.meta.as_ref()?.0.trace_id.as_str().map(shown)
    }

    pub(super) fn errors(&self) -> impl Iterator<Item = &Error> {
        self.errors.iter().flat_map(|errors| &errors.kept).map(|Object(error)| error)
    }

    pub(super) fn affected(&self) -> Option<u64> {
        self.meta.as_ref()?.0.writes.as_ref()?.0.resources_affected
    }

    /// What Falcon's gateway says of a path that leads nowhere, as opposed to a service that knows no such object.
    pub(super) fn knows_no_such_page(&self) -> bool {
        self.message().is_empty() || self.message().to_lowercase().contains("page not found")
    }

    /// Whether an error inside has this code.
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.errors().any(|error| error.code.as_str() == Some(code))
    }

    /// What the errors say, each once.
    pub(super) fn message(&self) -> String {
        join(self.errors())
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().flat_map(|resources| &resources.kept).filter_map(|Maybe(resource)| resource.as_ref())
    }

    /// Errors beyond those that are kept stand for something that was not updated, too.
    pub(super) fn dropped(&self) -> Option<&'static Error> {
        self.errors.as_ref().filter(|errors| errors.dropped > 0).map(|_| &TOO_MANY)
    }
}

impl Resource {
    /// The id by which the call knows it.
    pub(super) fn id(&self) -> Option<&str> {
        self.composite_id.as_str().or(self.id.as_str())
    }

    /// Its status, where that is another than the call asked for: what a body that Falcon silently ignores looks like.
    /// A case that says it is not yet consistent proves nothing.
    pub(super) fn stale_status(&self, wanted: &str) -> Option<&str> {
        let nested = self.fields.as_ref().and_then(|fields| fields.0.as_ref()?.status.as_str());
        let unsettled = self
            .consistency
            .as_ref()
            .is_some_and(|told| told.0.as_ref().is_some_and(|told| told.consistent == Some(false)));
        [self.status.as_str(), nested].into_iter().flatten().find(|status| !unsettled && *status != wanted)
    }
}

/// Stands for the errors that were counted and not kept.
static TOO_MANY: Error = Error { code: Text::NONE, message: Text::NONE, id: Text::NONE };

impl Error {
    /// The error's id, and all in its message that could be one: a plain word never is.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        const AROUND: [char; 10] = ['"', '\'', '`', '(', ')', '[', ']', '.', '!', ':'];
        let message = self.message.as_str().unwrap_or_default();
        let words = message.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
        let in_message = words.map(|word| word.trim_matches(AROUND));
        let in_message = in_message.filter(|word| word.contains(|c: char| !c.is_alphabetic()));
        self.id.as_str().into_iter().chain(in_message)
    }

    pub(super) fn text(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            (Some(code), Some(message)) => shown(&format!("{message} (code {code})")),
            (None, Some(message)) => shown(message),
            (Some(code), None) => shown(&format!("an error without words (code {code})")),
            (None, None) => "an error without words".to_owned(),
        }
    }
}

/// What several errors say, each once; the first few, as a message is read at three in the morning.
pub(super) fn join<'errors>(errors: impl Iterator<Item = &'errors Error>) -> String {
    const MOST: usize = 5;
    let mut texts: Vec<String> = Vec::new();
    let mut more = 0;
    for text in errors.map(Error::text) {
        match texts.contains(&text) {
            true => {}
            false if texts.len() < MOST => texts.push(text),
            false => more += 1,
        }
    }
    if more > 0 {
        texts.push(format!("and {more} more errors"));
    }
    texts.join("; ")
}
