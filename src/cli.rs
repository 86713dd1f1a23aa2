//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use cortex_falcon::VERSION;
use cortex_falcon::thehive::Kind;

const USAGE: &str = "cortex-falcon [OPTIONS] [JOB]\n       cortex-falcon [OPTIONS] <COMMAND>";

/// What people run, and what for.
pub(crate) const EXAMPLES: [(&str, &str); 5] = [
    ("cortex-falcon init case > job.json", "a job to start from"),
    ("cortex-falcon --dry-run job.json", "what it would ask of Falcon"),
    ("cortex-falcon check job.json", "whether that would work"),
    ("cortex-falcon job.json", "do it, and write the report to standard output"),
    ("cortex-falcon /path/to/job", "as Cortex does: with input/input.json and output/output.json"),
];

/// What each exit status says.
pub(crate) const EXIT_STATUS: [(&str, &str); 3] = [
    ("0", "success; with a job directory as soon as there is a report, whatever it says"),
    ("1", "failure; with a job directory where no report could be written"),
    ("2", "a wrong command line"),
];

/// What stands below the options in the help.
fn after_help() -> String {
    let rows = |rows: &[(&str, &str)], width: usize| {
        let lines: Vec<String> = rows.iter().map(|(name, meaning)| format!("  {name:width$}{meaning}")).collect();
        lines.join("\n")
    };
    format!(
        "Examples:\n{}\n\n\
         Credentials come from the job's config; where it has none, from FALCON_CLIENT_ID, FALCON_CLIENT_SECRET,\n\
         FALCON_CLOUD (or FALCON_BASE_URL) and FALCON_MEMBER_CID.\n\n\
         Exit status:\n{}",
        rows(&EXAMPLES, 40),
        rows(&EXIT_STATUS, 3)
    )
}

/// Makes CrowdStrike Falcon follow the stage of a TheHive alert or case: a Cortex responder.
///
/// Reads one job, updates what it is linked to in Falcon, and writes a report: to standard output, and with a job
/// directory also to its output/output.json.
#[derive(Debug, Parser)]
#[command(name = "cortex-falcon", version = VERSION, after_help = after_help())]
#[command(subcommand_value_name = "COMMAND", override_usage = USAGE)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) respond: Respond,

    /// Tell on standard error what happens; twice: in detail
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Reads the command line; ends the process where it makes no sense.
pub(crate) fn parse() -> Arguments {
    as_cortex_calls(std::env::args_os().skip(1)).unwrap_or_else(as_people_call)
}

/// Cortex gives nothing, or one path from the root on. No option and no command begins with a slash, so that takes no parser.
fn as_cortex_calls(mut arguments: impl Iterator<Item = OsString>) -> Option<Arguments> {
    let job = arguments.next().map(PathBuf::from);
    let is_cortexs = arguments.next().is_none() && job.as_ref().is_none_or(|job| job.is_absolute());
    is_cortexs.then_some(Arguments { command: None, respond: Respond { job, dry_run: false }, verbose: 0 })
}

/// clap could refuse a job beside a command by itself, but would then refuse `-v` before a command, too.
fn as_people_call() -> Arguments {
    let arguments = Arguments::parse();
    if arguments.command.is_some() && (arguments.respond.job.is_some() || arguments.respond.dry_run) {
        let conflict = "a job and --dry-run stand alone; a command takes its own job, behind its name";
        Arguments::command().error(ErrorKind::ArgumentConflict, conflict).exit();
    }
    arguments
}

/// What Cortex runs.
#[derive(Debug, Args)]
pub(crate) struct Respond {
    /// A job directory of Cortex, a job file, or - for standard input
    ///
    /// Without it: the job in /job, where Cortex's Docker runner puts it, else standard input. A job that is called like
    /// one of the commands needs its path: ./check
    #[arg(value_name = "JOB", value_hint = ValueHint::AnyPath)]
    pub(crate) job: Option<PathBuf>,

    /// Show what would be asked of Falcon, and the report that success would give; send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What people run.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say whether a job would work, or what must be done first: credentials, cloud, scopes, network
    ///
    /// Changes nothing in Falcon: reads at most one item of each kind, and asks for changes of an id that does not exist.
    Check {
        /// A job directory, a job file, a file with configuration items alone, or - for standard input; without it, the
        /// environment is checked
        #[arg(value_name = "JOB", value_hint = ValueHint::AnyPath)]
        job: Option<PathBuf>,
        /// Write the findings as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a sample job to start from to standard output
    Init {
        /// What the job is about: an alert or a case to sync, or an observable to search for
        #[arg(value_enum, default_value = "case")]
        kind: KindName,
        /// The version of TheHive that the job is to come from; an observable's looks the same in each
        #[arg(long, value_parser = PossibleValuesParser::new(["3", "4", "5"]).try_map(|text| text.parse::<u8>()), default_value_t = 5)]
        thehive: u8,
    },
    /// Write completions for a shell to standard output
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual page to standard output
    Man,
}

/// `alert`, `case` or `observable`, on the command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KindName(pub(crate) Kind);

impl ValueEnum for KindName {
    fn value_variants<'all>() -> &'all [KindName] {
        &[KindName(Kind::Alert), KindName(Kind::Case), KindName(Kind::Observable)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cortex_gives_is_read_as_clap_would() {
        for (given, is_cortexs) in [
            (&[][..], true),
            (&["/job"], true),
            (&["/tmp/cortex-job-1/--verbose"], true),
            (&["job.json"], false),
            (&["-"], false),
            (&["--dry-run"], false),
            (&["check"], false),
            (&["/job", "-v"], false),
        ] {
            let read = as_cortex_calls(given.iter().map(OsString::from)).map(|read| format!("{read:?}"));
            let clap = format!("{:?}", Arguments::parse_from(["cortex-falcon"].iter().chain(given)));
            assert_eq!(read, is_cortexs.then_some(clap), "{given:?}");
        }
    }
}
