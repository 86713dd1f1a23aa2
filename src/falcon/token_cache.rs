//! Tokens that outlive a job, in a directory of their own, for those jobs that need the same one.
//!
//! A cache never fails a job: one that cannot be used is told in the report, and not used by the job any more.

mod files;
mod lock;
mod seal;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::login::Login;
use super::reason::Reason;
use super::token::Token;
use crate::http::Http;
use files::Files;
use lock::Lock;

/// Whether tokens can be kept, or why not; `None` where the login names no cache. Nothing is made or changed.
pub(crate) fn examined(login: &Login) -> Option<Result<(), String>> {
    let cache = TokenCache::of(login);
    cache.files.as_ref()?;
    cache.tried(Files::examine);
    Some(cache.failed.into_inner().map_or(Ok(()), Err))
}

/// How often whoever waits for another job's token looks for it.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// The tokens of other jobs with the same login, and ours for them.
#[derive(Debug, Default)]
pub(super) struct TokenCache {
    /// Where they are, if they are to be kept.
    files: Option<Files>,
    /// Why they cannot be.
    failed: OnceLock<String>,
    waited: Mutex<Duration>,
}

impl TokenCache {
    /// The cache that a login names, if it names one. Nothing is looked at yet.
    pub(super) fn of(login: &Login) -> TokenCache {
        let files = login.token_cache.as_deref().and_then(|directory| Files::of(directory, login));
        TokenCache { files, ..TokenCache::default() }
    }

    /// A token that is good for a while, and another one than this, which was refused.
    pub(super) fn find(&self, refused: Option<&Token>) -> Option<Token> {
        let token = self.tried(Files::read).flatten()?;
        let is_refused = refused.is_some_and(|refused| refused.authorization == token.authorization);
        (token.life.is_good() && !is_refused).then_some(token)
    }

    /// The token of another job, or else the one that `fetch` gets, which is kept for others. Whoever has none to go on with
    /// (`is_needed`) waits while another job fetches one, and takes away the one that Falcon has refused.
    pub(super) fn get_or(
        &self,
        http: &Http,
        refused: Option<&Token>,
        is_needed: bool,
        fetch: impl FnOnce() -> Result<Token, Reason>,
    ) -> Result<Token, Reason> {
        if let Some(token) = self.find(refused) {
            return Ok(token);
        }
        let lock = self.lock_to_fetch(http, refused, is_needed);
        if let Some(refused) = refused.filter(|_| is_needed && lock.is_some()) {
            self.tried(|files| files.remove(refused));
        }
        let token = fetch();
        let is_shared = token.as_ref().is_ok_and(|token| token.is_kept || self.keep(token));
        if let Some(lock) = lock {
            self.tried(|_| lock.tell(is_shared));
        }
        token
    }

    /// Keeps a token for other jobs, and tells whether it did. Who has the lock makes no difference: a file is renamed into its
    /// place.
    pub(super) fn keep(&self, token: &Token) -> bool {
        token.life.is_good() && self.tried(|files| files.write(token)) == Some(true)
    }

    /// The lock of whoever fetches a token. While another job has it, we wait until that job has kept a token or has told that it
    /// kept none: in all no longer than a quarter of our time, and never longer than half of what is left of it. The limit is
    /// random, so that those who wait in vain do not all ask at the same moment.
    fn lock_to_fetch(&self, http: &Http, refused: Option<&Token>, may_wait: bool) -> Option<Lock> {
        let lock = self.tried(Files::open_lock)?;
        let most = if may_wait { (http.whole() / 4).min(http.left() / 2) } else { Duration::ZERO };
        let patience = most.mul_f64(1.0 - fastrand::f64() / 2.0);
        let started = Instant::now();
        let mut waited = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *waited;
        while !self.tried(|_| lock.take())? {
            *waited = before + started.elapsed();
            if *waited >= patience || lock.tells_not_to_wait() || self.find(refused).is_some() {
                return None;
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Some(lock)
    }

    /// Why the cache is not used, where it should be.
    pub(super) fn warning(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    /// Does something with the place, unless it has failed before.
    fn tried<T>(&self, work: impl FnOnce(&Files) -> Result<T>) -> Option<T> {
        let files = self.files.as_ref().filter(|_| self.failed.get().is_none())?;
        work(files).map_err(|error| self.fail(&error)).ok()
    }

    fn fail(&self, error: &anyhow::Error) {
        if let Some(files) = &self.files {
            // The reason comes first: of a long path the end is cut.
            let directory = files.directory().display();
            let _ = self.failed.set(format!("The token cache is not used: {error:#} ({directory})."));
        }
    }
}
