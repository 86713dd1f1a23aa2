//! The one delivery of a report, whoever has it first: the run that ended, or the signal that ended it.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use cortex_falcon::cortex::{Report, ReportFile};

use crate::terminal;

/// A status to exit with.
pub(crate) type Status = i32;
/// With a job directory: the report is written. At a shell: it tells of success.
pub(crate) const SUCCESS: Status = 0;
/// With a job directory: there is no report. At a shell: it tells of failure.
pub(crate) const FAILURE: Status = 1;
/// The command line makes no sense.
pub(crate) const USAGE: Status = 2;

/// Where a report goes: to standard output, and with a job directory to its file.
pub(crate) struct Delivery(Mutex<Option<Destination>>);

struct Destination(Option<ReportFile>);

impl Delivery {
    /// A delivery to this file too, where there is one.
    pub(crate) fn to(report_file: Option<ReportFile>) -> Delivery {
        Delivery(Mutex::new(Some(Destination(report_file))))
    }

    /// Delivers the report, and gives the status to exit with. `None` where another report went out before.
    pub(crate) fn deliver(&self, report: &Report) -> Option<Status> {
        let destination = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(destination.write(report).unwrap_or_else(|error| fail(&error)))
    }
}

impl Destination {
    /// Kubernetes runs a job again that exits with another status than 0, so with a job directory the status only tells
    /// whether there is a report; at a shell it tells of the job.
    fn write(self, report: &Report) -> Result<Status> {
        let json = report.to_json();
        let Some(report_file) = self.0 else {
            terminal::print(&json).context("cannot write the report to standard output")?;
            terminal::summarize(report);
            return Ok(if report.is_success() { SUCCESS } else { FAILURE });
        };
        let written = report_file.write(json.to_string().as_bytes());
        // Where the file could not be written, Cortex takes what stands on standard output; where it could, it makes no
        // difference whether anybody reads it.
        let _ = terminal::print(&json);
        terminal::summarize(report);
        written.map(|()| SUCCESS)
    }
}

/// Tells why there is no report.
pub(crate) fn fail(error: &anyhow::Error) -> Status {
    let _ = writeln!(io::stderr(), "cortex-falcon: {error:#}");
    FAILURE
}
