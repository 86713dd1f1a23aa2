//! What is told of a search: what it has found, or why there is nothing to tell.

use serde_json::{Map, json};

use super::bounds::{bounded, left_out};
use super::{Done, Setback};
use crate::config::item::optional;
use crate::config::{DefaultValue, Item};
use crate::cortex::Label;
use crate::falcon::search::{Rows, Search as Started, State};
use crate::falcon::{Asked, Reason, advice};
use crate::secret::Secrets;
use crate::session::Unread;
use crate::text::counted;

/// Where searches run; all three services have it.
pub(super) const REPOSITORY: Item = optional("search_repository", DefaultValue::Text("search-all"));

/// Whether the search is not there, or not any more.
pub(super) fn is_gone(unread: &Unread) -> bool {
    matches!(unread.reason, Reason::Refused { status: 404 | 410, .. })
}

/// The state of a search whose answer counts: one that was not cancelled, and of which nothing is wrong.
///
/// # Errors
/// Says what is.
pub(super) fn found(started: &Started, state: State) -> Result<State, Setback> {
    let again = "Run the responder again; if it stays so, narrow the query or the time that it searches.";
    if state.is_cancelled {
        return Err(Setback {
            cause: format!("The search {} was cancelled in Falcon", started.id),
            next: again.to_owned(),
        });
    }
    if let [first, ..] = state.warnings.as_slice() {
        let more =
            if state.warnings.len() > 1 { format!(" (and {} more)", state.warnings.len() - 1) } else { String::new() };
        let cause = format!(
            "The search {} ended with a warning, so what it found is not all there is: {first}{more}",
            started.id
        );
        return Err(Setback { cause, next: again.to_owned() });
    }
    Ok(state)
}

/// `at least 200 events`
pub(super) fn counted_events(state: &State) -> String {
    let count = usize::try_from(state.event_count).unwrap_or(usize::MAX);
    let kind = if state.rows == Rows::OfAggregate { "row" } else { "event" };
    let at_least = if state.has_more { "at least " } else { "" };
    format!("{at_least}{}", counted(count, kind))
}

/// What there is to tell of a search. The keys of events come from outside as their values do.
pub(super) fn shown(message: String, started: &Started, state: State, most: usize, secrets: &Secrets) -> Done {
    let mut full = Map::new();
    full.insert("search".into(), json!({"id": started.id, "repository": started.repository, "done": state.is_done}));
    full.insert("event_count".into(), state.event_count.into());
    let came = state.events.len();
    let (events, over) = bounded(state.events.into_iter().map(|event| secrets.scrubbed(event)).collect(), most);
    // The server counts more than it shows.
    let over = usize::try_from(state.event_count).unwrap_or(usize::MAX).saturating_sub(came).saturating_add(over);
    full.insert("events".into(), events.into());
    if state.has_more {
        full.insert("has_more_events".into(), true.into());
    }
    let more = if state.has_more { "+" } else { "" };
    let label = Some(Label { predicate: "events", value: format!("{}{more}", state.event_count) });
    Done { message, details: left_out(over, "event").into_iter().collect(), full, label, ..Done::default() }
}

/// Why a search that was started, or asked for by its id, could not be looked at.
pub(super) fn setback(unread: &Unread, started: &Started) -> Setback {
    let (cause, next) = match &unread.reason {
        reason if is_gone(unread) => (
            format!("There is no search {} in {} (any more): {reason}", started.id, started.repository),
            "A search is gone about 90 seconds after somebody has last looked at it; start it anew.".to_owned(),
        ),
        Reason::OutOfTime { budget } => (
            format!("The search {} did not end within the job's time ({} s)", started.id, budget.as_secs()),
            "Narrow the query or the time that it searches, or raise timeout_seconds in Cortex, and run the responder again."
                .to_owned(),
        ),
        reason => {
            let next = match reason {
                Reason::Refused { status: 400 | 422, .. } | Reason::Named { .. } | Reason::NotShown => {
                    format!("Check the id of the search, and {} in Cortex; or search anew.", REPOSITORY.name)
                }
                reason => advice(reason, Asked { scope: unread.scope, change: None }),
            };
            (format!("Falcon did not {}: {reason}", unread.what), next)
        }
    };
    Setback { cause, next }
}
