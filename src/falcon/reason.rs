//! Why something is not known to be done, and what that means for another try.

pub(super) mod another_try;
mod of_http;
mod words;

use std::time::{Duration, SystemTime};

use super::cloud::BaseUrl;
use super::id::InvalidId;
use super::login::TokenItems;
use crate::http::{Peer, Problem};

pub(super) use words::date;
use words::{at, found, from_when, told, unclear, who};

/// Who refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedBy {
    /// The service itself, in Falcon's envelope.
    Service,
    /// Falcon's gateway, or something that answers in the same shape: an envelope without an error of a service's.
    Gateway,
    /// An empty body tells nothing.
    Unknown,
    /// A page, which both Falcon's gateway and proxies have.
    Page,
}

impl RefusedBy {
    /// Returns whether a gateway answered, which may be Falcon's own or a proxy: Falcon's services have their envelope, and a
    /// gateway that cannot reach them has a page, or a status of its own.
    #[must_use]
    pub(crate) fn is_gateway(self, status: u16) -> bool {
        self == RefusedBy::Page || (self == RefusedBy::Unknown && matches!(status, 502..=504))
    }
}

/// Why something is not known to be done. Its `Display` is a sentence without its full stop; what to do is
/// told by `advice`. Whatever it quotes is fit to be shown.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Reason {
    /// The whole call was refused.
    #[error("{} answered HTTP {status}: {message}", who(*.by, *.status))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What Falcon said, or what is quoted of a body without an envelope.
        message: String,
        /// Who refused it, as far as the body of the response tells.
        by: RefusedBy,
        /// When to come again, where that was said.
        retry_after: Option<SystemTime>,
    },
    /// Falcon refused the whole request, and named these IDs as the cause.
    #[error("{0}")]
    RefusedByName(Box<Reason>),
    /// Falcon refused the whole call because of other ids, which it named.
    #[error("{0}, which names other ids of the same request")]
    RefusedWithOthers(Box<Reason>),
    /// Falcon refused several ids together and named none, and finding out which would take too many requests.
    #[error("{0}; it refused these ids together, and which of them it means was not narrowed down")]
    NotNarrowedDown(Box<Reason>),
    /// Falcon does not take the token, and a new one neither.
    #[error("Falcon answered HTTP 401: {message}, at {host}")]
    TokenRefused {
        /// What Falcon said.
        message: String,
        /// The host and cloud that was asked.
        host: String,
    },
    /// Falcon took the call but named these ids as not updated.
    #[error("Falcon said: {message}")]
    Named {
        /// What Falcon said of them.
        message: String,
    },
    /// Falcon took the call and did not say which objects it updated.
    #[error("{}", unclear(*.updated, *.asked, .message))]
    Unclear {
        /// How many it says it updated, where it says so.
        updated: Option<u64>,
        /// How many were asked for.
        asked: usize,
        /// What else Falcon said.
        message: String,
    },
    /// Falcon took the call, and its answer brings other objects, or none where it should.
    #[error("Falcon took the call, but its answer does not show what became of it")]
    NotShown,
    /// Falcon took the call and answered with the object in another state.
    #[error("Falcon took the call, but its answer shows {shown}")]
    ShownOtherwise {
        /// What the answer shows.
        shown: String,
    },
    /// It was read back, and is not as asked for.
    #[error("{first}; read back a moment later, {}", found(.shown.as_deref()))]
    ReadBack {
        /// Why it was read back.
        first: Box<Reason>,
        /// What it shows; nothing where Falcon does not show it.
        shown: Option<String>,
    },
    /// It was to be read back, and could not be.
    #[error("{first}; to read it back did not work, either: {read}")]
    NotReadBack {
        /// Why it was to be read back.
        first: Box<Reason>,
        /// Why it could not be.
        read: Box<Reason>,
    },
    /// It was read back, and Falcon shows nothing of it, or says itself that what it shows is not the newest state.
    #[error("Falcon does not show its newest state yet")]
    NotNewest,
    /// The response about this object alone is too long to be read.
    #[error("Falcon's response about it alone is longer than 8 MB")]
    ObjectTooLong,
    /// Falcon took the call, and nothing more is known.
    #[error("Falcon took the call")]
    Taken,
    /// Somebody has changed it after the first try, and it was not touched again.
    #[error("it was changed in Falcon{} after the first attempt: it shows {shown} now, and was left alone", at(.since.as_deref()))]
    ChangedSince {
        /// What it shows.
        shown: String,
        /// When, by Falcon's clock, if it says so.
        since: Option<String>,
    },
    /// TheHive has moved on before it was sent again.
    #[error("TheHive has moved on in the meantime")]
    Overtaken,
    /// It was read before it was to be changed, and Falcon shows nothing of it.
    #[error("Falcon does not show it")]
    NotThere,
    /// The case holds all the evidence that it can.
    #[error("a case holds {most} items of evidence and no more")]
    Full {
        /// As many as it can.
        most: usize,
    },
    /// A filter for one tag matches more cases than are looked through.
    #[error("it lists more than {max} cases for one tag")]
    TooManyListed {
        /// As many are looked through.
        max: usize,
    },
    /// What may have been created is in no list so far.
    #[error("no case with the tag {mark} is listed so far")]
    NotListed {
        /// The tag.
        mark: String,
    },
    /// The incidents API answered as it does since CrowdStrike retired it.
    #[error("Falcon answered HTTP {status}: its incidents API is retired (CrowdStrike switched it off on 2026-03-09)")]
    Retired {
        /// The HTTP status.
        status: u16,
    },
    /// The answer was none of Falcon's.
    #[error("the answer (HTTP {status}) is none of Falcon's: {problem}")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What was wrong with it.
        problem: String,
        /// Whether it was complete, so that the next will most likely be the same.
        is_complete: bool,
    },
    /// The answer pointed elsewhere, and credentials don't follow.
    #[error("the answer (HTTP {status}) points to {to}, and credentials don't follow it")]
    Redirected {
        /// The HTTP status.
        status: u16,
        /// The host or cloud it pointed to.
        to: String,
        /// The cloud of CrowdStrike's that it named, where it named one.
        cloud: Option<Box<BaseUrl>>,
    },
    /// No whole answer came.
    #[error("{}: {detail}", told(*.problem, .peer))]
    NoAnswer {
        /// What happened on the way.
        problem: Problem,
        /// Where it happened.
        peer: Peer,
        /// In the words of the network.
        detail: String,
        /// Whether the wait was shorter than usual, because the job's time was nearly over.
        is_cut_short: bool,
    },
    /// Falcon limits how often it may be called, past the end of the job's time.
    #[error("Falcon's rate limit is used up (HTTP 429){}", from_when(*.until))]
    RateLimited {
        /// When it would have taken the call, where it says so.
        until: Option<SystemTime>,
    },
    /// Falcon refuses the token, and has refused too many from this address to answer 401.
    #[error("Falcon refuses the token and answers no more requests with refused tokens from this address (HTTP 429){}", from_when(*.until))]
    BadTokenLimit {
        /// When it answers them again, if it says so.
        until: Option<SystemTime>,
    },
    /// The job's time was over before the call could be sent.
    #[error("the job's time ({} s) was over before the call could be sent", .budget.as_secs())]
    OutOfTime {
        /// All the time that the job had.
        budget: Duration,
    },
    /// There was no token to send the call with.
    #[error("Falcon gave no token: {reason}")]
    NoToken {
        /// Why not.
        reason: Box<Reason>,
        /// The items that the token request depends on.
        items: TokenItems,
    },
    /// Nothing could be sent, because the system starts no more threads.
    #[error("{problem}")]
    NoThread {
        /// What the system said.
        problem: String,
    },
    /// Nothing could be sent, because of this machine's configuration.
    #[error("{problem}")]
    Setup {
        /// What is wrong.
        problem: String,
    },
    /// It is not an ID, so no request carries it.
    #[error("{place} {why}")]
    Invalid {
        /// Where it was found.
        place: String,
        /// Why it is not an ID.
        why: InvalidId,
    },
    /// The responder was stopped while it waited for the answer.
    #[error("{by} stopped the responder while it waited for Falcon's answer; the update may or may not have been made")]
    StoppedWaiting {
        /// By what.
        by: String,
    },
    /// The responder was stopped before this was sent.
    #[error("{by} stopped the responder before this was sent")]
    StoppedBefore {
        /// By what.
        by: String,
    },
}

impl Reason {
    /// Returns why there was no token, or the reason itself if it has another cause.
    pub(crate) fn underlying(&self) -> &Reason {
        if let Reason::NoToken { reason, .. } = self { reason } else { self }
    }

    /// Returns what Falcon said when it refused the request, whichever of its IDs it meant.
    pub(super) fn refusal(&self) -> &Reason {
        match self {
            Reason::RefusedByName(refusal) | Reason::RefusedWithOthers(refusal) | Reason::NotNarrowedDown(refusal) => {
                refusal
            }
            reason => reason,
        }
    }

    /// Returns the same refusal in these words.
    #[must_use]
    pub(super) fn saying(&self, words: &str) -> Reason {
        match self {
            Reason::Refused { status, by, retry_after, .. } => {
                Reason::Refused { status: *status, message: words.to_owned(), by: *by, retry_after: *retry_after }
            }
            reason => reason.clone(),
        }
    }
}
