//! Falcon's clock, as its answers tell it: ours may be wrong.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::http::Answer;

/// How far Falcon's clock is ahead of ours, or behind it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Skew {
    ahead: Duration,
    behind: Duration,
}

impl Skew {
    /// That of a clock which shows this time `there` while ours shows that time `here`.
    pub(super) fn between(there: SystemTime, here: SystemTime) -> Skew {
        let since = |later: SystemTime, earlier| later.duration_since(earlier).unwrap_or_default();
        Skew { ahead: since(there, here), behind: since(here, there) }
    }

    /// What Falcon's clock shows when ours shows this.
    pub(super) fn of(self, here: SystemTime) -> SystemTime {
        here + self.ahead - self.behind
    }
}

/// Falcon's clock, by the newest answer that has told its time; until then by ours.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Skew>);

impl Clock {
    /// Sets it by an answer, where that has a date.
    pub(super) fn set_by(&self, answer: &Answer) {
        if let Some(there) = answer.date() {
            *self.skew() = Skew::between(there, SystemTime::now());
        }
    }

    /// What it shows when ours shows this.
    pub(super) fn of(&self, here: SystemTime) -> SystemTime {
        self.skew().of(here)
    }

    fn skew(&self) -> MutexGuard<'_, Skew> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
