//! One run, from the job's bytes to the report. It can be asked for a report at any moment, from any thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::config::Config;
use crate::cortex::{Job, Report};
use crate::environment::Environment;
use crate::falcon::{Call, Falcon, Ledger, NotConnected, Outcome, Settings};
use crate::secret::Secrets;
use crate::service::{self, Notes, Plan};
use crate::thehive::{Entity, Kind};

/// One run of the responder.
#[derive(Default)]
pub struct Run {
    environment: Environment,
    secrets: Secrets,
    begun: OnceLock<Begun>,
    stopped: AtomicBool,
}

/// What a run would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// The calls it would send: each one's method, URL and body.
    pub calls: Vec<Value>,
    /// The report that success would give.
    pub report: Report,
}

/// What is known once the job was read.
struct Begun {
    echo: Value,
    notes: Mutex<Notes>,
    work: OnceLock<Work>,
}

/// What is known once there is a plan.
struct Work {
    plan: Plan,
    ledger: Ledger,
    /// Kept as long as the run, because to drop it is to wait for what it has begun.
    connection: OnceLock<Result<Falcon, NotConnected>>,
}

impl Run {
    /// What stopped a run that ended by a panic; for [`Run::stopped`].
    pub const MISTAKE: &str = "A mistake in the responder itself";

    /// A run in this environment.
    #[must_use]
    pub fn new(environment: Environment) -> Run {
        Run { environment, ..Run::default() }
    }

    /// A run in this environment, which adds what it learns of secrets to these: whoever writes a log removes them, too.
    #[must_use]
    pub fn with_secrets(environment: Environment, secrets: Secrets) -> Run {
        Run { environment, secrets, ..Run::default() }
    }

    /// Reads the job and does what it asks for. Whatever happens, a panic included, the answer is a report.
    #[must_use]
    pub fn respond(&self, read: impl FnOnce() -> Result<Vec<u8>>) -> Report {
        let respond = || match read().and_then(|bytes| Job::parse(&bytes)) {
            Ok(job) => self.respond_to(&job),
            Err(error) => Report::unreadable(&error),
        };
        // Nothing of ours is left half changed by a panic: what it leaves behind is read through locks and cells.
        match catch_unwind(AssertUnwindSafe(respond)) {
            Ok(report) => report.scrubbed(&self.secrets),
            Err(_) => self.stopped(Run::MISTAKE),
        }
    }

    /// The report of a run that something ended before its time: what had been sent by then, and what had not.
    #[must_use]
    pub fn stopped(&self, by: &str) -> Report {
        self.stopped.store(true, SeqCst);
        let report = match (self.begun.get(), self.begun.get().and_then(|begun| begun.work.get())) {
            (Some(begun), Some(work)) => begun.report(work, by),
            (begun, _) => Report::Failure {
                error_message: format!(
                    "{by} stopped the responder before anything was sent to Falcon. Run the responder again."
                ),
                input: begun.map_or_else(|| json!({}), |begun| begun.echo.clone()),
            },
        };
        report.scrubbed(&self.secrets)
    }

    fn respond_to(&self, job: &Job) -> Report {
        let begun = self.begin(job);
        self.work(job, begun).unwrap_or_else(|error| begun.failure(&error))
    }

    fn work(&self, job: &Job, begun: &Begun) -> Result<Report> {
        let (config, plan) = self.plan(job, begun)?;
        let nothing_sent = || format!("nothing was sent to Falcon for {}", plan.subject);
        let settings = config.connection(&self.secrets).with_context(nothing_sent)?;
        let ledger = Ledger::new(plan.calls.clone());
        let work = begun.work.get_or_init(|| Work { plan, ledger, connection: OnceLock::new() });
        // Whoever stops the run either finds this work and closes its ledger, or is found here.
        if self.stopped.load(SeqCst) {
            bail!("the responder was stopped before anything was sent to Falcon");
        }
        Ok(self.send(settings, begun, work))
    }

    fn plan<'job>(&'job self, job: &'job Job, begun: &Begun) -> Result<(Config<'job>, Plan)> {
        let config = job.config().map(|items| Config::new(items, &self.environment));
        if let Ok(config) = &config {
            begun.note(|notes| notes.warnings = config.warnings());
        }
        job.check_tlp_and_pap()?;
        let config = config?;
        // Read from the echo, in which no secret is left that a message could show a part of.
        let entity = Entity::parse(Kind::parse(&begun.echo["dataType"])?, &begun.echo["data"])?;
        let plan = config.service()?.plan(&entity)?;
        Ok((config, plan))
    }

    /// Plans without sending: the calls, and the report that success would give. Needs no credentials.
    ///
    /// # Errors
    /// The report of a job of which no plan can be made.
    pub fn rehearse(&self, read: impl FnOnce() -> Result<Vec<u8>>) -> Result<Rehearsal, Report> {
        let job = read().and_then(|bytes| Job::parse(&bytes)).map_err(|error| Report::unreadable(&error))?;
        let begun = self.begin(&job);
        let rehearsed = self.plan(&job, begun).and_then(|(config, plan)| {
            let base_url = config.base_url()?;
            begun.note(|notes| notes.falcon = Some(base_url.to_string()));
            let report = service::report(&plan, plan.calls.iter().map(Outcome::succeeded).collect(), &begun.notes(), &begun.echo);
            let calls = plan.calls.iter().map(|call| json!({"method": call.method().as_str(), "url": base_url.join(call.path()).as_str(), "body": call.body()}));
            Ok(Rehearsal { calls: calls.map(|call| self.secrets.scrubbed(call)).collect(), report: report.scrubbed(&self.secrets) })
        });
        rehearsed.map_err(|error| begun.failure(&error).scrubbed(&self.secrets))
    }

    fn begin(&self, job: &Job) -> &Begun {
        job.learn_secrets(&self.secrets);
        self.begun.get_or_init(|| Begun {
            echo: job.echo(&self.secrets),
            notes: Mutex::default(),
            work: OnceLock::new(),
        })
    }

    fn send(&self, settings: Settings, begun: &Begun, work: &Work) -> Report {
        if work.plan.calls.is_empty() {
            return begun.report(work, "");
        }
        match work.connection.get_or_init(|| Falcon::connect(settings, self.secrets.clone())) {
            Ok(falcon) => {
                begun.note(|notes| notes.connected(falcon.base_url(), falcon.warnings()));
                falcon.send(&work.ledger);
                begun.note(|notes| notes.token_retries = falcon.retries());
                begun.report(work, Run::MISTAKE)
            }
            Err(NotConnected { reason, warnings, retries, .. }) => {
                begun.note(|notes| notes.not_connected(warnings, *retries));
                let failed = |call: &Call| Outcome::failed(call.clone(), reason.clone());
                let outcomes = work.plan.calls.iter().map(failed).collect();
                service::report(&work.plan, outcomes, &begun.notes(), &begun.echo)
            }
        }
    }
}

impl Begun {
    fn report(&self, work: &Work, by: &str) -> Report {
        service::report(&work.plan, work.ledger.close(by), &self.notes(), &self.echo)
    }

    fn failure(&self, error: &anyhow::Error) -> Report {
        Report::failure(error, &self.notes().warnings, self.echo.clone())
    }

    /// A copy: a report is made from it, and the lock is not to be held meanwhile, because another may be due.
    fn notes(&self) -> Notes {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: impl FnOnce(&mut Notes)) {
        change(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
