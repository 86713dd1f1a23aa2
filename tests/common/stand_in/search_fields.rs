//! What the body that starts a search may hold.

use serde_json::{Map, Value};

use super::answers::Answer;
use super::request::{invalid, members};

/// What may stand beside the query.
pub const OPTIONAL: [&str; 12] = [
    "start",
    "end",
    "isLive",
    "allowEventSkipping",
    "arguments",
    "around",
    "autobucketCount",
    "ingestStart",
    "ingestEnd",
    "useIngestTime",
    "timeZone",
    "timeZoneOffsetMinutes",
];

/// The units of a relative time.
const UNITS: [&str; 16] = [
    "ms", "millis", "s", "second", "seconds", "m", "minute", "minutes", "h", "hour", "hours", "d", "day", "days", "w",
    "mon",
];

/// Refuses a member that holds what it can't.
pub fn check(body: &Map<String, Value>) -> Result<(), Answer> {
    let is_right = body.iter().all(|(name, value)| match name.as_str() {
        "queryString" => value.as_str().is_some_and(|query| !query.trim().is_empty()),
        "start" | "end" | "ingestStart" | "ingestEnd" => is_time(value),
        "isLive" | "allowEventSkipping" | "useIngestTime" => value.is_boolean(),
        "arguments" => value.as_object().is_some_and(|arguments| arguments.values().all(Value::is_string)),
        "around" => is_around(value),
        "autobucketCount" => value.is_u64(),
        "timeZone" => value.is_string(),
        "timeZoneOffsetMinutes" => value.is_i64(),
        _ => false,
    });
    if is_right { Ok(()) } else { Err(invalid()) }
}

/// Relative (`7d`, `now`), a date with milliseconds, or milliseconds since 1970 as a number.
fn is_time(value: &Value) -> bool {
    match value.as_str() {
        Some(text) => text == "now" || is_relative(text) || is_date(text),
        None => value.is_u64(),
    }
}

fn is_relative(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && UNITS.contains(&unit)
}

/// As in `2026-05-20T08:41:17.602Z`.
fn is_date(text: &str) -> bool {
    const SHAPE: &str = "0000-00-00T00:00:00.000Z";
    let fits = |(shape, seen): (char, char)| if shape == '0' { seen.is_ascii_digit() } else { seen == shape };
    text.len() == SHAPE.len() && SHAPE.chars().zip(text.chars()).all(fits)
}

fn is_around(value: &Value) -> bool {
    let known = ["eventId", "numberOfEventsBefore", "numberOfEventsAfter", "timestamp"];
    members(value, &["eventId", "timestamp"], &known).is_ok_and(|around| {
        around.iter().all(|(name, value)| if name == "eventId" { value.is_string() } else { value.is_u64() })
    })
}
