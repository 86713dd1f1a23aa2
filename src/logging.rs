//! What `--verbose` tells on standard error.

use std::io::{IsTerminal, Write};

use cortex_falcon::secret::Secrets;
use log::LevelFilter;

/// Starts to tell, in as much detail as `verbose` says, and none of the secrets.
pub(crate) fn start(verbose: u8, secrets: Secrets) {
    let level = match verbose {
        0 if std::io::stderr().is_terminal() => LevelFilter::Off,
        0 => return,
        1 => LevelFilter::Info,
        _ => LevelFilter::Debug,
    };
    let started = std::time::Instant::now();
    env_logger::Builder::new()
        .filter_module("cortex_falcon", level)
        // Whoever sits at a terminal sees why nothing happens for a while.
        .filter_module("cortex_falcon::progress", level.max(LevelFilter::Info))
        .format(move |buffer, record| {
            let seconds = started.elapsed().as_secs_f64();
            writeln!(buffer, "{seconds:8.3} s  {}", secrets.scrub(&record.args().to_string()))
        })
        .init();
}
