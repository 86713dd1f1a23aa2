//! What people run at a shell, beside what Cortex runs.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;
use cortex_falcon::check::check;
use cortex_falcon::cortex::Source;
use cortex_falcon::environment::Environment;
use cortex_falcon::secret::Secrets;
use cortex_falcon::{Rehearsal, Run};
use serde_json::json;

use crate::cli::{Arguments, Command};
use crate::delivery::{ExitStatus, FAILURE, SUCCESS};
use crate::{manual, sample, terminal};

/// Runs one of the commands.
pub(crate) fn command(command: Command, secrets: &Secrets) -> Result<ExitStatus> {
    match command {
        Command::Check { job, json } => look(job.as_deref(), json, secrets),
        Command::Init { kind, thehive } => write(format!("{:#}\n", sample::job(kind.0, thehive)?).as_bytes()),
        Command::Completions { shell } => write(completions(shell).as_bytes()),
        Command::Man => write(manual::page()?.as_bytes()),
    }
}

/// `--dry-run`: the calls, and the report that success would give.
pub(crate) fn rehearse(source: &Source, secrets: Secrets) -> Result<ExitStatus> {
    match Run::with_secrets(environment(source), secrets).rehearse(|| source.read()) {
        Ok(Rehearsal { calls, report }) => {
            terminal::print(&json!({"calls": calls, "report": report.as_json()}))?;
            Ok(if report.is_success() { SUCCESS } else { FAILURE })
        }
        Err(report) => {
            terminal::print(report.as_json())?;
            Ok(FAILURE)
        }
    }
}

fn look(job: Option<&Path>, as_json: bool, secrets: &Secrets) -> Result<ExitStatus> {
    // Without a job the environment is checked, so nothing waits for standard input that nobody named.
    let source = job.and_then(|job| Source::find(Some(job)));
    let environment = source.as_ref().map_or_else(|| Environment::of_this_process(None), environment);
    let findings = check(source.map(|source| source.read()), &environment, secrets);
    if as_json {
        let (works, verdict) = (findings.works(), findings.verdict());
        terminal::print(&json!({"works": works, "verdict": verdict, "findings": findings.lines}))?;
    } else {
        terminal::tell(&findings)?;
    }
    Ok(if findings.works() { SUCCESS } else { FAILURE })
}

/// What completes command lines in a shell. What is replaced mends the scripts of `clap_complete` 4.6.
fn completions(shell: Shell) -> String {
    let whole = Arguments::command();
    // A job stands where a command stands, and never beside one; the script for zsh would wait for the command behind it.
    let options = whole.get_arguments().filter(|argument| !argument.is_positional()).cloned();
    let mut command = clap::Command::new("cortex-falcon").version(env!("CARGO_PKG_VERSION")).args(options);
    command = command.subcommands(whole.get_subcommands().cloned());
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "cortex-falcon", &mut script);
    let script = String::from_utf8_lossy(&script);
    // In bash, a command goes by two names if the program's has a hyphen, and nothing behind it would be completed:
    // https://github.com/clap-rs/clap/issues/6421
    let script = script.replace("cortex__subcmd__falcon", "cortex__falcon");
    // In zsh, the job is a file.
    script.replace("\":: :_cortex-falcon_commands\"", "\":: :{_cortex-falcon_commands; _files}\"")
}

fn environment(source: &Source) -> Environment {
    Environment::of_this_process(source.job_directory().map(Path::to_owned))
}

fn write(bytes: &[u8]) -> Result<ExitStatus> {
    io::stdout().lock().write_all(bytes)?;
    Ok(SUCCESS)
}
