//! Merged alerts with more IDs than are updated: whoever writes one alert must not decide what happens to the whole case.

use super::sensitive::{name_of, named};
use crate::secret::Secrets;
use crate::service::Setback;
use crate::service::links::{Links, MAX_CASES, MOST_IDS, Room};
use crate::text::counted;
use crate::thehive::MergedAlert;

/// The most of one merged alert.
pub(super) const OF_ALERT: Room = Room { ids: 1_000, cases: 100 };

const NEXT: &str = "Take the IDs that do not belong to these alerts out of their custom fields in TheHive and run the responder again, or set the status of the others in Falcon by hand.";

/// Merged alerts of which IDs were left out.
#[derive(Default)]
pub(super) struct Oversized {
    /// Each with how many IDs were left out.
    alerts: Vec<String>,
}

/// Returns how much more one job updates.
pub(super) fn room_beside(links: &Links) -> Room {
    Room { ids: MOST_IDS.saturating_sub(links.count()), cases: MAX_CASES.saturating_sub(links.cases.len()) }
}

impl Oversized {
    pub(super) fn add(&mut self, alert: &MergedAlert, left_out: usize, secrets: &Secrets) {
        if left_out > 0 {
            self.alerts.push(format!("{} ({})", name_of(alert, secrets), counted(left_out, "ID")));
        }
    }

    /// Returns which alerts these are, and what to do about them; `None` if all IDs are updated.
    pub(super) fn setback(&self) -> Option<Setback> {
        let Room { ids, cases } = OF_ALERT;
        let cause = || {
            format!(
                "IDs of {} of the case were left out, because a job updates no more than {MOST_IDS} IDs, {MAX_CASES} of them of Falcon cases, and of one alert no more than {ids}, {cases} of them of Falcon cases: {}",
                counted(self.alerts.len(), "alert"),
                named(&self.alerts)
            )
        };
        (!self.alerts.is_empty()).then(|| Setback { cause: cause(), next: NEXT.to_owned() })
    }
}
