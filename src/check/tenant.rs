//! What an API client may do in its tenant.

use std::thread;
use std::time::SystemTime;

use super::findings::{Findings, Mark};
use crate::falcon::probe::{self, Access, Finding, Probe};
use crate::falcon::{Asked, Falcon, Reason, Target, advice, rate_limit};
use crate::http::Answer;

/// How much depends on something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// The job does.
    Job,
    /// There is no plan, and some job may.
    Some,
    /// The job does not.
    No,
}

/// The questions and their answers, and the scopes that the job needs, where there is a job.
pub(super) struct Tenant<'check> {
    answers: Vec<(Probe, Result<Answer, Reason>)>,
    scopes: Option<&'check [&'static str]>,
}

impl<'check> Tenant<'check> {
    /// Asks all questions at once.
    pub(super) fn ask(falcon: &Falcon, scopes: Option<&'check [&'static str]>) -> Tenant<'check> {
        let ask = |probe: &Probe| falcon.ask_to_read(&probe.request);
        let probes = Probe::all();
        let answers: Vec<_> = thread::scope(|scope| {
            let asked: Vec<_> =
                probes.iter().map(|probe| thread::Builder::new().spawn_scoped(scope, || ask(probe))).collect();
            // Where the system grants no thread, or one was lost, the question is asked here.
            let answer = |(probe, asked): (&Probe, std::io::Result<thread::ScopedJoinHandle<'_, _>>)| {
                asked.ok().and_then(|asked| asked.join().ok()).unwrap_or_else(|| ask(probe))
            };
            probes.iter().zip(asked).map(answer).collect()
        });
        let answers = probes.into_iter().zip(answers).collect();
        Tenant { answers, scopes }
    }

    /// Tells what was found.
    pub(super) fn tell(&self, findings: &mut Findings) {
        let alerts = self.answers_about(Target::Alert).find(|(probe, _)| probe.access == Access::Read);
        let tenant = alerts.and_then(|(_, answer)| probe::tenant(answer.as_ref().ok()?));
        findings.add(
            Mark::Note,
            "tenant",
            tenant.unwrap_or_else(|| "not known: there is no alert to tell it".to_owned()),
        );
        let retired = self.tell_of_incidents(findings);
        for (probe, answer) in self.answers.iter().filter(|(probe, _)| !(retired && probe.target == Target::Incident)) {
            self.tell_of_scope(probe, answer, findings);
        }
        let mut answers = self.answers.iter().filter_map(|(_, answer)| answer.as_ref().ok());
        if let Some(answer) = answers.find(|answer| answer.date().is_some()) {
            tell_of_clock_and_limit(answer, findings);
        }
    }

    fn answers_about(&self, target: Target) -> impl Iterator<Item = &(Probe, Result<Answer, Reason>)> {
        self.answers.iter().filter(move |(probe, _)| probe.target == target)
    }

    fn need(&self, scope: &str) -> Need {
        match self.scopes {
            None => Need::Some,
            Some(scopes) if scopes.contains(&scope) => Need::Job,
            Some(_) => Need::No,
        }
    }

    /// Tells whether the incidents API is served, and returns whether it is retired.
    fn tell_of_incidents(&self, findings: &mut Findings) -> bool {
        let judged = |(probe, answer): &(Probe, Result<Answer, Reason>)| {
            let answer = answer.as_ref().ok()?;
            Some((probe.judge(answer), answer.status, probe.request.scope))
        };
        let found: Vec<_> = self.answers_about(Target::Incident).filter_map(judged).collect();
        if let Some((_, status, _)) = found.iter().find(|(finding, ..)| *finding == Finding::Retired) {
            let is_needed =
                self.answers_about(Target::Incident).any(|(probe, _)| self.need(probe.request.scope) == Need::Job);
            let mark = if is_needed { Mark::Bad } else { Mark::Note };
            let reason = Reason::Retired { status: *status };
            let advice = advice(&reason, Asked { scope: "", change: None });
            findings.add(mark, "incidents API", format!("{reason}. Next: {advice}"));
            return true;
        }
        if found.iter().any(|(finding, ..)| *finding != Finding::Unknown) {
            findings.add(Mark::Note, "incidents API", "served");
        }
        false
    }

    /// The sync cannot do without writing; reading is wished for, to confirm what Falcon leaves unclear.
    fn tell_of_scope(&self, probe: &Probe, answer: &Result<Answer, Reason>, findings: &mut Findings) {
        const ADD_IT: &str = "Next: add it to the API client in Falcon (Support and resources → API clients and keys)";
        let scope = probe.request.scope;
        let writes = match probe.access {
            Access::Write => scope.to_owned(),
            Access::Read => scope.replace("read", "write"),
        };
        let need = self.need(&writes);
        let bad = if probe.access == Access::Write && need != Need::No { Mark::Bad } else { Mark::Note };
        let (mark, text) = match answer.as_ref().map(|answer| (probe.judge(answer), answer.status)) {
            Ok((Finding::Allowed, _)) => (Mark::Good, "allowed".to_owned()),
            Ok((Finding::Forbidden, _)) if need == Need::No => (bad, "missing; this sync does not need it".into()),
            Ok((Finding::Forbidden, _)) if probe.access == Access::Read => (
                bad,
                format!(
                    "missing; it is wished for, because without it what Falcon leaves unclear stays unconfirmed. {ADD_IT}"
                ),
            ),
            Ok((Finding::Forbidden, _)) => (bad, format!("missing. {ADD_IT}")),
            Ok((Finding::Retired | Finding::Unknown, status)) => {
                (bad, format!("Falcon's answer (HTTP {status}) does not tell. Next: check again later"))
            }
            Err(reason) => (bad, format!("{reason}. Next: {}", advice(reason, Asked { scope, change: None }))),
        };
        findings.add(mark, scope, text);
    }
}

fn tell_of_clock_and_limit(answer: &Answer, findings: &mut Findings) {
    const TOLERABLE: u64 = 60;
    if let Some(there) = answer.date() {
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
    if let Some((left, limit)) = rate_limit(answer) {
        findings.add(Mark::Note, "rate limit", format!("{left} of {limit} calls a minute left"));
    }
}
