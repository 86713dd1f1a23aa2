//! The token of a job: asked for once, by whoever needs it first, and renewed once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use super::auth::Token;
use super::reason::Reason;

/// A token that all calls of a job share.
#[derive(Debug, Default)]
pub(super) struct HeldToken(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    /// Asked for once: a refusal is the reason of every call.
    token: Option<Result<Arc<Token>, Reason>>,
    renewed: bool,
}

impl HeldToken {
    /// The token, fetched by whoever needs it first; all others wait for it.
    pub(super) fn get(&self, fetch: impl FnOnce() -> Result<Token, Reason>) -> Result<Arc<Token>, Reason> {
        self.lock().token.get_or_insert_with(|| fetch().map(Arc::new)).clone()
    }

    /// The token, where there is one.
    pub(super) fn held(&self) -> Option<Arc<Token>> {
        self.lock().token.as_ref()?.as_ref().ok().cloned()
    }

    /// A token newer than this one; `None` where this one is new already, so that yet another would fare no better.
    /// The lock is held meanwhile: of many calls that are refused together, one asks and the others wait for it.
    pub(super) fn renewed(
        &self,
        stale: &Arc<Token>,
        fetch: impl FnOnce() -> Result<Token, Reason>,
    ) -> Option<Result<Arc<Token>, Reason>> {
        let mut held = self.lock();
        let is_stale = matches!(&held.token, Some(Ok(token)) if Arc::ptr_eq(token, stale));
        if is_stale {
            if std::mem::replace(&mut held.renewed, true) {
                return None;
            }
            log::info!("Falcon does not take the token any more; asking for a new one");
            held.token = Some(fetch().map(Arc::new));
        }
        held.token.clone()
    }

    /// Whether nobody waits for a token, or not for longer than this.
    pub(super) fn is_free_within(&self, time: Duration) -> bool {
        const MOMENT: Duration = Duration::from_millis(10);
        (0..time.as_millis() / MOMENT.as_millis()).any(|_| {
            let is_held = matches!(self.0.try_lock(), Err(TryLockError::WouldBlock));
            if is_held {
                std::thread::sleep(MOMENT);
            }
            !is_held
        })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
