//! The token: OAuth2 client credentials, and the answer that a wrong cloud gives.
//!
//! Whatever a token endpoint answers may hold a token, also where it breaks off or is no object. So nothing of it is
//! quoted but the words of Falcon's envelope and of pages for people, and of those no word that is as long as a token.

use std::cell::Cell;

use oauth2::basic::BasicClient;
use oauth2::{AuthType, HttpRequest, HttpResponse, RequestTokenError, TokenResponse, TokenUrl};
use reqwest::StatusCode;
use reqwest::blocking::Request;
use serde_json::json;

use super::cloud::{BaseUrl, is_cloud};
use super::envelope::Envelope;
use super::headers;
use super::learnt::{GivenToken, learn_token};
use super::login::Login;
use super::reason::Reason;
use super::reason::another_try::{again, was_sent};
use super::refusal::refused;
use super::token::{Life, Token};
use super::token_cache::TokenCache;

use crate::http::{Answer, Http};
use crate::secret::Secrets;
use crate::text::without_opaque_words;

/// Where Falcon gives tokens, below the base URL.
const TOKEN_PATH: &str = "/oauth2/token";

/// The longest answer to a request for a token that is read, in bytes.
const LONGEST_ANSWER: usize = 256_000;

/// What it takes to get a token.
pub(super) struct TokenRequest<'run> {
    pub(super) http: &'run Http,
    pub(super) login: &'run Login,
    pub(super) cache: &'run TokenCache,
    pub(super) secrets: &'run Secrets,
}

impl TokenRequest<'_> {
    /// Gets another token than this one, which Falcon has refused; tries again where that may help.
    ///
    /// One that another job has fetched will do. It is looked for before each try, because it may come while we wait.
    pub(super) fn get(&self, refused: Option<&Token>) -> Result<Token, Reason> {
        let tries = Cell::new(0);
        let attempt = || {
            tries.set(tries.get() + 1);
            self.find_or_ask(refused)
        };
        let token = self.learnt(self.cache.get_or(self.http, refused, true, || self.persist(attempt)))?;
        if token.is_kept && tries.get() > 1 {
            // Nothing was sent for it.
            self.http.uncount_retry();
        }
        Ok(token)
    }

    /// The same without waiting or trying again, for whoever has a token to go on with.
    pub(super) fn get_at_once(&self, than: &Token) -> Result<Token, Reason> {
        self.learnt(self.cache.get_or(self.http, Some(than), false, || self.find_or_ask(Some(than))))
    }

    /// Gets a token that no other job has fetched.
    pub(super) fn get_own(&self) -> Result<Token, Reason> {
        let token = self.persist(|| self.send())?;
        self.cache.keep(&token);
        Ok(token)
    }

    fn persist(&self, attempt: impl FnMut() -> Result<Token, Reason>) -> Result<Token, Reason> {
        let token = self.http.persist("token", attempt, |token| again(token.as_ref().err()), was_sent);
        token.map_err(|reason| Reason::NoToken { reason: Box::new(reason), items: self.login.token_items() })
    }

    /// The token, which is secret from here on, also where another job has fetched it.
    fn learnt(&self, token: Result<Token, Reason>) -> Result<Token, Reason> {
        if let Some(token) = token.as_ref().ok().and_then(Token::bearer) {
            self.secrets.learn(token);
        }
        token
    }

    fn find_or_ask(&self, refused: Option<&Token>) -> Result<Token, Reason> {
        self.cache.find(refused).map_or_else(|| self.send(), Ok)
    }

    /// Asks the cloud that the API client belongs to.
    ///
    /// A cloud that is not the API client's answers 308 with the name of the one that is; and where a proxy has followed that,
    /// the 201 names it. The name, never the `Location`, leads to a host: it is looked up in the table of clouds, so that
    /// credentials go to no other host. A gateway before Falcon is never left.
    fn send(&self) -> Result<Token, Reason> {
        let configured = &self.login.base_url;
        match self.ask(configured) {
            Err(Reason::Redirected { status: 308, cloud: Some(other), .. })
                if self.login.token_url.is_none() && configured.cloud().is_some() && *configured != *other =>
            {
                log::info!("the API client belongs to {other}, not to {configured}");
                self.ask(&other)
            }
            answer => answer,
        }
    }

    /// Lets the oauth2 crate ask. It takes 200 and nothing else for success, demands a `token_type`, and reads errors as RFC
    /// 6749 has them; Falcon's success is 201, some gateways leave the type out, and errors come in Falcon's envelope.
    fn ask(&self, base_url: &BaseUrl) -> Result<Token, Reason> {
        let Login { token_url, credentials, .. } = self.login;
        let url = token_url.clone().unwrap_or_else(|| base_url.join(TOKEN_PATH));
        let client = BasicClient::new(credentials.client_id.clone())
            .set_client_secret(credentials.client_secret.clone())
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(TokenUrl::from_url(url));
        let mut request = client.exchange_client_credentials().add_scopes(credentials.scopes.iter().cloned());
        if let Some(member_cid) = &credentials.member_cid {
            request = request.add_extra_param("member_cid", member_cid.as_str());
        }
        let (named, life) = (Cell::new(None), Cell::new(None));
        let respond = |request| {
            let answer = self.post(request)?;
            let GivenToken { access_token, lasts } = token_in(&answer, self.secrets)?;
            named.set(headers::region(&answer).and_then(BaseUrl::of_cloud));
            life.set(Some(Life::from_now(answer.date(), lasts)));
            let answer = json!({"access_token": access_token, "token_type": "bearer"});
            let mut response = HttpResponse::new(answer.to_string().into());
            *response.status_mut() = StatusCode::OK;
            Ok(response)
        };
        let response = request.request(&respond).map_err(|error| match error {
            RequestTokenError::Request(reason) => reason,
            // The answer that the crate reads is made above, so it is never one of these.
            RequestTokenError::ServerResponse(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                no_token(200, NO_TOKEN)
            }
        })?;
        let authorization =
            Token::authorization(response.access_token().secret()).ok_or_else(|| no_token(201, UNUSABLE))?;
        let base_url =
            named.take().filter(|named| self.leads_away(base_url, named)).unwrap_or_else(|| base_url.clone());
        let life = life.take().ok_or_else(|| no_token(201, NO_TOKEN))?;
        Ok(Token { authorization, base_url, life, is_kept: false })
    }

    /// Whether the cloud that a token's answer names is another one, and is to be believed.
    fn leads_away(&self, asked: &BaseUrl, named: &BaseUrl) -> bool {
        let tokens_are_crowdstrikes = self.login.token_url.as_ref().is_none_or(is_cloud);
        asked.cloud().is_some() && tokens_are_crowdstrikes && asked != named
    }

    fn post(&self, request: HttpRequest) -> Result<Answer, Reason> {
        let request = Request::try_from(request).map_err(|error| Reason::Setup {
            problem: format!("the token request cannot be built: {}", error.without_url()),
        })?;
        self.http.exchange(request, LONGEST_ANSWER).map_err(|trouble| Reason::of_trouble(trouble, self.secrets))
    }
}

/// The token in an answer; it is secret from here on.
///
/// # Errors
/// Why there is none, without anything of the answer that could be part of one.
pub fn token_in(answer: &Answer, secrets: &Secrets) -> Result<GivenToken, Reason> {
    match learn_token(answer, secrets) {
        _ if !answer.is_success() => Err(token_refused(answer, secrets)),
        Ok(Some(token)) if Token::authorization(&token.access_token).is_some() => Ok(token),
        Ok(Some(_)) => Err(errors_or(answer, UNUSABLE, secrets)),
        Ok(None) => Err(errors_or(answer, NO_TOKEN, secrets)),
        Err(error) => Err(Reason::Unreadable {
            status: answer.status,
            problem: format!("no JSON object; {}", page(answer, secrets).unwrap_or_else(|| NOT_SHOWN.into())),
            // A page, or whole JSON that is not an object, will most likely be the same: the secret is sent once more and not
            // six times. JSON that broke off may be whole the next time.
            is_complete: answer.says_nothing() || !error.is_eof(),
        }),
    }
}

/// Returns Falcon's errors if an answer of success has some in the place of a usable token, else this problem.
fn errors_or(answer: &Answer, problem: &str, secrets: &Secrets) -> Reason {
    match quotable_envelope(answer) {
        Some(envelope) if envelope.errors().any(|error| !error.is_blank()) => {
            Reason::Named { message: envelope.message(secrets) }
        }
        _ => no_token(answer.status, problem),
    }
}

/// Returns the envelope without the words in its errors that could be part of a token.
fn quotable_envelope(answer: &Answer) -> Option<Envelope> {
    Envelope::read(&answer.body).ok().map(Envelope::without_opaque_words)
}

/// Why there is no token, in the words of Falcon's envelope or of a page, where there are any.
fn token_refused(answer: &Answer, secrets: &Secrets) -> Reason {
    let envelope = quotable_envelope(answer);
    let body = String::from_utf8_lossy(&answer.body);
    let is_for_people = envelope.is_some() || !body.trim_start().starts_with(['{', '[', '"']);
    let excerpt = || without_opaque_words(&answer.excerpt(secrets).unwrap_or_default());
    let body = if is_for_people { excerpt() } else { NOT_SHOWN.to_owned() };
    let (status, headers) = (answer.status, answer.headers.clone());
    let quotable = Answer { status, headers, body: body.into_bytes(), ..Answer::default() };
    refused(&quotable, envelope.as_ref(), secrets)
}

/// Returns what is quoted of what is plainly a page for people.
fn page(answer: &Answer, secrets: &Secrets) -> Option<String> {
    let excerpt = answer.excerpt(secrets).filter(|_| answer.body.trim_ascii_start().starts_with(b"<"))?;
    Some(format!("\"{}\"", secrets.quote(&without_opaque_words(&excerpt))))
}

const NO_TOKEN: &str = "JSON without a usable access_token";
const UNUSABLE: &str = "an access_token that is empty, too long, or fits no header";
const NOT_SHOWN: &str = "what came is not shown, because it may hold a token";

/// The next answer will most likely be the same.
fn no_token(status: u16, problem: &str) -> Reason {
    Reason::Unreadable { status, problem: problem.into(), is_complete: true }
}
