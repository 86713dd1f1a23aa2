//! What ends a run before its time: a signal, or a mistake of our own. Either way there is a report.

use std::io::{self, Write};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use std::{panic, process, thread};

use anyhow::{Context, Result};
use cortex_falcon::Run;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::delivery::{Delivery, FAILURE};

/// From here on SIGTERM (Cortex, at the job timeout) and SIGINT (a person) deliver a report of what had been sent.
pub(crate) fn watch(run: &Arc<Run>, delivery: &Arc<Delivery>) -> Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("signals cannot be watched")?;
    let (run, delivery) = (Arc::clone(run), Arc::clone(delivery));
    let wait = move || {
        for signal in signals.forever() {
            let by = if signal == SIGTERM { "SIGTERM" } else { "SIGINT" };
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
    /// A report takes milliseconds. Should the panic hold a lock that the report needs, there is none.
    const LONGEST_WAIT: Duration = Duration::from_secs(5);
    let (run, delivery) = (Arc::clone(run), Arc::clone(delivery));
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let _ =
            writeln!(io::stderr(), "cortex-falcon: a mistake in the responder itself, at {place}; please report it");
        let (run, delivery) = (Arc::clone(&run), Arc::clone(&delivery));
        let (done, wait) = mpsc::channel();
        thread::spawn(move || done.send(delivery.deliver(&run.stopped(Run::MISTAKE))));
        match wait.recv_timeout(LONGEST_WAIT) {
            Ok(Some(status)) => process::exit(status),
            // Another report is on its way out, and its thread is about to end the process.
            Ok(None) => thread::sleep(LONGEST_WAIT),
            Err(_) => {}
        }
        process::exit(FAILURE);
    }));
}
