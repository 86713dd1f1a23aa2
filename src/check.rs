//! Whether a job's sync would work: asks Falcon without changing anything, and says what it found.

mod findings;
mod tenant;

use anyhow::Result;

pub use findings::{Findings, Line, Mark};

use crate::config::Config;
use crate::cortex::Job;
use crate::environment::Environment;
use crate::falcon::{Asked, Falcon, Login, Reason, advice};
use crate::http::network::{Certificates, Network};
use crate::secret::Secrets;
use crate::service::{self, Order, Plan};
use crate::thehive::{Entity, Kind};
use tenant::Tenant;

/// Checks what a job needs; without a job, what the environment has credentials for. What it learns of secrets is added to
/// `secrets`.
#[must_use]
pub fn check(job: Option<Result<Vec<u8>>>, environment: &Environment, secrets: &Secrets) -> Findings {
    let mut findings = Findings::default();
    if let Err(error) = look(job, environment, secrets, &mut findings) {
        findings.add(Mark::Bad, "configuration", format!("{error:#}"));
    }
    findings.scrub(secrets);
    findings
}

fn look(
    job: Option<Result<Vec<u8>>>,
    environment: &Environment,
    secrets: &Secrets,
    findings: &mut Findings,
) -> Result<()> {
    let without_items = serde_json::Map::new();
    let job = job.map(|bytes| Job::parse(&bytes?)).transpose()?;
    let items = match &job {
        Some(job) => {
            job.learn_secrets(secrets);
            job.config()?
        }
        None => &without_items,
    };
    let config = Config::new(items, environment);
    let plan = job.as_ref().and_then(|job| look_at_job(job, &config, secrets, findings));
    findings.note_warnings("certificates", config.warnings());
    let (login, network) = (config.login(secrets)?, config.network(secrets)?);
    look_at_network(&network, findings);
    look_at_falcon(login, &network, secrets, plan.as_ref(), findings);
    Ok(())
}

/// The plan of the job, where there is one.
fn look_at_job(job: &Job, config: &Config<'_>, secrets: &Secrets, findings: &mut Findings) -> Option<Plan> {
    let plan = job
        .check_tlp_and_pap()
        .and_then(|()| Entity::parse(Kind::parse(job.data_type(), secrets)?, job.data(), secrets))
        .and_then(|entity| service::plan(config.service(), &Order { entity: &entity, config, secrets }));
    match plan {
        Ok(plan) => {
            let (about, calls) = (&plan.about, plan.service.calls().len());
            let text = format!("{} is {}, and {calls} calls would be sent", about.subject, about.stage);
            findings.add(Mark::Good, "job", text);
            for aside in &plan.set_aside {
                let ids = aside.call.change.ids.join(", ");
                findings.add(Mark::Bad, "job", format!("{ids}: {}", Reason::Unsendable));
            }
            Some(plan)
        }
        Err(error) => {
            findings.add(Mark::Bad, "job", format!("{error:#}"));
            None
        }
    }
}

fn look_at_network(network: &Network, findings: &mut Findings) {
    let proxy = match (&network.proxies.https, &network.proxies.except) {
        (None, _) => "none".to_owned(),
        (Some(proxy), None) => proxy.to_string(),
        (Some(proxy), Some(except)) => format!("{proxy}, but for {except} (NO_PROXY)"),
    };
    findings.add(Mark::Note, "proxy", proxy);
    let extra = network.trust.extra.iter().map(|certificates| match certificates {
        Certificates::File(path) => path.display().to_string(),
        Certificates::Text(_) => "the job's cacerts".to_owned(),
    });
    let trusted: Vec<String> = std::iter::once("the bundled roots".to_owned()).chain(extra).collect();
    findings.add(Mark::Note, "certificates", trusted.join(", "));
}

fn look_at_falcon(login: Login, network: &Network, secrets: &Secrets, plan: Option<&Plan>, findings: &mut Findings) {
    let connected = Falcon::new(login, network, secrets.clone()).and_then(|(falcon, warnings)| {
        findings.note_warnings("warning", warnings);
        falcon.authorize().map(|(place, warning)| (falcon, place, warning))
    });
    let (falcon, place, warning) = match connected {
        Ok(connected) => connected,
        Err(reason) => {
            let advice = advice(&reason, Asked { scope: "", change: None });
            return findings.add(Mark::Bad, "credentials", format!("{reason}. Next: {advice}"));
        }
    };
    findings.add(Mark::Good, "credentials", format!("accepted by {place}"));
    findings.note_warnings("warning", warning);
    let scopes: Option<Vec<&str>> =
        plan.map(|plan| plan.service.calls().iter().map(|call| call.request.scope).collect());
    Tenant::ask(&falcon, scopes.as_deref()).tell(findings);
}
