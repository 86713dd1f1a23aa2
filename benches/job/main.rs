//! What jobs cost: `cargo bench`, or one section of it: `cargo bench --bench job -- one` (`big`, `storm`).
//!
//! Runs the real binary against a strict tenant on loopback: one job beside a bare client that sends the same, jobs of many
//! alerts, and many jobs against Falcon's rate limit. Figures are printed, nothing is asserted.
#![expect(clippy::print_stdout, clippy::expect_used, reason = "a benchmark is there to be read")]
#![allow(dead_code, reason = "the test suite uses the rest")]

use std::env;

mod big;
mod clients;
mod cost;
mod jobs;
mod machine;
mod one;
mod relay;
mod spread;
mod storm;
mod table;

#[path = "../../tests/common/stand_in/mod.rs"]
mod stand_in;

use clients::Clients;

/// A part of what is printed, by the name that selects it.
type Section = (&'static str, fn(&Clients));

const SECTIONS: [Section; 3] = [("one", one::print), ("big", big::print), ("storm", storm::print)];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [argument, program, job] if argument == cost::ARGUMENT => cost::tell(program, job),
        // cargo adds options of its own.
        _ => print(&arguments.into_iter().filter(|argument| !argument.starts_with("--")).collect::<Vec<_>>()),
    }
}

/// The sections of these names; all where none is named.
fn print(wanted: &[String]) {
    let clients = Clients::find();
    println!("{}\n", machine::line());
    for (name, section) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            section(&clients);
        }
    }
}
