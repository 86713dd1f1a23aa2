//! Any values of the headers that say when to try again: never in the past, never a panic.
#![no_main]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cortex_falcon::falcon::{Reason, retry_after};
use cortex_falcon::http::Answer;
use cortex_falcon::http::retry::{Again, Tries, next};
use libfuzzer_sys::fuzz_target;
use reqwest::header::{HeaderMap, HeaderValue};

fuzz_target!(|input: (&[u8], &[u8], u64, u32, f64)| {
    let (falcon, standard, now, tries, chance) = input;
    let mut headers = HeaderMap::new();
    for (name, value) in [("x-ratelimit-retryafter", falcon), ("retry-after", standard)] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    }
    let now: SystemTime = UNIX_EPOCH + Duration::from_secs(now >> 8);
    let until = retry_after(&Answer { headers, ..Answer::default() }, now);
    assert!(until.is_none_or(|until| until > now));
    let left = Duration::from_secs(120);
    let chance = if chance.is_finite() { chance } else { 0.5 };
    let reason = Reason::RateLimited { until };
    assert!(!reason.to_string().is_empty());
    for wish in [Again::RateLimited(until), Again::Soon(until)] {
        if let Some(wait) = next(wish, Tries { limited: tries, others: 0 }, now, left, chance) {
            assert!(wait < left);
        }
    }
});
