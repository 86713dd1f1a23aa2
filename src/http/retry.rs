//! Which failures are worth another try, when, and until when. Pure policy: the time and a random number are arguments.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Tries of one call. Only the rate limit is waited out for longer: it frees calls one by one, so that each of many
/// waiting jobs is refused several times.
const MOST_TRIES: u32 = 6;

/// The longest wait before the second try; it doubles from try to try.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait before any try, but for what the other side demands.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A moment more than a month ahead is taken for a mistake, and ignored.
const FARTHEST: Duration = Duration::from_hours(31 * 24);

/// The time that a job has for all that it does.
#[derive(Debug)]
pub(crate) struct Budget {
    whole: Duration,
    started: Instant,
    end: Mutex<End>,
}

/// When it ends, from its start.
#[derive(Debug, Clone, Copy)]
enum End {
    /// As planned, or earlier, to keep time for later.
    Planned(Duration),
    /// Because the job was stopped; nothing puts that off.
    Stopped(Duration),
}

impl Budget {
    /// A budget that begins now.
    #[must_use]
    pub(crate) fn starting_now(whole: Duration) -> Budget {
        Budget { whole, started: Instant::now(), end: Mutex::new(End::Planned(whole)) }
    }

    /// What is left of it.
    #[must_use]
    pub(crate) fn left(&self) -> Duration {
        let (End::Planned(end) | End::Stopped(end)) = *self.end();
        end.saturating_sub(self.started.elapsed())
    }

    /// All of it, for messages.
    #[must_use]
    pub(crate) fn whole(&self) -> Duration {
        self.whole
    }

    /// Keeps this much of it at its end for later.
    pub(super) fn keep(&self, time: Duration) {
        let mut end = self.end();
        if let End::Planned(end) = &mut *end {
            *end = self.whole.saturating_sub(time);
        }
    }

    /// Lets it end so soon.
    pub(super) fn end_in(&self, time: Duration) {
        *self.end() = End::Stopped(self.started.elapsed() + time);
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether to try again, as decided by the caller, who knows what the answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It worked, or another would meet the same.
    No,
    /// It ended with our own time, and tells nothing.
    NoTimeLeft,
    /// Most likely another would meet the same: one more, and no third.
    Once,
    /// Another may work, from this moment on where one was named.
    Soon(Option<SystemTime>),
    /// The rate limit was met; calls are taken again from this moment on, where one was named.
    RateLimited(Option<SystemTime>),
}

/// The tries of a call so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// Those that met the rate limit; they take nothing away from the others.
    pub limited: u32,
    /// All others.
    pub others: u32,
}

impl Tries {
    /// One more try, after which this is wished for.
    #[must_use]
    pub fn and(self, wish: Again) -> Tries {
        match wish {
            Again::RateLimited(_) => Tries { limited: self.limited.saturating_add(1), ..self },
            Again::No | Again::NoTimeLeft | Again::Once | Again::Soon(_) => {
                Tries { others: self.others.saturating_add(1), ..self }
            }
        }
    }
}

/// Decides on another try: the wait before it, or none where it would change nothing or come too late.
///
/// `chance`, from 0 to 1, spreads out the waits of many jobs (full jitter).
#[must_use]
pub fn next(wish: Again, tries: Tries, now: SystemTime, left: Duration, chance: f64) -> Option<Duration> {
    let (most, moment) = match wish {
        Again::No | Again::NoTimeLeft => return None,
        Again::Once => (2, None),
        Again::Soon(moment) => (MOST_TRIES, moment),
        Again::RateLimited(moment) => (u32::MAX, moment),
    };
    if tries.others >= most {
        return None;
    }
    let demanded = moment.and_then(|moment| moment.duration_since(now).ok()).unwrap_or_default();
    let before = tries.limited.saturating_add(tries.others).saturating_sub(1).min(10);
    let longest = FIRST_WAIT.saturating_mul(1 << before).min(LONGEST_WAIT);
    let wait = demanded.saturating_add(longest.mul_f64(chance.clamp(0.0, 1.0)));
    (wait < left).then_some(wait)
}

/// `Retry-After` (seconds, or a date) as a moment, where it lies ahead.
#[must_use]
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<SystemTime> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let moment = match text.parse() {
        Ok(seconds) => now.checked_add(Duration::from_secs(seconds))?,
        Err(_) => httpdate::parse_http_date(text).ok()?,
    };
    ahead(moment, now)
}

/// The moment, unless it is past or so far ahead that nobody meant it.
#[must_use]
pub(crate) fn ahead(moment: SystemTime, now: SystemTime) -> Option<SystemTime> {
    moment.duration_since(now).is_ok_and(|wait| !wait.is_zero() && wait < FARTHEST).then_some(moment)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const SOON: Again = Again::Soon(None);
    const LIMITED: Again = Again::RateLimited(None);

    fn after(wish: Again, tries: u32, chance: f64) -> Option<Duration> {
        next(wish, Tries { others: tries, limited: 0 }, UNIX_EPOCH, MINUTE, chance)
    }

    #[test]
    fn six_tries_are_enough_but_the_rate_limit_is_waited_out() {
        assert_eq!(after(SOON, 5, 0.0), Some(Duration::ZERO));
        assert_eq!(after(SOON, 6, 0.0), None);
        let many = Tries { limited: 60, others: 5 };
        assert_eq!(next(LIMITED, many, UNIX_EPOCH, MINUTE, 0.0), Some(Duration::ZERO));
        assert_eq!(next(SOON, many, UNIX_EPOCH, MINUTE, 0.0), Some(Duration::ZERO));
    }

    #[test]
    fn what_will_be_the_same_is_tried_once_more_at_the_most() {
        assert_eq!(after(Again::No, 1, 0.0), None);
        assert_eq!(after(Again::NoTimeLeft, 1, 0.0), None);
        assert_eq!(after(Again::Once, 1, 0.0), Some(Duration::ZERO));
        assert_eq!(after(Again::Once, 2, 0.0), None);
    }

    #[test]
    fn waits_double_up_to_a_limit_and_jitter_covers_all_of_them() {
        assert_eq!(after(SOON, 1, 1.0), Some(FIRST_WAIT));
        assert_eq!(after(SOON, 3, 1.0), Some(FIRST_WAIT * 4));
        assert_eq!(after(SOON, 3, 0.0), Some(Duration::ZERO));
        assert_eq!(after(LIMITED, 99, 1.0), Some(LONGEST_WAIT));
    }

    #[test]
    fn a_wait_that_does_not_fit_is_not_begun() {
        for wish in [Again::RateLimited, Again::Soon] {
            let wish = wish(Some(UNIX_EPOCH + MINUTE));
            assert_eq!(next(wish, Tries::default(), UNIX_EPOCH, MINUTE, 0.0), None);
            assert_eq!(next(wish, Tries::default(), UNIX_EPOCH, MINUTE * 2, 0.0), Some(MINUTE));
        }
    }

    #[test]
    fn retry_after_counts_in_seconds_or_as_a_date() {
        let now = UNIX_EPOCH + Duration::from_hours(500_000);
        let wait = |value: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            retry_after(&headers, now).map(|moment| moment.duration_since(now).unwrap().as_secs())
        };
        assert_eq!(wait("9"), Some(9));
        assert_eq!(wait("Fri, 15 Jan 2027 08:00:30 GMT"), Some(30));
        for past_unreadable_or_too_far in ["0", "-1", "soon", "", "18446744073709551615", "31536000"] {
            assert_eq!(wait(past_unreadable_or_too_far), None, "{past_unreadable_or_too_far}");
        }
    }
}
