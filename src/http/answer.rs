//! A whole answer, whoever gave it, within bounds.

use std::io::Read;
use std::time::SystemTime;

use reqwest::blocking::Response;
use reqwest::header::{DATE, HeaderMap, LOCATION};

use super::memory::Memory;
use super::page;
use super::retry::Budget;
use super::trouble::{Cause, Problem};
use crate::secret::Secrets;

/// An answer as it came: nothing of it is fit to be shown yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// What it takes of the memory for all of them.
    pub memory: Memory,
}

impl Answer {
    /// Reads an answer to its end, as far as the bounds in length and time allow.
    ///
    /// # Errors
    /// Returns as much as came, and why no more did.
    pub(super) fn read(
        mut response: Response,
        longest: usize,
        budget: &Budget,
    ) -> Result<Answer, (Box<Answer>, Cause)> {
        let mut answer = Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            ..Answer::default()
        };
        match answer.read_body(&mut response, longest, budget) {
            Ok(()) => Ok(answer),
            Err(cause) => Err((Box::new(answer), cause)),
        }
    }

    /// Piece by piece: a body that drips for ever never runs into the time limit of a single read.
    fn read_body(&mut self, response: &mut Response, longest: usize, budget: &Budget) -> Result<(), Cause> {
        let mut chunk = [0; 16_384];
        loop {
            let length = response.read(&mut chunk).map_err(|error| Cause::of(&error))?;
            if length == 0 {
                let is_made = self.memory.make_room_to_parse(&self.body, budget.left());
                return if is_made { Ok(()) } else { Err(no_room()) };
            }
            if !self.memory.make_room_for(self.body.len() + length, budget.left()) {
                return Err(no_room());
            }
            self.body.extend_from_slice(&chunk[..length]);
            if self.body.len() > longest {
                return Err(Cause::here(Problem::TooLong, format!("more than {} kB", longest / 1_000)));
            }
            if budget.left().is_zero() {
                return Err(Cause::here(Problem::Timeout, "the answer did not end within the job's time".into()));
            }
        }
    }

    /// Gives back its share of the memory, so that other answers need not wait for the end of this one.
    pub(crate) fn release_memory(&mut self) {
        self.memory = Memory::default();
    }

    /// A header's text, where it has one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let text = self.headers.get(name)?.to_str().ok()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// `Date`: what time it was there.
    #[must_use]
    pub(crate) fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header(DATE.as_str())?).ok()
    }

    /// `Location`: where the answer points.
    #[must_use]
    pub(crate) fn location(&self) -> Option<&str> {
        self.header(LOCATION.as_str())
    }

    /// Whether the answer points elsewhere.
    #[must_use]
    pub(crate) fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    /// Whether the body is empty.
    #[must_use]
    pub(crate) fn says_nothing(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// Whether the status is one of success: 200 and 201. Accepted for later (202) or given in part (206) is not done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self.status, 200 | 201)
    }

    /// Returns what a message quotes of the body, without secrets: a page's title or first text, or else the first line.
    #[must_use]
    pub(crate) fn excerpt(&self, secrets: &Secrets) -> Option<String> {
        page::excerpt(&self.body, secrets)
    }
}

fn no_room() -> Cause {
    Cause::here(Problem::Timeout, "other answers took up all the memory until the end of the job's time".into())
}
