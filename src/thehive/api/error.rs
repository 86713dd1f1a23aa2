//! Why TheHive gave no usable response, and what to do about it.

use std::fmt;

use super::question::Generation;
use crate::http::Answer;

/// Why TheHive gave no usable response: a sentence without its full stop, fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreached {
    message: String,
    remedy: Remedy,
}

/// What helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// TheHive has to be reachable, and to answer in time.
    Availability,
    /// The user of the API key has to see the alert or case.
    Access,
    /// The job has to name an alert or case of TheHive.
    Job,
    /// The job needs more time.
    Time,
}

impl Unreached {
    /// Returns the error of a TheHive that did not answer, or not as TheHive does.
    pub(crate) fn unavailable(message: impl Into<String>) -> Unreached {
        Unreached { message: message.into(), remedy: Remedy::Availability }
    }

    /// Returns the error of a TheHive that answered with this HTTP status.
    pub(super) fn with_status(status: u16, message: String) -> Unreached {
        let remedy = if matches!(status, 401 | 403 | 404) { Remedy::Access } else { Remedy::Availability };
        Unreached { message, remedy }
    }

    /// Returns the error of an entity that no path leads to.
    pub(super) fn without_path() -> Unreached {
        Unreached::of_job("TheHive shows an alert or case by its id only")
    }

    /// Returns the error of a job that does not name its alert or case.
    pub(crate) fn of_job(message: impl Into<String>) -> Unreached {
        Unreached { message: message.into(), remedy: Remedy::Job }
    }

    /// Returns the error of a job whose time was over.
    pub(super) fn out_of_time() -> Unreached {
        let message = "the job's time was over before TheHive could be asked".to_owned();
        Unreached { message, remedy: Remedy::Time }
    }

    /// Returns the same error of a server that has neither of TheHive's APIs.
    pub(super) fn without_api(self) -> Unreached {
        let message = format!("{}; it has neither the API of TheHive 5 nor that of TheHive 3 and 4", self.message);
        Unreached::unavailable(message)
    }

    /// Returns what to do about it: one sentence.
    #[must_use]
    pub(crate) fn next(&self) -> &'static str {
        match self.remedy {
            Remedy::Job => "Run the responder from TheHive, which names the _id of the alert or case in each job.",
            Remedy::Time => "Raise timeout_seconds in Cortex (Organization → Responders), and run the responder again.",
            Remedy::Availability => {
                "Check thehive_url and the network between Cortex and TheHive, and run the responder again when TheHive answers."
            }
            Remedy::Access => {
                "Check thehive_api_key and its user in TheHive, who must belong to the organisation of the alert or case, have a profile that reads alerts and cases (read-only is enough), and see restricted cases (TheHive 5.5 and later: a Service account does); then run the responder again."
            }
        }
    }

    /// Returns what to do about it if the user's rights are the likely cause, for a note that has no next step of its own.
    #[must_use]
    pub(crate) fn access_hint(&self) -> Option<&'static str> {
        (self.remedy == Remedy::Access).then(|| self.next())
    }
}

impl fmt::Display for Unreached {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Unreached {}

/// Why a request had no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// The response was longer than the limit.
    TooLong { beginning: Box<Answer>, generation: Generation, error: Unreached },
    /// The API does not define such a request.
    BadRequest(Unreached),
    /// Anything else.
    Other(Unreached),
}

impl From<Unreached> for Failure {
    fn from(error: Unreached) -> Failure {
        Failure::Other(error)
    }
}

impl Failure {
    pub(super) fn into_error(self) -> Unreached {
        match self {
            Failure::TooLong { error, .. } | Failure::BadRequest(error) | Failure::Other(error) => error,
        }
    }
}
