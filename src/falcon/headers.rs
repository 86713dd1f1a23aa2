//! The headers of Falcon's own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::http::Answer;
use crate::http::retry::{ahead, retry_after as standard_retry_after};

/// An epoch above this is in milliseconds: in seconds it would lie in the year 5138. gofalcon reads seconds, CrowdStrike's
/// swagger text says milliseconds.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// `X-Cs-Traceid`: Falcon's name for the exchange.
pub(super) fn trace_id(answer: &Answer) -> Option<&str> {
    answer.header("x-cs-traceid")
}

/// `X-Cs-Region`: the cloud that the API client belongs to. On a token's 201 and on a wrong cloud's 308.
pub(super) fn region(answer: &Answer) -> Option<&str> {
    answer.header("x-cs-region").or_else(|| answer.header("x_cs_region"))
}

/// `X-Ratelimit-Remaining` of `X-Ratelimit-Limit`, in calls a minute.
pub(crate) fn rate_limit(answer: &Answer) -> Option<(u64, u64)> {
    let number = |name| answer.header(name)?.parse().ok();
    number("x-ratelimit-remaining").zip(number("x-ratelimit-limit"))
}

/// Requests with a bad token that Falcon answers with 401, a minute and source address. It answers the others with 429.
const BAD_TOKEN_LIMIT: u64 = 15;

/// Returns whether this is the rate limit of bad tokens, which stands for a 401: a good token has a limit in the thousands.
pub(super) fn is_bad_token_limit(answer: &Answer) -> bool {
    let limit = answer.header("x-ratelimit-limit").and_then(|limit| limit.parse().ok());
    answer.status == 429 && limit == Some(BAD_TOKEN_LIMIT)
}

/// When Falcon takes calls again, by our clock: the later of `X-Ratelimit-Retryafter` (an epoch, in seconds or milliseconds) and
/// `Retry-After`. What is unreadable, in the past or more than a month ahead is ignored.
#[must_use]
pub fn retry_after(answer: &Answer, now: SystemTime) -> Option<SystemTime> {
    // Both name a moment of the clock that the answer's date shows, and ours may be another.
    let there = answer.date().unwrap_or(now);
    let falcon = answer.header("x-ratelimit-retryafter").and_then(epoch).and_then(|moment| ahead(moment, there));
    let wait = falcon.max(standard_retry_after(&answer.headers, there))?.duration_since(there).ok()?;
    now.checked_add(wait)
}

fn epoch(text: &str) -> Option<SystemTime> {
    let number: u64 = text.parse().ok()?;
    let since = if number > MILLISECONDS_FROM { Duration::from_millis(number) } else { Duration::from_secs(number) };
    UNIX_EPOCH.checked_add(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_of_both_headers_counts_in_seconds_milliseconds_or_as_a_date() {
        let now = UNIX_EPOCH + Duration::from_hours(500_000);
        let wait = |list: &[(&'static str, &str)]| {
            let headers = list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            let answer = Answer { headers, ..Answer::default() };
            retry_after(&answer, now).map(|moment| moment.duration_since(now).unwrap().as_secs())
        };
        assert_eq!(wait(&[("x-ratelimit-retryafter", "1800000007")]), Some(7));
        assert_eq!(wait(&[("x-ratelimit-retryafter", "1800000007000")]), Some(7));
        assert_eq!(wait(&[("x-ratelimit-retryafter", "1800000007"), ("retry-after", "9")]), Some(9));
        assert_eq!(wait(&[("x-ratelimit-retryafter", "1800000070"), ("retry-after", "9")]), Some(70));
        let an_hour_ahead = ("date", "Fri, 15 Jan 2027 09:00:00 GMT");
        assert_eq!(wait(&[an_hour_ahead, ("x-ratelimit-retryafter", "1800003607")]), Some(7), "by its own clock");
        assert_eq!(wait(&[an_hour_ahead, ("retry-after", "Fri, 15 Jan 2027 09:00:30 GMT")]), Some(30));
        assert_eq!(wait(&[an_hour_ahead, ("retry-after", "9")]), Some(9));
        for past_or_unreadable in ["1700000000", "-1", "soon", "", "99999999999999999999999", "300000000000000"] {
            assert_eq!(wait(&[("x-ratelimit-retryafter", past_or_unreadable)]), None, "{past_or_unreadable}");
        }
    }
}
