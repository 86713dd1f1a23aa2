//! Whether a job would work: asks Falcon without changing anything, and says what it found and what must be done first.

mod findings;
mod problem;
mod tenant;
mod thehive;

use anyhow::Result;

pub use findings::{Findings, Line, Mark, Subject};

use crate::config::Config;
use crate::cortex::Job;
use crate::environment::Environment;
use crate::falcon::{Asked, Falcon, Login, advice, token_cache};
use crate::http::network::{Certificates, Network};
use crate::secret::Secrets;
use crate::service::{self, Plan};
use problem::{Place, told};
use tenant::Tenant;
use thehive::look_at_thehive;

/// Checks what a job needs; with a configuration alone, or with that of the environment, what jobs of any kind need. What it
/// learns of secrets is added to `secrets`.
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
    let job = job.map(|bytes| Job::parse_or_config(&bytes?)).transpose()?;
    let items = match &job {
        Some(job) => {
            job.learn_secrets(secrets);
            job.config()?
        }
        None => &without_items,
    };
    let config = Config::new(items, environment);
    let plan = match job.as_ref().filter(|job| !job.is_config_alone()) {
        Some(job) => look_at_job(job, &config, secrets, findings),
        None => look_at_items(&config, findings).map(|()| None)?,
    };
    findings.note_warnings("certificates", config.warnings());
    let mut login = config.login(secrets)?;
    let network = config.network(&login, secrets)?;
    look_at_network(&network, findings);
    look_at_token_cache(&mut login, secrets, findings);
    if let Some(plan) = &plan {
        look_at_thehive(plan, &network, secrets, findings);
    }
    look_at_falcon(login, &network, secrets, plan.as_ref(), findings);
    Ok(())
}

/// What a plan would have read of the configuration.
fn look_at_items(config: &Config<'_>, findings: &mut Findings) -> Result<()> {
    findings.add(Mark::Note, "job", "none; this is about what jobs of any kind need");
    config.fields()?;
    config.tag()?;
    Ok(())
}

/// The plan of the job, where there is one.
fn look_at_job(job: &Job, config: &Config<'_>, secrets: &Secrets, findings: &mut Findings) -> Option<Plan> {
    findings.is_on(Subject::Job);
    let plan = job.check_tlp_and_pap().and_then(|()| service::plan(job, config, secrets));
    match plan {
        Ok(plan) => {
            findings.add(Mark::Good, "job", planned(&plan));
            for aside in &plan.set_aside {
                for failure in &aside.failures {
                    let text = format!("{}: {}", failure.ids.join(", "), failure.reason);
                    let next = advice(&failure.reason, Asked { scope: "", change: Some(&aside.call.change) });
                    findings.add_with_next(Mark::Bad, "job", text, next);
                }
            }
            Some(plan)
        }
        Err(error) => {
            findings.add(Mark::Bad, "job", format!("{error:#}"));
            None
        }
    }
}

fn planned(plan: &Plan) -> String {
    let subject = &plan.about.subject;
    let about = plan.about.stage.map_or_else(|| subject.clone(), |stage| format!("{subject} is {stage}"));
    match plan.service.calls().len() {
        // What is sent depends on what Falcon answers, or nothing can be.
        0 => about,
        1 => format!("{about}, and 1 call would be sent"),
        calls => format!("{about}, and {calls} calls would be sent"),
    }
}

fn look_at_network(network: &Network, findings: &mut Findings) {
    let proxy = match (&network.proxies.https, &network.proxies.except) {
        (None, _) => "none".to_owned(),
        (Some(proxy), except) if except.is_empty() => proxy.to_string(),
        (Some(proxy), except) => format!("{proxy}, but for {except} (NO_PROXY)"),
    };
    findings.add(Mark::Note, "proxy", proxy);
    let extra = network.trust.extra.iter().map(|certificates| match certificates {
        Certificates::File(path) => path.display().to_string(),
        Certificates::Text(_) => "the job's cacerts".to_owned(),
    });
    let trusted: Vec<String> = std::iter::once("the bundled roots".to_owned()).chain(extra).collect();
    findings.add(Mark::Note, "certificates", trusted.join(", "));
}

/// A token that another job has fetched would not tell whether the secret is still right.
fn look_at_token_cache(login: &mut Login, secrets: &Secrets, findings: &mut Findings) {
    let examined = token_cache::examined(login);
    let directory = login.token_cache.take().map(|directory| directory.display().to_string());
    match (examined, directory) {
        (Some(Ok(())), Some(directory)) => findings.add(Mark::Good, "token cache", secrets.quote(&directory)),
        (Some(Err(why_not)), _) => findings.add(Mark::Note, "token cache", secrets.quote(&why_not)),
        (None, _) | (_, None) => {}
    }
}

fn look_at_falcon(login: Login, network: &Network, secrets: &Secrets, plan: Option<&Plan>, findings: &mut Findings) {
    let (tokens, api) = (Place::of_tokens(&login), Place::of_api(&login.base_url));
    let connected = Falcon::new(login, network, secrets.clone()).and_then(|(falcon, warnings)| {
        findings.note_warnings("warning", warnings);
        let place = falcon.authorize()?;
        Ok((falcon, place))
    });
    let (falcon, place) = match connected {
        Ok(connected) => connected,
        Err(reason) => {
            return findings.add_with_next(Mark::Bad, "credentials", told(&reason), tokens.next(&reason, ""));
        }
    };
    findings.add(Mark::Good, "credentials", format!("accepted by {place}"));
    findings.note_warnings("warning", falcon.warnings());
    let scopes = plan.map(|plan| plan.service.scopes());
    Tenant::ask(&falcon, scopes.as_deref(), api).tell(secrets, findings);
}
