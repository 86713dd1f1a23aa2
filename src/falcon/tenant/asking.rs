//! One request with a token: the one way to the wire.

use std::sync::Arc;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};

use super::Falcon;
use crate::falcon::auth::TokenRequest;
use crate::falcon::call::Request;
use crate::falcon::headers;
use crate::falcon::held_token::Origin;
use crate::falcon::reason::Reason;
use crate::falcon::reason::another_try::was_sent;
use crate::falcon::token::Token;
use crate::http::{Answer, Trouble};

/// The longest answer that is read, in bytes after decompression. A thousand whole alerts are a few megabytes.
const LONGEST_ANSWER: usize = 8_000_000;

/// Returns whether Falcon refuses the token, which another token may cure at once.
fn is_refused_token(answer: &Answer) -> bool {
    answer.status == 401 || headers::is_bad_token_limit(answer)
}

impl Falcon {
    /// Of a token that is refused it must be told where: it may be one for another cloud.
    pub(super) fn name_host(&self, reason: &mut Reason) {
        if let (Reason::Refused { status: 401, message, .. }, Some(token)) = (&mut *reason, self.token.held()) {
            *reason = Reason::TokenRefused { message: std::mem::take(message), host: token.base_url.to_string() };
        }
    }

    /// Sends a request with a valid token, once; where Falcon does not take the token any more, again with a new one.
    pub(super) fn ask(&self, request: &Request) -> Result<Answer, Reason> {
        let (mut token, mut is_again) = (self.token()?, false);
        loop {
            let answer = self.ask_with(request, &token);
            if std::mem::replace(&mut is_again, true) && was_sent(&answer) {
                self.http.count_retry();
            }
            let mut answer = answer?;
            if matches!(answer.status, 401 | 403 | 429) {
                // The request for another token must not wait for it.
                answer.release_memory();
            }
            let another = match answer.status {
                _ if is_refused_token(&answer) => self.renewed(&token).transpose()?,
                403 if token.may_lack_new_scopes() => self.better(&token),
                _ => None,
            };
            match another {
                Some(another) => token = another,
                None => return Ok(answer),
            }
        }
    }

    fn ask_with(&self, request: &Request, token: &Token) -> Result<Answer, Reason> {
        let mut sent = reqwest::blocking::Request::new(request.method.clone(), request.url(&token.base_url));
        let headers = sent.headers_mut();
        headers.insert(AUTHORIZATION, token.authorization.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = &request.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *sent.body_mut() = Some(body.to_string().into());
        }
        let answer = self.http.exchange(sent, LONGEST_ANSWER).map_err(|trouble| self.reason_of(trouble))?;
        self.clock.set_by(&answer);
        log::debug!("{request}: trace id {}", self.secrets.quote(headers::trace_id(&answer).unwrap_or("none")));
        Ok(answer)
    }

    /// Why no whole answer came, with the first line of what did.
    fn reason_of(&self, trouble: Trouble) -> Reason {
        let began = match &trouble {
            Trouble::Broken { beginning, .. } => beginning.excerpt(&self.secrets),
            Trouble::NoAnswer { .. } | Trouble::OutOfTime { .. } => None,
        };
        let mut reason = Reason::of_trouble(trouble, &self.secrets);
        if let (Reason::NoAnswer { detail, .. }, Some(line)) = (&mut reason, began) {
            *detail = format!("{detail}; it began \"{}\"", self.secrets.quote(&line));
        }
        reason
    }

    pub(super) fn token(&self) -> Result<Arc<Token>, Reason> {
        let request = self.token_request();
        self.token.get(&self.clock, || request.get(None), |old| request.get_at_once(old))
    }

    fn renewed(&self, stale: &Arc<Token>) -> Option<Result<Arc<Token>, Reason>> {
        let request = self.token_request();
        self.token.renewed(stale, |origin| match origin {
            Origin::Any => request.get(Some(stale)),
            Origin::Ours => request.get_own(),
        })
    }

    fn better(&self, than: &Arc<Token>) -> Option<Arc<Token>> {
        self.token.better(than, || self.token_request().get_at_once(than))
    }

    fn token_request(&self) -> TokenRequest<'_> {
        let Falcon { http, login, cache, secrets, .. } = self;
        TokenRequest { http, login, cache, secrets }
    }
}
