//! The answers to queries.

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
