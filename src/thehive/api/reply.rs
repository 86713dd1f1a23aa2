//! What an answer of TheHive's means.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::route::Subject;
use crate::http::json::{Object, Text};
use crate::http::url::host_and_port;
use crate::http::{Answer, Problem, Trouble};
use crate::secret::Secrets;

/// What an answer means.
#[derive(Debug, PartialEq)]
pub(super) enum Reply<T> {
    /// What was asked for.
    Told(T),
    /// Anything else. The message goes behind the words "TheHive at thehive:9000", and is fit to be shown.
    Refused(Subject, String),
}

/// What an answer means to whoever asked for this.
pub(super) fn reply<T>(
    answer: &Answer,
    asked_for: &str,
    read: impl Fn(&Answer) -> Option<T>,
    secrets: &Secrets,
) -> Reply<T> {
    let error = Error::in_body(answer);
    let subject = if answer.status == 404 && error.is_about_entity() { Subject::Entity } else { Subject::Other };
    match answer.status {
        200 | 201 => read(answer)
            .map_or_else(|| Reply::Refused(Subject::Other, no_answer(answer, asked_for, secrets)), Reply::Told),
        300..400 => Reply::Refused(Subject::Other, redirect(answer, secrets)),
        _ => Reply::Refused(subject, refusal(answer, &error, secrets)),
    }
}

/// An error in TheHive's words.
#[derive(Debug, Default, Deserialize)]
struct Error {
    #[serde(rename = "type", default)]
    kind: Text,
    #[serde(default)]
    message: Text,
}

impl Error {
    /// The kind of an error that tells of a missing case or alert. That of a missing path is another, where it has one.
    const NOT_FOUND: &'static str = "NotFoundError";

    fn is_about_entity(&self) -> bool {
        self.kind.as_str() == Some(Error::NOT_FOUND)
    }

    fn in_body(answer: &Answer) -> Error {
        // What comes with a success is no error, and may be long.
        let body = if answer.is_success() { &[][..] } else { &answer.body };
        serde_json::from_slice::<Object<Error>>(body).map(|Object(error)| error).unwrap_or_default()
    }
}

fn refusal(answer: &Answer, error: &Error, secrets: &Secrets) -> String {
    let status = answer.status;
    let said = error.message.as_str().map(str::trim).filter(|message| !message.is_empty());
    match said {
        Some(message) => format!("answered HTTP {status}: {}", secrets.quote(message.trim_end_matches('.'))),
        None => format!("answered HTTP {status}: {}", first_line(answer, secrets)),
    }
}

fn no_answer(answer: &Answer, asked_for: &str, secrets: &Secrets) -> String {
    format!("answered HTTP {} without {asked_for}: {}", answer.status, first_line(answer, secrets))
}

fn redirect(answer: &Answer, secrets: &Secrets) -> String {
    // Scrubbed before it is parsed: a host is in small letters then, and a secret in it no longer recognised.
    let host = || Some(secrets.quote(&host_and_port(&Url::parse(&secrets.scrub(answer.location()?)).ok()?)));
    let to = host().unwrap_or_else(|| "another place".to_owned());
    format!("answered HTTP {} and points to {to}, and the API key does not follow it", answer.status)
}

/// The first line of a body, in quotes, as it may stand in a message.
fn first_line(answer: &Answer, secrets: &Secrets) -> String {
    answer.excerpt(secrets).map_or_else(|| "an empty body".to_owned(), |line| format!("\"{}\"", secrets.quote(&line)))
}

/// Why no whole answer came from TheHive at this place, where it had so much time for all that was asked of it.
pub(super) fn told(trouble: &Trouble, place: &str, limit: Duration, secrets: &Secrets) -> String {
    let (problem, detail) = match trouble {
        Trouble::OutOfTime { .. } => (Problem::Timeout, ""),
        Trouble::NoAnswer { problem, detail, .. } | Trouble::Broken { problem, detail, .. } => (*problem, &**detail),
    };
    let detail = secrets.quote(detail);
    match problem {
        Problem::Connect | Problem::Tunnel(_) => format!("there is no connection to TheHive at {place}: {detail}"),
        Problem::Certificate | Problem::CertificateDates => {
            format!("the certificate of TheHive at {place} is not trusted: {detail}")
        }
        Problem::Handshake | Problem::Alert => format!("there is no TLS with TheHive at {place}: {detail}"),
        Problem::Timeout => {
            format!("TheHive at {place} did not tell within {} s", (limit.as_secs_f64() * 10.0).ceil() / 10.0)
        }
        Problem::Cut => format!("the connection to TheHive at {place} broke before its answer was whole: {detail}"),
        Problem::TooLong => format!("TheHive at {place} answered at too great a length: {detail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::body::{Page, page_in};
    use super::*;

    fn reply_to(status: u16, body: &str) -> Reply<Page> {
        let secrets = Secrets::default();
        secrets.learn("the-key-of-thehive");
        let answer = Answer { status, body: body.into(), ..Answer::default() };
        reply(&answer, "the case's alerts", |answer| page_in(answer, &[], 10), &secrets)
    }

    fn refused(status: u16, body: &str) -> (Subject, String) {
        match reply_to(status, body) {
            Reply::Refused(subject, message) => (subject, message),
            Reply::Told(page) => panic!("{page:?}"),
        }
    }

    #[test]
    fn an_answer_of_another_shape_tells_nothing() {
        let deep = "[".repeat(100_000);
        for body in ["", "{}", "null", "7", "\"~1\"", "[{}", "<html>", "[] []", &deep] {
            for status in [200, 404, 500] {
                assert_eq!(refused(status, body).0, Subject::Other, "{body:.20}");
            }
        }
        let said = "answered HTTP 200 without the case's alerts: \"<html>\"";
        assert_eq!(refused(200, "\n<html>\n").1, said);
    }

    #[test]
    fn a_missing_case_is_told_apart_from_a_missing_path() {
        let not_there = r#"{"type": "NotFoundError", "message": "Case not found"}"#;
        assert_eq!(refused(404, not_there), (Subject::Entity, "answered HTTP 404: Case not found".into()));
        for (body, said) in [
            (r#"{"type": "NotFound", "message": "/api/v1/query."}"#, "/api/v1/query"),
            (r#"[{"type": "NotFoundError"}]"#, r#""[{"type": "NotFoundError"}]""#),
            (r#"{"message": ["NotFoundError"]}"#, r#""{"message": ["NotFoundError"]}""#),
            ("", "an empty body"),
        ] {
            assert_eq!(refused(404, body), (Subject::Other, format!("answered HTTP 404: {said}")), "{body}");
        }
    }

    #[test]
    fn a_refusal_is_quoted_without_the_key() {
        let said = "{\"type\": \"AuthenticationError\", \"message\": \"Bearer the-key-of-thehive\\nis none.\"}";
        for (status, body, message) in [
            (401, said, "answered HTTP 401: Bearer REMOVED is none"),
            (502, "the-key-of-thehive", "answered HTTP 502: \"REMOVED\""),
            (302, "", "answered HTTP 302 and points to another place, and the API key does not follow it"),
            (202, "[]", "answered HTTP 202: \"[]\""),
        ] {
            assert_eq!(refused(status, body).1, message);
        }
    }
}
