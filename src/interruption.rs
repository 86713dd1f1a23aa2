//! What ends a run before its time: a signal, or a mistake of our own. Either way there is a report.

use std::io::Write;
use std::panic;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use cortex_falcon::Run;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::delivery::Delivery;

/// From here on SIGTERM (Cortex, at the job timeout) and SIGINT (a person) deliver a report of what had been sent.
pub(crate) fn watch(run: &Arc<Run>, delivery: &Arc<Delivery>) -> Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).context("signals cannot be watched")?;
    let (run, delivery) = (Arc::clone(run), Arc::clone(delivery));
    let wait = move || {
        for signal in signals.forever() {
            let by = if signal == SIGTERM { "SIGTERM" } else { "SIGINT" };
            // Where the run has delivered already, it is about to exit by itself.
            if let Some(status) = delivery.deliver(&run.stopped(by)) {
                std::process::exit(status);
            }
        }
    };
    thread::Builder::new().name("signals".into()).spawn(wait).context("signals cannot be watched")?;
    Ok(())
}

/// A panic tells where it happened and nothing of what it says, which may hold a secret.
pub(crate) fn quiet_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            std::io::stderr(),
            "cortex-falcon: a mistake in the responder itself, at {place}; please report it"
        );
    }));
}
