//! The command: reads the job, responds, writes the report.

mod cli;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser};
use cortex_falcon::Run;
use cortex_falcon::cortex::{Report, ReportFile, Source};
use cortex_falcon::environment::Environment;

use cli::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match Source::find(arguments.job.as_deref()) {
        Some(source) => run(&source).unwrap_or_else(|error| fail(&error)),
        None => usage(),
    }
}

fn run(source: &Source) -> Result<ExitCode> {
    let report_file = source.job_directory().map(ReportFile::create).transpose()?;
    let run = Run::new(Environment::of_this_process(source.job_directory().map(Path::to_owned)));
    let report = run.respond(source.read());
    write(&report, report_file)
}

/// Writes the report where it is read, and chooses the exit status: Kubernetes runs a job again that ends with another
/// than 0, so with a job directory it only tells that there is no report; at a shell it tells of the job.
fn write(report: &Report, report_file: Option<ReportFile>) -> Result<ExitCode> {
    let json = report.to_json();
    let Some(report_file) = report_file else {
        print(&json).context("cannot write the report to standard output")?;
        return Ok(if report.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    };
    report_file.write(json.to_string().as_bytes())?;
    // Cortex reads the file; whether anybody reads standard output makes no difference to the job.
    let _ = print(&json);
    Ok(ExitCode::SUCCESS)
}

fn print(json: &serde_json::Value) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let text = if stdout.is_terminal() { format!("{json:#}") } else { json.to_string() };
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

fn usage() -> ExitCode {
    let _ = write!(io::stderr(), "There is no job to read.\n\n{}", Arguments::command().render_help());
    ExitCode::from(2)
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "cortex-falcon: {error:#}");
    ExitCode::FAILURE
}
