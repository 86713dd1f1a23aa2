//! Which failures are worth another try, when, and until when. Pure policy: the clock and the dice come from outside.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::outcome::{Problem, Reason};

/// Tries of one call. Only the rate limit is waited out for longer: Falcon's windows free one slot at a time, so that a
/// waiting crowd is refused again and again.
const MOST_TRIES: u32 = 6;

/// The longest wait before the second try; it doubles from try to try.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait before any try, but for what Falcon itself demands.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A moment further ahead than a month is no moment that anybody meant.
const FARTHEST: Duration = Duration::from_secs(31 * 24 * 3_600);

/// An epoch above this is in milliseconds: in seconds it would lie in the year 5138.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// The time that a job has for all that it does.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    whole: Duration,
    ends: Instant,
}

impl Budget {
    /// A budget that begins now.
    #[must_use]
    pub fn starting_now(whole: Duration) -> Budget {
        Budget { whole, ends: Instant::now() + whole }
    }

    /// What is left of it.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// All of it, for messages.
    #[must_use]
    pub fn whole(&self) -> Duration {
        self.whole
    }
}

/// The tries of a call so far, all of which have failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// Those that met the rate limit; they take nothing away from the others.
    pub limited: u32,
    /// All others.
    pub others: u32,
}

impl Tries {
    /// One more try, which has failed for this reason.
    #[must_use]
    pub fn and(self, reason: &Reason) -> Tries {
        match reason {
            Reason::RateLimited { .. } => Tries { limited: self.limited.saturating_add(1), ..self },
            _ => Tries { others: self.others.saturating_add(1), ..self },
        }
    }
}

/// What to do after a failed try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another try would change nothing.
    GiveUp,
    /// Another try after this wait.
    Wait(Duration),
    /// Another try might help, but not within the job's time.
    TooLate,
}

/// Decides on another try.
///
/// `chance`, from 0 to 1, spreads out the waits of many jobs (full jitter).
#[must_use]
pub fn next(reason: &Reason, tries: Tries, now: SystemTime, left: Duration, chance: f64) -> Next {
    let demanded = match reason {
        Reason::RateLimited { until } => until.and_then(|until| until.duration_since(now).ok()).unwrap_or_default(),
        reason if is_passing(reason) && tries.others < MOST_TRIES => Duration::ZERO,
        _ => return Next::GiveUp,
    };
    let before = tries.limited.saturating_add(tries.others).saturating_sub(1).min(10);
    let longest = FIRST_WAIT.saturating_mul(1 << before).min(LONGEST_WAIT);
    let wait = demanded.saturating_add(longest.mul_f64(chance.clamp(0.0, 1.0)));
    if wait < left { Next::Wait(wait) } else { Next::TooLate }
}

/// Whether the same call may succeed a moment later, and does no harm if the first try went through after all: a
/// status set twice is the same status.
fn is_passing(reason: &Reason) -> bool {
    match reason {
        Reason::Refused { status, .. } | Reason::Retired { status } => matches!(status, 408 | 500 | 502 | 503 | 504),
        Reason::Unreadable { status, .. } => (200..300).contains(status),
        Reason::NoAnswer { problem, .. } => match problem {
            Problem::Connect | Problem::Timeout | Problem::Cut => true,
            Problem::Certificate | Problem::TooLong => false,
        },
        Reason::Named { .. }
        | Reason::Unclear { .. }
        | Reason::Unchanged { .. }
        | Reason::Redirected { .. }
        | Reason::RateLimited { .. }
        | Reason::OutOfTime { .. }
        | Reason::NoToken(_)
        | Reason::Setup { .. }
        | Reason::Unsendable
        | Reason::Stopped { .. } => false,
    }
}

/// When Falcon takes calls again: the later of `X-Ratelimit-Retryafter` (an epoch, in seconds or milliseconds) and
/// `Retry-After` (seconds, or a date). What is unreadable, in the past or more than a month ahead is ignored.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<SystemTime> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let falcon = text("x-ratelimit-retryafter").and_then(epoch);
    let standard = text(RETRY_AFTER.as_str()).and_then(|text| match text.parse() {
        Ok(seconds) => now.checked_add(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(text).ok(),
    });
    falcon.max(standard).filter(|moment| *moment > now && moment.duration_since(now).is_ok_and(|wait| wait < FARTHEST))
}

fn epoch(text: &str) -> Option<SystemTime> {
    let number: u64 = text.parse().ok()?;
    let since = if number > MILLISECONDS_FROM { Duration::from_millis(number) } else { Duration::from_secs(number) };
    UNIX_EPOCH.checked_add(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const LIMITED: Reason = Reason::RateLimited { until: None };

    fn refused(status: u16) -> Reason {
        Reason::Refused { status, message: String::new() }
    }

    fn after(reason: &Reason, tries: u32, chance: f64) -> Next {
        next(reason, Tries { others: tries, limited: 0 }, UNIX_EPOCH, MINUTE, chance)
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for status in [408, 500, 502, 503, 504] {
            assert_eq!(after(&refused(status), 1, 1.0), Next::Wait(FIRST_WAIT), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 413, 422] {
            assert_eq!(after(&refused(status), 1, 1.0), Next::GiveUp, "{status}");
        }
    }

    #[test]
    fn six_tries_are_enough_but_the_rate_limit_is_waited_out() {
        assert_eq!(after(&refused(503), 5, 0.0), Next::Wait(Duration::ZERO));
        assert_eq!(after(&refused(503), 6, 0.0), Next::GiveUp);
        let many = Tries { limited: 60, others: 5 };
        assert_eq!(next(&LIMITED, many, UNIX_EPOCH, MINUTE, 0.0), Next::Wait(Duration::ZERO));
        assert_eq!(next(&refused(503), many, UNIX_EPOCH, MINUTE, 0.0), Next::Wait(Duration::ZERO));
    }

    #[test]
    fn waits_double_up_to_a_limit_and_jitter_covers_all_of_them() {
        assert_eq!(after(&refused(503), 3, 1.0), Next::Wait(FIRST_WAIT * 4));
        assert_eq!(after(&refused(503), 3, 0.0), Next::Wait(Duration::ZERO));
        assert_eq!(after(&LIMITED, 99, 1.0), Next::Wait(LONGEST_WAIT));
    }

    #[test]
    fn a_wait_that_does_not_fit_is_not_begun() {
        let limited = Reason::RateLimited { until: Some(UNIX_EPOCH + MINUTE) };
        assert_eq!(next(&limited, Tries::default(), UNIX_EPOCH, MINUTE, 0.0), Next::TooLate);
        assert_eq!(next(&limited, Tries::default(), UNIX_EPOCH, MINUTE * 2, 0.0), Next::Wait(MINUTE));
    }

    #[test]
    fn the_later_of_both_headers_counts_in_seconds_milliseconds_or_as_a_date() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let headers = |list: &[(&'static str, &str)]| {
            list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
        };
        let wait = |list: &[(&'static str, &str)]| {
            retry_after(&headers(list), now).map(|moment| moment.duration_since(now).unwrap().as_secs())
        };
        assert_eq!(wait(&[("x-ratelimit-retryafter", "1800000007")]), Some(7));
        assert_eq!(wait(&[("x-ratelimit-retryafter", "1800000007000")]), Some(7));
        assert_eq!(wait(&[("x-ratelimit-retryafter", "1800000007"), ("retry-after", "9")]), Some(9));
        assert_eq!(wait(&[("x-ratelimit-retryafter", "1800000070"), ("retry-after", "9")]), Some(70));
        assert_eq!(wait(&[("retry-after", "Fri, 15 Jan 2027 08:00:30 GMT")]), Some(30));
        for past_or_unreadable in ["1700000000", "-1", "soon", "", "99999999999999999999999"] {
            assert_eq!(wait(&[("x-ratelimit-retryafter", past_or_unreadable)]), None, "{past_or_unreadable}");
        }
        for too_far in ["18446744073709551615", "300000000000", "31536000"] {
            assert_eq!(wait(&[("retry-after", too_far)]), None, "{too_far}");
        }
    }
}
