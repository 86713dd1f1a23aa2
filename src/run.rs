//! The way of one job, from its bytes to the report. It can be asked for a report at any moment, from any thread.

mod rehearsal;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::config::Config;
use crate::cortex::{Job, Report};
use crate::environment::Environment;
use crate::falcon::{Falcon, Login, Reason};
use crate::http::network::Network;
use crate::secret::Secrets;
use crate::service::{self, Plan};
use crate::session::{About, Ledger, Session};
use crate::thehive::{TheHive, Unreached};

pub use rehearsal::Rehearsal;

/// One run of the responder.
#[derive(Debug, Default)]
pub struct Run {
    environment: Environment,
    secrets: Secrets,
    ledger: Ledger,
    /// What a failure echoes.
    job: OnceLock<Job>,
    /// Where what is to be sent if the job is stopped goes.
    falcon: OnceLock<Falcon>,
}

impl Run {
    /// What stopped a run that ended by a panic; for [`Run::stopped`].
    const MISTAKE: &str = "A mistake in the responder itself";

    /// The time in which whoever stopped a run has made its report, and more.
    const TIME_FOR_THE_OTHER: Duration = Duration::from_secs(15);

    /// A run in this environment.
    #[must_use]
    pub fn new(environment: Environment) -> Run {
        Run::with_secrets(environment, Secrets::default())
    }

    /// A run in this environment, which adds what it learns of secrets to these: whoever writes a log removes them, too.
    #[must_use]
    pub fn with_secrets(environment: Environment, secrets: Secrets) -> Run {
        Run { environment, secrets, ..Run::default() }
    }

    /// Reads the job and does what it asks for. Whatever happens, a panic included, the answer is a report.
    #[must_use]
    pub fn respond(&self, read: impl FnOnce() -> Result<Vec<u8>>) -> Report {
        let work = || self.told(self.work(read).unwrap_or_else(|error| self.failure(&error)));
        // AssertUnwindSafe: what outlives a panic is the ledger and the secrets, and each change to them is whole before its
        // lock is released.
        let worked = catch_unwind(AssertUnwindSafe(work));
        let worked = worked.or_else(|_| catch_unwind(AssertUnwindSafe(|| self.stopped(Run::MISTAKE))));
        worked.unwrap_or_else(|_| Report::unexplained(Run::MISTAKE))
    }

    /// The report of a run that something ended before its time: what had been sent by then, and what had not.
    #[must_use]
    pub fn stopped(&self, by: &str) -> Report {
        let mut snapshot = self.ledger.stop(by);
        let last = self.ledger.take_if_stopped().zip(self.falcon.get());
        snapshot.outcomes.extend(last.map(|(call, falcon)| falcon.send_at_once(&call, by)));
        let report = match &snapshot.notes.about {
            Some(about) if !snapshot.outcomes.is_empty() => service::stopped(about, by, &snapshot),
            // It may have asked for something meanwhile.
            Some(About { subject, .. }) => Report::failure(&format!(
                "{by} stopped the responder before anything was changed in Falcon ({subject}). Run the responder again."
            )),
            None => Report::failure(&format!(
                "{by} stopped the responder before anything was sent to Falcon. Run the responder again."
            )),
        };
        self.told(report)
    }

    /// The report as it may leave the program.
    fn told(&self, report: Report) -> Report {
        report.echoing(self.job.get()).scrubbed(&self.secrets).limited()
    }

    fn work(&self, read: impl FnOnce() -> Result<Vec<u8>>) -> Result<Report> {
        let job = self.read(read)?;
        let (config, plan) = self.plan(job)?;
        let way = self.way(&config);
        let (login, network) = way.with_context(|| format!("nothing was sent to Falcon for {}", plan.about.subject))?;
        let (falcon, thehive) = (self.falcon(login, &network), self.thehive(&plan, &network));
        self.ledger.note(|notes| notes.about = Some(plan.about.clone()));
        Ok(self.report(plan, &Session::new(&self.ledger, falcon, thehive)))
    }

    fn read(&self, read: impl FnOnce() -> Result<Vec<u8>>) -> Result<&Job> {
        let job = Job::parse(&read()?)?;
        job.learn_secrets(&self.secrets);
        Ok(self.job.get_or_init(|| job))
    }

    /// Where Falcon is, and how to get there.
    fn way(&self, config: &Config<'_>) -> Result<(Login, Network)> {
        let login = config.login(&self.secrets)?;
        let network = config.network(&login, &self.secrets)?;
        Ok((login, network))
    }

    fn plan<'job>(&'job self, job: &'job Job) -> Result<(Config<'job>, Plan)> {
        let config = job.config().map(|items| Config::new(items, &self.environment));
        if let Ok(config) = &config {
            self.ledger.note(|notes| notes.warnings = config.warnings());
        }
        job.check_tlp_and_pap()?;
        let (config, secrets) = (config?, &self.secrets);
        let plan = service::plan(job, &config, secrets)?;
        Ok((config, plan))
    }

    fn falcon(&self, login: Login, network: &Network) -> Result<&Falcon, Reason> {
        let (falcon, warnings) = Falcon::new(login, network, self.secrets.clone())?;
        self.ledger.note(|notes| notes.warnings.extend(warnings));
        Ok(self.falcon.get_or_init(|| falcon))
    }

    fn thehive(&self, plan: &Plan, network: &Network) -> Option<Result<TheHive, Unreached>> {
        let (trust, budget) = (&network.trust, network.budget);
        let thehive = TheHive::new(plan.thehive.as_ref()?, trust, budget, self.secrets.clone());
        Some(thehive.map(|(thehive, warnings)| {
            self.ledger.note(|notes| notes.warnings.extend(warnings));
            thehive
        }))
    }

    fn report(&self, plan: Plan, session: &Session<'_>) -> Report {
        self.ledger.set_aside(plan.set_aside);
        let worked = plan.service.work(session);
        if self.ledger.is_stopped() {
            // Whoever stopped the run knows more, makes the report, and ends the process with it.
            std::thread::sleep(Run::TIME_FOR_THE_OTHER);
        }
        let snapshot = self.ledger.end();
        // A service may have found that TheHive has moved on.
        let about = snapshot.notes.about.as_ref().unwrap_or(&plan.about);
        service::report(about, worked, &snapshot)
    }

    fn failure(&self, error: &anyhow::Error) -> Report {
        service::failure(error, &self.ledger.end())
    }
}
