//! Writing the report where Cortex picks it up: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result};

use super::Report;

/// The room, in bytes, that is made sure of before anything is sent. A report without its echo of the job fits into it.
const RESERVED: usize = 64 * 1024;

/// The report of a job directory, opened before anything is sent: where the report could not be written, nothing is
/// to be done that it would have to tell.
///
/// It is written beside `output.json` and renamed, both inside `output/`: Kubernetes lets a job write nowhere else.
#[derive(Debug)]
pub struct ReportFile {
    file: File,
    partial: PathBuf,
    whole: PathBuf,
}

impl ReportFile {
    /// Opens the report of this job directory, and takes away one that an earlier run left there: if this run is
    /// killed, Cortex must not read the other's report as its own.
    ///
    /// # Errors
    /// Names the file that cannot be written. Then an earlier report is still there.
    pub fn create(job_directory: &Path) -> Result<ReportFile> {
        let whole = job_directory.join("output").join("output.json");
        // A name that no other run has: two may be at work in one job directory, and the rename decides.
        let partial = whole.with_file_name(format!(".output.json.{}-{:08x}.partial", process::id(), fastrand::u32(..)));
        let mut file = File::create_new(&partial).with_context(|| cannot_write(&partial))?;
        let ready = reserve(&mut file).and_then(|()| remove_if_there(&whole));
        if let Err(error) = ready {
            // What was opened for a report that will not be written is not left behind.
            let _ = fs::remove_file(&partial);
            return Err(error).with_context(|| cannot_write(&whole));
        }
        Ok(ReportFile { file, partial, whole })
    }

    /// Writes the report and puts it in its place; without its echo of the job, where there is no room for that.
    ///
    /// # Errors
    /// Says what failed; then there is no `output.json`.
    pub fn write(mut self, report: &Report) -> Result<()> {
        let whole = self.fill(report);
        let written = whole.or_else(|_| self.fill(&report.clone().without_echo()));
        let written = written.and_then(|()| fs::rename(&self.partial, &self.whole));
        if written.is_err() {
            // Nothing more can be done about a partial report that cannot even be removed.
            let _ = fs::remove_file(&self.partial);
        }
        written.with_context(|| cannot_write(&self.whole))
    }

    fn fill(&mut self, report: &Report) -> io::Result<()> {
        let report = report.as_json().to_string();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(report.as_bytes())?;
        self.file.set_len(report.len() as u64)?;
        // A full disk behind NFS, where Kubernetes keeps its job folders, is not told before this.
        self.file.sync_all()
    }
}

fn reserve(file: &mut File) -> io::Result<()> {
    file.write_all(&vec![b' '; RESERVED])
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn cannot_write(path: &Path) -> String {
    format!(
        "cannot write the report to {}; check that the directory exists, that it is writable, and that the disk is not full. Nothing was sent to Falcon unless the report stands on standard output",
        path.display()
    )
}
