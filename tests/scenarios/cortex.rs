//! Cortex's runners: where a job comes from, where its report goes, and the exit status.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{ALERT, Falcon, Responder, StandIn, job, job_directory as directories};

/// A job directory as Cortex lays it out for its process runner.
fn job_directory(input: &str) -> TempDir {
    let directory = directories::job_directory(input);
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
    directory
}

fn output(directory: &Path) -> Value {
    directories::output(directory).expect("a report")
}

/// The names of all that is in the output of a job directory.
fn left_in(directory: &Path) -> Vec<OsString> {
    fs::read_dir(directory.join("output")).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

fn alert_job(falcon: &Falcon) -> String {
    job("thehive5-alert").with("/config/base_url", falcon.url()).0.to_string()
}

#[test]
fn a_job_directory_gets_its_report_and_so_does_stdout() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let directory = job_directory(&alert_job(&falcon));
    let ran = Responder::new().argument(directory.path()).run();
    assert_eq!(output(directory.path()), ran.success());
    assert_eq!(left_in(directory.path()), ["output.json"], "nothing else stays behind");
}

#[test]
fn a_failure_in_a_job_directory_exits_0_because_kubernetes_would_run_it_again() {
    let directory = job_directory("no job");
    let ran = Responder::new().argument(directory.path()).run();
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(output(directory.path())["success"], false);
    assert_eq!(ran.report(), output(directory.path()));
}

#[test]
fn kubernetes_lets_only_the_output_directory_be_written() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let directory = job_directory(&alert_job(&falcon));
    for read_only in ["input", ""] {
        fs::set_permissions(directory.path().join(read_only), fs::Permissions::from_mode(0o500)).unwrap();
    }
    assert_eq!(Responder::new().argument(directory.path()).run().success(), output(directory.path()));
}

#[test]
fn an_argument_may_be_a_file_or_a_dash() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let directory = job_directory(&alert_job(&falcon));
    Responder::new().argument(directory.path().join("input/input.json")).run().success();
    assert!(!directory.path().join("output/output.json").exists(), "a file's report goes to stdout only");
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    Responder::new().argument("-").stdin(alert_job(&falcon)).run().success();
}

#[test]
fn a_missing_job_is_told_by_name() {
    Responder::new()
        .argument("/nowhere/job.json")
        .run()
        .fails_with(&["annot read the job from /nowhere/job.json", "No such file"]);
    let directory = job_directory("");
    fs::remove_file(directory.path().join("input/input.json")).unwrap();
    Responder::new().argument(directory.path()).run();
    assert!(output(directory.path())["errorMessage"].as_str().unwrap().contains("input/input.json"));
}

/// What a container finds whose job folder was not mounted: Docker gives it no standard input.
#[test]
fn without_a_job_folder_the_report_names_where_it_looked_and_the_settings_behind_it() {
    for input in ["", " \n"] {
        Responder::new().stdin(input).run().fails_with(&[
            "There is no job: /job/input/input.json does not exist",
            "standard input is empty",
            "job.directory",
            "job.dockerDirectory",
        ]);
    }
    Responder::new().run().fails_with(&["There is no job: /job/input/input.json does not exist"]);
}

#[test]
fn a_second_run_replaces_the_report_of_the_first() {
    let directory = job_directory("no job");
    Responder::new().argument(directory.path()).run();
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    fs::write(directory.path().join("input/input.json"), alert_job(&falcon)).unwrap();
    Responder::new().argument(directory.path()).run();
    assert_eq!(output(directory.path())["success"], true);
}

#[test]
fn two_runs_in_one_job_directory_leave_one_whole_report() {
    let falcon = StandIn::in_the_clear();
    let input = job("thehive5-case").with("/config/base_url", falcon.url()).0.to_string();
    for _ in 0..20 {
        let directory = job_directory(&input);
        let pair = [(); 2].map(|()| Responder::new().argument(directory.path()).start());
        for running in pair {
            assert_eq!(running.wait().success()["success"], true);
        }
        assert_eq!(output(directory.path())["success"], true);
        assert_eq!(left_in(directory.path()), ["output.json"]);
    }
}

#[test]
fn what_others_have_laid_in_the_output_directory_is_never_written_to() {
    let falcon = StandIn::in_the_clear();
    let input = job("thehive5-alert").with("/config/base_url", falcon.url()).0.to_string();
    let others = tempfile::NamedTempFile::new().unwrap();
    let link = |place: &Path| symlink(others.path(), place).unwrap();
    let pipe = |place: &Path| assert!(Command::new("mkfifo").arg(place).status().unwrap().success());
    let lay: [&dyn Fn(&Path); 3] =
        [&|output| link(&output.join("output.json")), &|output| pipe(&output.join("output.json")), &|output| {
            link(&output.join(".output.json.partial"));
        }];
    for lay in lay {
        let directory = job_directory(&input);
        lay(&directory.path().join("output"));
        let report = Responder::new().argument(directory.path()).run().success();
        assert!(fs::symlink_metadata(directory.path().join("output/output.json")).unwrap().is_file());
        assert_eq!(output(directory.path()), report);
    }
    assert_eq!(fs::read(others.path()).unwrap(), b"", "the other file is as it was");
}

#[test]
fn where_the_report_cannot_be_written_nothing_is_sent_and_the_exit_status_tells() {
    let falcon = Falcon::silent();
    let directory = job_directory(&alert_job(&falcon));
    fs::remove_dir(directory.path().join("output")).unwrap();
    let ran = Responder::new().argument(directory.path()).run();
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("cannot write the report to") && ran.stderr.contains("output"), "{ran:?}");
    fs::write(directory.path().join("output"), "a file where a directory belongs").unwrap();
    assert_eq!(Responder::new().argument(directory.path()).run().status, Some(1));
}

#[test]
fn a_report_that_nobody_reads_from_stdout_is_still_in_its_file() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let directory = job_directory(&alert_job(&falcon));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(Responder::new().argument(directory.path()).stdout(full).run().status, Some(0));
    assert_eq!(output(directory.path())["success"], true);
}

#[test]
fn help_and_version_are_there() {
    let help = Responder::new().argument("--help").run();
    assert_eq!(help.status, Some(0));
    assert!(help.stdout.contains("Usage: cortex-falcon [OPTIONS] [JOB]"), "{help:?}");
    let version = Responder::new().argument("--version").run();
    assert!(version.stdout.starts_with(concat!("cortex-falcon ", env!("CARGO_PKG_VERSION"))), "{version:?}");
    assert_eq!(Responder::new().argument("--no-such-option").run().status, Some(2));
}

#[test]
fn at_a_terminal_with_nothing_to_read_the_usage_is_shown() {
    let shown = Responder::at_a_terminal("").run().stdout;
    assert!(shown.contains("There is no job to read") && shown.contains("Usage: cortex-falcon"), "{shown}");
}
