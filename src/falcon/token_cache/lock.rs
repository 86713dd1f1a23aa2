//! The lock that whoever fetches a token for others has; it ends with its file, however the job ends.

use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use anyhow::{Context, Result};

/// For so long after a fetch that kept nothing, nobody waits.
const NOT_AGAIN: Duration = Duration::from_secs(10);

/// The file that is locked. There is something in it where its last holder has kept no token.
#[derive(Debug)]
pub(super) struct Lock(pub(super) File);

impl Lock {
    /// Takes the lock, unless another job has it.
    pub(super) fn take(&self) -> Result<bool> {
        match self.0.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error).context("its files cannot be locked"),
        }
    }

    /// Tells those who wait for a token whether it was kept. Where it was not, the next most likely will not be, either: they are
    /// to ask at once, and not one after the other.
    pub(super) fn tell(&self, is_kept: bool) -> Result<()> {
        let told = if is_kept { self.0.set_len(0) } else { self.0.write_all_at(b"in vain", 0) };
        told.context("its files cannot be written to")
    }

    /// Whether waiting was of no use a moment ago.
    pub(super) fn tells_not_to_wait(&self) -> bool {
        let since = |file: &File| {
            let metadata = file.metadata().ok().filter(|metadata| metadata.len() > 0)?;
            metadata.modified().ok()?.elapsed().ok()
        };
        since(&self.0).is_some_and(|since| since < NOT_AGAIN)
    }
}
