//! What an API client may do in its tenant.

use std::collections::BTreeSet;
use std::thread;
use std::time::SystemTime;

use super::findings::{Findings, Mark};
use super::problem::{Place, told};
use crate::falcon::probe::{self, Access, Finding, Probe};
use crate::falcon::{Asked, Falcon, Reason, Target, advice, rate_limit};
use crate::http::Answer;
use crate::secret::Secrets;

/// How much depends on a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// It cannot be done without.
    Must,
    /// What Falcon's answers leave unclear is read with it.
    Wished,
    /// Only these jobs cannot do without.
    Only(&'static str),
    /// The job does not need it.
    No,
}

/// The questions and their answers, and the scopes that the job needs, where there is a job.
pub(super) struct Tenant<'check> {
    answers: Vec<(Probe, Result<Answer, Reason>)>,
    scopes: Option<&'check [&'static str]>,
    place: Place,
}

impl<'check> Tenant<'check> {
    /// Asks all questions at once.
    pub(super) fn ask(falcon: &Falcon, scopes: Option<&'check [&'static str]>, place: Place) -> Tenant<'check> {
        let ask = |probe: &Probe| falcon.ask_to_read(&probe.request);
        let probes = Probe::all(scopes);
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
        Tenant { answers, scopes, place }
    }

    /// Tells what was found.
    pub(super) fn tell(&self, secrets: &Secrets, findings: &mut Findings) {
        let alerts = self.answers_about(Target::Alert).find(|(probe, _)| probe.access == Access::Read);
        let may_read = |(probe, answer): &(Probe, Result<Answer, Reason>)| {
            answer.as_ref().is_ok_and(|answer| probe.judge(answer) == Finding::Allowed)
        };
        let why_not = if alerts.is_some_and(may_read) {
            "not known: there is no alert to tell it"
        } else {
            "not known: to tell it takes the scope Alerts: read"
        };
        let tenant = alerts.and_then(|(_, answer)| probe::tenant(answer.as_ref().ok()?));
        findings.add(Mark::Note, "tenant", tenant.unwrap_or_else(|| why_not.to_owned()));
        let retired = self.tell_of_incidents(findings);
        for (probe, answer) in self.answers.iter().filter(|(probe, _)| !(retired && probe.target == Target::Incident)) {
            self.tell_of_scope(probe, answer, secrets, findings);
        }
        self.tell_of_other_scopes(findings);
        let mut answers = self.answers.iter().filter_map(|(_, answer)| answer.as_ref().ok());
        if let Some(answer) = answers.find(|answer| answer.date().is_some()) {
            tell_of_clock_and_limit(answer, findings);
        }
    }

    fn answers_about(&self, target: Target) -> impl Iterator<Item = &(Probe, Result<Answer, Reason>)> {
        self.answers.iter().filter(move |(probe, _)| probe.target == target)
    }

    fn need(&self, probe: &Probe) -> Need {
        let is_needed = |scope: &str| self.scopes.is_some_and(|scopes| scopes.contains(&scope));
        let scope = probe.request.scope;
        match (probe.access, probe.target) {
            _ if is_needed(scope) => Need::Must,
            (_, Target::Incident) if self.scopes.is_none() => Need::Only("alerts and cases with the ids of incidents"),
            (_, Target::Search) if self.scopes.is_none() => Need::Only("searches"),
            (Access::Write, _) if self.scopes.is_none() => Need::Must,
            (Access::Read, _) if self.scopes.is_none() || is_needed(&scope.replace("read", "write")) => Need::Wished,
            (Access::Read | Access::Write, _) => Need::No,
        }
    }

    /// Tells whether the incidents API is served, and returns whether it is retired.
    fn tell_of_incidents(&self, findings: &mut Findings) -> bool {
        let judged = |(probe, answer): &(Probe, Result<Answer, Reason>)| {
            let answer = answer.as_ref().ok()?;
            Some((probe.judge(answer), answer.status))
        };
        let found: Vec<_> = self.answers_about(Target::Incident).filter_map(judged).collect();
        if let Some((_, status)) = found.iter().find(|(finding, _)| *finding == Finding::Retired) {
            let reason = Reason::Retired { status: *status };
            if self.answers_about(Target::Incident).any(|(probe, _)| self.need(probe) == Need::Must) {
                let next = advice(&reason, Asked { scope: "", change: None });
                findings.add_with_next(Mark::Bad, "incidents API", reason.to_string(), next);
            } else {
                findings.add(Mark::Note, "incidents API", reason.to_string());
            }
            return true;
        }
        if found.iter().any(|(finding, _)| *finding != Finding::Unknown) {
            findings.add(Mark::Note, "incidents API", "served");
        }
        false
    }

    fn tell_of_scope(
        &self,
        probe: &Probe,
        answer: &Result<Answer, Reason>,
        secrets: &Secrets,
        findings: &mut Findings,
    ) {
        let (need, scope) = (self.need(probe), probe.request.scope);
        let mark = if need == Need::Must { Mark::Bad } else { Mark::Note };
        let mut tell = |reason: &Reason| {
            findings.add_with_next(mark, scope, told(reason), self.place.next(reason, scope));
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(reason) => return tell(reason),
        };
        match probe.judge(answer) {
            Finding::Allowed => findings.add(Mark::Good, scope, "allowed"),
            Finding::Forbidden => tell_of_missing(scope, need, findings),
            Finding::Retired | Finding::Unknown => match probe::why_unknown(answer, secrets) {
                reason if self.place.next_on_the_way(&reason).is_some() => tell(&reason),
                _ => {
                    let text = format!("Falcon's answer (HTTP {}) does not tell", answer.status);
                    findings.add_with_next(mark, scope, text, "Check again later.".into());
                }
            },
        }
    }

    /// What the job needs and no question asks for.
    fn tell_of_other_scopes(&self, findings: &mut Findings) {
        let is_asked = |scope: &str| self.answers.iter().any(|(probe, _)| probe.request.scope == scope);
        let others: BTreeSet<&str> =
            self.scopes.into_iter().flatten().copied().filter(|scope| !is_asked(scope)).collect();
        for scope in others {
            let next = "Look in Falcon whether the API client has it (Support and resources → API clients and keys).";
            let text = "needed; no question that changes nothing tells whether the API client has it";
            findings.add_with_next(Mark::Note, scope, text, next.into());
        }
    }
}

fn tell_of_missing(scope: &'static str, need: Need, findings: &mut Findings) {
    let (mark, text) = match need {
        Need::Must => (Mark::Bad, "missing".to_owned()),
        Need::Wished => (
            Mark::Note,
            "missing; it is wished for, because without it what Falcon leaves unclear stays unconfirmed".to_owned(),
        ),
        Need::Only(jobs) => (Mark::Note, format!("missing; only {jobs} need it")),
        Need::No => return findings.add(Mark::Note, scope, "missing; this job does not need it"),
    };
    let next =
        format!("Give the API client the scope \"{scope}\" in Falcon (Support and resources → API clients and keys).");
    findings.add_with_next(mark, scope, text, next);
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
            (Mark::Note, text + ": set this machine's clock, by which certificates are held valid")
        };
        findings.add(mark, "clock", text);
    }
    if let Some((left, limit)) = rate_limit(answer) {
        findings.add(Mark::Note, "rate limit", format!("{left} of {limit} calls a minute left"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::falcon::BaseUrl;

    /// What is told of a job that needs these scopes, where all of Falcon's answers are this.
    fn told(scopes: &[&'static str], status: u16) -> Vec<String> {
        let answer = || Ok(Answer { status, ..Answer::default() });
        let answers = Probe::all(Some(scopes)).into_iter().map(|probe| (probe, answer())).collect();
        let place = Place::of_api(&BaseUrl::parse("us-1").unwrap());
        let mut findings = Findings::default();
        Tenant { answers, scopes: Some(scopes), place }.tell(&Secrets::default(), &mut findings);
        findings.lines.iter().map(|line| format!("{:?} {line}", line.mark)).collect()
    }

    #[test]
    fn a_scope_to_read_is_needed_by_a_job_that_cannot_do_without() {
        let lines = told(&["Cases: read"], 403);
        assert!(lines.iter().any(|line| line.starts_with("Bad Cases: read: missing. Next: Give")), "{lines:#?}");
        assert_eq!(lines.iter().filter(|line| line.starts_with("Bad")).count(), 1, "{lines:#?}");
    }

    #[test]
    fn a_scope_that_no_question_asks_for_is_told_once() {
        let lines = told(&["Hosts: read", "Cases: write", "Hosts: read"], 403);
        let told: Vec<_> = lines.iter().filter(|line| line.contains("Hosts")).collect();
        assert!(matches!(told[..], [line] if line.starts_with("Note Hosts: read: needed; no question")), "{lines:#?}");
    }
}
