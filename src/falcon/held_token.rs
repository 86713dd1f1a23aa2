//! The token of a job: asked for by whoever needs it first. Another takes its place before it ends, and where Falcon refuses it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant, SystemTime};

use super::clock::Clock;
use super::reason::Reason;
use super::token::{MARGIN, Token};

/// When Falcon has refused two tokens of other jobs, one as old as the other, this job asks for one of its own.
const MOST_OF_OTHERS: u32 = 2;

/// For so long after a better token was asked for in vain, none is.
const NOT_AGAIN: Duration = Duration::from_secs(10);

/// A token that all calls of a job share.
#[derive(Debug, Default)]
pub(super) struct HeldToken(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    /// Asked for once: a refusal is the reason of every call.
    token: Option<Result<Arc<Token>, Reason>>,
    since: Option<Instant>,
    /// When a better one was last asked for in vain.
    in_vain: Option<Instant>,
    /// How many were refused one after the other.
    refused: u32,
}

impl Held {
    /// Takes the place of what was held.
    fn hold(&mut self, token: Result<Token, Reason>) -> Result<Arc<Token>, Reason> {
        self.since = Some(Instant::now());
        self.token.insert(token.map(Arc::new)).clone()
    }

    /// Holds a better token in the place of the one that is held, which stays where there is none.
    fn replace_if_possible(&mut self, fetch: impl FnOnce() -> Result<Token, Reason>) -> Option<Arc<Token>> {
        if self.in_vain.is_some_and(|in_vain| in_vain.elapsed() < NOT_AGAIN) {
            return None;
        }
        match fetch() {
            Ok(token) => self.hold(Ok(token)).ok(),
            Err(reason) => {
                log::info!("no better token: {reason}; going on with the one that there is");
                self.in_vain = Some(Instant::now());
                None
            }
        }
    }

    /// Whether the token came a moment ago.
    fn is_new(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() < MARGIN)
    }

    /// Whether the token is near its end by this clock. A new one is not, whatever the clock shows.
    fn is_near_its_end(&self, token: &Token, clock: &Clock) -> bool {
        !self.is_new() && token.life.is_near_its_end(clock.of(SystemTime::now()))
    }

    /// Counts one more refusal, and tells what may fare better; nothing would after a new token of our own.
    fn worth_another(&mut self, refused: &Token) -> Option<Origin> {
        if !self.is_new() {
            self.refused = 0;
        }
        self.refused += 1;
        match (refused.is_kept, self.refused) {
            (true, ..MOST_OF_OTHERS) | (false, 1) => Some(Origin::Any),
            (true, _) => Some(Origin::Ours),
            (false, _) => None,
        }
    }

    fn holds(&self, token: &Arc<Token>) -> bool {
        matches!(&self.token, Some(Ok(held)) if Arc::ptr_eq(held, token))
    }
}

/// Who is to have fetched a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// This job, or another one.
    Any,
    /// This job.
    Ours,
}

impl HeldToken {
    /// The token, fetched by whoever needs it first; all others wait for it. Near its end a `better` one, where it is to be had.
    pub(super) fn get(
        &self,
        clock: &Clock,
        fetch: impl FnOnce() -> Result<Token, Reason>,
        better: impl FnOnce(&Token) -> Result<Token, Reason>,
    ) -> Result<Arc<Token>, Reason> {
        let mut held = self.lock();
        match held.token.clone() {
            None => held.hold(fetch()),
            Some(Ok(token)) if held.is_near_its_end(&token, clock) => {
                log::info!("the token is about to end; asking for a new one");
                Ok(held.replace_if_possible(|| better(&token)).unwrap_or(token))
            }
            Some(token) => token,
        }
    }

    /// The token, where there is one.
    pub(super) fn held(&self) -> Option<Arc<Token>> {
        self.lock().token.as_ref()?.as_ref().ok().cloned()
    }

    /// A better token than this one, with which Falcon refused something for the lack of a scope.
    pub(super) fn better(
        &self,
        than: &Arc<Token>,
        fetch: impl FnOnce() -> Result<Token, Reason>,
    ) -> Option<Arc<Token>> {
        let mut held = self.lock();
        if held.holds(than) { held.replace_if_possible(fetch) } else { held.token.clone()?.ok() }
    }

    /// Another token than this one, which Falcon refused; `None` where yet another would fare no better. The lock is held meanwhile:
    /// of many calls that are refused together, one asks and the others wait for it.
    pub(super) fn renewed(
        &self,
        stale: &Arc<Token>,
        fetch: impl FnOnce(Origin) -> Result<Token, Reason>,
    ) -> Option<Result<Arc<Token>, Reason>> {
        let mut held = self.lock();
        if !held.holds(stale) {
            return held.token.clone();
        }
        let origin = held.worth_another(stale)?;
        log::info!("Falcon does not take the token any more; asking for a new one");
        Some(held.hold(fetch(origin)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn token(lasts: Duration, is_kept: bool) -> Token {
        Token { is_kept, ..Token::of_a_test(Duration::ZERO, lasts) }
    }

    fn end() -> Result<Token, Reason> {
        Err(Reason::NotThere)
    }

    #[test]
    fn a_long_job_asks_for_another_token_before_its_own_ends() {
        let (held, clock) = (HeldToken::default(), Clock::default());
        let ends = |better: Result<Token, Reason>| held.get(&clock, end, |_| better).unwrap().life.ends;
        let (old, new) = (token(Duration::from_secs(50), false), token(Duration::from_mins(30), false));
        held.get(&clock, || Ok(old.clone()), |_| end()).unwrap();
        assert_eq!(ends(Ok(new.clone())), old.life.ends, "one that came a moment ago is let be");
        held.lock().since = Instant::now().checked_sub(Duration::from_mins(2));
        assert_eq!(ends(end()), old.life.ends, "it is good as long as there is no other");
        assert_eq!(ends(Ok(new.clone())), old.life.ends, "and nobody asks again at once");
        held.lock().in_vain = None;
        assert_eq!(ends(Ok(new.clone())), new.life.ends);
    }

    #[test]
    fn what_is_refused_is_replaced_until_it_is_a_new_one_of_our_own() {
        let (held, clock, lasts) = (HeldToken::default(), Clock::default(), Duration::from_mins(30));
        // Other jobs have one after the other, and all of them are refused.
        let fetch = |origin| Ok(token(lasts, origin == Origin::Any));
        let mut stale = held.get(&clock, || fetch(Origin::Any), |_| end()).unwrap();
        for is_kept in [true, false] {
            stale = held.renewed(&stale, fetch).unwrap().unwrap();
            assert_eq!(stale.is_kept, is_kept);
        }
        assert!(held.renewed(&stale, fetch).is_none());
        held.lock().since = Instant::now().checked_sub(Duration::from_mins(2));
        assert!(held.renewed(&stale, fetch).is_some(), "it was good for a while");
    }

    #[test]
    fn without_other_jobs_one_is_replaced_once() {
        let (held, clock, lasts) = (HeldToken::default(), Clock::default(), Duration::from_mins(30));
        let stale = held.get(&clock, || Ok(token(lasts, false)), |_| end()).unwrap();
        let stale = held.renewed(&stale, |_| Ok(token(lasts, false))).unwrap().unwrap();
        assert!(held.renewed(&stale, |_| Ok(token(lasts, false))).is_none());
    }
}
