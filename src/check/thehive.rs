//! Whether TheHive answers, where the job asks it.

use super::findings::{Findings, Mark};
use crate::http::network::Network;
use crate::secret::Secrets;
use crate::service::Plan;
use crate::thehive::TheHive;

pub(super) fn look_at_thehive(plan: &Plan, network: &Network, secrets: &Secrets, findings: &mut Findings) {
    let Some(address) = &plan.thehive else { return };
    let asked =
        TheHive::new(address, &network.trust, network.budget, secrets.clone()).and_then(|(thehive, warnings)| {
            findings.note_warnings("thehive", warnings);
            plan.service.ask(&thehive)
        });
    let Err(why) = asked else { return findings.add(Mark::Good, "thehive", "answers") };
    // The job would end in a failure if the alerts of its case could not be looked up.
    let mark = if plan.service.needs_thehive() { Mark::Bad } else { Mark::Note };
    findings.add_with_next(mark, "thehive", why.to_string(), why.next().into());
}
