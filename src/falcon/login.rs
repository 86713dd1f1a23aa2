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
    /// The child tenant to act in, where the API client belongs to a parent (MSSP).
    pub member_cid: Option<String>,
    /// The scopes to ask for; all that the API client has, where none is named.
    pub scopes: Vec<Scope>,
}
