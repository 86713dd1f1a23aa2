//! Falcon's answer → what was updated and what was not. Nobody else decides what success is.
//!
//! HTTP 200 is no success by itself: errors inside, or a count of updated objects below the number asked for, mean
//! that something was not updated. Where two signs disagree, the worse is believed.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::answer::{Answer, first_line, printable};
use super::bounded::{Bounded, Object, Text};
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
    resources: Option<IgnoredAny>,
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

/// The case in the answer to its update.
#[derive(Debug, Deserialize)]
struct Case {
    #[serde(default)]
    id: Text,
    #[serde(default)]
    status: Text,
    #[serde(default)]
    consistency: Option<Object<Consistency>>,
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
        (true, Ok(envelope)) => match contradiction(call, answer) {
            Some(reason) => all_failed(call, reason),
            None => envelope.sort(call),
        },
        (true, Err(problem)) => all_failed(call, answer.unreadable(&problem)),
        (false, envelope) => all_failed(call, refusal(call, answer, envelope.ok().as_ref())),
    };
    Judgement { updated, failures, trace_id }
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
    let names_an_id = || envelope.is_some_and(|envelope| call.ids().iter().any(|id| envelope.names(id)));
    if let Some(redirect) = answer.redirect() {
        return redirect;
    }
    match (call.target(), answer.status) {
        (Target::Incident, 404 | 410) if (answer.says_nothing() || envelope.is_some()) && !names_an_id() => {
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
    Reason::Refused { status: answer.status, message: said.unwrap_or_else(|| first_line(&answer.body)) }
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
        self.meta.as_ref()?.0.trace_id.as_str().map(printable)
    }

    fn errors(&self) -> impl Iterator<Item = &Error> {
        self.errors.iter().flat_map(|errors| &errors.kept).map(|Object(error)| error)
    }

    fn affected(&self) -> Option<u64> {
        self.meta.as_ref()?.0.writes.as_ref()?.0.resources_affected
    }

    fn names(&self, id: &str) -> bool {
        self.errors().any(|error| error.names(id))
    }

    /// What the errors say, each once.
    fn message(&self) -> String {
        join(self.errors())
    }

    /// Sorts the ids of a call that Falcon took into updated and not updated.
    fn sort(&self, call: &Call) -> (Vec<String>, Vec<Failure>) {
        let (mut failures, nameless) = self.name_failures(call);
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
        let mut failures: Vec<Failure> = Vec::new();
        for id in call.ids() {
            let Some(message) = said.remove(id) else { continue };
            let reason = Reason::Named { message };
            match failures.iter_mut().find(|failure| failure.reason == reason) {
                Some(failure) => failure.ids.push(id.to_owned()),
                None => failures.push(Failure { ids: vec![id.to_owned()], reason }),
            }
        }
        (failures, nameless)
    }
}

/// Where the case in the answer has another status than the one asked for: what a body that Falcon silently ignores
/// looks like. A case that says it is not yet consistent proves nothing.
fn contradiction(call: &Call, answer: &Answer) -> Option<Reason> {
    #[derive(Deserialize)]
    struct Cases {
        resources: Bounded<Object<Case>, 1>,
    }
    let Call::UpdateCase { id, .. } = call else { return None };
    let Object(cases): Object<Cases> = serde_json::from_slice(&answer.body).ok()?;
    let Object(case) = cases.resources.kept.first().filter(|Object(case)| case.id.as_str() == Some(id.as_str()))?;
    let status = case.status.as_str()?;
    let unsettled = case.consistency.as_ref().is_some_and(|Object(told)| told.consistent == Some(false));
    (!unsettled && status != call.status()).then(|| Reason::Unchanged { status: printable(status) })
}

/// Stands for the errors that were counted and not kept.
static TOO_MANY: Error = Error { code: Text::NONE, message: Text::NONE, id: Text::NONE };

impl Error {
    fn names(&self, id: &str) -> bool {
        self.words().any(|word| word == id)
    }

    /// The error's id, and all in its message that could be one.
    fn words(&self) -> impl Iterator<Item = &str> {
        const AROUND: [char; 10] = ['"', '\'', '`', '(', ')', '[', ']', '.', '!', ':'];
        let message = self.message.as_str().unwrap_or_default();
        let words = message.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
        self.id.as_str().into_iter().chain(words.map(|word| word.trim_matches(AROUND)))
    }

    fn text(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            (Some(code), Some(message)) => printable(&format!("{message} (code {code})")),
            (None, Some(message)) => printable(message),
            (Some(code), None) => printable(&format!("an error without words (code {code})")),
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
