//! `check`: whether a job would work, or what must be done first.

use serde_json::{Value, json};

use crate::common::falcon::{ALERTS, CASES, INCIDENTS, TOKEN};
use crate::common::strict::{ALERT_LIST, INCIDENT_LIST};
use crate::common::{ALERT, Authority, CID, Fault, Job, Ran, Responder, StandIn, job};

const ID: &str = "5d41402abc4b2a76b9719d911017c592";
const SECRET: &str = "Zk8-fixture-only-secret-2Qw";

/// What an admin is told to do about a missing scope.
fn give(scope: &str) -> String {
    format!("Give the API client the scope \"{scope}\" in Falcon (Support and resources → API clients and keys).")
}

/// A check of what is on standard input.
fn checking(input: &impl ToString) -> Responder {
    Responder::new().argument("check").argument("-").stdin(input.to_string())
}

/// A check of a job that is to go to this Falcon.
fn checking_at(falcon: &StandIn, job: Job) -> Responder {
    checking(&job.with("/config/base_url", falcon.url()).0)
}

/// A check of the environment, which has credentials for this Falcon.
fn checking_the_environment_of(falcon: &StandIn) -> Responder {
    let check = Responder::new().argument("check");
    check
        .variable("FALCON_CLIENT_ID", ID)
        .variable("FALCON_CLIENT_SECRET", SECRET)
        .variable("FALCON_CLOUD", &falcon.url())
}

/// A configuration for this Falcon, without a job around it.
fn items_for(falcon: &StandIn) -> Value {
    json!({"client_id": ID, "client_secret": SECRET, "base_url": falcon.url()})
}

/// The check ended well: these lines are there, and this is the last.
#[track_caller]
fn ends_well(ran: &Ran, lines: &[&str], last: &str) {
    ends(ran, 0, lines, &format!("✓ {last}"));
}

/// The check found something that is in the way: these lines are there, and this is the last.
#[track_caller]
fn ends_badly(ran: &Ran, lines: &[&str], last: &str) {
    ends(ran, 1, lines, &format!("✗ {last}"));
}

#[track_caller]
fn ends(ran: &Ran, status: i32, lines: &[&str], last: &str) {
    for line in lines {
        let is_there = ran.stdout.lines().any(|shown| shown.starts_with(line));
        assert!(is_there, "{line:?} begins no line of:\n{}", ran.stdout);
    }
    assert_eq!((ran.stdout.lines().last(), ran.status), (Some(last), Some(status)), "{}", ran.stdout);
}

const JOB_WORKS: &str = "This job would work.";
const CONFIGURATION_WORKS: &str = "Jobs would work with this configuration.";

#[test]
fn a_check_tells_line_by_line_that_all_works() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    let ca = authority.file().display().to_string();
    let ran = checking_at(&falcon, job("thehive5-case")).variable("REQUESTS_CA_BUNDLE", &ca).run();
    let lines = [
        "✓ job: case #42 is InProgress, and 3 calls would be sent",
        "· proxy: none",
        &format!("· certificates: the bundled roots, {ca}"),
        &format!("✓ credentials: accepted by {}", falcon.url().trim_start_matches("https://")),
        &format!("· tenant: {CID}"),
        "✓ Alerts: read: allowed",
        "✓ Alerts: write: allowed",
        "✓ Incidents: write: allowed",
        "✓ Cases: write: allowed",
        "· incidents API: served",
        "✓ clock: ",
        "· rate limit: 5990 of 6000 calls a minute left",
    ];
    ends_well(&ran, &lines, JOB_WORKS);
    assert_eq!(falcon.status_of(ALERT), None, "nothing was changed");
}

#[test]
fn a_check_fails_for_what_the_job_needs_and_for_nothing_else() {
    let falcon = StandIn::in_the_clear().without_scope_for(ALERTS);
    let first = give("Alerts: write");
    ends_badly(
        &checking_at(&falcon, job("thehive5-alert")).run(),
        &[&format!("✗ Alerts: write: missing. Next: {first}")],
        &format!("This job would not work yet. First: {first}"),
    );
    let falcon = StandIn::in_the_clear().without_scope_for(CASES).without_scope_for(ALERT_LIST).without_incidents();
    ends_well(
        &checking_at(&falcon, job("thehive5-alert")).run(),
        &[
            "✓ job: alert ~81920 is New, and 1 call would be sent",
            "· Cases: write: missing; this job does not need it",
            "· Alerts: read: missing; it is wished for",
            "· incidents API: Falcon answered HTTP 404: its incidents API is retired",
            "· tenant: not known",
        ],
        JOB_WORKS,
    );
    let falcon = StandIn::in_the_clear().without_incidents();
    let by_hand = "Set the status in Falcon by hand. Put the id of the NG-SIEM case that replaces the incident into the custom field for NG-SIEM cases, and clear the one for incidents.";
    ends_badly(
        &checking_at(&falcon, job("thehive5-case")).run(),
        &["✗ incidents API: Falcon answered HTTP 404: its incidents API is retired"],
        &format!("This job would not work yet. First: {by_hand}"),
    );
}

#[test]
fn without_a_job_retired_incidents_are_no_failure_and_neither_is_their_scope() {
    for falcon in [
        StandIn::in_the_clear().without_incidents(),
        StandIn::in_the_clear().without_scope_for(INCIDENTS).without_scope_for(INCIDENT_LIST),
    ] {
        let ran = checking_the_environment_of(&falcon).run();
        ends_well(&ran, &["· job: none; this is about what jobs of any kind need"], CONFIGURATION_WORKS);
        let said = ["· incidents API: Falcon answered HTTP 404", "· Incidents: write: missing; only alerts and cases"];
        assert!(said.iter().any(|said| ran.stdout.contains(said)), "{}", ran.stdout);
    }
    let falcon = StandIn::in_the_clear().without_scope_for(CASES);
    let ran = checking_the_environment_of(&falcon).run();
    let first = give("Cases: write");
    ends_badly(&ran, &[], &format!("Jobs would not work with this configuration yet. First: {first}"));
}

#[test]
fn for_machines_there_is_the_same_in_json() {
    let findings = |falcon: &StandIn| {
        let ran = checking_the_environment_of(falcon).argument("--json").run();
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let well = findings(&StandIn::in_the_clear());
    assert_eq!((&well["works"], &well["verdict"]), (&json!(true), &json!(CONFIGURATION_WORKS)));
    let scope = json!({"mark": "good", "about": "Alerts: write", "text": "allowed"});
    assert!(well["findings"].as_array().unwrap().contains(&scope), "{well:#}");

    let badly = findings(&StandIn::in_the_clear().without_scope_for(ALERTS));
    let next = give("Alerts: write");
    let verdict = format!("Jobs would not work with this configuration yet. First: {next}");
    assert_eq!((&badly["works"], &badly["verdict"]), (&json!(false), &json!(verdict)));
    let scope = json!({"mark": "bad", "about": "Alerts: write", "text": "missing", "next": next});
    assert!(badly["findings"].as_array().unwrap().contains(&scope), "{badly:#}");
}

#[test]
fn a_configuration_is_checked_without_a_job_around_it() {
    let falcon = StandIn::in_the_clear();
    // None of them names a service: that is no item, and Cortex adds it to a job.
    for config in [items_for(&falcon), json!({"config": items_for(&falcon)})] {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), config.to_string()).unwrap();
        let ran = Responder::new().argument("check").argument(file.path()).run();
        ends_well(&ran, &["· job: none; ", "✓ credentials: accepted by localhost:"], CONFIGURATION_WORKS);
    }
    let mut wrong = items_for(&falcon);
    wrong["custom_field_name_alert_id"] = json!(7);
    let why = "the configuration item custom_field_name_alert_id has a value of the wrong kind; expected a string. Correct it in Cortex (Organization → Responders).";
    let last = format!("Jobs would not work with this configuration yet: {why}");
    ends_badly(&checking(&wrong).run(), &[&format!("✗ configuration: {why}")], &last);
    let mut half_a_job = json!({"dataType": "thehive:case", "config": items_for(&falcon)});
    half_a_job["config"]["service"] = json!("sync");
    ends_badly(
        &checking(&half_a_job).run(),
        &["✗ job: the job has no data"],
        "This job would not work yet: the job has no data; expected the case as a JSON object.",
    );
}

/// Each run is searched for the secret.
#[test]
fn what_is_secret_in_a_configuration_without_a_job_is_not_shown() {
    let falcon = StandIn::in_the_clear().echoes_requests(TOKEN);
    let ran = checking(&items_for(&falcon)).argument("-vv").run();
    assert!(ran.stdout.contains("✗ credentials: ") && ran.status == Some(1), "{ran:?}");
    let ran = checking(&json!({"client_id": ID, "client_secret": SECRET, "base_url": SECRET})).run();
    assert!(ran.stdout.contains("✗ configuration: the base_url") && ran.status == Some(1), "{ran:?}");
}

#[test]
fn a_proxys_page_is_told_as_one_and_what_to_do_about_it() {
    let page = "<!DOCTYPE html>\n<html><title>Web filter</title></html>";
    let answer = |status| Fault::Answer { status, headers: Vec::new(), body: page.into() };
    let falcon = StandIn::in_the_clear().fails(TOKEN, answer(403), usize::MAX);
    let host = falcon.url().replace("http://", "");
    let clear = format!("Have the proxy let this machine through to {host}, or correct base_url.");
    ends_badly(
        &checking_at(&falcon, job("thehive5-case")).run(),
        &[&format!(
            "✗ credentials: a proxy or another server answers in Falcon's place: Falcon gave no token: the answer (HTTP 403) is none of Falcon's: no envelope of Falcon's; \"Web filter\". Next: {clear}"
        )],
        &format!("This job would not work yet. First: {clear}"),
    );
    let falcon = StandIn::in_the_clear().fails(ALERTS, answer(200), usize::MAX);
    let clear = clear.replace(&host, &falcon.url().replace("http://", ""));
    ends_badly(
        &checking_at(&falcon, job("thehive5-case")).run(),
        &[&format!(
            "✗ Alerts: write: a proxy or another server answers in Falcon's place: the answer (HTTP 200) is none of Falcon's: no JSON; \"Web filter\". Next: {clear}"
        )],
        &format!("This job would not work yet. First: {clear}"),
    );
}

#[test]
fn where_an_answer_may_be_a_proxys_it_is_said_what_to_do_then() {
    let sign_in = vec![("location", "https://sign-in.example/".to_owned())];
    let redirect = Fault::Answer { status: 302, headers: sign_in, body: Vec::new() };
    let unavailable = Fault::Answer { status: 503, headers: Vec::new(), body: b"<html>No route</html>".to_vec() };
    for (fault, said, first) in [
        (redirect, "points to sign-in.example", "If a proxy wants a sign-in there, have it let this machine through"),
        (
            unavailable,
            "a gateway answered HTTP 503: \"No route\"",
            "If that gateway is a proxy of yours, have it let this",
        ),
    ] {
        let falcon = StandIn::in_the_clear().fails(CASES, fault, usize::MAX);
        let ran = checking_at(&falcon, job("thehive5-case")).run();
        let shown = &ran.stdout;
        assert!(shown.contains(said) && shown.contains(&format!("not work yet. First: {first}")), "{shown}");
        assert_eq!(ran.status, Some(1));
    }
}

#[test]
fn a_check_says_allowed_only_where_falcon_has_said_so() {
    let page = |status, body: &str| Fault::Answer { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
    let inside = r#"{"meta": {}, "errors": [{"code": 403, "message": "access denied"}]}"#;
    for (fault, shown_as) in [
        (page(200, inside), "✗ Alerts: write: missing"),
        (page(404, "<html>Not here</html>"), "✗ Alerts: write: a proxy or another server answers in Falcon's place"),
        (page(204, ""), "✗ Alerts: write: a proxy or another server answers in Falcon's place"),
        (page(500, ""), "✗ Alerts: write: Falcon's answer (HTTP 500) does not tell. Next: Check again later."),
        (Fault::Reset, "✗ Alerts: write: the connection broke"),
    ] {
        let falcon = StandIn::in_the_clear().fails(ALERTS, fault, usize::MAX);
        let ran = checking_at(&falcon, job("thehive5-case")).run();
        assert!(ran.stdout.contains(shown_as), "{shown_as:?} is not in:\n{}", ran.stdout);
        assert_eq!(ran.status, Some(1));
    }
}

#[test]
fn a_check_says_what_stands_in_its_way() {
    let config =
        |config: Value| job("thehive5-case").with("/config", config).with("/config/service", "sync").0.to_string();
    let missing = "the configuration items client_id and client_secret are missing; set them in Cortex";
    for (input, about, problem) in [
        ("no job".to_owned(), "configuration", "the job is not JSON"),
        (job("observable").0.to_string(), "job", "the job's dataType"),
        (job("case-tlp-red").0.to_string(), "job", "not sent: TLP 3 (AMBER+STRICT"),
        (job("thehive5-case").without("/config/service").0.to_string(), "job", "the job names no service"),
        (config(json!({"base_url": "us-9"})), "configuration", missing),
        (
            config(json!({"client_id": ID, "client_secret": SECRET, "base_url": "us-9"})),
            "configuration",
            "the base_url \"us-9\"",
        ),
    ] {
        let falcon_free = input
            .replace("\"us-1\"", "\"https://falcon.invalid\"")
            .replace("\"jobTimeout\":30", "\"timeout_seconds\":1");
        let ran = checking(&falcon_free).run();
        assert!(ran.stdout.contains(&format!("✗ {about}: {problem}")), "{problem:?} is not in:\n{}", ran.stdout);
        assert!(ran.stdout.lines().last().is_some_and(|last| last.contains(problem)), "{}", ran.stdout);
        assert_eq!(ran.status, Some(1));
    }
    let falcon = StandIn::in_the_clear().fails(INCIDENT_LIST, Fault::Reset, usize::MAX);
    let wrong = job("thehive5-case").with("/config/client_secret", "not-the-secret");
    let check = "In Cortex (Organization → Responders), check client_id (the API client's ID, not a CID), client_secret, and that base_url names the API client's cloud; in Falcon, check that the tenant's IP allowlist has Cortex's address.";
    ends_badly(
        &checking_at(&falcon, wrong).run(),
        &["✗ credentials: Falcon gave no token: Falcon answered HTTP 401"],
        &format!("This job would not work yet. First: {check}"),
    );
}
