//! Writing the report where Cortex picks it up: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result};
use rustix::fs::{FallocateFlags, fallocate};

use super::Report;
use super::report::MAX_LENGTH;

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

    /// Writes the report and renames it to its place.
    ///
    /// # Errors
    /// Says what failed; then there is no `output.json`.
    pub fn write(self, report: &Report) -> Result<()> {
        let ReportFile { file, partial, whole } = self;
        let written = fill(file, report).and_then(|()| fs::rename(&partial, &whole));
        if written.is_err() {
            // Nothing more can be done about a partial report that cannot even be removed.
            let _ = fs::remove_file(&partial);
        }
        written.with_context(|| cannot_write(&whole))
    }
}

/// Not flushed to the disk: Cortex's job folder is temporary, and a power loss loses the job with it.
fn fill(mut file: File, report: &Report) -> io::Result<()> {
    let report = report.as_json().to_string();
    file.write_all(report.as_bytes())?;
    file.set_len(report.len() as u64)?;
    // NFS, where Kubernetes keeps its job folders, reports a full disk here and not before.
    Ok(nix::unistd::close(file)?)
}

/// Reserves space for the longest report: by the file system, or by writing if it cannot do that.
fn reserve(file: &mut File) -> io::Result<()> {
    if fallocate(&*file, FallocateFlags::empty(), 0, MAX_LENGTH as u64).is_ok() {
        return Ok(());
    }
    file.write_all(&vec![b' '; MAX_LENGTH])?;
    file.rewind()
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
