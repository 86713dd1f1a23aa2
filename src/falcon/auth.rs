//! The token: OAuth2 client credentials, and the answer that a wrong cloud gives.

use std::cell::Cell;

use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{AuthType, HttpRequest, HttpResponse, RequestTokenError, TokenResponse, TokenUrl};
use reqwest::StatusCode;
use reqwest::blocking::Request;
use reqwest::header::HeaderValue;

use super::answer::Answer;
use super::bounded::{Object, Text};
use super::cloud::BaseUrl;
use super::envelope::refusal_of_token;
use super::http::{Http, persist};
use super::outcome::Reason;
use super::settings::Settings;
use crate::secret::Secrets;

/// Where Falcon gives tokens, below the base URL.
const TOKEN_PATH: &str = "/oauth2/token";

/// A token, ready to be sent, and the cloud that gave it.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// `Bearer …`; marked as sensitive, so that its `Debug` shows none of it.
    pub(super) authorization: HeaderValue,
    /// Where the API client belongs: the configured cloud, or the one that it named.
    pub(super) base_url: BaseUrl,
}

/// Gets a token, from the cloud that the API client belongs to.
///
/// A cloud that is not the API client's answers 308 with the name of the one that is. The name, never the `Location`,
/// leads to a host: it is looked up in the table of clouds, so that credentials go to no other host. A gateway before
/// Falcon is never left.
///
/// Returns with it how often it had to be asked for again.
pub(super) fn token(http: &Http, settings: &Settings, secrets: &Secrets) -> (Result<Token, Reason>, u32) {
    let attempt = || token_or_reason(http, settings, secrets);
    let (token, retries) = persist(&http.budget, "token", attempt, |token| token.as_ref().err());
    (token.map_err(|reason| Reason::NoToken(Box::new(reason))), retries)
}

fn token_or_reason(http: &Http, settings: &Settings, secrets: &Secrets) -> Result<Token, Reason> {
    match token_from(http, settings, &settings.base_url, secrets) {
        Err(TokenError::OtherCloud(_, base_url)) if settings.token_url.is_none() => {
            log::info!("the API client belongs to {base_url}, not to {}", settings.base_url);
            token_from(http, settings, &base_url, secrets)
        }
        other => other,
    }
    .map_err(|(TokenError::Failed(reason) | TokenError::OtherCloud(reason, _))| reason)
}

/// Why there is no token; an error of its own, because another cloud may still give one.
#[derive(Debug)]
enum TokenError {
    Failed(Reason),
    OtherCloud(Reason, Box<BaseUrl>),
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TokenError::Failed(reason) | TokenError::OtherCloud(reason, _) => reason.fmt(formatter),
        }
    }
}

impl std::error::Error for TokenError {}

fn token_from(http: &Http, settings: &Settings, base_url: &BaseUrl, secrets: &Secrets) -> Result<Token, TokenError> {
    let url = settings.token_url.clone().unwrap_or_else(|| base_url.join(TOKEN_PATH));
    let credentials = &settings.credentials;
    let client = BasicClient::new(credentials.client_id.clone())
        .set_client_secret(credentials.client_secret.clone())
        .set_auth_type(AuthType::RequestBody)
        .set_token_uri(TokenUrl::from_url(url));
    let mut request = client.exchange_client_credentials().add_scopes(credentials.scopes.iter().cloned());
    if let Some(member_cid) = &credentials.member_cid {
        request = request.add_extra_param("member_cid", member_cid);
    }
    let status = Cell::new(0);
    let exchange = |request| {
        let answer = exchange(http, base_url, secrets, request)?;
        status.set(answer.status);
        Ok(as_oauth2_knows_it(answer))
    };
    let response = request.request(&exchange).map_err(|error| match error {
        RequestTokenError::Request(error) => error,
        // What the others hold is the answer itself, and that may hold the token.
        RequestTokenError::ServerResponse(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            unusable(status.get(), "JSON without a usable access_token")
        }
    })?;
    authorize(&response, status.get(), secrets).map(|authorization| Token { authorization, base_url: base_url.clone() })
}

fn authorize(response: &BasicTokenResponse, status: u16, secrets: &Secrets) -> Result<HeaderValue, TokenError> {
    let token = response.access_token().secret();
    secrets.learn(token);
    let header = HeaderValue::try_from(format!("Bearer {token}")).ok().filter(|_| !token.trim().is_empty());
    let mut header = header.ok_or_else(|| unusable(status, "an access_token that is empty or fits no header"))?;
    header.set_sensitive(true);
    Ok(header)
}

fn unusable(status: u16, problem: &str) -> TokenError {
    TokenError::Failed(Reason::Unreadable { status, problem: problem.into() })
}

/// Sends the token request for the oauth2 crate, which reads errors as RFC 6749 has them: Falcon's come in its own
/// envelope.
fn exchange(http: &Http, base_url: &BaseUrl, secrets: &Secrets, request: HttpRequest) -> Result<Answer, TokenError> {
    let request = Request::try_from(request).map_err(|error| {
        TokenError::Failed(Reason::Setup {
            problem: format!("the token request cannot be built: {}", error.without_url()),
        })
    })?;
    let answer = http.exchange(request).map_err(TokenError::Failed)?;
    if let Some(token) = token_in(&answer) {
        secrets.learn(&token);
    }
    match answer.is_success() {
        false => Err(refusal(&answer.scrubbed(secrets), base_url)),
        // Of an object no line is shown: it may hold the token.
        true if !answer.body.trim_ascii_start().starts_with(b"{") => {
            Err(TokenError::Failed(answer.scrubbed(secrets).unreadable("no JSON object")))
        }
        true => Ok(answer),
    }
}

/// The token in an answer, even in one that is otherwise a failure.
fn token_in(answer: &Answer) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Answered {
        #[serde(default)]
        access_token: Text,
    }
    let Object(answered): Object<Answered> = serde_json::from_slice(&answer.body).ok()?;
    answered.access_token.as_str().map(str::to_owned)
}

/// The oauth2 crate takes 200 and nothing else for success; Falcon's is 201.
fn as_oauth2_knows_it(answer: Answer) -> HttpResponse {
    let mut response = HttpResponse::new(answer.body);
    *response.status_mut() = StatusCode::OK;
    response
}

fn refusal(answer: &Answer, base_url: &BaseUrl) -> TokenError {
    let Some(redirect) = answer.redirect() else { return TokenError::Failed(refusal_of_token(answer)) };
    let other = answer.region.as_deref().and_then(BaseUrl::of_cloud);
    match other.filter(|other| answer.status == 308 && base_url.cloud().is_some() && other != base_url) {
        Some(other) => TokenError::OtherCloud(redirect, Box::new(other)),
        None => TokenError::Failed(redirect),
    }
}
