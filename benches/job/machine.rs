//! The machine, and how the executables were built: figures mean nothing without.

use std::fs;

/// Both in one line.
pub fn line() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = first_word("/proc/sys/kernel/osrelease");
    let load = first_word("/proc/loadavg");
    let levels = levels();
    format!("{cores} cores ({}), Linux {kernel}, load {load} at the start; {levels}", processor())
}

fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    named.map_or("unknown", |(_, name)| name).to_owned()
}

fn first_word(file: &str) -> String {
    let told = fs::read_to_string(file).unwrap_or_default();
    told.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// Our own code's level stands first in Cargo.toml, the crates' second; behind them those of crates that no job needs.
fn levels() -> String {
    let manifest = include_str!("../../Cargo.toml");
    let levels: Vec<&str> = manifest.lines().filter(|line| line.starts_with("opt-level")).take(2).collect();
    levels.join(", of crates ")
}
