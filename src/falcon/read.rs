//! The answers to queries.

use super::call::{FoundStatus, Statuses};
use super::envelope::Envelope;
use super::judgement::{no_envelope, refused};
use super::reason::Reason;
use crate::http::Answer;
use crate::secret::Secrets;

/// What can be read out of the answer to a query.
pub(crate) trait Read: Sized {
    /// Reads an answer.
    ///
    /// # Errors
    /// The reason that it does not tell.
    fn read(answer: &Answer, secrets: &Secrets) -> Result<Self, Reason>;
}

/// Objects that Falcon does not know are told as errors with the code 404, beside those that it does.
impl Read for Statuses {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<Statuses, Reason> {
        let envelope = Envelope::read(&answer.body);
        let envelope = match (answer.is_success(), envelope) {
            (true, Ok(envelope)) => envelope,
            (true, Err(problem)) => return Err(no_envelope(answer, problem, secrets)),
            (false, envelope) => return Err(refused(answer, envelope.ok().as_ref(), secrets)),
        };
        if envelope.errors().any(|error| error.code.as_str() != Some("404")) {
            return Err(Reason::Named { message: envelope.message(secrets) });
        }
        let unknown = envelope.errors().filter_map(|error| error.id.as_str());
        let mut statuses = Statuses { unknown: unknown.map(str::to_owned).collect(), ..Statuses::default() };
        for resource in envelope.resources() {
            if let (Some(id), Some(status)) = (resource.id(), resource.status()) {
                let is_newest = !resource.is_older() && !resource.is_inconsistent();
                let shown = FoundStatus { raw: status.to_owned(), quoted: secrets.quote(status), is_newest };
                statuses.shown.entry(id.to_owned()).or_default().push(shown);
            }
        }
        Ok(statuses)
    }
}
