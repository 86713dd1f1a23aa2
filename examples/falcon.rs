//! A Falcon to try the responder on: `cargo run --example falcon`.
//!
//! A tenant as strict as the real one, on loopback: it knows the credentials of `fixtures/jobs/` and no others, and forgets
//! all when it is stopped. With `--certificates DIR` it speaks TLS and leaves its CA certificate there.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a tool for people who try things out")]
#![allow(dead_code, reason = "the test suite uses the rest")]

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::PossibleValuesParser;

#[path = "../tests/common/stand_in/mod.rs"]
mod stand_in;

use stand_in::scopes::SCOPES;
use stand_in::{Authority, Fault, StandIn, answers};

/// The case of the fixtures.
const CASE: &str = "b3BlbmNhc2UtMDAwMQ-7Qk3nVfYp_xZ2R";

/// A Falcon to try the responder on.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,

    /// Speak TLS, and write the CA certificate to this directory, as ca.pem
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,

    /// Never answer requests to this path
    #[arg(long, value_name = "PATH")]
    silent_on: Option<String>,

    /// Know nothing of this id; all others exist. Can be given several times
    #[arg(long, value_name = "ID")]
    missing: Vec<String>,

    /// Refuse what needs this scope of the API client, with HTTP 403. Can be given several times
    #[arg(long, value_name = "SCOPE", value_parser = PossibleValuesParser::new(SCOPES.map(|(name, _)| name)))]
    without_scope: Vec<String>,

    /// Have no incidents API any more, as tenants since 2026-03-09
    #[arg(long)]
    incidents_retired: bool,
}

fn main() {
    let arguments = Arguments::parse();
    if let Err(error) = std::net::TcpListener::bind(&arguments.listen) {
        println!("{} cannot be used: {error}. Name another address with --listen.", arguments.listen);
        std::process::exit(1);
    }
    let falcon = start(&arguments);
    println!("Falcon is at {} until you press Ctrl-C.", falcon.url());
    if let Some(directory) = &arguments.certificates {
        println!("export FALCON_CLOUD={} SSL_CERT_FILE={}", falcon.url(), directory.join("ca.pem").display());
    }
    let mut shown = 0;
    loop {
        for entry in falcon.log(shown) {
            println!("{entry}");
            shown += 1;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A Falcon that behaves as it was asked to.
pub(crate) fn start(arguments: &Arguments) -> StandIn {
    let authority = arguments.certificates.as_deref().map(Authority::in_directory);
    let found = answers::named("search-done").body["events"].as_array().cloned().unwrap_or_default();
    let mut falcon = StandIn::start(&arguments.listen, authority.as_ref()).finding(found);
    // Only a case that was spoken of is in lists.
    falcon = falcon.with_case_like(CASE, |_| {});
    if let Some(path) = &arguments.silent_on {
        falcon = falcon.fails(path, Fault::Silence(Duration::from_hours(1)), usize::MAX);
    }
    if arguments.incidents_retired {
        falcon = falcon.without_incidents();
    }
    for id in &arguments.missing {
        falcon = falcon.without(id);
    }
    for scope in &arguments.without_scope {
        falcon = falcon.without_scope(scope);
    }
    falcon
}
