//! The command: reads the job, responds, delivers the report.

mod cli;
mod delivery;
mod interruption;
mod logging;
mod manual;
mod people;
mod sample;
mod terminal;

use std::io::{self, Write};
use std::path::Path;
use std::process;
use std::sync::Arc;

use anyhow::Result;
use clap::CommandFactory;
use cortex_falcon::Run;
use cortex_falcon::cortex::Source;
use cortex_falcon::environment::Environment;
use cortex_falcon::secret::Secrets;

use cli::{Arguments, Respond};
use delivery::{Delivery, ExitStatus, USAGE, fail};

fn main() -> ! {
    interruption::quiet_panics();
    let Arguments { command, respond: Respond { job, dry_run }, verbose } = cli::parse();
    let secrets = Secrets::default();
    logging::start(verbose, secrets.clone());
    let status = match (command, Source::find(job.as_deref())) {
        (Some(command), _) => people::command(command, &secrets),
        (None, None) => Ok(usage()),
        (None, Some(source)) if dry_run => people::rehearse(&source, secrets),
        (None, Some(source)) => respond(&source, secrets),
    };
    // At once: the report is out, and nothing that is still under way (a name that does not resolve) may hold it up.
    process::exit(status.unwrap_or_else(|error| fail(&error)))
}

/// Answers one job. The report's file is opened before the job is read, because a job whose report cannot be written must
/// not begin. Signals are watched even before that, because whoever stops the responder must remove the opened file.
fn respond(source: &Source, secrets: Secrets) -> Result<ExitStatus> {
    let job_directory = source.job_directory();
    let delivery = Arc::new(Delivery::new());
    let run = Arc::new(Run::with_secrets(Environment::of_this_process(job_directory.map(Path::to_owned)), secrets));
    let watched = interruption::watch(&run, &delivery);
    if let Some(job_directory) = job_directory {
        delivery.open(job_directory)?;
    }
    let report = run.respond(|| watched.and_then(|()| source.read()));
    Ok(delivery.deliver(&report).unwrap_or_else(wait_for_exit))
}

/// A signal's report went out before ours, and its thread is about to end the process.
fn wait_for_exit() -> ExitStatus {
    loop {
        std::thread::park();
    }
}

fn usage() -> ExitStatus {
    let _ = write!(io::stderr(), "There is no job to read.\n\n{}", Arguments::command().render_help());
    USAGE
}
