//! Big jobs: cases with ever more alerts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::clients::Clients;
use super::cost::Cost;
use super::spread::{Spread, megabytes, milliseconds};
use super::stand_in::strict::{ALERTS, TOKEN};
use super::stand_in::{Authority, StandIn};
use super::{jobs, table};

/// How many alerts, and how many runs.
const SIZES: [(usize, usize); 5] = [(1, 15), (10, 15), (100, 15), (1_000, 15), (5_000, 5)];

/// The longest report that is a good one, in bytes.
const LONGEST_REPORT: usize = 1_000_000;

/// Measures all and prints the table.
pub fn print(clients: &Clients) {
    let rows: Vec<Vec<String>> = SIZES.iter().map(|(alerts, runs)| row(clients.responder, *alerts, *runs)).collect();
    table::print(
        "Big jobs: a case with so many alerts, over TLS, median (middle half) of 15 runs (of 5 with 5,000 alerts)",
        &[
            "alerts",
            "wall",
            "CPU",
            "memory",
            "token",
            "updates",
            "report, all done",
            "report, all refused",
            "below 1 MB",
        ],
        &rows,
    );
}

fn row(responder: &Path, alerts: usize, runs: usize) -> Vec<String> {
    let authority = Authority::new();
    let ids: Vec<String> = (0..alerts).map(jobs::alert).collect();
    let falcon = StandIn::with_tls(&authority);
    let job = jobs::write(authority.directory(), "job.json", &jobs::job_of_alerts(&falcon.url(), &ids));
    let done = report(responder, &job, &authority);
    let requests = [TOKEN, ALERTS].map(|path| falcon.hits(path).to_string());
    let costs: Vec<Cost> = (0..runs).map(|_| Cost::of(responder, &job, &authority.file())).collect();
    let refused = report(responder, &refused_job(&authority, &ids), &authority);
    let [wall, cpu, memory] = spreads(&costs);
    let is_short = if done.max(refused) < LONGEST_REPORT { "yes" } else { "no" };
    let figures = [wall.text("ms"), cpu.text("ms"), memory.text("MB")];
    let reports = [format!("{done} bytes"), format!("{refused} bytes"), is_short.to_owned()];
    [vec![alerts.to_string()], figures.to_vec(), requests.to_vec(), reports.to_vec()].concat()
}

/// The same job against a tenant that refuses all of it.
fn refused_job(authority: &Authority, ids: &[String]) -> PathBuf {
    let falcon = StandIn::with_tls(authority).without_scope("Alerts: write");
    jobs::write(authority.directory(), "refused.json", &jobs::job_of_alerts(&falcon.url(), ids))
}

/// The length of a job's report, in bytes.
fn report(responder: &Path, job: &Path, authority: &Authority) -> usize {
    let mut command = Command::new(responder);
    command.env_clear().env("REQUESTS_CA_BUNDLE", authority.file()).arg(job).stdin(Stdio::null());
    command.output().expect("the responder can be started").stdout.len()
}

fn spreads(costs: &[Cost]) -> [Spread; 3] {
    let read: [fn(&Cost) -> f64; 3] =
        [|cost| milliseconds(cost.wall), |cost| milliseconds(cost.cpu), |cost| megabytes(cost.memory)];
    read.map(|read| Spread::of(costs.iter().map(read)))
}
