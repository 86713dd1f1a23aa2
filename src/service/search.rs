//! Searches Next-Gen SIEM for what a query template makes of an observable, alert or case.

use std::cell::Cell;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::searched::{REPOSITORY, counted_events, found, is_gone, setback, shown};
use super::template::{Language, filled};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::{EVENT_FIELD, optional, required};
use crate::config::{DefaultValue, Item};
use crate::cortex::Operation;
use crate::falcon::Reason;
use crate::falcon::search::{self, Question, Search as Started, State};
use crate::secret::Secrets;
use crate::session::{Pause, Session, Unread};
use crate::thehive::Kind;

const QUERY: Item = required("search_query", "");
const START: Item = optional("search_start", DefaultValue::Text("7d"));
const END: Item = optional("search_end", DefaultValue::Text("now"));
const MAX_EVENTS: Item = optional("max_events", DefaultValue::Number(200));

/// The longest time between two looks at a search: after about 90 seconds without one it is gone.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// The shortest, and the one where the server names none.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const USUAL_WAIT: Duration = Duration::from_secs(1);
/// No answer brings more.
const MOST_EVENTS: u64 = 2_000;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "search",
    definition: "flavors/CrowdStrikeFalcon_Search.json",
    items: &[EVENT_FIELD, QUERY, REPOSITORY, START, END, MAX_EVENTS],
    kinds: &[Kind::Case, Kind::Alert, Kind::Observable],
    plan,
};

struct Search {
    secrets: Secrets,
    subject: String,
    kind: Kind,
    question: Question,
    most: usize,
    tag: Option<Operation>,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    let subject = order.entity.label.clone();
    let Some(template) = order.config.text(QUERY)? else {
        bail!("the configuration item {} is missing; set the query in Cortex (Organization → Responders)", QUERY.name);
    };
    let query = filled(&template, Language::Cql, order)
        .with_context(|| format!("{subject}: the configuration item {}", QUERY.name))?;
    let moment = |item| Ok::<Value, anyhow::Error>(moment(&order.config.text(item)?.unwrap_or_default()));
    let question = Question { repository: repository(order)?, query, start: moment(START)?, end: moment(END)? };
    let most = usize::try_from(order.config.number(MAX_EVENTS, MOST_EVENTS)?)?;
    let tag = order.sync_tag()?.filter(|_| order.entity.kind == Kind::Case);
    let (secrets, kind) = (order.secrets.clone(), order.entity.kind);
    Ok(order.plan(Search { secrets, subject, kind, question, most, tag }))
}

/// Where searches run.
///
/// # Errors
/// Says that it is no text, or no name of a repository.
pub(super) fn repository(order: &Order<'_>) -> Result<String> {
    let name = order.config.text(REPOSITORY)?.unwrap_or_default();
    if !search::is_segment(&name) {
        bail!(
            "the configuration item {} is no name of a repository or view; correct it in Cortex (Organization → Responders)",
            REPOSITORY.name
        );
    }
    Ok(name)
}

/// Milliseconds go as a number, all else as text.
fn moment(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| text.into(), Value::from)
}

impl Service for Search {
    fn scopes(&self) -> Vec<&'static str> {
        vec![search::READ, search::WRITE]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let ended = match self.run(session) {
            // It was not polled in time, whatever the reason: it is started again, once.
            Err(Broken { is_gone: true, .. }) => {
                log::info!("the search is gone; starting it anew");
                self.run(session)
            }
            ended => ended,
        };
        let (started, state) = ended.map_err(|broken| broken.setback)?;
        if session.is_rehearsed() {
            let message = format!("A search for {} would be started {}", self.subject, self.scope());
            return Ok(Done { message: format!("{}.", message.trim_end_matches(',')), ..Done::default() });
        }
        Ok(self.done(&started, found(&started, state)?))
    }
}

/// A search that did not get to its end.
struct Broken {
    setback: Setback,
    /// Whether it was there, and is certainly gone: Falcon has shown it before, and knows it neither to poll nor to stop. An empty
    /// 404 alone may come from a proxy while the search runs.
    is_gone: bool,
}

impl Search {
    /// Starts the search and waits for its end. Whatever keeps it from ending, Falcon is told to stop it.
    fn run(&self, session: &Session<'_>) -> Result<(Started, State), Broken> {
        let begun = session.begin(search::start(&self.question));
        let begun = begun.map_err(|unread| Broken { setback: self.not_begun(unread), is_gone: false })?;
        let started = Started { repository: self.question.repository.clone(), id: begun.id };
        if session.is_rehearsed() {
            // All else depends on answers.
            return Ok((started, State { is_done: true, ..State::default() }));
        }
        session.if_stopped(search::stop(&started));
        let was_shown = Cell::new(false);
        let ended = session.poll(
            || search::look_at(&started),
            |state| {
                was_shown.set(true);
                wait(state)
            },
        );
        match &ended {
            Ok(_) => session.carry_on(),
            Err(_) => session.stop(),
        }
        ended.map(|state| (started.clone(), state)).map_err(|unread| match is_gone(&unread) {
            true if was_not_there_to_stop(session) => {
                Broken { is_gone: was_shown.get(), setback: setback(&unread, &started) }
            }
            true => Broken { is_gone: false, setback: not_shown(&unread, &started) },
            false => Broken { is_gone: false, setback: setback(&unread, &started) },
        })
    }

    /// Falcon refuses a query that it cannot read, or answers with nothing.
    fn not_begun(&self, unread: Unread) -> Setback {
        let next = match &unread.reason {
            Reason::Refused { status: 400 | 422, .. } | Reason::Named { .. } | Reason::NotShown => format!(
                "Try the query in Falcon (Next-Gen SIEM → Advanced event search), and correct {}, {} or {} in Cortex (Organization → Responders).",
                QUERY.name, START.name, END.name
            ),
            Reason::Refused { status: 404, .. } => format!(
                "Check that {} in Cortex (Organization → Responders) names a repository or view of this tenant; it is {}.",
                REPOSITORY.name, self.question.repository
            ),
            reason if reason.may_have_arrived() => {
                return Setback {
                    cause: format!("It is not known whether Falcon started the search: {reason}"),
                    next: "Run the responder again. A search that was started ends by itself about 90 seconds later."
                        .to_owned(),
                };
            }
            _ => return unread.into(),
        };
        Setback { cause: format!("Falcon did not {}: {}", unread.what, unread.reason), next }
    }

    /// `in search-all, from 7d to now,`
    fn scope(&self) -> String {
        let Question { repository, start, end, .. } = &self.question;
        let text = |moment: &Value| moment.as_str().map_or_else(|| moment.to_string(), |text| self.secrets.quote(text));
        format!("in {}, from {} to {},", self.secrets.quote(repository), text(start), text(end))
    }

    fn done(&self, started: &Started, state: State) -> Done {
        let verdict = if state.is_hit() { "ngsiem:hit" } else { "ngsiem:no-hit" };
        let observable =
            (self.kind == Kind::Observable).then(|| Operation::AddTagToArtifact { tag: verdict.to_owned() });
        let message = format!("The search for {} {} found {}.", self.subject, self.scope(), counted_events(&state));
        let done = shown(message, started, state, self.most, &self.secrets);
        Done { operations: observable.into_iter().chain(self.tag.clone()).collect(), ..done }
    }
}

/// Returns what is reported of a search that was not found, although it was not found gone when it was stopped.
fn not_shown(unread: &Unread, started: &Started) -> Setback {
    Setback {
        cause: format!("The search {} was started, but Falcon did not {}: {}", started.id, unread.what, unread.reason),
        next: "Run the responder again; if it stays so, check whether a proxy responds to requests in Falcon's place."
            .to_owned(),
    }
}

/// Whether Falcon answered to the request to stop a search that there is no such search.
fn was_not_there_to_stop(session: &Session<'_>) -> bool {
    session.last().is_some_and(|outcome| outcome.done.is_empty() && outcome.failures.is_empty())
}

/// Returns the wait that the server asks for, within bounds; `None` once the search is done.
fn wait(state: &State) -> Option<Pause> {
    let asked = state.poll_after.unwrap_or(USUAL_WAIT);
    (!state.is_done && !state.is_cancelled)
        .then(|| Pause { time: asked.clamp(SHORTEST_WAIT, LONGEST_WAIT), progress: progress(state) })
}

/// `the search has found 3 events so far and is 30 % done`
fn progress(state: &State) -> String {
    let share = state.work.map(|(done, total)| u128::from(done) * 100 / u128::from(total));
    let done = share.map_or_else(String::new, |share| format!(" and is {} % done", share.min(100)));
    format!("the search has found {} so far{done}", counted_events(state))
}
