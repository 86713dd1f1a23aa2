//! A token, and how long it lasts.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderValue;

use super::clock::Skew;
use super::cloud::BaseUrl;

/// A token is used until so long before its end: what is under way then must not arrive too late.
pub(super) const MARGIN: Duration = Duration::from_mins(1);

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
        str::from_utf8(self.authorization.as_bytes()).ok()?.strip_prefix("Bearer ")
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
    fn skew(&self) -> Skew {
        Skew::between(self.given, self.here)
    }

    /// Whether the token is good for a while. A clock that was set back since it was given cannot tell.
    pub(super) fn is_good(&self) -> bool {
        let now = self.skew().of(SystemTime::now());
        self.given <= now + MARGIN && !self.is_near_its_end(now)
    }

    /// Whether it ends within a minute of this, by its own clock.
    pub(super) fn is_near_its_end(&self, now: SystemTime) -> bool {
        now + MARGIN >= self.ends
    }
}

#[cfg(test)]
impl Token {
    /// A token that was given so long ago and lasts so long.
    pub(super) fn of_a_test(ago: Duration, lasts: Duration) -> Token {
        let here = SystemTime::now() - ago;
        let base_url = BaseUrl::parse("us-1").expect("a cloud");
        let authorization = Token::authorization("token").expect("a header");
        Token { authorization, base_url, life: Life { given: here, ends: here + lasts, here }, is_kept: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_AN_HOUR: Duration = Duration::from_mins(30);

    fn given(seconds: u64) -> Token {
        Token::of_a_test(Duration::from_secs(seconds), HALF_AN_HOUR)
    }

    #[test]
    fn a_token_is_good_until_a_minute_before_its_end_whatever_the_clocks_show() {
        for ahead in [Duration::ZERO, Duration::from_hours(30_000)] {
            for (seconds, is_good) in [(0, true), (1_735, true), (1_741, false), (1_900, false)] {
                let Life { given, ends, here } = given(seconds).life;
                let life = Life { given: given + ahead, ends: ends + ahead, here };
                assert_eq!(life.is_good(), is_good, "{seconds} s");
            }
        }
    }

    #[test]
    fn a_token_from_the_future_is_not_trusted() {
        let Life { given, ends, here } = given(0).life;
        let later = Duration::from_mins(5);
        let life = Life { given: given + later, ends: ends + later, here: here + later };
        assert!(!life.is_good(), "our clock was set back");
    }

    #[test]
    fn scopes_may_be_missing_from_a_kept_token_that_is_a_minute_old() {
        let of = |seconds, is_kept| Token { is_kept, ..given(seconds) };
        assert!(of(61, true).may_lack_new_scopes());
        assert!(!of(59, true).may_lack_new_scopes() && !of(61, false).may_lack_new_scopes());
    }
}
