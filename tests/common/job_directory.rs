//! A job directory, as Cortex lays it out for its runners.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::leaks::assert_leaks_nothing;
use super::responder::assert_accepted_by_cortex;

/// A directory with this job in it, and room for the report.
pub fn job_directory(input: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for folder in ["input", "output"] {
        fs::create_dir(directory.path().join(folder)).expect("a folder");
    }
    fs::write(directory.path().join("input/input.json"), input).expect("a file");
    directory
}

/// The report in a job directory, if there is one: whole, and one that Cortex accepts.
pub fn output(directory: &Path) -> Option<Value> {
    let bytes = fs::read(directory.join("output/output.json")).ok()?;
    let report = serde_json::from_slice(&bytes).expect("a report is whole or not there");
    assert_accepted_by_cortex(&report);
    Some(report)
}

/// Searches whatever a run has left in the output of a job directory, finished or not.
pub fn assert_output_leaks_nothing(directory: &Path) {
    let files = fs::read_dir(directory.join("output")).into_iter().flatten().flatten();
    for bytes in files.filter_map(|file| fs::read(file.path()).ok()) {
        assert_leaks_nothing(&String::from_utf8_lossy(&bytes));
    }
}
