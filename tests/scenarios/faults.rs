//! The fault matrix: each fault on each call, over TLS. A call survives it, or the report tells it and nothing else
//! suffers.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::common::falcon::{ALERTS, CASES, INCIDENTS, TOKEN};
use crate::common::{ALERT, Authority, CASE, Fault, INCIDENT, OTHER_ALERT, Responder, StandIn, job};

const CALLS: [&str; 4] = [TOKEN, ALERTS, INCIDENTS, CASES];
const ALWAYS: usize = usize::MAX;

/// How a fault ends.
#[derive(Clone)]
enum Ends {
    /// The job succeeds after this many more requests on the path.
    Survived { retries: usize },
    /// The report says this, after this many requests on the path.
    Told { parts: Vec<String>, requests: std::ops::RangeInclusive<usize> },
}

struct Scenario {
    name: String,
    call: &'static str,
    fault: Fault,
    times: usize,
    seconds: u64,
    ends: Ends,
}

fn status(status: u16) -> Fault {
    let body = json!({"meta": {}, "errors": [{"code": status, "message": "as the scenario wants it"}]});
    Fault::Answer { status, headers: Vec::new(), body: body.to_string().into() }
}

fn with(status: u16, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Fault {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Fault::Answer { status, headers, body: body.into() }
}

fn told(parts: &[&str], requests: std::ops::RangeInclusive<usize>) -> Ends {
    Ends::Told { parts: parts.iter().map(|part| (*part).to_owned()).collect(), requests }
}

fn zeros_in_gzip(megabytes: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..megabytes {
        encoder.write_all(&vec![b' '; 1_000_000]).unwrap();
    }
    encoder.finish().unwrap()
}

fn milliseconds_from_now(milliseconds: u128) -> String {
    (SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() + milliseconds).to_string()
}

/// Passing faults: one more try, and all is well.
fn survived() -> Vec<(String, Fault, u64)> {
    let mut faults: Vec<(String, Fault, u64)> =
        [408, 429, 500, 502, 503, 504].map(|code| (format!("{code} once"), status(code), 120)).into();
    let html = "<html><body>Bad gateway</body></html>";
    faults.extend([
        ("429, Retry-After in seconds".into(), with(429, &[("retry-after", "1")], ""), 120),
        (
            "429, Falcon's header in milliseconds".into(),
            with(429, &[("x-ratelimit-retryafter", &milliseconds_from_now(1_500))], ""),
            120,
        ),
        ("429, Falcon's header in the past".into(), with(429, &[("x-ratelimit-retryafter", "1600000000")], ""), 120),
        ("closed without an answer".into(), Fault::Reset, 120),
        ("cut mid-body".into(), Fault::CutMidBody, 120),
        ("silence, then well".into(), Fault::Silence(Duration::from_secs(30)), 8),
        ("a proxy's page as 200".into(), with(200, &[("content-type", "text/html")], html), 120),
        ("an empty 200".into(), with(200, &[], ""), 120),
        ("JSON of another shape".into(), with(200, &[], "[[]]"), 120),
    ]);
    faults
}

/// Lasting faults: the report tells what came, and the call was tried as often as it was worth.
fn lasting() -> Vec<(String, Fault, u64, Ends)> {
    let mut faults: Vec<(String, Fault, u64, Ends)> = [400, 403, 409, 413, 422]
        .map(|code| {
            (
                format!("{code} always"),
                status(code),
                120,
                told(&[&format!("HTTP {code}: as the scenario wants it")], 1..=1),
            )
        })
        .into();
    let html = "\n  <html>Access to this site is blocked</html>\n";
    let gzip = [("content-encoding", "gzip"), ("content-type", "application/json")];
    let far = with(429, &[("retry-after", "3600")], "");
    faults.extend([
        ("404 always".into(), status(404), 120, told(&["HTTP 404"], 1..=1)),
        ("503 always".into(), status(503), 120, told(&["HTTP 503", "again 5 times"], 6..=6)),
        ("429 for an hour".into(), far, 20, told(&["rate limit", "takes calls again from", "GMT"], 1..=1)),
        ("429 until the end".into(), with(429, &[], ""), 3, told(&["rate limit"], 2..=100)),
        (
            "429 until after the year 9999".into(),
            with(429, &[("x-ratelimit-retryafter", "999999999999999"), ("retry-after", "253402300800")], ""),
            3,
            told(&["rate limit"], 2..=100),
        ),
        (
            "202 always".into(),
            with(202, &[], "{\"meta\": {}}"),
            120,
            told(&["neither success nor failure", "again 5 times"], 6..=6),
        ),
        ("closed always".into(), Fault::Reset, 120, told(&["connection broke"], 6..=12)),
        ("cut always".into(), Fault::CutMidBody, 120, told(&["connection broke"], 6..=6)),
        (
            "silence for ever".into(),
            Fault::Silence(Duration::from_secs(600)),
            3,
            told(&["no answer from Falcon in time"], 1..=3),
        ),
        (
            "a page of a proxy".into(),
            with(403, &[("content-type", "text/html")], html),
            120,
            told(&["HTTP 403", "<html>Access to this site is blocked</html>"], 1..=1),
        ),
        ("a body without end".into(), Fault::Endless, 120, told(&["longer than any of Falcon's", "16 MB"], 1..=1)),
        ("a body that drips".into(), Fault::Drip, 3, told(&["no answer from Falcon in time"], 1..=3)),
        (
            "a bomb in gzip".into(),
            with(200, &gzip, zeros_in_gzip(200)),
            120,
            told(&["longer than any of Falcon's"], 1..=1),
        ),
        ("no gzip in gzip".into(), with(200, &gzip, "not gzip"), 120, told(&["connection broke"], 6..=6)),
        (
            "a page as 200".into(),
            with(200, &[("content-type", "text/html")], "<html>Welcome</html>"),
            120,
            told(&["again 5 times"], 6..=6),
        ),
    ]);
    for code in [301, 302, 303, 307, 308] {
        let thief = [("location", "http://localhost:1/steal")];
        faults.push((
            format!("{code} elsewhere"),
            with(code, &thief, ""),
            120,
            told(&["points to localhost:1", "credentials don't follow"], 1..=1),
        ));
    }
    faults
}

fn scenarios() -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for call in CALLS {
        for (name, fault, seconds) in survived() {
            scenarios.push(Scenario { name, call, fault, times: 1, seconds, ends: Ends::Survived { retries: 1 } });
        }
        for (name, fault, seconds, ends) in lasting() {
            scenarios.push(Scenario { name, call, fault, times: ALWAYS, seconds, ends });
        }
    }
    for call in [ALERTS, INCIDENTS, CASES] {
        let ends = Ends::Survived { retries: 1 };
        scenarios.push(Scenario { name: "401 once".into(), call, fault: status(401), times: 1, seconds: 120, ends });
        let ends = told(&["HTTP 401"], 2..=2);
        scenarios.push(Scenario {
            name: "401 always".into(),
            call,
            fault: status(401),
            times: ALWAYS,
            seconds: 120,
            ends,
        });
    }
    let ends = told(&["gave no token", "HTTP 401"], 1..=1);
    scenarios.push(Scenario {
        name: "401 always".into(),
        call: TOKEN,
        fault: status(401),
        times: ALWAYS,
        seconds: 120,
        ends,
    });
    scenarios
}

/// Plays one scenario; the error says how it went otherwise than expected.
fn play(scenario: &Scenario, authority: &Authority) -> Result<(), String> {
    let Scenario { call, fault, times, seconds, ends, .. } = scenario;
    let falcon = StandIn::with_tls(authority).fails(call, fault.clone(), *times);
    let job = job("thehive5-case").with("/config/base_url", falcon.url()).with("/config/timeout_seconds", *seconds);
    let started = std::time::Instant::now();
    let ran = Responder::new()
        .variable("REQUESTS_CA_BUNDLE", &authority.file().display().to_string())
        .stdin(job.0.to_string())
        .run();
    let report = ran.report();
    let check = |holds: bool, what: &str| {
        if holds { Ok(()) } else { Err(format!("{what}: {}{}", report["full"], report["errorMessage"])) }
    };
    check(started.elapsed() < Duration::from_secs(seconds + 2), "it took longer than the job has")?;
    let hits = falcon.hits(call);
    match ends {
        Ends::Survived { retries } => {
            check(report["success"] == true, "it did not survive")?;
            check(hits == 1 + retries, &format!("{hits} requests"))?;
        }
        Ends::Told { parts, requests } => {
            let message = report["errorMessage"].as_str().unwrap_or_default();
            parts.iter().try_for_each(|part| check(told_of(message, part, call), &format!("{part:?} is not told")))?;
            check(requests.contains(&hits), &format!("{hits} requests"))?;
        }
    }
    let done = |ids: &[&str]| ids.iter().all(|id| falcon.status_of(id).is_some());
    let survived = matches!(ends, Ends::Survived { .. });
    let fails = |path| !survived && (*call == path || *call == TOKEN);
    check(done(&[ALERT, OTHER_ALERT]) != fails(ALERTS), "the alerts")?;
    check(done(&[INCIDENT]) != fails(INCIDENTS), "the incident")?;
    check(done(&[CASE]) != fails(CASES), "the case")
}

/// Whether the message tells it; 404 on incidents is told as what it is, their retirement.
fn told_of(message: &str, part: &str, call: &str) -> bool {
    message.contains(part) || (call == INCIDENTS && part == "HTTP 404" && message.contains("retired"))
}

#[test]
fn each_fault_on_each_call_is_survived_or_told() {
    let authority = Authority::new();
    let scenarios = scenarios();
    let (next, wrong) = (Mutex::new(scenarios.iter()), Mutex::new(Vec::new()));
    // Side by side, because most of them wait most of the time.
    std::thread::scope(|scope| {
        for _ in 0..24 {
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

#[test]
fn a_refused_connection_is_told_with_all_ids() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let job =
        job("thehive5-case").with("/config/base_url", format!("http://{free}")).with("/config/timeout_seconds", 3);
    Responder::new().stdin(job.0.to_string()).run().fails_with(&[
        "no connection to Falcon",
        "Connection refused",
        "firewall",
        ALERT,
        OTHER_ALERT,
        INCIDENT,
        CASE,
    ]);
}

#[test]
fn a_name_that_does_not_exist_is_told() {
    let job =
        job("thehive5-alert").with("/config/base_url", "https://falcon.invalid").with("/config/timeout_seconds", 2);
    Responder::new().stdin(job.0.to_string()).run().fails_with(&["no connection to Falcon", "0 of 1"]);
}

#[test]
fn a_bomb_costs_no_memory() {
    let authority = Authority::new();
    let gzip = [("content-encoding", "gzip")];
    let falcon = StandIn::with_tls(&authority).fails(ALERTS, with(200, &gzip, zeros_in_gzip(400)), ALWAYS);
    let job = job("thehive5-alert").with("/config/base_url", falcon.url());
    // Address space, of which threads reserve more than they use: far below the 400 MB that the bomb would take.
    Responder::limited_to_memory(350_000)
        .variable("REQUESTS_CA_BUNDLE", &authority.file().display().to_string())
        .stdin(job.0.to_string())
        .run()
        .fails_with(&["longer than any of Falcon's"]);
}

#[test]
fn cortexs_job_timeout_cuts_the_budget() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, with(429, &[("retry-after", "58")], ""), ALWAYS);
    let job = job("thehive5-alert").with("/config/base_url", falcon.url()).with("/config/jobTimeout", 1);
    Responder::new().stdin(job.0.to_string()).run().fails_with(&["rate limit", "takes calls again from"]);
    assert_eq!(falcon.hits(ALERTS), 1, "58 seconds do not fit into nine tenths of a minute");
}

#[test]
fn retries_are_told_on_stderr_with_verbose_and_in_the_report() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, status(503), 2);
    let input = job("thehive5-alert").with("/config/base_url", falcon.url()).0.to_string();
    let ran = Responder::new().argument("--verbose").stdin(input).run();
    assert_eq!(ran.success()["full"]["retries"], 2);
    assert_eq!(ran.stderr.matches("next try in").count(), 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("PATCH /alerts/entities/alerts/v3"), "{}", ran.stderr);
}

#[test]
fn one_new_token_serves_all_calls_that_need_one() {
    let falcon = StandIn::in_the_clear().with_the_first_token_revoked();
    let job = job("thehive5-case").with("/config/base_url", falcon.url());
    let report = Responder::new().stdin(job.0.to_string()).run().success();
    assert!(report["full"]["retries"].as_u64().unwrap() > 0, "{report:#}");
    assert_eq!(falcon.hits(TOKEN), 2, "one token to begin with, and one new one for all three calls");
}

#[test]
fn a_falcon_that_takes_no_token_is_not_asked_for_one_by_every_call() {
    let falcon = StandIn::in_the_clear().fails(CASES, status(401), ALWAYS);
    let cases: Vec<String> = (0..20).map(|n| format!("Y2FzZQ{n}")).collect();
    let job = job("thehive5-case").linked_to(json!({"csfalcon-case-id": cases})).with("/config/base_url", falcon.url());
    Responder::new().stdin(job.0.to_string()).run().fails_with(&["HTTP 401", "0 of 20"]);
    assert_eq!(falcon.hits(TOKEN), 2, "Falcon blocks who comes with bad tokens too often");
}

#[test]
fn a_falcon_that_comes_up_late_is_reached() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let job = job("thehive5-alert").with("/config/base_url", format!("http://{address}"));
    let falcon = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        StandIn::start(&address.to_string(), None)
    });
    let report = Responder::new().stdin(job.0.to_string()).run().success();
    assert!(report["full"]["retries"].as_u64().unwrap() > 0, "{report:#}");
    assert!(falcon.join().unwrap().status_of(ALERT).is_some());
}
