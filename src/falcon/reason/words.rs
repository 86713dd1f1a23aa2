//! Parts of the sentences that tell a reason.

use std::time::{Duration, SystemTime};

use super::RefusedBy;
use crate::http::{Peer, Problem};

pub(super) fn unclear(updated: Option<u64>, asked: usize, message: &str) -> String {
    let what = match (updated, message.is_empty()) {
        (Some(updated), _) => format!("Falcon says it updated {updated} of {asked} and does not say which"),
        (None, false) => "Falcon answered with errors and does not say for which ids".to_owned(),
        (None, true) => "Falcon took the call and does not say how many it updated".to_owned(),
    };
    if message.is_empty() { what } else { format!("{what}: {message}") }
}

pub(super) fn who(by: RefusedBy, status: u16) -> &'static str {
    if by.is_gateway(status) { "a gateway" } else { "Falcon" }
}

pub(super) fn at(since: Option<&str>) -> String {
    since.map_or_else(String::new, |since| format!(" at {since},"))
}

pub(super) fn found(shown: Option<&str>) -> String {
    shown.map_or_else(|| "Falcon does not show it".to_owned(), |shown| format!("it still shows {shown}"))
}

pub(super) fn told(problem: Problem, peer: &Peer) -> String {
    match (problem, peer.failed_proxy()) {
        (Problem::Connect, Some(proxy)) => format!("cannot connect to the proxy {proxy}"),
        (Problem::Connect, None) => format!("cannot connect to Falcon ({peer})"),
        (Problem::Tunnel(_), proxy) => {
            let (proxy, server) = (proxy.unwrap_or_default(), &peer.server);
            format!("the proxy {proxy} refused the connection to {server}")
        }
        (Problem::Certificate | Problem::CertificateDates, Some(proxy)) => {
            format!("the certificate of the proxy {proxy} is not trusted")
        }
        (Problem::Certificate | Problem::CertificateDates, None) => {
            format!("Falcon's certificate is not trusted ({peer})")
        }
        (Problem::Handshake, Some(proxy)) => format!("no TLS with the proxy {proxy}"),
        (Problem::Handshake, None) => format!("no TLS with Falcon ({peer})"),
        (Problem::Alert, _) => format!("Falcon ended the TLS connection ({peer})"),
        (Problem::Timeout, _) => "no answer from Falcon in time".to_owned(),
        (Problem::Cut, _) => "the connection broke before Falcon's answer was whole".to_owned(),
        (Problem::TooLong, _) => "the answer is longer than any of Falcon's".to_owned(),
    }
}

pub(super) fn from_when(until: Option<SystemTime>) -> String {
    match until.and_then(date) {
        Some(date) => format!("; it takes calls again from {date}, after the end of this job's time"),
        None => " until the end of this job's time".to_owned(),
    }
}

/// Returns a time as HTTP writes it. Returns `None` after the year 9999: it has no such date, and httpdate would panic.
pub(in crate::falcon) fn date(time: SystemTime) -> Option<String> {
    let year_9999 = SystemTime::UNIX_EPOCH + Duration::from_hours(70_380_768);
    (time < year_9999).then(|| httpdate::fmt_http_date(time))
}
