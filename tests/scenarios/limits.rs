//! Falcon's rate limits: what a stand-in that has them takes, and that the responder waits them out.

use std::time::Duration;

use crate::common::falcon::TOKEN;
use crate::common::stand_in::limits::Counts;
use crate::common::{Authority, Responder, StandIn, job, together};

use super::network::trusting;

const WINDOW: Duration = Duration::from_secs(1);

/// The limit holds in each window and was met, and every request is counted in one.
fn assert_kept(most: usize, windows: &[Counts], requests: usize) {
    assert!(windows.iter().all(|counts| counts.given <= most), "{windows:?}");
    assert!(windows.iter().any(|counts| counts.refused > 0), "{windows:?}");
    assert_eq!(windows.iter().map(|counts| counts.given + counts.refused).sum::<usize>(), requests, "{windows:?}");
}

#[test]
fn a_token_that_is_one_too_many_is_waited_for() {
    let falcon = StandIn::in_the_clear().limiting_tokens(1, WINDOW);
    let job = job("thehive5-alert").with("/config/base_url", falcon.url());
    for _ in 0..2 {
        Responder::new().stdin(job.0.to_string()).run().success();
    }
    assert_eq!(falcon.tokens().len(), 2);
    assert_kept(1, &falcon.token_windows(), falcon.hits(TOKEN));
    assert!(falcon.request_windows().is_empty(), "nothing else has a limit");
}

#[test]
fn a_crowd_waits_for_its_tokens_and_loses_no_job() {
    let falcon = StandIn::in_the_clear().limiting_tokens(5, WINDOW);
    let job = job("thehive5-alert").with("/config/base_url", falcon.url());
    together(&[(); 20], |()| {
        Responder::new().stdin(job.0.to_string()).run().success();
    });
    assert_eq!(falcon.tokens().len(), 20);
    assert_kept(5, &falcon.token_windows(), falcon.hits(TOKEN));
}

#[test]
fn updates_have_a_limit_of_their_own() {
    // Alerts, an incident and a case are three calls, and each connection carries one at a time.
    let authority = Authority::new().without_http_2();
    let falcon = StandIn::with_tls(&authority).limiting_requests(2, WINDOW);
    let job = job("thehive5-case").with("/config/base_url", falcon.url());
    trusting(&authority, &job).run().success();
    assert_eq!(falcon.hits(TOKEN), 1);
    assert_kept(2, &falcon.request_windows(), falcon.requests().len() - 1);
    assert!(falcon.protocols().iter().all(|version| *version == hyper::Version::HTTP_11));
}
