//! Whether a job's sync would work: asks Falcon without changing anything, and says what it found.

use std::time::SystemTime;

use anyhow::Result;
use serde::Serialize;

use crate::config::Config;
use crate::cortex::Job;
use crate::environment::Environment;
use crate::falcon::answer::Answer;
use crate::falcon::probe::{self, Access, Finding, Probe};
use crate::falcon::{Call, Certificates, Falcon, NotConnected, Reason, Settings, Target, advice};
use crate::secret::Secrets;
use crate::service::Plan;
use crate::thehive::{Entity, Kind};

/// What a finding means for the sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It works.
    Good,
    /// It would not work.
    Bad,
    /// Worth knowing; the sync works with it and without it.
    Note,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What it means.
    pub mark: Mark,
    /// What it is about.
    pub about: &'static str,
    /// What was found, and where it is bad, what to do.
    pub text: String,
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(pub Vec<Line>);

impl Findings {
    /// Whether the sync would work.
    #[must_use]
    pub fn works(&self) -> bool {
        self.0.iter().all(|line| line.mark != Mark::Bad)
    }

    fn add(&mut self, mark: Mark, about: &'static str, text: impl Into<String>) {
        self.0.push(Line { mark, about, text: text.into() });
    }
}

/// Checks what a job needs; without a job, what the environment has credentials for. What it learns of secrets is added to
/// `secrets`.
#[must_use]
pub fn check(job: Option<Result<Vec<u8>>>, environment: &Environment, secrets: &Secrets) -> Findings {
    let mut findings = Findings::default();
    if let Err(error) = look(job, environment, secrets, &mut findings) {
        findings.add(Mark::Bad, "configuration", format!("{error:#}"));
    }
    for line in &mut findings.0 {
        line.text = secrets.scrub(&line.text);
    }
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
    let plan = job.as_ref().and_then(|job| look_at_job(job, &config, findings));
    for warning in config.warnings() {
        findings.add(Mark::Note, "certificates", warning);
    }
    let settings = config.connection(secrets)?;
    look_at_network(&settings, findings);
    look_at_falcon(settings, secrets, plan.as_ref(), findings);
    Ok(())
}

/// The plan of the job, where there is one.
fn look_at_job(job: &Job, config: &Config<'_>, findings: &mut Findings) -> Option<Plan> {
    let plan = job
        .check_tlp_and_pap()
        .and_then(|()| Entity::parse(Kind::parse(job.data_type())?, job.data()))
        .and_then(|entity| config.service()?.plan(&entity));
    match plan {
        Ok(plan) => {
            let text = format!("{} is {}, and {} calls would be sent", plan.subject, plan.stage, plan.calls.len());
            findings.add(Mark::Good, "job", text);
            for aside in &plan.set_aside {
                findings.add(Mark::Bad, "job", format!("{}: {}", aside.call.ids().join(", "), Reason::Unsendable));
            }
            Some(plan)
        }
        Err(error) => {
            findings.add(Mark::Bad, "job", format!("{error:#}"));
            None
        }
    }
}

fn look_at_network(settings: &Settings, findings: &mut Findings) {
    let proxy = match (&settings.proxies.https, &settings.proxies.except) {
        (None, _) => "none".to_owned(),
        (Some(proxy), None) => proxy.to_string(),
        (Some(proxy), Some(except)) => format!("{proxy}, but for {except} (NO_PROXY)"),
    };
    findings.add(Mark::Note, "proxy", proxy);
    let extra = settings.trust.extra.iter().map(|certificates| match certificates {
        Certificates::File(path) => path.display().to_string(),
        Certificates::Text(_) => "the job's cacerts".to_owned(),
    });
    let trusted: Vec<String> = std::iter::once("the bundled roots".to_owned()).chain(extra).collect();
    findings.add(Mark::Note, "certificates", trusted.join(", "));
}

fn look_at_falcon(settings: Settings, secrets: &Secrets, plan: Option<&Plan>, findings: &mut Findings) {
    let falcon = match Falcon::connect(settings, secrets.clone()) {
        Ok(falcon) => falcon,
        Err(NotConnected { reason, warnings, .. }) => {
            tell_warnings(&warnings, findings);
            let advice = advice(&reason, &Call::of_nothing(Target::Alert));
            return findings.add(Mark::Bad, "credentials", format!("{reason}. Next: {advice}"));
        }
    };
    findings.add(Mark::Good, "credentials", format!("accepted by {}", falcon.base_url()));
    tell_warnings(falcon.warnings(), findings);
    let answers = ask(&falcon);
    let first = |probe: Probe| answers.iter().find(|(asked, _)| *asked == probe)?.1.as_ref().ok();
    let alerts = first(Probe { target: Target::Alert, access: Access::Read });
    let tenant = alerts.and_then(probe::tenant);
    findings.add(Mark::Note, "tenant", tenant.unwrap_or_else(|| "not known: there is no alert to tell it".to_owned()));
    let retired = look_at_incidents(&answers, Need::of(Target::Incident, plan), findings);
    for (probe, answer) in answers.iter().filter(|(probe, _)| !(retired && probe.target == Target::Incident)) {
        look_at_scope(*probe, answer, Need::of(probe.target, plan), findings);
    }
    if let Some(answer) =
        answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()).find(|answer| answer.date.is_some())
    {
        look_at_clock_and_limit(answer, findings);
    }
}

fn tell_warnings(warnings: &[String], findings: &mut Findings) {
    for warning in warnings {
        findings.add(Mark::Note, "warning", warning.clone());
    }
}

/// All questions at once.
fn ask(falcon: &Falcon) -> Vec<(Probe, Result<Answer, Reason>)> {
    let probes = [Target::Alert, Target::Incident, Target::Case]
        .into_iter()
        .flat_map(|target| [Access::Read, Access::Write].map(|access| Probe { target, access }));
    std::thread::scope(|scope| {
        let asked: Vec<_> = probes.map(|probe| (probe, scope.spawn(move || falcon.ask(probe)))).collect();
        let gone = || Err(Reason::Setup { problem: "the question was lost".to_owned() });
        asked.into_iter().map(|(probe, answer)| (probe, answer.join().unwrap_or_else(|_| gone()))).collect()
    })
}

/// How much depends on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// The job updates it.
    Job,
    /// There is no plan, and some job may.
    Some,
    /// The job does not.
    No,
}

impl Need {
    fn of(target: Target, plan: Option<&Plan>) -> Need {
        match plan {
            None => Need::Some,
            Some(plan) if plan.calls.iter().any(|call| call.target() == target) => Need::Job,
            Some(_) => Need::No,
        }
    }
}

/// Whether the incidents API is retired.
fn look_at_incidents(answers: &[(Probe, Result<Answer, Reason>)], need: Need, findings: &mut Findings) -> bool {
    let incidents = answers.iter().filter(|(probe, _)| probe.target == Target::Incident);
    let found =
        incidents.filter_map(|(probe, answer)| answer.as_ref().ok().map(|answer| (probe.judge(answer), answer.status)));
    let found: Vec<_> = found.collect();
    if let Some((_, status)) = found.iter().find(|(finding, _)| *finding == Finding::Retired) {
        let mark = if need == Need::Job { Mark::Bad } else { Mark::Note };
        let reason = Reason::Retired { status: *status };
        let advice = advice(&reason, &Call::of_nothing(Target::Incident));
        findings.add(mark, "incidents API", format!("{reason}. Next: {advice}"));
        return true;
    }
    if found.iter().any(|(finding, _)| *finding != Finding::Unknown) {
        findings.add(Mark::Note, "incidents API", "served");
    }
    false
}

fn look_at_scope(probe: Probe, answer: &Result<Answer, Reason>, need: Need, findings: &mut Findings) {
    let scope = probe.scope();
    // The sync only writes; what cannot be read is worth knowing, no more.
    let needed = probe.access == Access::Write && need != Need::No;
    let bad = if needed { Mark::Bad } else { Mark::Note };
    let call = Call::of_nothing(probe.target);
    let (mark, text) = match answer.as_ref().map(|answer| (probe.judge(answer), answer.status)) {
        Ok((Finding::Allowed, _)) => (Mark::Good, "allowed".to_owned()),
        Ok((Finding::Forbidden, _)) if needed => (
            bad,
            "missing. Next: add it to the API client in Falcon (Support and resources → API clients and keys)".into(),
        ),
        Ok((Finding::Forbidden, _)) => (bad, "missing; this sync does not need it".into()),
        Ok((Finding::Retired | Finding::Unknown, status)) => {
            (bad, format!("Falcon's answer (HTTP {status}) does not tell. Next: check again later"))
        }
        Err(reason) => (bad, format!("{reason}. Next: {}", advice(reason, &call))),
    };
    findings.add(mark, scope, text);
}

fn look_at_clock_and_limit(answer: &Answer, findings: &mut Findings) {
    const TOLERABLE: u64 = 60;
    if let Some(there) = answer.date {
        let now = SystemTime::now();
        let skew = now.duration_since(there).or_else(|_| there.duration_since(now)).unwrap_or_default().as_secs();
        let text = format!("{skew} s from Falcon's");
        let (mark, text) = if skew <= TOLERABLE {
            (Mark::Good, text)
        } else {
            (Mark::Note, text + ": set this machine's clock, or waits for the rate limit go wrong")
        };
        findings.add(mark, "clock", text);
    }
    if let Some((left, limit)) = answer.rate_limit {
        findings.add(Mark::Note, "rate limit", format!("{left} of {limit} calls a minute left"));
    }
}
