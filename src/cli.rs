//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Parser};

/// Makes CrowdStrike Falcon follow the stage of a TheHive alert or case: a Cortex responder.
///
/// Reads one job, updates what it is linked to in Falcon, and writes a report: to standard output, and with a job
/// directory also to its output/output.json.
#[derive(Debug, Parser)]
#[command(name = "cortex-falcon", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// A job directory of Cortex, a job file, or - for standard input
    ///
    /// Without it: the job in /job, where Cortex's Docker runner puts it, else standard input.
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<PathBuf>,

    /// Tell on standard error what happens; twice: in detail
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}
