//! What an answer tells that is secret from then on.

use std::time::Duration;

use serde::Deserialize;

use crate::http::Answer;
use crate::http::json::{Object, Text};
use crate::secret::Secrets;

/// What Falcon's tokens last. Its own model calls `expires_in` optional, and gateways leave it out.
const USUAL_LIFETIME: u64 = 1_799;

/// The longest lifetime that is believed, in seconds.
const LONGEST_LIFETIME: u64 = 86_400;

/// A token as it was answered.
pub struct GivenToken {
    /// The token itself.
    pub(super) access_token: String,
    /// How long it lasts.
    pub(super) lasts: Duration,
}

/// Whoever gave the answer, a token in it is secret.
pub(super) fn learn_token(answer: &Answer, secrets: &Secrets) -> serde_json::Result<Option<GivenToken>> {
    #[derive(Deserialize)]
    struct Answered {
        #[serde(default)]
        access_token: Text,
        #[serde(default)]
        expires_in: Text,
    }
    let Object(Answered { access_token, expires_in }) = serde_json::from_slice(&answer.body)?;
    let Some(access_token) = access_token.as_str().map(str::to_owned) else { return Ok(None) };
    secrets.learn(&access_token);
    let lasts = expires_in.as_number().filter(|seconds| (1..=LONGEST_LIFETIME).contains(seconds));
    Ok(Some(GivenToken { access_token, lasts: Duration::from_secs(lasts.unwrap_or(USUAL_LIFETIME)) }))
}
