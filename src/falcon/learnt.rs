//! What an answer tells that is secret from then on.

use serde::Deserialize;

use crate::http::Answer;
use crate::http::json::{Object, Text};
use crate::secret::Secrets;

/// Whoever gave the answer, a token in it is secret.
pub(super) fn learn_token(answer: &Answer, secrets: &Secrets) -> serde_json::Result<Option<String>> {
    #[derive(Deserialize)]
    struct Answered {
        #[serde(default)]
        access_token: Text,
    }
    let Object(Answered { access_token }) = serde_json::from_slice(&answer.body)?;
    let token = access_token.as_str().map(str::to_owned);
    if let Some(token) = &token {
        secrets.learn(token);
    }
    Ok(token)
}
