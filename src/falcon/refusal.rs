//! Why an answer is none that can be worked with: a refusal of Falcon's, or something else altogether.

use super::envelope::{Envelope, NoEnvelope};
use super::headers;
use super::learnt::learn_token;
use super::reason::{Reason, RefusedBy};
use crate::http::Answer;
use crate::secret::Secrets;

/// Why any request was refused.
pub(super) fn refused(answer: &Answer, envelope: Option<&Envelope>, secrets: &Secrets) -> Reason {
    if let Some(redirect) = Reason::of_redirect(answer, secrets) {
        return redirect;
    }
    let retry_after = headers::retry_after(answer, std::time::SystemTime::now());
    let said = envelope.map(|envelope| envelope.message(secrets)).filter(|message| !message.is_empty());
    match (answer.status, said) {
        (429, _) if headers::is_bad_token_limit(answer) => Reason::BadTokenLimit { until: retry_after },
        (429, _) => Reason::RateLimited { until: retry_after },
        (200..300, _) => unreadable(answer, "a status that is neither success nor failure", true, secrets),
        (status, Some(message)) => Reason::Refused { status, message, by: by(answer, envelope), retry_after },
        // Falcon's refusals come in its envelope or with nothing; a page is a proxy's.
        (400..500, None) if envelope.is_none() && !answer.says_nothing() => {
            unreadable(answer, "no envelope of Falcon's", true, secrets)
        }
        (status, None) => {
            Reason::Refused { status, message: quoted(answer, secrets), by: by(answer, envelope), retry_after }
        }
    }
}

/// Who refused a request.
fn by(answer: &Answer, envelope: Option<&Envelope>) -> RefusedBy {
    match envelope {
        Some(envelope) if envelope.lists_errors_of_a_service() => RefusedBy::Service,
        Some(_) => RefusedBy::Gateway,
        None if answer.says_nothing() => RefusedBy::Unknown,
        None => RefusedBy::Page,
    }
}

/// Why a successful answer tells nothing.
pub(super) fn no_envelope(answer: &Answer, problem: NoEnvelope, secrets: &Secrets) -> Reason {
    // A page or an empty body comes from something in between and may be gone at the next try; complete JSON of another
    // shape will be the same.
    let is_complete = matches!(problem, NoEnvelope::OtherJson | NoEnvelope::OtherObject | NoEnvelope::TooManyParts);
    unreadable(answer, &problem.to_string(), is_complete, secrets)
}

pub(super) fn unreadable(answer: &Answer, problem: &str, is_complete: bool, secrets: &Secrets) -> Reason {
    let problem = format!("{problem}; {}", quoted(answer, secrets));
    Reason::Unreadable { status: answer.status, problem, is_complete }
}

/// Returns what a message quotes of a body, in quotes, fit to be shown.
fn quoted(answer: &Answer, secrets: &Secrets) -> String {
    // Only a token that is there is of interest here.
    let _ = learn_token(answer, secrets);
    answer.excerpt(secrets).map_or_else(|| "an empty body".to_owned(), |line| format!("\"{}\"", secrets.quote(&line)))
}
