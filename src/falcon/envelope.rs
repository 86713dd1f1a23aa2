//! Falcon's answer → what was updated and what was not. Nobody else decides what success is.
//!
//! HTTP 200 is no success by itself: errors inside, or a count of updated objects below the number asked for, mean
//! that something was not updated. Where two signs disagree, the worse is believed.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::answer::{Answer, first_line, shown};
use super::bounded::{Bounded, Maybe, Object, Text};
use super::call::{Call, Target};
use super::outcome::{Failure, Reason};

/// What Falcon's answer says of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The ids that were updated.
    pub updated: Vec<String>,
    /// All others, with the reason.
    pub failures: Vec<Failure>,
    /// Falcon's name for the exchange.
    pub trace_id: Option<String>,
}

/// The envelope around all of Falcon's answers, as far as a judgement needs it.
#[derive(Debug, Deserialize)]
struct Envelope {
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

/// One error; Falcon's services don't agree on the type of its code.
#[derive(Debug, Default, Deserialize)]
struct Error {
    #[serde(default)]
    code: Text,
    #[serde(default)]
    message: Text,
    #[serde(default)]
    id: Text,
}

/// An object in the answer to its update, as far as it brings one.
#[derive(Debug, Deserialize)]
struct Resource {
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

impl Judgement {
    /// A call that got no answer to be judged.
    #[must_use]
    pub fn without_answer(call: &Call, reason: Reason) -> Judgement {
        let (updated, failures) = all_failed(call, reason);
        Judgement { updated, failures, trace_id: None }
    }

    /// Why nothing at all was updated, where there is one reason for it.
    #[must_use]
    pub fn whole_failure(&self) -> Option<&Reason> {
        match (self.updated.as_slice(), self.failures.as_slice()) {
            ([], [failure]) => Some(&failure.reason),
            _ => None,
        }
    }
}

/// Judges the answer to a call.
#[must_use]
pub fn judge(call: &Call, answer: &Answer) -> Judgement {
    let envelope = Envelope::read(&answer.body);
    let trace_id = answer.trace_id.clone().or_else(|| envelope.as_ref().ok()?.trace_id());
    let (updated, failures) = match (answer.is_success(), envelope) {
        (true, Ok(envelope)) => envelope.sort(call),
        (true, Err(problem)) => all_failed(call, answer.unreadable(&problem)),
        (false, envelope) => all_failed(call, refusal(call, answer, envelope.ok().as_ref())),
    };
    Judgement { updated, failures, trace_id }
}

/// Whether an answer is Falcon's at all, and if so, whether it refuses for want of a scope.
#[must_use]
pub fn lacks_scope(answer: &Answer) -> Option<bool> {
    let envelope = Envelope::read(&answer.body).ok()?;
    Some(answer.status == 403 || envelope.has_code("403"))
}

/// Why Falcon gave no token, where it answered with something other than one.
#[must_use]
pub fn refusal_of_token(answer: &Answer) -> Reason {
    refused(answer, Envelope::read(&answer.body).ok().as_ref())
}

fn all_failed(call: &Call, reason: Reason) -> (Vec<String>, Vec<Failure>) {
    let ids = call.ids().into_iter().map(str::to_owned).collect();
    (Vec::new(), vec![Failure { ids, reason }])
}

fn refusal(call: &Call, answer: &Answer, envelope: Option<&Envelope>) -> Reason {
    if let Some(redirect) = answer.redirect() {
        return redirect;
    }
    match (call.target(), answer.status) {
        (Target::Incident, 404 | 410)
            if answer.says_nothing() || envelope.is_some_and(Envelope::knows_no_such_page) =>
        {
            Reason::Retired { status: answer.status }
        }
        (Target::Incident, 500) if answer.says_nothing() => Reason::Retired { status: answer.status },
        _ => refused(answer, envelope),
    }
}

fn refused(answer: &Answer, envelope: Option<&Envelope>) -> Reason {
    if answer.status == 429 {
        return Reason::RateLimited { until: answer.retry_after };
    }
    let said = envelope.map(Envelope::message).filter(|message| !message.is_empty());
    match (answer.status, said) {
        (200..300, _) => answer.unreadable("a status that is neither success nor failure"),
        (status, Some(message)) => Reason::Refused { status, message },
        // Falcon's refusals come in its envelope or with nothing; a page is a proxy's.
        (400..500, None) if envelope.is_none() && !answer.says_nothing() => {
            answer.unreadable("no envelope of Falcon's")
        }
        (status, None) => Reason::Refused { status, message: first_line(&answer.body) },
    }
}

impl Envelope {
    /// Reads an envelope; the error says why this is none.
    fn read(body: &[u8]) -> Result<Envelope, String> {
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

    fn trace_id(&self) -> Option<String> {
        self.meta.as_ref()?.0.trace_id.as_str().map(shown)
    }

    fn errors(&self) -> impl Iterator<Item = &Error> {
        self.errors.iter().flat_map(|errors| &errors.kept).map(|Object(error)| error)
    }

    fn affected(&self) -> Option<u64> {
        self.meta.as_ref()?.0.writes.as_ref()?.0.resources_affected
    }

    /// What Falcon's gateway says of a path that leads nowhere, as opposed to a service that knows no such object.
    fn knows_no_such_page(&self) -> bool {
        self.message().is_empty() || self.message().to_lowercase().contains("page not found")
    }

    /// Whether an error inside has this code.
    fn has_code(&self, code: &str) -> bool {
        self.errors().any(|error| error.code.as_str() == Some(code))
    }

    /// What the errors say, each once.
    fn message(&self) -> String {
        join(self.errors())
    }

    /// Sorts the ids of a call that Falcon took into updated and not updated.
    fn sort(&self, call: &Call) -> (Vec<String>, Vec<Failure>) {
        if self.is_about_others(call) {
            let message = "the answer is about another object".to_owned();
            return all_failed(call, Reason::Unclear { updated: None, asked: call.ids().len(), message });
        }
        let (mut failures, nameless) = self.name_failures(call);
        failures.extend(self.stale(call, &failures));
        let named: HashSet<&str> = failures.iter().flat_map(|failure| &failure.ids).map(String::as_str).collect();
        let rest: Vec<String> = call.ids().into_iter().filter(|id| !named.contains(id)).map(str::to_owned).collect();
        let too_few = self.affected().is_some_and(|affected| affected < rest.len() as u64);
        if rest.is_empty() || (nameless.is_empty() && !too_few) {
            return (rest, failures);
        }
        let reason =
            Reason::Unclear { updated: self.affected(), asked: call.ids().len(), message: join(nameless.into_iter()) };
        failures.push(Failure { ids: rest, reason });
        (Vec::new(), failures)
    }

    fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().flat_map(|resources| &resources.kept).filter_map(|Maybe(resource)| resource.as_ref())
    }

    /// Whether the answer brings objects, and the one that was asked for is not among them.
    fn is_about_others(&self, call: &Call) -> bool {
        let Call::UpdateCase { id, .. } = call else { return false };
        let mut ids = self.resources().filter_map(Resource::id).peekable();
        ids.peek().is_some() && !ids.any(|other| other == id.as_str())
    }

    /// The ids that the answer shows in another status than the one asked for, but for those that have failed anyway.
    fn stale(&self, call: &Call, failures: &[Failure]) -> Vec<Failure> {
        let mut statuses: HashMap<&str, &str> = HashMap::new();
        for resource in self.resources() {
            if let (Some(id), Some(status)) = (resource.id(), resource.stale_status(call.status())) {
                statuses.insert(id, status);
            }
        }
        let failed: HashSet<&str> = failures.iter().flat_map(|failure| &failure.ids).map(String::as_str).collect();
        let asked = call.ids().into_iter().filter(|id| !failed.contains(id));
        group(asked.filter_map(|id| Some((id, Reason::Unchanged { status: shown(statuses.get(id)?) }))))
    }

    /// The ids that errors name, by what is said of them, and the errors that name none.
    fn name_failures(&self, call: &Call) -> (Vec<Failure>, Vec<&Error>) {
        let asked: HashSet<&str> = call.ids().into_iter().collect();
        let mut said: HashMap<&str, String> = HashMap::new();
        let mut nameless = Vec::new();
        if self.errors.as_ref().is_some_and(|errors| errors.dropped > 0) {
            nameless.push(&TOO_MANY);
        }
        for error in self.errors() {
            let named: Vec<&str> = error.words().filter_map(|word| asked.get(word).copied()).collect();
            if named.is_empty() {
                nameless.push(error);
            }
            for id in named {
                said.entry(id).or_insert_with(|| error.text());
            }
        }
        (
            group(call.ids().into_iter().filter_map(|id| Some((id, Reason::Named { message: said.remove(id)? })))),
            nameless,
        )
    }
}

/// Ids with their reasons, grouped by reason, each group in the place of its first id.
fn group<'ids>(reasons: impl Iterator<Item = (&'ids str, Reason)>) -> Vec<Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (id, reason) in reasons {
        let place = *places.entry(reason.to_string()).or_insert(failures.len());
        match failures.get_mut(place) {
            Some(failure) => failure.ids.push(id.to_owned()),
            None => failures.push(Failure { ids: vec![id.to_owned()], reason }),
        }
    }
    failures
}

impl Resource {
    /// The id by which the call knows it.
    fn id(&self) -> Option<&str> {
        self.composite_id.as_str().or(self.id.as_str())
    }

    /// Its status, where that is another than the call asked for: what a body that Falcon silently ignores looks like.
    /// A case that says it is not yet consistent proves nothing.
    fn stale_status(&self, wanted: &str) -> Option<&str> {
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
    fn words(&self) -> impl Iterator<Item = &str> {
        const AROUND: [char; 10] = ['"', '\'', '`', '(', ')', '[', ']', '.', '!', ':'];
        let message = self.message.as_str().unwrap_or_default();
        let words = message.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
        let in_message = words.map(|word| word.trim_matches(AROUND));
        let in_message = in_message.filter(|word| word.contains(|c: char| !c.is_alphabetic()));
        self.id.as_str().into_iter().chain(in_message)
    }

    fn text(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            (Some(code), Some(message)) => shown(&format!("{message} (code {code})")),
            (None, Some(message)) => shown(message),
            (Some(code), None) => shown(&format!("an error without words (code {code})")),
            (None, None) => "an error without words".to_owned(),
        }
    }
}

/// What several errors say, each once; the first few, as a message is read at three in the morning.
fn join<'errors>(errors: impl Iterator<Item = &'errors Error>) -> String {
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
