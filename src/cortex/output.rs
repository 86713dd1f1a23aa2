//! Writing the report where Cortex picks it up: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

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
    /// Names the file that cannot be written.
    pub fn create(job_directory: &Path) -> Result<ReportFile> {
        let whole = job_directory.join("output").join("output.json");
        let partial = whole.with_file_name(".output.json.partial");
        let file = File::create(&partial).with_context(|| cannot_write(&partial))?;
        match fs::remove_file(&whole) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                // What was opened for a report that will not be written is not left behind.
                let _ = fs::remove_file(&partial);
                Err(error).with_context(|| cannot_write(&whole))
            }
            _ => Ok(ReportFile { file, partial, whole }),
        }
    }

    /// Writes the report and puts it in its place.
    ///
    /// # Errors
    /// Says what failed; then there is no `output.json`.
    pub fn write(mut self, report: &[u8]) -> Result<()> {
        let written = self
            .file
            .write_all(report)
            // A full disk behind NFS, where Kubernetes keeps its job folders, is not told before this.
            .and_then(|()| self.file.sync_all())
            .and_then(|()| fs::rename(&self.partial, &self.whole));
        if written.is_err() {
            // Nothing more can be done about a partial report that cannot even be removed.
            let _ = fs::remove_file(&self.partial);
        }
        written.with_context(|| cannot_write(&self.whole))
    }
}

fn cannot_write(path: &Path) -> String {
    format!(
        "cannot write the report to {}; check that the directory exists, that it is writable, and that the disk is not full",
        path.display()
    )
}
