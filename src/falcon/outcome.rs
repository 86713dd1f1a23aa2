//! What became of a call: data, not control flow, so that every call is tried and each is told.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::call::Call;

/// What became of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The call.
    pub call: Call,
    /// The ids that Falcon says it updated.
    pub updated: Vec<String>,
    /// All other ids of the call, each with the reason.
    pub failures: Vec<Failure>,
    /// Falcon's name for the exchange; CrowdStrike's support asks for it.
    pub trace_id: Option<String>,
    /// How often the call was tried again.
    pub retries: u32,
}

impl Outcome {
    /// A call of which all was updated, as a rehearsal takes it to be.
    #[must_use]
    pub fn succeeded(call: &Call) -> Outcome {
        let updated = call.ids().into_iter().map(str::to_owned).collect();
        Outcome { call: call.clone(), updated, failures: Vec::new(), trace_id: None, retries: 0 }
    }

    /// A call of which nothing was updated.
    #[must_use]
    pub fn failed(call: Call, reason: Reason) -> Outcome {
        let ids = call.ids().into_iter().map(str::to_owned).collect();
        Outcome { call, updated: Vec::new(), failures: vec![Failure { ids, reason }], trace_id: None, retries: 0 }
    }
}

/// Ids that were not updated, all for the same reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The ids.
    pub ids: Vec<String>,
    /// Why.
    pub reason: Reason,
}

/// Why ids were not updated. Its `Display` is a sentence without its full stop; what to do is [`advice()`](fn@super::advice).
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Falcon refused the whole call.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What Falcon said, or the first line of what came.
        message: String,
    },
    /// Falcon took the call but named these ids as not updated.
    Named {
        /// What Falcon said of them.
        message: String,
    },
    /// Falcon took the call, updated fewer objects than asked for, and did not say which.
    Unclear {
        /// How many it says it updated, where it says so.
        updated: Option<u64>,
        /// How many were asked for.
        asked: usize,
        /// What else Falcon said.
        message: String,
    },
    /// Falcon took the call and answered with the object still in another status.
    Unchanged {
        /// The status that it still has.
        status: String,
    },
    /// The incidents API answered as it does since CrowdStrike retired it.
    Retired {
        /// The HTTP status.
        status: u16,
    },
    /// The answer was none of Falcon's.
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What was wrong with it, and its first line.
        problem: String,
    },
    /// The answer pointed elsewhere, and credentials don't follow.
    Redirected {
        /// The HTTP status.
        status: u16,
        /// The host or cloud it pointed to.
        to: String,
    },
    /// No whole answer came.
    NoAnswer {
        /// What happened on the way.
        problem: Problem,
        /// In the words of the network.
        detail: String,
    },
    /// Falcon limits how often it may be called, past the end of the job's time.
    RateLimited {
        /// When it would have taken the call, where it says so.
        until: Option<SystemTime>,
    },
    /// The job's time was over before the call could be sent.
    OutOfTime {
        /// All the time that the job had.
        budget: Duration,
    },
    /// There was no token to send the call with.
    NoToken(Box<Reason>),
    /// Nothing could be sent, because of this machine's configuration.
    Setup {
        /// What is wrong.
        problem: String,
    },
    /// No call can carry this id.
    Unsendable,
    /// The responder was stopped.
    Stopped {
        /// By what.
        by: String,
        /// Whether the call may have reached Falcon.
        sent: bool,
    },
}

/// How far an exchange came that ended without a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No connection: refused, no route, no such name.
    Connect,
    /// A connection, but the certificate is not trusted.
    Certificate,
    /// No answer in time.
    Timeout,
    /// The connection broke before the answer was whole.
    Cut,
    /// The answer was longer than any of Falcon's.
    TooLong,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Refused { status, message } => write!(formatter, "Falcon answered HTTP {status}: {message}"),
            Reason::Named { message } => write!(formatter, "Falcon said: {message}"),
            Reason::Unclear { updated, asked, message } => unclear(formatter, *updated, *asked, message),
            Reason::Unchanged { status } => {
                write!(formatter, "Falcon took the call, but the status is still {status}")
            }
            Reason::Retired { status } => write!(
                formatter,
                "Falcon answered HTTP {status}: its incidents API is retired (CrowdStrike switched it off on 2026-03-09)"
            ),
            Reason::Unreadable { status, problem } => {
                write!(formatter, "the answer (HTTP {status}) is none of Falcon's: {problem}")
            }
            Reason::Redirected { status, to } => {
                write!(formatter, "the answer (HTTP {status}) points to {to}, and credentials don't follow it")
            }
            Reason::NoAnswer { problem, detail } => write!(formatter, "{problem}: {detail}"),
            Reason::RateLimited { until } => rate_limited(formatter, *until),
            Reason::OutOfTime { budget } => {
                write!(formatter, "the job's time ({} s) was over before the call could be sent", budget.as_secs())
            }
            Reason::NoToken(reason) => write!(formatter, "Falcon gave no token: {reason}"),
            Reason::Setup { problem } => formatter.write_str(problem),
            Reason::Unsendable => formatter.write_str(
                "this is the id of a legacy detection, whose API CrowdStrike switched off on 2025-09-30; the alerts API does not take it",
            ),
            Reason::Stopped { by, sent: true } => {
                write!(formatter, "{by} stopped the responder while it waited for Falcon's answer; the update may or may not have been made")
            }
            Reason::Stopped { by, sent: false } => write!(formatter, "{by} stopped the responder before this was sent"),
        }
    }
}

fn unclear(formatter: &mut fmt::Formatter<'_>, updated: Option<u64>, asked: usize, message: &str) -> fmt::Result {
    match updated {
        Some(updated) => write!(formatter, "Falcon says it updated {updated} of {asked} and does not say which")?,
        None => write!(formatter, "Falcon answered with errors and does not say for which ids")?,
    }
    if message.is_empty() { Ok(()) } else { write!(formatter, ": {message}") }
}

fn rate_limited(formatter: &mut fmt::Formatter<'_>, until: Option<SystemTime>) -> fmt::Result {
    formatter.write_str("Falcon's rate limit is used up (HTTP 429)")?;
    // What lies beyond has no HTTP date, and httpdate would panic.
    let year_9999 = SystemTime::UNIX_EPOCH + Duration::from_secs(253_370_764_800);
    match until.filter(|until| *until < year_9999) {
        Some(until) => write!(
            formatter,
            "; it takes calls again from {}, after the end of this job's time",
            httpdate::fmt_http_date(until)
        ),
        None => formatter.write_str(" until the end of this job's time"),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Problem::Connect => "no connection to Falcon",
            Problem::Certificate => "Falcon's certificate is not trusted",
            Problem::Timeout => "no answer from Falcon in time",
            Problem::Cut => "the connection broke before Falcon's answer was whole",
            Problem::TooLong => "the answer is longer than any of Falcon's",
        })
    }
}
