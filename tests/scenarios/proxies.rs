//! A proxy that refuses is named with its reason, and asked again only where that may help.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::{ServerConnection, StreamOwned};
use serde_json::json;

use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::proxy::Proxy;
use crate::common::wire::serving;
use crate::common::{Authority, Job, Ran, Responder, StandIn, job, together};
use crate::network::trusting;

/// An alert's job for the cloud us-1, through this proxy.
fn through(proxy: &str) -> Job {
    job("thehive5-alert").with("/config/base_url", "us-1").with("/config/proxy_https", proxy)
}

fn run(job: &Job) -> Ran {
    Responder::new().stdin(job.0.to_string()).run()
}

fn check(job: &Job) -> Ran {
    Responder::new().argument("check").argument("-").stdin(job.0.to_string()).run()
}

const TO: &str = "refused the connection to api.crowdstrike.com:443: ";

#[test]
fn a_refusal_for_good_is_named_and_not_tried_again() {
    let let_through = "Have the proxy let this machine through to api.crowdstrike.com:443";
    // The status is asked for once more, but for 407: another wrong password would count.
    together(
        &[
            ("403 Forbidden", 2, let_through),
            ("407 Proxy Authentication Required", 1, "The proxy wants a user and a password"),
            ("405 Method Not Allowed", 2, let_through),
            ("501 Not Implemented", 2, "Check that the proxy itself reaches api.crowdstrike.com:443"),
        ],
        |(line, requests, next)| {
            let proxy = || Proxy::refusing(&[], vec![*line; 100]);
            let told = |proxy: &Proxy| format!("the proxy {} {TO}{line}", proxy.address());
            let used = proxy();
            run(&through(&format!("http://{}", used.address()))).fails_with(&[&told(&used), next]);
            assert_eq!(used.seen().len(), *requests, "{line}");
            let used = proxy();
            let checked = check(&through(&format!("http://{}", used.address()))).stdout;
            assert!(checked.contains(&told(&used)) && checked.contains(next), "{checked}");
            assert_eq!(used.seen().len(), *requests, "{line}");
        },
    );
}

#[test]
fn a_refusal_that_may_pass_is_tried_again() {
    let authority = Authority::new();
    together(
        &["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout", ""],
        |line| {
            let falcon = StandIn::with_tls(&authority);
            let proxy = Proxy::refusing(&[("api.crowdstrike.com", falcon.port())], vec![*line; 2]);
            let report = trusting(&authority, &through(&format!("http://{}", proxy.address()))).run().success();
            assert_eq!(report["full"]["retries"], 1, "{line}");
            let proxy = Proxy::refusing(&[], vec![*line; 100]);
            let why = if line.is_empty() { "it closed the connection" } else { line };
            let told = format!("the proxy {} {TO}{why}.", proxy.address());
            run(&through(&format!("http://{}", proxy.address()))).fails_with(&[&told, "again 5 times"]);
            assert_eq!(proxy.seen().len(), 12, "{line}: six tries, and a question after each");
        },
    );
}

/// A job of three requests, whose token another job has fetched, meets a wrong password at a proxy that refuses it like this.
fn wrong_password(line: &'static str) -> (usize, String) {
    let (authority, cache) = (Authority::new(), tempfile::tempdir().unwrap());
    let falcon = StandIn::with_tls(&authority);
    // Ym9iOnJpZ2h0 is bob:right.
    let hosts = [("api.crowdstrike.com", falcon.port())];
    let proxy = Proxy::demanding(&hosts, Some("Basic Ym9iOnJpZ2h0"), line);
    let with = |password: &str| {
        let job = job("thehive5-case").with("/config/base_url", "us-1");
        let job = job.with("/config/token_cache", cache.path().to_str().unwrap());
        let url = format!("http://bob:{password}@{}", proxy.address());
        trusting(&authority, &job.with("/config/proxy_https", url))
    };
    with("right").run().success();
    assert_eq!(falcon.hits(TOKEN), 1);
    let before = proxy.seen().len();
    let message = with("wrong-w-9xQ").run().fails_with(&["2 alerts", "1 case"]);
    assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (1, 1));
    (proxy.seen().len() - before, message)
}

#[test]
fn a_wrong_password_is_sent_once_in_a_job_whatever_it_has_to_send() {
    let (sent, message) = wrong_password("407 Proxy Authentication Required");
    assert_eq!(sent, 1, "{message}");
    assert!(message.contains(&format!("{TO}407 Proxy Authentication Required")), "{message}");
    assert!(message.contains("They were not sent again"), "{message}");
    // As tinyproxy says it. The client does not tell this status, so it is asked for.
    let (sent, message) = wrong_password("401 Unauthorized");
    assert_eq!(sent, 2, "{message}");
    assert!(message.contains(&format!("{TO}401 Unauthorized")), "{message}");
    assert!(message.contains("The proxy wants a user and a password"), "{message}");
    assert!(!message.contains("not sent again"), "{message}");
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    for (proxy, why) in [
        ("http://127.0.0.1:1", "cannot connect to the proxy 127.0.0.1:1: Connection refused"),
        ("https://127.0.0.1:1", "cannot connect to the proxy 127.0.0.1:1: Connection refused"),
        ("http://proxy.invalid:3128", "cannot connect to the proxy proxy.invalid:3128: failed to lookup address"),
    ] {
        let job = through(proxy).with("/config/timeout_seconds", 5);
        run(&job).fails_with(&[why, "Correct the proxy in Cortex"]);
        let checked = check(&job).stdout;
        assert!(checked.contains(why) && checked.contains("Correct the proxy in Cortex"), "{checked}");
    }
}

/// A proxy behind TLS that refuses every request like this; its URL.
fn refusing_behind_tls(authority: &Authority, line: &'static str) -> String {
    refusing_then_silent(authority, line, usize::MAX)
}

/// The same, but only so many connections; it accepts all others and sends nothing.
fn refusing_then_silent(authority: &Authority, line: &'static str, refused: usize) -> String {
    let config = authority.server_config();
    let connections = AtomicUsize::new(0);
    let url = serving(move |mut connection| {
        if connections.fetch_add(1, Ordering::SeqCst) >= refused {
            while connection.read(&mut [0; 4_096]).ok()? > 0 {}
            return None;
        }
        let mut connection = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).ok()?, connection);
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte).ok()?;
            request.push(byte[0]);
        }
        write!(connection, "HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n").ok()?;
        connection.conn.send_close_notify();
        connection.flush().ok()
    });
    url.replace("http://127.0.0.1", "https://localhost")
}

#[test]
fn a_proxy_behind_tls_is_told_apart_from_falcon() {
    let authority = Authority::new();
    let proxy = refusing_behind_tls(&authority, "403 Forbidden");
    let host = proxy.trim_start_matches("https://");
    trusting(&authority, &through(&proxy)).run().fails_with(&[&format!("the proxy {host} {TO}403 Forbidden.")]);
    let untrusted =
        [&format!("the certificate of the proxy {host} is not trusted: "), "Give Cortex the CA certificate"];
    run(&through(&proxy)).fails_with(&untrusted.map(|part| part as &str));
    let checked = check(&through(&proxy)).stdout;
    assert!(untrusted.iter().all(|part| checked.contains(*part)), "{checked}");
}

#[test]
fn a_proxy_behind_tls_that_is_silent_when_asked_for_its_status_does_not_hold_up_the_job() {
    let authority = Authority::new();
    let proxy = refusing_then_silent(&authority, "403 Forbidden", 1);
    let job = through(&proxy).with("/config/timeout_seconds", 3);
    let host = proxy.trim_start_matches("https://");
    trusting(&authority, &job).run().fails_with(&[&format!("the proxy {host}")]);
}

#[test]
fn a_certificate_behind_a_proxy_is_falcons() {
    let falcon = StandIn::with_tls(&Authority::new());
    let proxy = Proxy::start(&[("api.crowdstrike.com", falcon.port())], None);
    run(&through(&format!("http://{}", proxy.address()))).fails_with(&[&format!(
        "Falcon's certificate is not trusted (api.crowdstrike.com:443 through the proxy {}): ",
        proxy.address()
    )]);
    assert_eq!(proxy.seen().len(), 1);
}

#[test]
fn a_character_that_ends_the_host_too_early_is_refused_with_the_reason() {
    for user in [
        r"CORP\bob:w-9xQ-never-used",
        "bob:w-9xQ/never-used",
        "bob/x:w-9xQ-never-used",
        "a?b:w-9xQ-never-used",
        "a#b:w-9xQ-never-used",
    ] {
        let job =
            job("thehive5-alert").with("/config/proxy", json!({"https": format!("http://{user}@proxy.example:3128")}));
        let message = run(&job).fails_with(&["the proxy in proxy.https", "expected http://host:port"]);
        assert!(!message.contains("w-9xQ"), "{message}");
    }
    let corp = through(r"http://CORP\bob:w-9xQ-never-used@proxy.example:3128");
    run(&corp).fails_with(&[r"(http://CORP\bob:REMOVED@proxy.example:3128) has more than a host and a port; in a user or password write \ as %5C (DOMAIN%5Cuser)"]);
    let checked = check(&corp).stdout;
    assert!(checked.contains("write \\ as %5C"), "{checked}");
}
