//! What ends a run before its time: a signal, or a mistake of our own. Either way there is a report.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use std::{panic, process, thread};

use anyhow::{Context, Result};
use cortex_falcon::Run;
use cortex_falcon::cortex::Report;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::delivery::{Delivery, FAILURE};

/// From here on SIGTERM (Cortex, at the job timeout), SIGINT (a person) and SIGHUP (a terminal that is closed) deliver a report of what had been sent.
pub(crate) fn watch(run: &Arc<Run>, delivery: &Arc<Delivery>) -> Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).context("signals cannot be watched")?;
    let (run, delivery) = (Arc::clone(run), Arc::clone(delivery));
    let wait = move || {
        for signal in signals.forever() {
            let by = match signal {
                SIGTERM => "SIGTERM",
                SIGINT => "SIGINT",
                _ => "SIGHUP",
            };
            // Where the run has delivered already, it is about to exit by itself.
            if let Some(status) = delivery.deliver(&run.stopped(by)) {
                process::exit(status);
            }
        }
    };
    thread::Builder::new().name("signals".into()).spawn(wait).context("signals cannot be watched")?;
    Ok(())
}

/// From here on a panic, in whichever thread, delivers a report of what had been sent. It tells where it happened and
/// nothing of what it says, which may hold a secret.
pub(crate) fn report_panics(run: &Arc<Run>, delivery: &Arc<Delivery>) {
    /// A report takes milliseconds. Should the panic hold a lock that it needs, or rendering it panic again, a plain one
    /// has to do.
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    let (run, delivery) = (Arc::clone(run), Arc::clone(delivery));
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let _ =
            writeln!(io::stderr(), "cortex-falcon: a mistake in the responder itself, at {place}; please report it");
        let (run, delivery, last_delivery) = (Arc::clone(&run), Arc::clone(&delivery), Arc::clone(&delivery));
        let (done, wait) = mpsc::channel();
        let report = move || {
            // Nobody waits any more where this took too long.
            let _ = done.send(delivery.deliver(&run.stopped(Run::MISTAKE)));
        };
        let last_word = || last_delivery.deliver(&Report::unexplained(Run::MISTAKE));
        let status = match thread::Builder::new().spawn(report) {
            Ok(_) => wait.recv_timeout(LONGEST_WAIT).unwrap_or_else(|_| last_word()),
            Err(_) => last_word(),
        };
        if status.is_none() {
            // Another report is on its way out, and its thread is about to end the process.
            thread::sleep(LONGEST_WAIT);
        }
        process::exit(status.unwrap_or(FAILURE));
    }));
}

/// Until there is a run to report on, a panic tells its place only.
pub(crate) fn quiet_panics() {
    panic::set_hook(Box::new(tell_place));
}

/// What a panic says may hold a secret; where it happened does not.
fn tell_place(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(io::stderr(), "cortex-falcon: a mistake in the responder itself, at {place}; please report it");
}
