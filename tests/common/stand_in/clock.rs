//! The clock of a tenant: what its answers tell of the time, and what its objects tell of when they were changed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{Change, StandIn};

/// In another second than the request, whichever clock tells it.
const LATER: Duration = Duration::from_secs(3);

/// A tenant's clock. Nobody sets it by ours.
#[derive(Debug, Default)]
pub struct Clock {
    ahead: Duration,
    behind: Duration,
    /// What the answers have for a date in the place of the true one.
    date: Option<String>,
    /// What a changed object has for a time in the place of the true one.
    time_of_change: Option<Value>,
}

impl Clock {
    /// What time it is there.
    pub fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead - self.behind
    }

    /// The header `Date` of an answer that is given now.
    pub fn date(&self) -> String {
        self.date.clone().unwrap_or_else(|| httpdate::fmt_http_date(self.now()))
    }

    /// What an object shows that is changed so much later.
    pub fn time_of_later_change(&self, later: Duration) -> Value {
        self.time_of_change.clone().unwrap_or_else(|| written(self.now() + later).into())
    }

    /// What an object shows that was changed so long ago.
    pub fn time_of_change(&self, ago: Duration) -> Value {
        self.time_of_change.clone().unwrap_or_else(|| written(self.now() - ago).into())
    }
}

/// As Falcon writes a moment: `2026-05-20T08:41:17.602Z`.
pub fn written(moment: SystemTime) -> String {
    let since = moment.duration_since(UNIX_EPOCH).expect("after 1970");
    let (seconds, milliseconds) = (since.as_secs(), since.subsec_millis());
    let (mut days, mut year, mut month) = (seconds / 86_400, 1970, 1);
    while days >= length_of(year, month) {
        days -= length_of(year, month);
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z", days + 1)
}

fn length_of(year: u64, month: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl StandIn {
    /// A tenant whose clock is so far ahead of ours.
    pub fn ahead_by(self, time: Duration) -> StandIn {
        self.state().tenant.objects.clock.ahead = time;
        self
    }

    /// A tenant whose clock is so far behind ours.
    pub fn behind_by(self, time: Duration) -> StandIn {
        self.state().tenant.objects.clock.behind = time;
        self
    }

    /// A tenant whose answers all have this date.
    pub fn dated(self, date: &str) -> StandIn {
        self.state().tenant.objects.clock.date = Some(date.to_owned());
        self
    }

    /// A tenant that shows this as the time of each change.
    pub fn with_changes_at(self, time: impl Into<Value>) -> StandIn {
        self.state().tenant.objects.clock.time_of_change = Some(time.into());
        self
    }

    /// A tenant in which somebody has given this that status, so long ago by its clock.
    pub fn changed_before(self, id: &str, status: &str, ago: Duration) -> StandIn {
        let time = self.state().tenant.objects.clock.time_of_change(ago);
        self.state().tenant.objects.change(id, status, time);
        self
    }

    /// The time that this shows for its last change, if somebody has changed it.
    pub fn changed_at(&self, id: &str) -> Option<String> {
        self.state().tenant.objects.changed_at(id)?.as_str().map(str::to_owned)
    }

    /// A tenant in which somebody gives this that status right after the next request to this path, be it answered or not.
    pub fn changed_after(self, path: &str, id: &str, status: &str) -> StandIn {
        self.with_change(path, id, Some(status), Duration::ZERO)
    }

    /// The same, some seconds later.
    pub fn changed_later_than(self, path: &str, id: &str, status: &str) -> StandIn {
        self.with_change(path, id, Some(status), LATER)
    }

    /// A tenant in which something other than the status of this is changed, some seconds after the next request to this path.
    pub fn touched_later_than(self, path: &str, id: &str) -> StandIn {
        self.with_change(path, id, None, LATER)
    }

    fn with_change(self, path: &str, id: &str, status: Option<&str>, later: Duration) -> StandIn {
        let (path, id, status) = (path.to_owned(), id.to_owned(), status.map(str::to_owned));
        self.state().meanwhile.push(Change { path, id, status, later });
        self
    }
}
