//! The rate limit of bad tokens (429, `X-Ratelimit-Limit: 15`): another token at once, and no wait.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::run;
use crate::common::falcon::{ALERTS, INCIDENTS, TOKEN};
use crate::common::strict::{CASE_LIST, SEARCHES};
use crate::common::{Fault, StandIn, answers, job, together};

const ALWAYS: usize = usize::MAX;

/// A Falcon that limits requests to this path, so many times, for the next hour.
fn limiting(path: &str, answer: &str, times: usize) -> StandIn {
    let hour = SystemTime::now() + Duration::from_hours(1);
    let epoch = hour.duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let answers::Answer { status, headers, body } = answers::named(answer);
    let limit = headers.into_iter().find(|(name, _)| name == "X-Ratelimit-Limit").expect("the file has one").1;
    let headers = vec![("X-Ratelimit-Limit", limit), ("X-Ratelimit-Retryafter", epoch)];
    StandIn::in_the_clear().fails(path, Fault::Answer { status, headers, body: body.to_string().into() }, times)
}

#[test]
fn another_token_is_requested_at_once() {
    let jobs = [
        ("thehive5-case", ALERTS),
        ("thehive5-case", INCIDENTS),
        ("thehive5-case", "PATCH /cases/entities/cases/v2"),
        ("list-cases", CASE_LIST),
        ("search", SEARCHES),
    ];
    together(&jobs, |(name, path)| {
        let falcon = limiting(path, "bearer-limit", 1);
        let report = run(&[], &job(name).with("/config/base_url", falcon.url())).success();
        assert_eq!((falcon.hits(TOKEN), falcon.hits(path), &report["full"]["retries"]), (2, 2, &1.into()), "{path}");
    });
}

#[test]
fn a_new_token_that_is_limited_too_is_told_as_refused() {
    let falcon = limiting(ALERTS, "bearer-limit", ALWAYS);
    let message = run(&[], &job("thehive5-alert").with("/config/base_url", falcon.url())).failure();
    assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (2, 2));
    let said = "Falcon refuses the token and answers no more requests with refused tokens from this address (HTTP 429); it takes calls again from";
    let next = "Next: Check in Falcon that the API client still exists and that base_url in Cortex names its cloud, and that no other program at Cortex's address uses an ended token.";
    assert!(message.contains(said) && message.contains(next) && !message.contains("who else uses"), "{message}");
}

#[test]
fn the_limit_of_a_tenant_costs_no_token() {
    let falcon = limiting(ALERTS, "rate-limited", ALWAYS);
    let message = run(&[], &job("thehive5-alert").with("/config/base_url", falcon.url())).failure();
    assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (1, 1));
    assert!(message.contains("ask who else uses this tenant's API"), "{message}");
}
