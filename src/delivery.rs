//! The one delivery of a report, whoever has it first: the run that ended, or the signal that ended it.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use cortex_falcon::cortex::{Report, ReportFile};

use crate::terminal;

/// A status to exit with.
pub(crate) type ExitStatus = i32;
/// With a job directory: the report is written. At a shell: it tells of success.
pub(crate) const SUCCESS: ExitStatus = 0;
/// With a job directory: there is no report. At a shell: it tells of failure.
pub(crate) const FAILURE: ExitStatus = 1;
/// The command line makes no sense.
pub(crate) const USAGE: ExitStatus = 2;

/// The time that whoever stops the responder waits for a reader of standard output, who may have gone.
const GRACE: Duration = Duration::from_secs(1);

/// Where a report goes: to standard output, and with a job directory to its file.
pub(crate) struct Delivery {
    progress: Mutex<Progress>,
    written: Condvar,
}

/// The file of a report, where it is to go to one.
struct Destination(Option<ReportFile>);

enum Progress {
    /// Nobody has a report yet.
    Waiting(Destination),
    /// A report is being written to its file.
    Writing,
    /// The file is done with; all that is left is standard output. The status is that of a process that does not wait for it.
    Written(ExitStatus),
}

impl Delivery {
    /// A delivery to standard output.
    pub(crate) fn new() -> Delivery {
        Delivery { progress: Mutex::new(Progress::Waiting(Destination(None))), written: Condvar::new() }
    }

    /// Opens the file that the report is to go to, too. Whoever stops the responder meanwhile waits until it is open, so that
    /// it can be cleaned up.
    pub(crate) fn open(&self, job_directory: &Path) -> Result<()> {
        let mut progress = self.progress();
        if !matches!(*progress, Progress::Waiting(_)) {
            // The responder was stopped before this, and is about to exit: an earlier report stays where it is.
            return Ok(());
        }
        *progress = Progress::Waiting(Destination(Some(ReportFile::create(job_directory)?)));
        Ok(())
    }

    /// Delivers the report of a run that ended, and gives the status to exit with. `None` where another report went out.
    ///
    /// Kubernetes runs a job again that exits with another status than 0, so with a job directory the status only tells
    /// whether there is a report; at a shell it tells of the job.
    pub(crate) fn deliver(&self, report: &Report) -> Option<ExitStatus> {
        let of_file = self.write(self.take()?, report);
        let of_stdout = print(report);
        // Where the file could not be written, Cortex takes what stands on standard output; where it could, it makes no
        // difference whether anybody reads it.
        Some(of_file.unwrap_or_else(|| of_stdout.unwrap_or_else(|error| fail(&error))))
    }

    /// Delivers the report of a run that was stopped, without waiting for ever for a reader of standard output.
    pub(crate) fn deliver_stopped(&self, report: Report) -> ExitStatus {
        let Some(destination) = self.take() else { return self.wait_for_the_other() };
        let of_file = self.write(destination, &report);
        let (done, wait) = mpsc::channel();
        let printer = thread::Builder::new().spawn(move || done.send(print(&report)));
        let of_stdout = printer.ok().and_then(|_| wait.recv_timeout(GRACE).ok());
        of_file.or_else(|| of_stdout?.ok()).unwrap_or(FAILURE)
    }

    /// The run ended first, and delivers its own report. Waits until its file is written, then a moment for standard output:
    /// where somebody reads that, the main thread ends the process earlier.
    fn wait_for_the_other(&self) -> ExitStatus {
        let is_writing = |progress: &mut Progress| matches!(progress, Progress::Writing);
        let written = self.written.wait_while(self.progress(), is_writing);
        let progress = written.unwrap_or_else(PoisonError::into_inner);
        let status = if let Progress::Written(status) = *progress { status } else { FAILURE };
        drop(progress);
        thread::sleep(GRACE);
        status
    }

    /// Where to write to, for the first who asks.
    fn take(&self) -> Option<Destination> {
        let mut progress = self.progress();
        match std::mem::replace(&mut *progress, Progress::Writing) {
            Progress::Waiting(destination) => Some(destination),
            other => {
                *progress = other;
                None
            }
        }
    }

    /// Writes the report to the file, where there is one, and gives the status that this comes to.
    fn write(&self, Destination(file): Destination, report: &Report) -> Option<ExitStatus> {
        let written = file.map(|file| file.write(report));
        let status = written.map(|written| written.map_or_else(|error| fail(&error), |()| SUCCESS));
        *self.progress() = Progress::Written(status.unwrap_or(FAILURE));
        self.written.notify_all();
        status
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the report to standard output, and a line for a person at a terminal.
fn print(report: &Report) -> Result<ExitStatus> {
    terminal::print(report.as_json()).context("cannot write the report to standard output")?;
    terminal::summarize(report);
    Ok(if report.is_success() { SUCCESS } else { FAILURE })
}

/// Tells why there is no report.
pub(crate) fn fail(error: &anyhow::Error) -> ExitStatus {
    let _ = writeln!(io::stderr(), "cortex-falcon: {error:#}");
    FAILURE
}
