//! The memory that all responses of this process may take together: some wait for others.
//!
//! A thread must not wait for one response while it holds another.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::json::weight;

/// A body up to this length, in bytes, is read at any time. Of those that are longer, one is read and parsed at a time.
const MAX_SMALL: usize = 1_000_000;

/// The memory, in bytes, for what bodies are parsed into, by their weight.
const FOR_PARTS: usize = 100_000_000;

static LONG_BODY: Pool = Pool::new(1);
static PARTS: Pool = Pool::new(FOR_PARTS);

/// So much of something.
#[derive(Debug)]
struct Pool {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Pool {
    const fn new(size: usize) -> Pool {
        Pool { free: Mutex::new(size), freed: Condvar::new() }
    }

    /// Waits for a share of this size, but no longer than this; `None` if it was not to be had.
    fn take(&'static self, size: usize, time: Duration) -> Option<Share> {
        let is_missing = |free: &mut usize| *free < size;
        let waited = self.freed.wait_timeout_while(self.lock(), time, is_missing);
        let (mut free, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *free = free.checked_sub(size)?;
        Some(Share { pool: self, size })
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of a pool, until it is dropped.
#[derive(Debug)]
struct Share {
    pool: &'static Pool,
    size: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        *self.pool.lock() += self.size;
        self.pool.freed.notify_all();
    }
}

/// The shares of one response.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    long_body: Option<Arc<Share>>,
    parts: Option<Arc<Share>>,
}

/// Two responses are the same wherever their memory is from.
impl PartialEq for Memory {
    fn eq(&self, _: &Memory) -> bool {
        true
    }
}

impl Memory {
    /// Makes sure that a body of this length may be read on. Waits no longer than this.
    #[must_use]
    pub(super) fn make_room_for(&mut self, length: usize, time: Duration) -> bool {
        if length > MAX_SMALL && self.long_body.is_none() {
            self.long_body = LONG_BODY.take(1, time).map(Arc::new);
        }
        length <= MAX_SMALL || self.long_body.is_some()
    }

    /// Makes sure that a whole body may be parsed. Waits no longer than this.
    #[must_use]
    pub(super) fn make_room_to_parse(&mut self, body: &[u8], time: Duration) -> bool {
        self.parts = PARTS.take(weight(body).min(FOR_PARTS), time).map(Arc::new);
        self.parts.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_waited_for_and_given_back() {
        static POOL: Pool = Pool::new(3);
        let first = POOL.take(2, Duration::ZERO).unwrap();
        assert!(POOL.take(2, Duration::ZERO).is_none());
        let small = POOL.take(1, Duration::ZERO).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| POOL.take(3, Duration::from_mins(1)));
            drop((first, small));
            assert!(waiting.join().unwrap().is_some());
        });
        assert_eq!(*POOL.lock(), 3);
    }
}
