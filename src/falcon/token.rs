//! The token of a job: asked for by whoever needs it first, renewed when it ends, and once where Falcon refuses it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::HeaderValue;

use super::clock::{Clock, Skew};
use super::cloud::BaseUrl;
use super::reason::Reason;

/// A token is used until so long before its end: what is under way then must not arrive too late.
const MARGIN: Duration = Duration::from_mins(1);

/// The longest token that is one, in bytes.
const LONGEST_TOKEN: usize = 64_000;

/// A token, ready to be sent, and what it is for.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// `Bearer …`; marked as sensitive, so that its `Debug` shows none of it.
    pub(super) authorization: HeaderValue,
    /// Where the API client belongs: the configured cloud, or the one that Falcon named.
    pub(super) base_url: BaseUrl,
    /// How long it lasts.
    pub(super) life: Life,
    /// Whether another job has fetched it.
    pub(super) is_kept: bool,
}

impl Token {
    /// The header that carries a token; nothing where none can.
    pub(super) fn authorization(access_token: &str) -> Option<HeaderValue> {
        let is_token = !access_token.trim().is_empty() && access_token.len() <= LONGEST_TOKEN;
        let mut header = HeaderValue::try_from(format!("Bearer {access_token}")).ok().filter(|_| is_token)?;
        header.set_sensitive(true);
        Some(header)
    }

    /// Whether it was given before an admin may have given the API client another scope. Asked once a minute and not for each
    /// job, so that a scope which stays missing costs no crowd its tokens.
    pub(super) fn may_lack_new_scopes(&self) -> bool {
        self.is_kept && self.life.here.elapsed().is_ok_and(|age| age > MARGIN)
    }

    /// The token itself.
    pub(super) fn bearer(&self) -> Option<&str> {
        self.authorization.to_str().ok()?.strip_prefix("Bearer ")
    }
}

/// From when to when a token lasts, by the clock of whoever gave it: ours may be wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    /// When it was given.
    pub(super) given: SystemTime,
    /// When it ends.
    pub(super) ends: SystemTime,
    /// What our clock showed when it was given.
    pub(super) here: SystemTime,
}

impl Life {
    /// That of a token which was given now and lasts so long; `there` it is this time, if that was told.
    pub(super) fn from_now(there: Option<SystemTime>, lasts: Duration) -> Life {
        let here = SystemTime::now();
        let given = there.unwrap_or(here);
        Life { given, ends: given + lasts, here }
    }

    /// How far that clock is from ours.
    pub(super) fn skew(&self) -> Skew {
        Skew::between(self.given, self.here)
    }

    /// Whether the token is good for a while. A clock that was set back since it was given cannot tell.
    pub(super) fn is_good(&self) -> bool {
        let now = self.skew().of(SystemTime::now());
        self.given <= now + MARGIN && !self.is_near_its_end(now)
    }

    fn is_near_its_end(&self, now: SystemTime) -> bool {
        now + MARGIN >= self.ends
    }
}

/// A token that all calls of a job share.
#[derive(Debug, Default)]
pub(super) struct HeldToken(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    /// Asked for once: a refusal is the reason of every call.
    token: Option<Result<Arc<Token>, Reason>>,
    since: Option<Instant>,
    renewals: u32,
}

impl Held {
    /// Takes the place of what was held.
    fn hold(&mut self, token: Result<Token, Reason>) -> Result<Arc<Token>, Reason> {
        self.since = Some(Instant::now());
        self.token.insert(token.map(Arc::new)).clone()
    }

    /// Whether the token is near its end by this clock. One that came a moment ago is not, whatever the clock shows.
    fn is_near_its_end(&self, clock: &Clock) -> bool {
        let is_old = self.since.is_some_and(|since| since.elapsed() > MARGIN);
        let token = self.token.as_ref().and_then(|token| token.as_ref().ok());
        is_old && token.is_some_and(|token| token.life.is_near_its_end(clock.of(SystemTime::now())))
    }
}

impl HeldToken {
    /// The token, fetched by whoever needs it first, or needs it near its end; all others wait for it.
    pub(super) fn get(
        &self,
        clock: &Clock,
        fetch: impl FnOnce() -> Result<Token, Reason>,
    ) -> Result<Arc<Token>, Reason> {
        let mut held = self.lock();
        match &held.token {
            Some(token) if !held.is_near_its_end(clock) => return token.clone(),
            Some(_) => log::info!("the token is about to end; asking for a new one"),
            None => {}
        }
        held.hold(fetch())
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
            // What another job has fetched may have been refused to that one, too.
            let most = if stale.is_kept { 2 } else { 1 };
            if held.renewals >= most {
                return None;
            }
            held.renewals += 1;
            log::info!("Falcon does not take the token any more; asking for a new one");
            return Some(held.hold(fetch()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::falcon::BaseUrl;

    const HALF_AN_HOUR: Duration = Duration::from_mins(30);

    /// A token that was given so long ago and lasts half an hour, by a clock so far ahead of ours.
    fn given(ago: Duration, ahead: Duration) -> Token {
        let here = SystemTime::now() - ago;
        let given = here + ahead;
        Token {
            authorization: Token::authorization("t").unwrap(),
            base_url: BaseUrl::parse("us-1").unwrap(),
            life: Life { given, ends: given + HALF_AN_HOUR, here },
            is_kept: true,
        }
    }

    #[test]
    fn a_token_is_good_until_a_minute_before_its_end_whatever_the_clocks_show() {
        for ahead in [Duration::ZERO, Duration::from_hours(30_000)] {
            for (seconds, is_good) in [(0, true), (1_735, true), (1_741, false), (1_900, false)] {
                assert_eq!(given(Duration::from_secs(seconds), ahead).life.is_good(), is_good, "{seconds} s");
            }
        }
    }

    #[test]
    fn a_token_from_the_future_is_not_trusted() {
        let mut token = given(Duration::ZERO, Duration::ZERO);
        token.life.here += Duration::from_mins(5);
        token.life.given += Duration::from_mins(5);
        assert!(!token.life.is_good(), "our clock was set back");
    }

    #[test]
    fn a_long_job_asks_for_another_token_before_its_own_ends() {
        let held = HeldToken::default();
        let old = given(HALF_AN_HOUR, Duration::ZERO);
        let get = |fetched: &Token| held.get(&Clock::default(), || Ok(fetched.clone())).unwrap().life.given;
        assert_eq!(get(&old), old.life.given);
        let new = given(Duration::ZERO, Duration::ZERO);
        assert_eq!(
            get(&new),
            old.life.given,
            "one that came a moment ago is not asked for again, whatever the clock shows"
        );
        held.lock().since = Instant::now().checked_sub(Duration::from_mins(2));
        assert_eq!(get(&new), new.life.given);
    }

    #[test]
    fn scopes_may_be_missing_from_a_kept_token_that_is_a_minute_old() {
        let of = |seconds, is_kept| Token { is_kept, ..given(Duration::from_secs(seconds), Duration::ZERO) };
        assert!(of(61, true).may_lack_new_scopes());
        assert!(!of(59, true).may_lack_new_scopes() && !of(61, false).may_lack_new_scopes());
    }
}
