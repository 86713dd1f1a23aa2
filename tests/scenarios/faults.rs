//! The fault matrix: each fault on each call, over TLS. A call survives it, or the report tells it and nothing else
//! suffers.

use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::bounds::bomb;
use crate::common::falcon::{ALERT_READ, ALERTS, INCIDENT_READ, INCIDENTS, TOKEN};
use crate::common::{ALERT, Authority, CASE, Fault, INCIDENT, OTHER_ALERT, Responder, StandIn, job};

/// The update of a case alone: reads of cases share its path.
const UPDATE_CASE: &str = "PATCH /cases/entities/cases/v2";
const READ_CASE: &str = "POST /cases/entities/cases/v2";

const ALWAYS: usize = usize::MAX;
const HOUR: Duration = Duration::from_hours(1);

/// A fault, and how a job ends that meets it on one call.
#[derive(Clone)]
struct Scenario {
    name: String,
    call: &'static str,
    faults: Vec<(Fault, usize)>,
    seconds: u64,
    ends: Ends,
    /// Whether a refused request for two objects is followed by one for each.
    is_narrowed: bool,
}

/// How a job ends.
#[derive(Clone)]
enum Ends {
    /// With success, after one more request for the call.
    Survived,
    /// With a report that says this, after so many requests for the call.
    Told { parts: Vec<String>, requests: RangeInclusive<usize>, known: Known },
}

/// What is known of objects whose update failed. Where there is no token nothing was sent, so nothing is in doubt.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    /// They were not updated: Falcon, or the way there, refused.
    Refused,
    /// They were not updated: they were read back, and still are as they were.
    ReadBack,
    /// They may have been updated: there was no time to read them back.
    Nothing,
}

struct Named(String);

fn fault(name: impl Into<String>) -> Named {
    Named(name.into())
}

impl Named {
    fn with(self, fault: Fault) -> Scenario {
        let (faults, ends) = (vec![(fault, ALWAYS)], Ends::Survived);
        Scenario { name: self.0, call: TOKEN, faults, seconds: 120, ends, is_narrowed: false }
    }
}

impl Scenario {
    fn once(mut self) -> Scenario {
        self.faults[0].1 = 1;
        self
    }

    /// Another fault, from the second request on.
    fn then(mut self, fault: Fault) -> Scenario {
        self = self.once();
        self.faults.push((fault, ALWAYS));
        self
    }

    /// In a job that has so many seconds.
    fn within(self, seconds: u64) -> Scenario {
        Scenario { seconds, ..self }
    }

    /// Only the alerts are two objects in one request.
    fn on(&self, call: &'static str) -> Scenario {
        let scenario = Scenario { call, ..self.clone() };
        if call == ALERTS && self.is_narrowed { scenario.after(3) } else { scenario }
    }

    fn narrowed(self) -> Scenario {
        Scenario { is_narrowed: true, ..self }
    }

    /// So many reads before further tries, where so many requests were sent for the call: one before each but the first.
    fn looks(&self, hits: usize) -> RangeInclusive<usize> {
        // A new token is used at once, for a token no object is read, and what was refused is not in doubt.
        if self.call == TOKEN || self.name.starts_with("401") || self.is_narrowed {
            return 0..=0;
        }
        match &self.ends {
            // The last look may use up the time for the try after it, and a connection may take a request twice.
            Ends::Told { requests, .. } if requests.start() < requests.end() => requests.start() - 1..=hits,
            Ends::Told { .. } | Ends::Survived => hits - 1..=hits - 1,
        }
    }

    fn must_tell<const PARTS: usize>(self, parts: [&str; PARTS]) -> Scenario {
        let parts = parts.map(str::to_owned).into();
        Scenario { ends: Ends::Told { parts, requests: 1..=1, known: Known::Refused }, ..self }
    }

    fn after(self, tries: usize) -> Scenario {
        self.after_some(tries..=tries)
    }

    fn after_some(mut self, tries: RangeInclusive<usize>) -> Scenario {
        if let Ends::Told { requests, .. } = &mut self.ends {
            *requests = tries;
        }
        self
    }

    fn and_read_back(self) -> Scenario {
        self.leaving(Known::ReadBack)
    }

    fn and_left_open(self) -> Scenario {
        self.leaving(Known::Nothing)
    }

    fn leaving(mut self, what: Known) -> Scenario {
        if let Ends::Told { known, .. } = &mut self.ends {
            *known = what;
        }
        self
    }
}

/// An answer of this status in Falcon's envelope.
fn status(status: u16) -> Fault {
    refusal(status, &[])
}

fn refusal(status: u16, headers: &[(&'static str, &str)]) -> Fault {
    let body = json!({"meta": {}, "errors": [{"code": status, "message": "as the scenario wants it"}]});
    answer(status, headers, body.to_string())
}

fn answer(status: u16, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Fault {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Fault::Answer { status, headers, body: body.into() }
}

fn page(status: u16, text: &str) -> Fault {
    answer(status, &[("content-type", "text/html")], text)
}

fn milliseconds_from_now(milliseconds: u128) -> String {
    (SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() + milliseconds).to_string()
}

/// Passing faults: one more try, and all is well.
fn passing() -> Vec<Scenario> {
    let soon = milliseconds_from_now(1_500);
    let mut scenarios = vec![
        fault("429, Retry-After in seconds").with(answer(429, &[("retry-after", "1")], "")).once(),
        fault("429, Falcon's header in milliseconds")
            .with(answer(429, &[("x-ratelimit-retryafter", &soon)], ""))
            .once(),
        fault("429, Falcon's header in the past")
            .with(answer(429, &[("x-ratelimit-retryafter", "1600000000")], ""))
            .once(),
        fault("503, Retry-After in seconds").with(refusal(503, &[("retry-after", "1")])).once(),
        fault("closed without an answer").with(Fault::Reset).once(),
        fault("cut mid-body").with(Fault::CutMidBody).once(),
        fault("silence, then well").with(Fault::Silence(HOUR)).once().within(8),
        fault("a proxy's page as 200").with(page(200, "<html><body>Bad gateway</body></html>")).once(),
        fault("an empty 200").with(answer(200, &[], "")).once(),
        fault("204 once").with(answer(204, &[], "")).once(),
        fault("JSON of another shape").with(answer(200, &[], "[[]]")).once(),
    ];
    scenarios
        .extend([408, 429, 500, 502, 503, 504].map(|code| fault(format!("{code} once")).with(status(code)).once()));
    scenarios
}

/// Faults that Falcon, or whoever answers for it, means: the report tells them, and no update is in doubt.
fn refusals() -> Vec<Scenario> {
    let far = [("retry-after", "3600")];
    let never = [("x-ratelimit-retryafter", "999999999999999"), ("retry-after", "253402300800")];
    let blocked = "Access to this site is blocked";
    let said = |code| format!("HTTP {code}: as the scenario wants it (code {code}).");
    let mut scenarios = vec![
        fault("503 always").with(status(503)).must_tell([&said(503), "again 5 times"]).after(6),
        fault("503 for an hour").with(refusal(503, &far)).within(20).must_tell([&said(503)]).after(1),
        fault("429 for an hour")
            .with(answer(429, &far, ""))
            .within(20)
            .must_tell([
                "rate limit is used up (HTTP 429); it takes calls again from",
                "GMT, after the end of this job's time",
            ])
            .after(1),
        fault("429 until the end").with(answer(429, &[], "")).within(3).must_tell(["rate limit"]).after_some(2..=100),
        fault("429 until after the year 9999")
            .with(answer(429, &never, ""))
            .within(3)
            .must_tell(["rate limit is used up (HTTP 429) until the end of this job's time"])
            .after_some(2..=100),
        fault("a page of a proxy")
            .with(page(403, &format!("\n  <html>{blocked}</html>\n")))
            .must_tell(["HTTP 403", blocked])
            .after(1),
    ];
    let always = |code| fault(format!("{code} always")).with(status(code)).must_tell([&said(code)]).after(1);
    scenarios.extend([403, 409].map(always));
    scenarios.extend([400, 404, 413, 422].map(|code| always(code).narrowed()));
    for code in [301, 302, 303, 307, 308] {
        let thief = answer(code, &[("location", "http://localhost:1/steal")], "");
        let told = format!("(HTTP {code}) points to localhost:1, and credentials don't follow it");
        scenarios.push(fault(format!("{code} elsewhere")).with(thief).must_tell([&told]).after(1));
    }
    scenarios
}

/// Faults behind which the update may have been made: what it was to change is read back.
fn losses() -> Vec<Scenario> {
    let no_gzip = answer(200, &[("content-encoding", "gzip")], "not gzip");
    let neither = "is none of Falcon's: a status that is neither success nor failure";
    let broke = "the connection broke before Falcon's answer was whole";
    let late = "no answer from Falcon in time";
    let long = "the answer is longer than any of Falcon's: more than";
    // The last quarter of the job's time is less than one answer may take, and long enough for a busy machine.
    let hint = refusal(503, &[("retry-after", "9")]);
    let mut scenarios = vec![
        fault("202 always").with(answer(202, &[], "{\"meta\": {}}")).must_tell(["HTTP 202", neither]).after(2),
        fault("204 always").with(answer(204, &[], "")).must_tell(["HTTP 204", neither]).after(2),
        fault("whole JSON of another shape").with(answer(200, &[], "[[]]")).must_tell(["none of Falcon's"]).after(2),
        fault("closed always").with(Fault::Reset).must_tell([broke]).after_some(6..=12),
        fault("cut always").with(Fault::CutMidBody).must_tell([broke, "again 5 times"]).after(6),
        fault("no gzip in gzip").with(no_gzip).must_tell([broke, "again 5 times"]).after(6),
        fault("a body without end").with(Fault::Endless).must_tell([long]).after(1),
        fault("a bomb in gzip").with(bomb(200)).must_tell([long]).after(1),
    ];
    scenarios = scenarios.into_iter().map(Scenario::and_read_back).collect();
    scenarios.extend([
        fault("silence for ever")
            .with(Fault::Silence(HOUR))
            .within(3)
            .must_tell([late])
            .after_some(1..=3)
            .and_left_open(),
        fault("a body that drips").with(Fault::Drip).within(3).must_tell([late]).after_some(1..=3).and_left_open(),
        fault("503, then silence until the end")
            .with(hint)
            .then(Fault::Silence(HOUR))
            .within(12)
            .must_tell(["HTTP 503: as the scenario wants it (code 503)"])
            .after(2)
            .and_left_open(),
    ]);
    scenarios
}

fn scenarios() -> Vec<Scenario> {
    let each = [losses(), refusals(), passing()].concat();
    let mut scenarios: Vec<Scenario> =
        [TOKEN, ALERTS, INCIDENTS, UPDATE_CASE].iter().flat_map(|call| each.iter().map(|row| row.on(call))).collect();
    let page_as_200 = fault("a page as 200").with(page(200, "<html>Welcome</html>")).must_tell(["\"Welcome\""]);
    for call in [ALERTS, INCIDENTS, UPDATE_CASE] {
        scenarios.push(fault("401 once").with(status(401)).once().on(call));
        scenarios.push(fault("401 always").with(status(401)).must_tell(["HTTP 401"]).after(2).on(call));
        let lost = fault("502 always").with(status(502)).must_tell(["HTTP 502", "again 5 times"]).after(6);
        scenarios.push(lost.and_read_back().on(call));
        scenarios.push(page_as_200.clone().after(6).and_read_back().on(call));
    }
    scenarios.push(page_as_200.after(2).on(TOKEN));
    let refused = fault("401 always").with(status(401)).must_tell(["gave no token: Falcon answered HTTP 401"]).after(1);
    scenarios.push(refused.on(TOKEN));
    for nothing in [r#"{"token_type": "bearer"}"#, r#"{"access_token": ""}"#, r#"{"meta": {}, "resources": []}"#] {
        let row = fault(format!("{nothing} for a token")).with(answer(201, &[], nothing));
        scenarios.push(row.must_tell(["gave no token", "(HTTP 201) is none of Falcon's"]).after(2).on(TOKEN));
    }
    scenarios
}

/// Plays one scenario; the error says how it went otherwise than expected.
fn play(scenario: &Scenario, authority: &Authority) -> Result<(), String> {
    let Scenario { call, faults, seconds, ends, .. } = scenario;
    let falcon = StandIn::with_tls(authority);
    let falcon = faults.iter().fold(falcon, |falcon, (fault, times)| falcon.fails(call, fault.clone(), *times));
    let job = job("thehive5-case").with("/config/base_url", falcon.url()).with("/config/timeout_seconds", *seconds);
    let started = Instant::now();
    let ran = Responder::new()
        .variable("REQUESTS_CA_BUNDLE", &authority.file().display().to_string())
        .stdin(job.0.to_string())
        .run();
    let report = ran.report();
    let check = |holds: bool, what: &str| {
        if holds { Ok(()) } else { Err(format!("{what}: {}{}", report["full"], report["errorMessage"])) }
    };
    // A busy machine takes its time; a fault that is not ended by the job's time lasts an hour.
    check(started.elapsed() < Duration::from_secs(seconds + 30), "it took longer than the job has")?;
    let hits = falcon.hits(call);
    let reads: usize = [ALERT_READ, INCIDENT_READ, READ_CASE].iter().map(|path| falcon.hits(path)).sum();
    match ends {
        Ends::Survived => {
            check(report["success"] == true, "it did not survive")?;
            check(hits == 2, &format!("{hits} requests"))?;
            check(scenario.looks(hits).contains(&reads), &format!("{reads} reads"))?;
        }
        Ends::Told { parts, requests, known } => {
            let message = report["errorMessage"].as_str().unwrap_or_default();
            let known = if *call == TOKEN { Known::Refused } else { *known };
            parts.iter().try_for_each(|part| check(message.contains(part), &format!("{part:?} is not told")))?;
            check(requests.contains(&hits), &format!("{hits} requests"))?;
            check(tells(message, known), "it says something else of the update")?;
            let looks = reads.checked_sub(if known == Known::ReadBack { 2 } else { 0 });
            let is_expected = looks.is_some_and(|looks| scenario.looks(hits).contains(&looks));
            check(known == Known::Nothing || is_expected, &format!("{reads} reads"))?;
        }
    }
    let done = |ids: &[&str]| ids.iter().all(|id| falcon.status_of(id).is_some());
    let fails = |path| matches!(ends, Ends::Told { .. }) && (*call == path || *call == TOKEN);
    check(done(&[ALERT, OTHER_ALERT]) != fails(ALERTS), "the alerts")?;
    check(done(&[INCIDENT]) != fails(INCIDENTS), "the incident")?;
    check(done(&[CASE]) != fails(UPDATE_CASE), "the case")
}

/// Whether the message says just this of the objects whose update failed.
fn tells(message: &str, known: Known) -> bool {
    let not_updated = message.contains("\nNot updated ");
    let read_back = message.contains("; read back a moment later, it still shows the status ");
    let in_doubt = message.contains("\nNot confirmed ")
        && message.contains(" may or may not have been updated to ")
        && message.contains("; to read it back did not work, either: ");
    (not_updated, read_back, in_doubt) == (known != Known::Nothing, known == Known::ReadBack, known == Known::Nothing)
}

#[test]
fn each_fault_on_each_call_is_survived_or_told() {
    let authority = Authority::new();
    let scenarios = scenarios();
    let (next, wrong) = (Mutex::new(scenarios.iter()), Mutex::new(Vec::new()));
    // Side by side, because most of them wait most of the time.
    std::thread::scope(|scope| {
        for _ in 0..48 {
            scope.spawn(|| {
                while let Some(scenario) = { next.lock().unwrap().next() } {
                    if let Err(how) = play(scenario, &authority) {
                        wrong.lock().unwrap().push(format!("{} on {}: {how}", scenario.name, scenario.call));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} scenarios:\n{}", wrong.len(), scenarios.len(), wrong.join("\n\n"));
}
