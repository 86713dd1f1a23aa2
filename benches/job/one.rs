//! One job: a case with an alert and an incident, beside a bare client that sends the same.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::clients::Clients;
use super::cost::Cost;
use super::spread::{Spread, megabytes, milliseconds};
use super::stand_in::{Authority, StandIn};
use super::{jobs, relay, table};

const ROUND_TRIP: Duration = Duration::from_millis(50);

/// How often each client runs before it counts, and how often where it does: fewer of what takes longer.
const WARM_UP: usize = 10;
const RUNS: usize = 300;
const LONG_RUNS: usize = 40;

/// A figure of a run: its name, its unit, how it is read, and the most that it may be of the bare client's: on loopback, and
/// over a long way.
type Figure = (&'static str, &'static str, fn(&Cost) -> f64, [Option<f64>; 2]);

const FIGURES: [Figure; 3] = [
    ("wall", "ms", |cost| milliseconds(cost.wall), [Some(1.25), Some(1.02)]),
    ("CPU", "ms", |cost| milliseconds(cost.cpu), [Some(1.3), None]),
    ("memory", "MB", |cost| megabytes(cost.memory), [None, None]),
];

/// Measures all and prints the table.
pub fn print(clients: &Clients) {
    let mut rows = Vec::new();
    for with_http_2 in [true, false] {
        for round_trip in [Duration::ZERO, ROUND_TRIP] {
            rows.extend(Setting::new(with_http_2, round_trip).rows(clients));
        }
    }
    let heading = format!(
        "One job: an alert and an incident over TLS, {RUNS} runs of each ({LONG_RUNS} over a long way), median (middle half)"
    );
    table::print(&heading, &["protocol", "round trip", "", "responder", "bare client", "ratio", "goal"], &rows);
}

/// A tenant, and a job for it.
struct Setting {
    authority: Authority,
    falcon: StandIn,
    job: PathBuf,
    round_trip: Duration,
}

impl Setting {
    fn new(with_http_2: bool, round_trip: Duration) -> Setting {
        let authority = if with_http_2 { Authority::new() } else { Authority::new().without_http_2() };
        let falcon = StandIn::with_tls(&authority);
        let port = if round_trip.is_zero() { falcon.port() } else { relay::start(falcon.port(), round_trip) };
        let fields = json!({ jobs::ALERT_FIELD: jobs::alert(0), jobs::INCIDENT_FIELD: jobs::INCIDENT });
        let job = jobs::job(&format!("https://localhost:{port}"), fields);
        let job = jobs::write(authority.directory(), "job.json", &job);
        Setting { authority, falcon, job, round_trip }
    }

    fn rows(&self, clients: &Clients) -> Vec<Vec<String>> {
        let [responder, bare] = self.measure([clients.responder, &clients.bare]);
        // What was spoken, and not what was to be.
        let protocol = self.falcon.protocols().first().map(|version| format!("{version:?}")).unwrap_or_default();
        let place = [protocol, format!("{} ms", self.round_trip.as_millis())];
        let row = |figure: &Figure| [place.to_vec(), self.row(figure, &responder, &bare)].concat();
        FIGURES.iter().map(row).collect()
    }

    /// Both by turns, so that whatever else the machine does meets both; and each as often before the other as behind it.
    fn measure(&self, programs: [&Path; 2]) -> [Vec<Cost>; 2] {
        let mut costs = [Vec::new(), Vec::new()];
        for round in 0..WARM_UP + self.runs() {
            for which in [round % 2, 1 - round % 2] {
                let cost = Cost::of(programs[which], &self.job, &self.authority.file());
                if round >= WARM_UP {
                    costs[which].push(cost);
                }
            }
        }
        costs
    }

    fn runs(&self) -> usize {
        if self.round_trip.is_zero() { RUNS } else { LONG_RUNS }
    }

    fn row(&self, (name, unit, read, goals): &Figure, responder: &[Cost], bare: &[Cost]) -> Vec<String> {
        let [responder, bare] = [responder, bare].map(|costs| Spread::of(costs.iter().map(read)));
        let ratio = responder.median / bare.median;
        let goal = goals[usize::from(!self.round_trip.is_zero())].map_or_else(String::new, |goal| {
            let word = if ratio <= goal { "met" } else { "missed" };
            format!("≤ {goal:.2}: {word}")
        });
        vec![(*name).to_owned(), responder.text(unit), bare.text(unit), format!("{ratio:.3}"), goal]
    }
}
