//! Whether TheHive answers, where the job asks it.

use std::time::Duration;

use super::findings::{Findings, Mark};
use crate::http::network::Network;
use crate::secret::Secrets;
use crate::service::Plan;
use crate::thehive::TheHive;

/// As long is waited for an answer; a job may have less time for it.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn look_at_thehive(plan: &Plan, network: &Network, secrets: &Secrets, findings: &mut Findings) {
    let Some(address) = &plan.thehive else { return };
    let asked = TheHive::new(address, &network.trust, PATIENCE, network.budget, secrets.clone()).and_then(
        |(thehive, warnings)| {
            findings.note_warnings("thehive", warnings);
            plan.service.ask(&thehive)
        },
    );
    let Err(why) = asked else { return findings.add(Mark::Good, "thehive", "answers") };
    // Where the job has ids of its own, those are updated all the same.
    let mark = if plan.service.calls().is_empty() { Mark::Bad } else { Mark::Note };
    let next = "Correct thehive_url or thehive_api_key in Cortex (Organization → Responders): its user must be one who may read the alert or case, and its alerts.";
    findings.add_with_next(mark, "thehive", why.to_string(), next.into());
}
