//! What never got a connection was never sent: it is told as such, and tried again.

use std::time::Duration;

use crate::certificates::answering;
use crate::common::door::Door;
use crate::common::falcon::{ALERT_READ, ALERTS, TOKEN};
use crate::common::proxy::Proxy;
use crate::common::strict::CASE_LIST;
use crate::common::{ALERT, Authority, Job, Responder, StandIn, job, together};
use crate::services::case_job;
use crate::services::create::created;

/// A job with tokens from a tenant, and all else behind a door.
fn behind(door: &Door, tokens: &StandIn, job: Job) -> Job {
    job.with("/config/base_url", format!("http://{}", door.address()))
        .with("/config/token_url", format!("{}{TOKEN}", tokens.url()))
}

fn run(job: &Job) -> crate::common::Ran {
    Responder::new().stdin(job.0.to_string()).run()
}

const FOR_EVER: Duration = Duration::from_hours(1);

#[test]
fn an_update_without_a_connection_was_not_made() {
    let falcon = StandIn::in_the_clear();
    let door = Door::to(falcon.port(), 0, FOR_EVER);
    let job = behind(&door, &falcon, job("thehive5-alert")).with("/config/timeout_seconds", 12);
    let message = run(&job).fails_with(&[
        &format!("cannot connect to Falcon ({}): no connection ", door.address()),
        &format!("\nNot updated alert: {ALERT}"),
    ]);
    assert!(!message.contains("may or may not"), "{message}");
    assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERT_READ), falcon.hits(ALERTS)), (1, 0, 0));
}

#[test]
fn a_creation_without_a_connection_is_tried_again() {
    let falcon = StandIn::in_the_clear().closing_connections();
    // The search for the tag passes. Then two attempts to connect, of three seconds each, meet silence.
    let door = Door::to(falcon.port(), 1, Duration::from_millis(4_500));
    let job = behind(&door, &falcon, case_job()).with("/config/timeout_seconds", 16);
    let report = run(&job).success();
    assert_eq!(report["full"]["case"]["id"], created(&falcon).id.as_str());
    // The tag is looked for before the creation and after it.
    assert_eq!((falcon.hits(CASE_LIST), falcon.hits("PUT /cases/entities/cases/v2")), (3, 1));
    assert!(report["full"]["retries"].as_u64() >= Some(1), "{report:#}");
}

/// Addresses at which no connection is made, and why.
fn unconnectable(authority: &Authority) -> Vec<(String, &'static str)> {
    let untrusted = StandIn::with_tls(authority).url();
    vec![
        ("http://127.0.0.1:1".into(), "cannot connect to Falcon (127.0.0.1:1): Connection refused"),
        ("https://falcon.invalid".into(), "cannot connect to Falcon (falcon.invalid:443): failed to lookup address"),
        (untrusted, "Falcon's certificate is not trusted (localhost:"),
        (answering(b"\x15\x03\x03\x00\x02\x02\x28").0, "no TLS with Falcon (127.0.0.1:"),
        (answering(b"HTTP/1.1 400 Bad Request\r\n\r\n").0, "no TLS with Falcon (127.0.0.1:"),
        ("https://api.crowdstrike.com".into(), "refused the connection to api.crowdstrike.com:443: 403 Forbidden"),
    ]
}

#[test]
fn whatever_prevents_a_connection_nothing_is_in_doubt() {
    let authority = Authority::new();
    together(&unconnectable(&authority), |(url, why)| {
        let falcon = StandIn::in_the_clear();
        let proxy = Proxy::refusing(&[], vec!["403 Forbidden"; 100]);
        let job = job("thehive5-alert").with("/config/timeout_seconds", 5);
        let job = if url.contains("crowdstrike") {
            job.with("/config/proxy_https", format!("http://{}", proxy.address()))
        } else {
            job
        };
        let (tokens, no_tokens) = (format!("{}{TOKEN}", falcon.url()), format!("{url}{TOKEN}"));
        let not_sent = format!("\nNot updated alert: {ALERT}");
        let update = job.clone().with("/config/base_url", url.as_str()).with("/config/token_url", tokens);
        let message = run(&update).fails_with(&["was not updated", why, &not_sent]);
        assert!(!message.contains("may or may not"), "{message}");
        assert_eq!(falcon.hits(TOKEN), 1);
        let token = job.with("/config/base_url", falcon.url()).with("/config/token_url", no_tokens);
        let message = run(&token).fails_with(&["was not updated", "Falcon gave no token: ", why, &not_sent]);
        assert!(!message.contains("may or may not"), "{message}");
        assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (1, 0));
    });
}
