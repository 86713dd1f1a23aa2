//! A whole answer, whoever gave it, within bounds.

use std::io::Read;
use std::time::SystemTime;

use reqwest::blocking::Response;
use reqwest::header::{HeaderMap, LOCATION};

use super::http::no_answer;
use super::outcome::{Problem, Reason};
use super::retry::{Budget, retry_after};
use crate::secret::Secrets;
use crate::text::printable;

/// The longest body that is read, in bytes after decompression. Falcon's longest are well below a megabyte.
const LONGEST_BODY: u64 = 16_000_000;

/// An answer with all that anybody here asks of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `X-Cs-Traceid`.
    pub trace_id: Option<String>,
    /// `X-Cs-Region`: on 308, the cloud that the API client belongs to.
    pub region: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// On 429, the moment from which Falcon takes calls again.
    pub retry_after: Option<SystemTime>,
    /// `Date`: what time it was there.
    pub date: Option<SystemTime>,
    /// `X-Ratelimit-Remaining` of `X-Ratelimit-Limit`, in calls a minute.
    pub rate_limit: Option<(u64, u64)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads an answer to its end, as far as the bounds in length and time allow.
    ///
    /// # Errors
    /// [`Reason::NoAnswer`], with what broke it off.
    pub fn read(mut response: Response, budget: &Budget) -> Result<Answer, Reason> {
        let headers = response.headers();
        let mut answer = Answer {
            status: response.status().as_u16(),
            trace_id: header(headers, "x-cs-traceid"),
            region: header(headers, "x-cs-region").or_else(|| header(headers, "x_cs_region")),
            location: header(headers, LOCATION.as_str()),
            retry_after: retry_after(headers, SystemTime::now()),
            date: header(headers, "date").and_then(|date| httpdate::parse_http_date(&date).ok()),
            rate_limit: number(headers, "x-ratelimit-remaining").zip(number(headers, "x-ratelimit-limit")),
            body: Vec::new(),
        };
        answer.read_body(&mut response, budget)?;
        Ok(answer)
    }

    /// Piece by piece: a body that drips for ever never runs into the time limit of a single read.
    fn read_body(&mut self, response: &mut Response, budget: &Budget) -> Result<(), Reason> {
        let mut chunk = [0; 16_384];
        loop {
            let length = response.read(&mut chunk).map_err(|error| {
                let (problem, detail) = no_answer(&error);
                self.broken(problem, &detail)
            })?;
            if length == 0 {
                return Ok(());
            }
            self.body.extend_from_slice(&chunk[..length]);
            if self.body.len() as u64 > LONGEST_BODY {
                return Err(self.broken(Problem::TooLong, &format!("more than {} MB", LONGEST_BODY / 1_000_000)));
            }
            if budget.left().is_zero() {
                return Err(self.broken(Problem::Timeout, "the answer did not end within the job's time"));
            }
        }
    }

    fn broken(&self, problem: Problem, detail: &str) -> Reason {
        let began = if self.says_nothing() { String::new() } else { format!("; it began {}", first_line(&self.body)) };
        Reason::NoAnswer { problem, detail: format!("{detail} (HTTP {}{began})", self.status) }
    }

    /// The answer without any of these secrets. To be called before anything is shown: what is cut first can no longer
    /// be recognised.
    #[must_use]
    pub(super) fn scrubbed(mut self, secrets: &Secrets) -> Answer {
        let clean = |text: Option<String>| text.map(|text| shown(&secrets.scrub(&text)));
        self.trace_id = clean(self.trace_id);
        self.region = clean(self.region);
        self.location = self.location.map(|location| secrets.scrub(&location));
        self.body = secrets.scrub_bytes(self.body);
        self
    }

    /// Whether the body is empty.
    #[must_use]
    pub fn says_nothing(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// Whether the status is one of success. Falcon's are 200 and 201; accepted for later (202) or given in part (206) is
    /// not done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self.status, 200 | 201)
    }

    /// Where the answer points, where it points elsewhere.
    #[must_use]
    pub fn redirect(&self) -> Option<Reason> {
        let points_elsewhere = (300..400).contains(&self.status);
        points_elsewhere.then(|| {
            let to = self.region.as_deref().map(|region| format!("the cloud {}", shown(region)));
            let to = to.or_else(|| {
                Some(super::cloud::host_and_port(&super::cloud::parse_ascii(
                    &self.location.as_deref()?.to_ascii_lowercase(),
                )?))
            });
            Reason::Redirected { status: self.status, to: to.unwrap_or_else(|| "an unnamed place".into()) }
        })
    }

    /// The reason that this answer is none of Falcon's.
    #[must_use]
    pub fn unreadable(&self, problem: &str) -> Reason {
        Reason::Unreadable { status: self.status, problem: format!("{problem}; {}", first_line(&self.body)) }
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    header(headers, name)?.parse().ok()
}

/// The first line of a body with anything in it, in quotes, as it may stand in a message.
#[must_use]
pub fn first_line(body: &[u8]) -> String {
    /// As much as can hold a line worth showing.
    const START: usize = 4_096;
    let text = String::from_utf8_lossy(&body[..body.len().min(START)]);
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!("\"{}\"", shown(line)),
        None => "an empty body".to_owned(),
    }
}

/// Text of an answer as it may stand in a message.
#[must_use]
pub fn shown(text: &str) -> String {
    printable(text, 300)
}
