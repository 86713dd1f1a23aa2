//! Where a tenant is, and as whom to come: all that decides which token is given.

use std::path::PathBuf;

use oauth2::{ClientId, ClientSecret, Scope};
use url::Url;

use super::cloud::BaseUrl;

/// Where a tenant is, and as whom to come.
#[derive(Debug)]
pub struct Login {
    /// Where its API is.
    pub base_url: BaseUrl,
    /// Where its tokens are, if not at the base URL.
    pub token_url: Option<Url>,
    /// The directory in which tokens are kept for other jobs, if they are.
    pub token_cache: Option<PathBuf>,
    /// Who asks.
    pub credentials: Credentials,
}

/// An API client of a tenant, and as whom it acts.
#[derive(Debug)]
pub struct Credentials {
    /// The API client's id.
    pub client_id: ClientId,
    /// Its secret; its `Debug` shows none of it.
    pub client_secret: ClientSecret,
    /// The child tenant to act in, if the API client belongs to a parent (MSSP).
    pub member_cid: Option<MemberCid>,
    /// The scopes to ask for; all that the API client has, where none is named.
    pub scopes: Vec<Scope>,
}

impl Login {
    /// Returns which optional configuration items the token request depends on.
    pub(super) fn token_items(&self) -> TokenItems {
        let Login { base_url: _, token_url, token_cache: _, credentials } = self;
        TokenItems {
            member_cid: credentials.member_cid.is_some(),
            token_url: token_url.is_some(),
            scope: !credentials.scopes.is_empty(),
        }
    }
}

/// The optional configuration items that are set and that a token request depends on: each can be why it was refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenItems {
    /// The child tenant.
    pub member_cid: bool,
    /// A token endpoint of its own.
    pub token_url: bool,
    /// The requested scopes.
    pub scope: bool,
}

impl TokenItems {
    /// Returns the item that names where tokens come from.
    pub(super) fn endpoint(self) -> &'static str {
        if self.token_url { "token_url" } else { "base_url" }
    }
}

/// The CID of a child tenant as the token endpoint accepts it: 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberCid(String);

impl MemberCid {
    /// Parses a CID as Falcon's console shows it: in capitals, with a checksum of two digits at its end (`…-E8`).
    ///
    /// Returns `None` for any other text: the token endpoint would refuse it in the same words as a wrong secret.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<MemberCid> {
        let cid = text.split_once('-').map_or(text, |(cid, _)| cid);
        let checksum = text.strip_prefix(cid)?;
        let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_checksum = checksum.is_empty()
            || checksum.strip_prefix('-').is_some_and(|digits| digits.len() == 2 && is_hexadecimal(digits));
        (cid.len() == 32 && is_hexadecimal(cid) && is_checksum).then(|| MemberCid(cid.to_ascii_lowercase()))
    }

    /// The 32 digits.
    #[must_use]
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
