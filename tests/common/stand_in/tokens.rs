//! The tokens of a tenant, and who gets one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::StandIn;
use super::answers::{self, Answer, named};
use super::request::Request;
use super::strict::CID;

/// The credentials of the fixtures, and no others.
const CLIENT_ID: &str = "5d41402abc4b2a76b9719d911017c592";
const CLIENT_SECRET: &str = "Zk8-fixture-only-secret-2Qw";

/// Every token that a tenant of this process has given, for the search for leaks.
static GIVEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The tokens given in this process, but for the first so many.
pub fn tokens_given(but_for: usize) -> Vec<String> {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner)[but_for..].to_vec()
}

/// A token as long as the real ones, so that none is cut before it is recognised. No part of it occurs in any other
/// text, so that the search for leaks can look for every part.
fn new_token() -> String {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut random = fastrand::Rng::with_seed(given.len() as u64);
    let token: String = std::iter::repeat_with(|| random.alphanumeric()).take(1_200).collect();
    given.push(token.clone());
    token
}

/// The tokens that a tenant has given.
#[derive(Debug, Default)]
pub struct Tokens {
    /// Whether the first token was revoked, which only its use tells.
    pub first_revoked: bool,
    /// What its answers have for `expires_in`, in the place of the usual half an hour.
    lasting: Option<Value>,
    revoked: BTreeSet<String>,
    given: BTreeSet<String>,
    first: Option<String>,
}

impl Tokens {
    /// The tokens given so far.
    pub fn given(&self) -> &BTreeSet<String> {
        &self.given
    }

    /// Gives one to whoever has the fixtures' credentials.
    pub fn give(&mut self, request: &Request) -> Result<Answer, Answer> {
        let form = form(request, &["client_id", "client_secret", "grant_type", "member_cid", "scope"])?;
        let says = |field: &str, value: &str| form.get(field).is_some_and(|said| said == value);
        if !says("client_id", CLIENT_ID) || !says("client_secret", CLIENT_SECRET) {
            return Err(answers::refusal(401, "access denied, invalid client credentials"));
        }
        if form.get("member_cid").is_some_and(|cid| !is_child(cid)) {
            return Err(named("token-refused"));
        }
        let token = new_token();
        self.given.insert(token.clone());
        self.first.get_or_insert_with(|| token.clone());
        let answer = answers::token(&token);
        Ok(match &self.lasting {
            Some(lasting) => answer.with("/expires_in", lasting.clone()),
            None => answer,
        })
    }

    /// Revokes one, for a client that authenticates by HTTP basic. A token that is unknown is no error.
    pub fn revoke(&mut self, request: &Request) -> Result<Answer, Answer> {
        let form = form(request, &["client_id", "token"])?;
        let authorization = request.headers.get("authorization").and_then(|value| value.split_once(' '));
        let is_known = authorization.is_some_and(|(scheme, credentials)| {
            scheme.eq_ignore_ascii_case("basic")
                && credentials == STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"))
        });
        if !is_known {
            return Err(answers::refusal(401, "access denied, invalid client credentials"));
        }
        let token = form.get("token").ok_or_else(|| answers::refusal(400, "no token in the request"))?;
        self.revoked.insert(token.clone());
        Ok(Answer { status: 200, ..named("scope-missing").with("/errors", json!([])) })
    }

    /// Whether the request bears one that is valid.
    pub fn knows_that_of(&self, request: &Request) -> bool {
        let token = request.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let is_revoked = |token| self.first_revoked && Some(token) == self.first.as_deref();
        token.is_some_and(|token| self.given.contains(token) && !is_revoked(token) && !self.revoked.contains(token))
    }
}

/// Whether this can be the CID of a child: in lower case, without its checksum, and not the tenant's own.
fn is_child(cid: &str) -> bool {
    cid.len() == 32 && cid.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) && cid != CID
}

/// The fields of a form, each of them known.
fn form(request: &Request, known: &[&str]) -> Result<BTreeMap<String, String>, Answer> {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    let is_form = request.headers.get("content-type").is_some_and(|kind| kind == "application/x-www-form-urlencoded");
    if !is_form || form.keys().any(|field| !known.contains(&field.as_str())) {
        return Err(answers::refusal(400, "unknown field in the token request"));
    }
    Ok(form)
}

impl StandIn {
    /// A tenant whose tokens last so many seconds.
    pub fn giving_tokens_for(self, seconds: impl Into<Value>) -> StandIn {
        self.state().tenant.tokens.lasting = Some(seconds.into());
        self
    }

    /// From now on no token is taken that was given so far.
    pub fn revoke_tokens(&self) {
        let tokens = &mut self.state().tenant.tokens;
        tokens.revoked.extend(tokens.given.iter().cloned());
    }
}
