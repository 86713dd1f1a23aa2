//! What ends a run before its time: a signal, or a mistake of our own. Either way there is a report.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::{panic, process, thread};

use anyhow::{Context, Result};
use cortex_falcon::Run;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::delivery::Delivery;

/// From here on no signal ends the process by itself: SIGTERM (Cortex, at the job timeout), SIGINT (a person) and SIGHUP (a
/// terminal that is closed) deliver a report of what had been sent. A file that may not grow (SIGXFSZ) is told by the write
/// that fails.
pub(crate) fn watch(run: &Arc<Run>, delivery: &Arc<Delivery>) -> Result<()> {
    let cannot =
        "signals cannot be watched, so nothing was sent to Falcon; raise the limits of open files and of processes";
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGXFSZ]).context(cannot)?;
    let (run, delivery) = (Arc::clone(run), Arc::clone(delivery));
    let wait = move || {
        for signal in signals.forever() {
            let by = match signal {
                SIGTERM => "SIGTERM",
                SIGINT => "SIGINT",
                SIGHUP => "SIGHUP",
                _ => continue,
            };
            process::exit(delivery.deliver_stopped(run.stopped(by)));
        }
    };
    thread::Builder::new().name("signals".into()).spawn(wait).context(cannot)?;
    Ok(())
}

/// What a panic says may hold a secret; where it happened does not. The run itself makes a report of it.
pub(crate) fn quiet_panics() {
    panic::set_hook(Box::new(tell_place));
}

fn tell_place(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(io::stderr(), "cortex-falcon: a mistake in the responder itself, at {place}; please report it");
}
