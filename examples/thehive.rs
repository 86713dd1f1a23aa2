//! A TheHive to try the responder on: `cargo run --example thehive`.
//!
//! TheHive 5 on loopback, as far as the responder asks it: it has the case of `fixtures/jobs/thehive5-case.json` with two
//! alerts merged into it, and forgets all when it is stopped. In a job it is `thehive_url`, with the API key that it prints.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a tool for people who try things out")]
#![allow(dead_code, reason = "the test suite uses the rest")]

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use serde_json::json;

#[path = "../tests/common/stand_in/mod.rs"]
pub(crate) mod stand_in;
#[path = "../tests/common/the_hive/mod.rs"]
pub(crate) mod the_hive;

use stand_in::strict::CID;
use stand_in::{Authority, Fault, answers};
use the_hive::{API_KEY, TheHive, Version};

/// The case of the fixtures.
const CASE: &str = "~41156";

/// A TheHive to try the responder on.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: String,

    /// Speak TLS, and write the CA certificate to this directory, as ca.pem
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
}

fn main() {
    let arguments = Arguments::parse();
    if let Err(error) = std::net::TcpListener::bind(&arguments.listen) {
        println!("{} cannot be used: {error}. Name another address with --listen.", arguments.listen);
        std::process::exit(1);
    }
    let hive = start(&arguments);
    println!("TheHive is at {} until you press Ctrl-C. Its API key is {API_KEY}.", hive.url());
    let mut shown = 0;
    loop {
        for entry in hive.log(shown) {
            println!("{entry}");
            shown += 1;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Starts TheHive with the case and its alerts, which are those that the mock Falcon lists.
pub(crate) fn start(arguments: &Arguments) -> TheHive {
    let authority = arguments.certificates.as_deref().map(Authority::in_directory);
    let hive =
        TheHive::listening(&arguments.listen, Version::Five, authority.as_ref()).with_case(CASE, 42, "InProgress");
    let listed = answers::named("alerts-listed").body["resources"].take();
    let alerts = listed.as_array().into_iter().flatten().filter_map(|id| id.as_str());
    alerts.enumerate().fold(hive, |hive, (number, id)| {
        hive.with_alert_in(CASE, &format!("~{}", 8_360 + number), id, json!({"csfalcon-alert-id": id}))
    })
}
