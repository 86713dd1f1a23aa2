//! What to do about each failure: the one place with hints for people.

mod no_token;
mod on_the_way;
mod other_tenant;

use std::time::SystemTime;

use super::call::{Change, Target};
use super::effect::Effect;
use super::id::InvalidId;
use super::reason::Reason;
use no_token::no_token;
use on_the_way::{on_the_way, server_error};
pub(crate) use other_tenant::Cids;

/// What failed: the scope that it needed, and what it was to change, where it was to change anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'call> {
    /// The scope, as Falcon's console names it.
    pub scope: &'call str,
    /// What was to be changed.
    pub change: Option<&'call Change>,
}

/// The next step, as a sentence for an analyst or the admin whom they call.
#[must_use]
pub(crate) fn advice(reason: &Reason, asked: Asked<'_>) -> String {
    let is_creation = matches!(asked.change.map(|change| &change.effect), Some(Effect::Created { .. }));
    let and_again = if is_creation && reason.leaves_open() {
        " A second run a minute later looks for the tag first, and creates no second case."
    } else {
        ""
    };
    next_step(reason, asked) + and_again
}

fn next_step(reason: &Reason, asked: Asked<'_>) -> String {
    match reason {
        Reason::Refused { by, status: status @ (408 | 500..), retry_after, .. } => server_error(*by, *status, *retry_after, "base_url"),
        Reason::Refused { status, message, .. } => refused(*status, message, asked),
        Reason::TokenRefused { host, .. } => format!(
            "Check in Falcon that the API client still exists and that base_url in Cortex names its cloud (it was asked at {host})."
        ),
        Reason::Named { .. } | Reason::NotThere if looks_like_reference(asked.change) => its_a_reference(),
        Reason::Named { .. } if is_search(asked.change) => check_the_search(),
        Reason::Named { .. } | Reason::Unclear { .. } | Reason::ReadBack { shown: None, .. } | Reason::NotThere => {
            check_the_ids()
        }
        Reason::RefusedByName(refusal) | Reason::RefusedWithOthers(refusal) | Reason::NotNarrowedDown(refusal) => {
            next_step(refusal, asked)
        }
        Reason::Full { .. } => "Take evidence off the case in Falcon, or create another case for the rest.".into(),
        Reason::NotShown | Reason::Taken | Reason::ShownOtherwise { .. } | Reason::ReadBack { shown: Some(_), .. } => unchanged(asked),
        Reason::NotReadBack { read, .. } => not_read_back(read, asked),
        Reason::ChangedSince { .. } => "Look at it in Falcon, where somebody has changed it in the meantime; run the responder again if what TheHive says is to count.".into(),
        Reason::Overtaken => "Run the responder again.".into(),
        Reason::ObjectTooLong => "Look at it in Falcon.".into(),
        Reason::TooManyListed { .. } => "Look for the tag in Falcon, and put the case's id into the custom field; its list matches more than the tag.".into(),
        Reason::NotListed { .. } => "Look for the tag in Falcon, or run the responder again.".into(),
        Reason::NotNewest => "Run the responder again in a minute.".into(),
        Reason::Retired { .. } => "Set the status in Falcon by hand. Put the id of the NG-SIEM case that replaces the incident into the custom field for NG-SIEM cases, and clear the one for incidents.".into(),
        Reason::Unreadable { status: 413, .. } if asked.change.is_some_and(|change| change.ids.len() < 2) => request_too_long(),
        Reason::Unreadable { .. } | Reason::Redirected { .. } | Reason::NoAnswer { .. } => on_the_way(reason, "base_url"),
        Reason::RateLimited { until } => format!("Run the responder again {}; if it happens often, ask who else uses this tenant's API.", after_that(*until)),
        Reason::BadTokenLimit { .. } => "Check in Falcon that the API client still exists and that base_url in Cortex names its cloud, and that no other program at Cortex's address uses an ended token.".into(),
        Reason::OutOfTime { .. } => "Run the responder again, or raise timeout_seconds in Cortex.".into(),
        Reason::NoToken { reason, items } => no_token(reason, *items, asked),
        Reason::NoThread { .. } => "Raise the limit of processes for the user that Cortex runs as (ulimit -u), or for the container (pids), then run the responder again.".into(),
        Reason::Setup { .. } => "Correct the responder's configuration in Cortex, then run the responder again.".into(),
        Reason::Invalid { why: InvalidId::LegacyDetection, .. } => {
            "Look the detection up in Falcon, put its composite ID into the custom field, then run the responder again."
                .into()
        }
        Reason::Invalid { .. } => put_the_id(asked.change.map(|change| change.target)),
        Reason::StoppedWaiting { .. } | Reason::StoppedBefore { .. } => {
            "Run the responder again; if Cortex stops it again, raise its job timeout there.".into()
        }
    }
}

/// When to run the responder again if the reason names a time, and if it names none.
fn after_that(until: Option<SystemTime>) -> &'static str {
    if until.is_some() { "after that" } else { "in a minute" }
}

fn check_the_ids() -> String {
    "Check in Falcon that each of these ids exists in this tenant and correct the custom field, then run the responder again.".into()
}

/// Where the right ID is found.
fn put_the_id(target: Option<Target>) -> String {
    let right = match target {
        Some(Target::Alert) => {
            "the alert's composite ID, which is in the URL of the alert in the Falcon console, and which the API calls composite_id"
        }
        Some(Target::Incident) => {
            "the incident's ID (inc:…), which is in the URL of the incident in the Falcon console"
        }
        Some(Target::Case) => "the case's ID, which is in the URL of the case in the Falcon console",
        Some(Target::Event) => "the event's ID",
        Some(Target::Search) | None => "the ID",
    };
    format!("Put {right}, alone into the custom field, then run the responder again.")
}

fn its_a_reference() -> String {
    "This looks like the case's reference for people (ABC-1234); the custom field needs the case's id, which is in its URL in Falcon.".into()
}

fn is_search(change: Option<&Change>) -> bool {
    change.is_some_and(|change| change.target == Target::Search)
}

fn check_the_search() -> String {
    "Check the id of the search, and search_repository in Cortex; a search ends by itself when nobody looks at it."
        .into()
}

fn unchanged(asked: Asked<'_>) -> String {
    let by_hand = match asked.change.map(|change| &change.effect) {
        Some(Effect::Status { .. }) | None => "set the status in Falcon by hand",
        Some(_) => "do it in Falcon by hand",
    };
    format!("Run the responder again; if it stays so, {by_hand} and ask CrowdStrike's support with the trace id.")
}

/// Where the scope to read was all that was missing, that scope; else what helps against the failed read.
fn not_read_back(read: &Reason, asked: Asked<'_>) -> String {
    let scope = asked.scope.replace("write", "read");
    match read {
        Reason::Refused { status: 403, .. } => format!(
            "Look at it in Falcon. Give the API client the scope \"{scope}\" there, so that the responder can look itself the next time."
        ),
        Reason::NotReadBack { .. } => unchanged(asked),
        Reason::TooManyListed { .. } => "Look for the tag in Falcon, and put the case's id into the custom field; its list matches more than the tag.".into(),
        Reason::NotListed { .. } => next_step(read, asked),
        read => format!("Look at it in Falcon. {}", next_step(read, Asked { scope: &scope, ..asked })),
    }
}

fn refused(status: u16, message: &str, asked: Asked<'_>) -> String {
    let scope = asked.scope;
    match status {
        401 => "Check in Falcon that the API client still exists and that base_url in Cortex names its cloud.".into(),
        403 if message.contains("authorization failed") => format!(
            "Give the API client the scope \"{scope}\" in Falcon, and check that Cortex's address is on the tenant's allowlist."
        ),
        403 => format!("Give the API client the scope \"{scope}\" in Falcon (Support and resources → API clients and keys)."),
        404 if looks_like_reference(asked.change) => its_a_reference(),
        400 | 422 if asked.change.is_some_and(|change| carries_text(&change.effect)) => {
            "Correct in TheHive, or in the responder's configuration, what Falcon names, then run the responder again.".into()
        }
        400 | 404 | 422 if is_search(asked.change) => check_the_search(),
        400 | 404 | 422 => check_the_ids(),
        407 => "The proxy wants a user and a password: set them in Cortex's proxy URL.".into(),
        409 => "Somebody changed it in Falcon at the same moment: look at it there, then run the responder again if the change is still wanted.".into(),
        413 if asked.change.is_some_and(|change| change.ids.len() < 2) => request_too_long(),
        413 => "Falcon takes fewer ids in one call than it used to: report this with the trace id to the responder's maintainers.".into(),
        _ => "Ask CrowdStrike's support with the trace id.".into(),
    }
}

/// Fewer IDs in a request do not help if there is one.
fn request_too_long() -> String {
    "The request itself is too long, not the number of its ids: shorten what is written to Falcon (a comment, tags, fields), or raise the limit of the proxy between Cortex and Falcon, then run the responder again.".into()
}

/// Whether a call carries what people wrote, and not only ids.
fn carries_text(effect: &Effect) -> bool {
    match effect {
        Effect::Created { .. }
        | Effect::Fields(_)
        | Effect::Tagged(_)
        | Effect::Untagged(_)
        | Effect::Resolved(_)
        | Effect::Assigned(_)
        | Effect::Commented(_) => true,
        Effect::Status { .. } | Effect::EvidenceOf(_) | Effect::Stopped | Effect::Read => false,
    }
}

/// A case's `reference_id` (`ABC-1234`), which the API does not take.
fn looks_like_reference(change: Option<&Change>) -> bool {
    let case = change.filter(|change| change.target == Target::Case).and_then(|change| change.ids.first());
    case.and_then(|id| id.split_once('-')).is_some_and(|(letters, digits)| {
        !letters.is_empty()
            && !digits.is_empty()
            && letters.len() <= 10
            && letters.chars().all(|c| c.is_ascii_uppercase())
            && digits.chars().all(|c| c.is_ascii_digit())
    })
}
