//! Merged alerts whose own TLP or PAP is above the limit of the responder.

use serde_json::Value;

use crate::cortex::Limits;
use crate::secret::Secrets;
use crate::text::{counted, listed};
use crate::thehive::MergedAlert;

/// The most characters of an alert's id in a message.
pub(super) const MAX_ID: usize = 80;

/// As many alerts are named in one sentence.
const MAX_NAMED: usize = 20;

/// Alerts whose TLP or PAP exceeds its limit.
#[derive(Default)]
pub(super) struct Sensitive {
    groups: Vec<SensitiveGroup>,
    /// Alerts with other reasons than those of the groups.
    others: Vec<String>,
}

/// Alerts that are left out for the same reason.
struct SensitiveGroup {
    reason: String,
    next: String,
    alerts: Vec<String>,
}

/// Returns why an alert is too sensitive to be sent, and what to do about it; `None` if it is not.
pub(super) fn excess(limits: &Limits, alert: &Value) -> Option<(String, String)> {
    match limits.exceeded_by(alert) {
        Ok(excess) => excess.map(|excess| (excess.to_string(), excess.next())),
        Err(unreadable) => Some((format!("its {unreadable}"), "Correct it in TheHive.".to_owned())),
    }
}

impl Sensitive {
    /// Returns what to do about the first reason; `None` if no alert was left out.
    pub(super) fn next(&self) -> Option<&str> {
        self.groups.first().map(|group| group.next.as_str())
    }

    /// As many reasons are reported one by one.
    const MAX_REASONS: usize = 20;

    pub(super) fn add(&mut self, reason: String, next: String, alert: &MergedAlert, secrets: &Secrets) {
        let id = name_of(alert, secrets);
        let is_full = self.groups.len() == Sensitive::MAX_REASONS;
        match self.groups.iter_mut().find(|group| group.reason == reason) {
            Some(group) => group.alerts.push(id),
            None if is_full => self.others.push(id),
            None => self.groups.push(SensitiveGroup { reason, next, alerts: vec![id] }),
        }
    }

    pub(super) fn sentences(&self) -> impl Iterator<Item = String> {
        let sentence = |alerts: &[String], reason: &str| {
            let (count, were) = (counted(alerts.len(), "alert"), if alerts.len() == 1 { "was" } else { "were" });
            format!("{count} of the case {were} left out, because {reason}: {}.", named(alerts))
        };
        let others = (!self.others.is_empty()).then(|| sentence(&self.others, "other levels exceed their limits"));
        self.groups.iter().map(move |group| sentence(&group.alerts, &group.reason)).chain(others)
    }
}

/// Returns the id of an alert, fit to be shown.
pub(super) fn name_of(alert: &MergedAlert, secrets: &Secrets) -> String {
    alert.id().map_or_else(|| "an alert without an id".to_owned(), |id| secrets.quote_within(&id, MAX_ID))
}

/// `~1, ~2 and 3 more`
pub(super) fn named(alerts: &[String]) -> String {
    let more = format!("{} more", alerts.len().saturating_sub(MAX_NAMED));
    let more = Some(more.as_str()).filter(|_| alerts.len() > MAX_NAMED);
    listed(&alerts.iter().take(MAX_NAMED).map(String::as_str).chain(more).collect::<Vec<_>>())
}
