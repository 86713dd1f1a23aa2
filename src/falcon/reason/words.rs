//! Parts of the sentences that tell a reason.

use std::time::{Duration, SystemTime};

use crate::http::Problem;

pub(super) fn unclear(updated: Option<u64>, asked: usize, message: &str) -> String {
    let what = match (updated, message.is_empty()) {
        (Some(updated), _) => format!("Falcon says it updated {updated} of {asked} and does not say which"),
        (None, false) => "Falcon answered with errors and does not say for which ids".to_owned(),
        (None, true) => "Falcon took the call and does not say how many it updated".to_owned(),
    };
    if message.is_empty() { what } else { format!("{what}: {message}") }
}

pub(super) fn found(shown: Option<&str>) -> String {
    shown.map_or_else(|| "Falcon does not show it".to_owned(), |shown| format!("it still shows {shown}"))
}

pub(super) fn told(problem: Problem) -> &'static str {
    match problem {
        Problem::Connect => "no connection to Falcon",
        Problem::Certificate => "Falcon's certificate is not trusted",
        Problem::Timeout => "no answer from Falcon in time",
        Problem::Cut => "the connection broke before Falcon's answer was whole",
        Problem::TooLong => "the answer is longer than any of Falcon's",
    }
}

pub(super) fn from_when(until: Option<SystemTime>) -> String {
    // What lies beyond has no HTTP date, and httpdate would panic.
    let year_9999 = SystemTime::UNIX_EPOCH + Duration::from_hours(70_380_768);
    match until.filter(|until| *until < year_9999) {
        Some(until) => {
            format!("; it takes calls again from {}, after the end of this job's time", httpdate::fmt_http_date(until))
        }
        None => " until the end of this job's time".to_owned(),
    }
}
