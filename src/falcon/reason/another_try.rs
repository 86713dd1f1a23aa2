//! What a reason means for another try.

use super::Reason;
use crate::http::Problem;
use crate::http::retry::Again;

/// Whether to try again after a failure, or after none, and why.
pub(in crate::falcon) fn again(failure: Option<&Reason>) -> (Again, String) {
    failure.map_or_else(|| (Again::No, String::new()), |reason| (reason.again(), reason.to_string()))
}

/// Whether a request was sent, as far as its result tells.
pub(in crate::falcon) fn was_sent<T>(result: &Result<T, Reason>) -> bool {
    result.as_ref().err().is_none_or(Reason::was_sent)
}

impl Reason {
    /// Whether the request was sent, or at least a connection was tried for it.
    #[must_use]
    pub(crate) fn was_sent(&self) -> bool {
        !matches!(
            self,
            Reason::OutOfTime { .. } | Reason::NoToken { .. } | Reason::Setup { .. } | Reason::StoppedBefore { .. }
        )
    }

    /// Whether what was asked for may have been done all the same.
    #[must_use]
    pub(crate) fn leaves_open(&self) -> bool {
        match self {
            // Behind a gateway's 500, 502 or 504 the service may have done its work; a 503 never reached it.
            Reason::Refused { status, .. } => matches!(status, 408 | 500 | 502 | 504..=599),
            Reason::Unreadable { status, .. } => (200..300).contains(status),
            Reason::Retired { status } => *status == 500,
            Reason::NoAnswer { problem, .. } => problem.may_have_arrived(),
            Reason::Unclear { .. }
            | Reason::NotShown
            | Reason::Taken
            | Reason::ShownOtherwise { .. }
            | Reason::NotReadBack { .. }
            | Reason::NotNewest
            | Reason::NotListed { .. }
            | Reason::TooManyListed { .. }
            | Reason::StoppedWaiting { .. } => true,
            Reason::RefusedByName(refusal) | Reason::RefusedWithOthers(refusal) | Reason::NotNarrowedDown(refusal) => {
                refusal.leaves_open()
            }
            Reason::TokenRefused { .. }
            | Reason::Named { .. }
            | Reason::ReadBack { .. }
            | Reason::NotThere
            | Reason::Full { .. }
            | Reason::ObjectTooLong
            | Reason::ChangedSince { .. }
            | Reason::Overtaken
            | Reason::Redirected { .. }
            | Reason::RateLimited { .. }
            | Reason::BadTokenLimit { .. }
            | Reason::OutOfTime { .. }
            | Reason::NoToken { .. }
            | Reason::NoThread { .. }
            | Reason::Setup { .. }
            | Reason::Invalid { .. }
            | Reason::StoppedBefore { .. } => false,
        }
    }

    /// Whether it lies in the end of the job's own time, and tells nothing of Falcon.
    #[must_use]
    pub(crate) fn is_of_our_time(&self) -> bool {
        matches!(self.again(), Again::NoTimeLeft)
    }

    /// Whether the response was longer than any that is read.
    #[must_use]
    pub(crate) fn is_too_long(&self) -> bool {
        matches!(self, Reason::NoAnswer { problem: Problem::TooLong, .. })
    }

    /// Whether Falcon refused a write because its object has another version by now.
    #[must_use]
    pub(crate) fn is_conflict(&self) -> bool {
        match self {
            Reason::Refused { status: 409, .. } => true,
            Reason::ReadBack { first, .. } => first.is_conflict(),
            _ => false,
        }
    }

    /// Whether a read failed because of the object itself, so that others can be read.
    #[must_use]
    pub(crate) fn is_about_the_object(&self) -> bool {
        matches!(self, Reason::ObjectTooLong | Reason::NotNarrowedDown(_)) || self.is_refusal_of_content()
    }

    /// Whether no response of Falcon's says that it accepted the request.
    #[must_use]
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Reason::NoAnswer { .. } | Reason::Refused { .. } | Reason::Unreadable { .. })
    }

    /// Whether it may have reached Falcon: stricter than [`Reason::leaves_open`], for what must not be done twice.
    #[must_use]
    pub(crate) fn may_have_arrived(&self) -> bool {
        self.leaves_open() || matches!(self, Reason::Refused { status: 500..=599, .. } | Reason::Retired { .. })
    }

    /// Whether the same may succeed a moment later. It does no harm if the first try went through after all: a status
    /// set twice is the same status.
    fn again(&self) -> Again {
        match self {
            Reason::Refused { status: 408 | 500 | 502 | 503 | 504, retry_after, .. } => Again::Soon(*retry_after),
            Reason::Unreadable { status: 200..300, is_complete: true, .. } => Again::Once,
            Reason::NoAnswer { is_cut_short: true, .. } | Reason::OutOfTime { .. } => Again::NoTimeLeft,
            Reason::Retired { status: 500 } | Reason::Unreadable { status: 200..300, .. } => Again::Soon(None),
            Reason::NoAnswer { problem, .. } if problem.may_pass() => Again::Soon(None),
            // After the minute there is a 401 again, which tells more.
            Reason::RateLimited { until } | Reason::BadTokenLimit { until } => Again::RateLimited(*until),
            Reason::Refused { .. }
            | Reason::RefusedByName(_)
            | Reason::RefusedWithOthers(_)
            | Reason::NotNarrowedDown(_)
            | Reason::TokenRefused { .. }
            | Reason::Named { .. }
            | Reason::Unclear { .. }
            | Reason::NotShown
            | Reason::ShownOtherwise { .. }
            | Reason::ReadBack { .. }
            | Reason::NotReadBack { .. }
            | Reason::NotNewest
            | Reason::NotListed { .. }
            | Reason::TooManyListed { .. }
            | Reason::NotThere
            | Reason::Full { .. }
            | Reason::ObjectTooLong
            | Reason::Taken
            | Reason::ChangedSince { .. }
            | Reason::Overtaken
            | Reason::Retired { .. }
            | Reason::Unreadable { .. }
            | Reason::Redirected { .. }
            | Reason::NoAnswer { .. }
            | Reason::NoToken { .. }
            | Reason::NoThread { .. }
            | Reason::Setup { .. }
            | Reason::Invalid { .. }
            | Reason::StoppedWaiting { .. }
            | Reason::StoppedBefore { .. } => Again::No,
        }
    }
}
