//! The message of a job that did not do all it was asked for, whole, from the lines that it is made of.

/// What to do about ids that Falcon may not know.
pub const CHECK_THE_ALERTS: &str = "Check in Falcon that each of these alerts exists in this tenant and correct the custom field, then run the responder again.";
pub const CHECK_THE_INCIDENTS: &str = "Check in Falcon that each of these incidents exists in this tenant and correct the custom field, then run the responder again.";

/// What to do about objects that kept their status.
pub const SET_IT_BY_HAND: &str = "Run the responder again; if it stays so, set the status in Falcon by hand and ask CrowdStrike's support with the trace id.";

/// What to do where the API client may not read what it has written.
pub fn give_the_scope(scope: &str) -> String {
    format!(
        "Look at it in Falcon. Give the API client the scope \"{scope}\" there, so that the responder can look itself the next time."
    )
}

/// The whole message on the case of the fixtures: whether Falcon follows, how many ids are known to be updated, and the
/// lines on them.
pub fn message(follows: &str, known: &str, lines: &[String]) -> String {
    let head = format!("{follows}: case #42, which is InProgress in TheHive. {known} ids are known to be updated.");
    [&[head], lines].concat().join("\n")
}

/// The line on ids that were updated.
pub fn updated(what: &str, ids: &str, trace_id: &str) -> String {
    format!("Updated {what}: {}.", traced(ids, trace_id))
}

/// The line on ids that were not updated.
pub fn not_updated(what: &str, ids: &str, trace_id: &str, why: &str, next: &str) -> String {
    format!("Not updated: {what} ({}): {why}. Next: {next}", traced(ids, trace_id))
}

/// The line on ids of which nobody knows.
pub fn not_confirmed(what: &str, ids: &str, trace_id: &str, why: &str, next: &str) -> String {
    let ids = traced(ids, trace_id);
    format!("Not confirmed, may or may not have been updated: {what} ({ids}): {why}. Next: {next}")
}

/// These ids, and the trace id of the answer, where one came.
fn traced(ids: &str, trace_id: &str) -> String {
    if trace_id.is_empty() { ids.to_owned() } else { format!("{ids}; trace id {trace_id}") }
}

/// Why something is not known, once it was to be read back without the scope for that.
pub fn unreadable(first: &str) -> String {
    format!(
        "{first}; to read it back did not work, either: Falcon answered HTTP 403: access denied, scope not permitted (code 403)"
    )
}

/// Why something was not updated, once it was read back and has another status.
pub fn still(first: &str, status: &str) -> String {
    format!("{first}; read back a moment later, the status is still {status}")
}
