//! The log of a server, for a person who watches it.

use std::fmt::{Display, Formatter};
use std::time::SystemTime;

use super::StandIn;
use super::answers::Answer;
use super::clock::written;
use super::fault::Fault;
use super::request::Request;

/// A request, and the status of its response.
#[derive(Debug, Clone)]
pub struct LogEntry {
    time: SystemTime,
    method: String,
    path: String,
    /// `None` if no response came.
    status: Option<u16>,
}

impl LogEntry {
    pub fn of(request: &Request, answer: &Result<Answer, Fault>) -> LogEntry {
        let status = match answer {
            Ok(answer) => Some(answer.status),
            Err(fault) => fault.status(),
        };
        LogEntry { time: SystemTime::now(), method: request.method.clone(), path: request.path.clone(), status }
    }
}

/// `08:41:17.602Z  200  PATCH /alerts/entities/alerts/v3`; `---` if no response came.
impl Display for LogEntry {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let LogEntry { time, method, path, status } = self;
        let time = written(*time);
        let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
        write!(formatter, "{}  {status}  {method} {path}", &time["2026-05-20T".len()..])
    }
}

impl StandIn {
    /// Returns the log from this entry on.
    pub fn log(&self, from: usize) -> Vec<LogEntry> {
        self.state().log[from..].to_vec()
    }
}
