//! Pages in the place of Falcon's answers: what is quoted of them, whose they are, and when to come again.

use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::{Fault, Responder, StandIn, answers, job, together};

const ALWAYS: usize = usize::MAX;

/// A Falcon that always gives this answer to requests to this path.
fn answering(path: &str, status: u16, headers: &[(&'static str, &str)], body: &str) -> StandIn {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    StandIn::in_the_clear().fails(path, Fault::Answer { status, headers, body: body.into() }, ALWAYS)
}

/// The message of an alert's job that has little time for further attempts.
fn message(falcon: &StandIn) -> String {
    let job = job("thehive5-alert").with("/data/stage", "InProgress").with("/config/base_url", falcon.url());
    let job = job.with("/config/timeout_seconds", 3);
    Responder::new().stdin(job.0.to_string()).run().failure()
}

#[test]
fn a_page_is_quoted_by_its_title_or_its_first_text() {
    let pages = [
        ("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>No</h1>", "502 Bad Gateway"),
        ("<!DOCTYPE html>\n<HTML lang=\"de\"><HEAD><TITLE>\n  Zugriff\n  gesperrt </TITLE>", "Zugriff   gesperrt"),
        ("<html><head><style>a{}</style></head><body><h1>Blocked by policy</h1><p>Call us", "Blocked by policy"),
        ("<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code></Error>", "AccessDenied"),
        ("upstream is down\nask the network team", "upstream is down"),
    ];
    together(&pages, |(page, words)| {
        for (path, status) in [(ALERTS, 403), (ALERTS, 503), (TOKEN, 403), (TOKEN, 502)] {
            let message = message(&answering(path, status, &[], page));
            assert!(message.contains(&format!("\"{words}\".\nNext: ")), "{path} {status} {page}: {message}");
        }
    });
}

#[test]
fn a_gateways_error_is_not_falcons() {
    let gateway = "Next: This gateway is one of Falcon's own (status.crowdstrike.com), or it stands between Cortex and Falcon: run the responder again later; if it stays so, check base_url and the proxy.";
    let own = "Next: Falcon has trouble of its own (status.crowdstrike.com): run the responder again later.";
    let page = "<html><title>No route</title></html>";
    let rows = [502, 503, 504].into_iter().flat_map(|status| {
        [
            (status, page.to_owned(), gateway),
            (status, String::new(), gateway),
            (status, answers::refusal(status, "no").text(), own),
        ]
    });
    let other =
        [(500, page.to_owned(), gateway), (500, String::new(), own), (500, answers::refusal(500, "no").text(), own)];
    let rows: Vec<(u16, String, &str)> = rows.chain(other).collect();
    together(&rows, |(status, body, next)| {
        let by = if *next == own { "Falcon" } else { "a gateway" };
        let message = message(&answering(TOKEN, *status, &[], body));
        let said = format!("Falcon gave no token: {by} answered HTTP {status}: ");
        assert!(message.contains(&said) && message.contains(next), "{status} {body}: {message}");
    });
}

#[test]
fn the_advice_agrees_with_the_time_that_an_answer_names() {
    let hour = [("Retry-After", "3600")];
    let envelope = answers::refusal(503, "no").text();
    for path in [ALERTS, TOKEN] {
        let limited = message(&answering(path, 429, &hour, ""));
        assert!(
            limited.contains("; it takes calls again from ")
                && limited.contains("Next: Run the responder again after that"),
            "{limited}"
        );
        let limited = message(&answering(path, 429, &[], ""));
        assert!(limited.contains("Next: Run the responder again in a minute"), "{limited}");
        for body in [envelope.as_str(), ""] {
            let message = message(&answering(path, 503, &hour, body));
            let (_, when) =
                message.split_once(": run the responder again after ").unwrap_or_else(|| panic!("{message}"));
            let date = when.split_inclusive("GMT").next().expect("a date");
            let wait = httpdate::parse_http_date(date).expect("a date").duration_since(std::time::SystemTime::now());
            assert!((3_500..=3_601).contains(&wait.expect("it is ahead").as_secs()), "{message}");
        }
    }
}

#[test]
fn a_page_in_the_place_of_a_token_costs_one_more_request() {
    for body in ["<html><title>Sign in</title></html>", "Welcome", ""] {
        let falcon = answering(TOKEN, 200, &[], body);
        let job = job("thehive5-alert").with("/config/base_url", falcon.url());
        Responder::new().stdin(job.0.to_string()).run().fails_with(&["no JSON object"]);
        assert_eq!(falcon.hits(TOKEN), 2, "{body}");
    }
}
