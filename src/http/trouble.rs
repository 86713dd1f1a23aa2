//! Why no whole answer came.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

use super::Answer;

/// Why no whole answer came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// Our own time was over before the request could be sent.
    OutOfTime {
        /// All the time that there was.
        whole: Duration,
    },
    /// There was no answer.
    NoAnswer {
        /// What happened on the way.
        problem: Problem,
        /// In the words of the network, which may repeat what the other side sent: not to be shown as it is.
        detail: String,
        /// Whether the wait was shorter than usual, because our own time was nearly over.
        is_cut_short: bool,
    },
    /// An answer began and did not end.
    Broken {
        /// What happened on the way.
        problem: Problem,
        /// In the words of the network: not to be shown as it is.
        detail: String,
        /// As much as came.
        beginning: Box<Answer>,
        /// Whether the wait was shorter than usual, because our own time was nearly over.
        is_cut_short: bool,
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
    /// The answer was longer than any that is expected.
    TooLong,
}

impl Problem {
    /// Whether the request may have arrived all the same.
    #[must_use]
    pub fn may_have_arrived(self) -> bool {
        match self {
            Problem::Connect | Problem::Certificate => false,
            Problem::Timeout | Problem::Cut | Problem::TooLong => true,
        }
    }
}

impl Trouble {
    pub(super) fn no_answer(error: &(dyn Error + 'static), is_cut_short: bool) -> Trouble {
        let (problem, detail) = what_happened(error);
        Trouble::NoAnswer { problem, detail, is_cut_short: is_cut_short && problem == Problem::Timeout }
    }
}

/// What the network's error comes down to. The innermost cause is the one that says something.
pub(super) fn what_happened(error: &(dyn Error + 'static)) -> (Problem, String) {
    let causes = || successors(Some(error), |error| cause_of(*error));
    let reqwest = || causes().filter_map(|cause| cause.downcast_ref::<reqwest::Error>());
    let problem = match () {
        () if causes().any(is_about_certificate) => Problem::Certificate,
        () if reqwest().any(reqwest::Error::is_timeout) => Problem::Timeout,
        () if reqwest().any(reqwest::Error::is_connect) => Problem::Connect,
        () => Problem::Cut,
    };
    (problem, causes().last().map(ToString::to_string).unwrap_or_default())
}

/// An I/O error counts its own content out of its causes.
fn cause_of<'error>(error: &'error (dyn Error + 'static)) -> Option<&'error (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(content) => Some(content),
        None => error.source(),
    }
}

fn is_about_certificate(cause: &(dyn Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_)))
}
