//! What people run at a shell: dry run, check, samples, and how it looks.

use serde_json::{Value, json};

use crate::common::falcon::{ALERTS, CASES, INCIDENTS};
use crate::common::strict::{ALERT_LIST, INCIDENT_LIST};
use crate::common::{ALERT, Authority, CID, Fault, OTHER_ALERT, Responder, StandIn, job};

fn case_at(falcon: &StandIn) -> String {
    job("thehive5-case").with("/config/base_url", falcon.url()).0.to_string()
}

#[test]
fn a_dry_run_shows_the_calls_and_sends_nothing() {
    let falcon = StandIn::in_the_clear();
    let ran = Responder::new().argument("--dry-run").stdin(case_at(&falcon)).run();
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        shown["calls"][0],
        json!({
            "method": "PATCH",
            "url": format!("{}{ALERTS}", falcon.url()),
            "body": {"composite_ids": [ALERT, OTHER_ALERT], "action_parameters": [{"name": "update_status", "value": "in_progress"}]},
        })
    );
    assert_eq!(shown["calls"][1]["url"], format!("{}{INCIDENTS}", falcon.url()));
    assert_eq!(shown["calls"][2]["url"], format!("{}{CASES}", falcon.url()));
    assert_eq!(falcon.requests().len(), 0);
    let really = Responder::new().stdin(case_at(&falcon)).run().success();
    let mut without_traces = really;
    for target in without_traces["full"]["targets"].as_array_mut().unwrap() {
        target["trace_id"] = Value::Null;
    }
    assert_eq!(shown["report"], without_traces, "the report is the one that success gives");
}

#[test]
fn a_dry_run_needs_no_credentials_but_a_sound_job() {
    let bare = job("thehive5-case").with("/config", json!({}));
    let ran = Responder::new().argument("--dry-run").stdin(bare.0.to_string()).run();
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(shown["calls"][0]["url"], format!("https://api.crowdstrike.com{ALERTS}"));
    let ran = Responder::new().argument("--dry-run").stdin(job("observable").0.to_string()).run();
    ran.fails_with(&["dataType"]);
}

#[test]
fn a_dry_run_of_a_job_directory_writes_nothing_there() {
    let directory = tempfile::tempdir().unwrap();
    for folder in ["input", "output"] {
        std::fs::create_dir(directory.path().join(folder)).unwrap();
    }
    std::fs::write(directory.path().join("input/input.json"), job("thehive5-alert").0.to_string()).unwrap();
    let ran = Responder::new().argument("--dry-run").argument(directory.path()).run();
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(std::fs::read_dir(directory.path().join("output")).unwrap().count(), 0);
}

/// Runs a check; its lines and its exit status.
fn check(responder: Responder) -> (String, Option<i32>) {
    let ran = responder.run();
    (ran.stdout, ran.status)
}

#[test]
fn a_check_tells_line_by_line_that_all_works() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    let ca = authority.file().display().to_string();
    let run =
        Responder::new().argument("check").argument("-").variable("REQUESTS_CA_BUNDLE", &ca).stdin(case_at(&falcon));
    let (shown, status) = check(run);
    for line in [
        "✓ job: case #42 is InProgress, and 3 calls would be sent".to_owned(),
        "· proxy: none".into(),
        format!("· certificates: the bundled roots, {ca}"),
        format!("✓ credentials: accepted by {}", falcon.url().trim_start_matches("https://")),
        format!("· tenant: {CID}"),
        "✓ Alerts: read: allowed".into(),
        "✓ Alerts: write: allowed".into(),
        "✓ Incidents: write: allowed".into(),
        "✓ Cases: write: allowed".into(),
        "· incidents API: served".into(),
        "✓ clock: ".into(),
        "· rate limit: 5990 of 6000 calls a minute left".into(),
    ] {
        assert!(shown.contains(&line), "{line:?} is not in:\n{shown}");
    }
    assert_eq!(status, Some(0));
    assert_eq!(falcon.status_of(ALERT), None, "nothing was changed");
}

#[test]
fn a_check_fails_for_what_the_job_needs_and_for_nothing_else() {
    let needs_alerts = |falcon: &StandIn| job("thehive5-alert").with("/config/base_url", falcon.url()).0.to_string();
    let run = |job: String| check(Responder::new().argument("check").argument("-").stdin(job));
    let falcon = StandIn::in_the_clear().without_scope_for(ALERTS);
    let (shown, status) = run(needs_alerts(&falcon));
    assert!(shown.contains("✗ Alerts: write: missing. Next: add it"), "{shown}");
    assert_eq!(status, Some(1));
    let falcon = StandIn::in_the_clear().without_scope_for(CASES).without_scope_for(ALERT_LIST).without_incidents();
    let (shown, status) = run(needs_alerts(&falcon));
    assert!(shown.contains("· Cases: write: missing; this sync does not need it"), "{shown}");
    assert!(shown.contains("· tenant: not known"), "{shown}");
    assert_eq!(status, Some(0), "{shown}");
    let falcon = StandIn::in_the_clear().without_incidents();
    let (shown, status) = run(case_at(&falcon));
    assert!(shown.contains("✗ incidents API: Falcon answered HTTP 404: its incidents API is retired"), "{shown}");
    assert_eq!(status, Some(1));
}

#[test]
fn without_a_job_the_environment_is_checked_and_retired_incidents_are_no_failure() {
    let falcon = StandIn::in_the_clear().without_incidents();
    let environment = |responder: Responder| {
        responder
            .variable("FALCON_CLIENT_ID", "5d41402abc4b2a76b9719d911017c592")
            .variable("FALCON_CLIENT_SECRET", "Zk8-fixture-only-secret-2Qw")
            .variable("FALCON_CLOUD", &falcon.url())
    };
    let (shown, status) = check(environment(Responder::new().argument("check")));
    assert!(shown.contains("· incidents API: Falcon answered HTTP 404: its incidents API is retired"), "{shown}");
    assert_eq!(status, Some(0), "{shown}");
    let ran = environment(Responder::new().argument("check").argument("--json")).run();
    let findings: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(findings["works"], true);
    assert!(
        findings["findings"]
            .as_array()
            .unwrap()
            .contains(&json!({"mark": "good", "about": "Alerts: write", "text": "allowed"}))
    );
}

#[test]
fn a_check_says_allowed_only_where_falcon_has_said_so() {
    let page = |status, body: &str| Fault::Answer { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
    let inside = r#"{"meta": {}, "errors": [{"code": 403, "message": "access denied"}]}"#;
    for (fault, shown_as) in [
        (page(200, inside), "✗ Alerts: write: missing"),
        (page(200, "<html>Welcome</html>"), "✗ Alerts: write: Falcon's answer (HTTP 200) does not tell"),
        (page(404, "<html>Not here</html>"), "✗ Alerts: write: Falcon's answer (HTTP 404) does not tell"),
        (page(204, ""), "✗ Alerts: write: Falcon's answer (HTTP 204) does not tell"),
        (page(500, ""), "✗ Alerts: write: Falcon's answer (HTTP 500) does not tell"),
        (Fault::Reset, "✗ Alerts: write: the connection broke"),
    ] {
        let falcon = StandIn::in_the_clear().fails(ALERTS, fault, usize::MAX);
        let (shown, status) = check(Responder::new().argument("check").argument("-").stdin(case_at(&falcon)));
        assert!(shown.contains(shown_as), "{shown_as:?} is not in:\n{shown}");
        assert_eq!(status, Some(1));
    }
}

#[test]
fn a_dry_run_and_a_check_keep_secrets_too() {
    let links = json!({"csfalcon-case-id": "Zk8-fixture-only-secret-2Qw"});
    let job = job("thehive5-case").linked_to(links).0.to_string();
    let shown = Responder::new().argument("--dry-run").stdin(job).run().stdout;
    assert!(shown.contains(r#""id":"REMOVED""#), "{shown}");
}

#[test]
fn a_check_says_what_stands_in_its_way() {
    for (input, part) in [
        ("no job".to_owned(), "✗ configuration: the job is not JSON"),
        (job("observable").0.to_string(), "✗ job: the job's dataType"),
        (job("case-tlp-red").0.to_string(), "✗ job: TLP is higher than allowed"),
        (job("thehive5-case").with("/config/base_url", "us-9").0.to_string(), "✗ configuration: the base_url \"us-9\""),
        (
            job("thehive5-case").with("/config", json!({})).0.to_string(),
            "✗ configuration: the configuration items client_id and client_secret are missing; set them in Cortex",
        ),
    ] {
        let falcon_free = input
            .replace("\"us-1\"", "\"https://falcon.invalid\"")
            .replace("\"jobTimeout\":30", "\"timeout_seconds\":1");
        let (shown, status) = check(Responder::new().argument("check").argument("-").stdin(falcon_free));
        assert!(shown.contains(part), "{part:?} is not in:\n{shown}");
        assert_eq!(status, Some(1));
    }
    let falcon = StandIn::in_the_clear().fails(INCIDENT_LIST, Fault::Reset, usize::MAX);
    let wrong =
        job("thehive5-case").with("/config/base_url", falcon.url()).with("/config/client_secret", "not-the-secret");
    let (shown, status) = check(Responder::new().argument("check").argument("-").stdin(wrong.0.to_string()));
    assert!(
        shown.contains("✗ credentials: Falcon gave no token: Falcon answered HTTP 401")
            && shown.contains("Next: Check client_id"),
        "{shown}"
    );
    assert_eq!(status, Some(1));
}

#[test]
fn a_sample_job_of_each_kind_and_version_can_be_run() {
    for kind in ["alert", "case"] {
        for thehive in ["3", "4", "5"] {
            let sample = Responder::new().argument("init").argument(kind).argument("--thehive").argument(thehive).run();
            assert_eq!(sample.status, Some(0));
            let rehearsed = Responder::new().argument("--dry-run").stdin(sample.stdout).run();
            assert_eq!(rehearsed.status, Some(0), "{kind} of {thehive}: {rehearsed:?}");
        }
    }
    let sample: Value = serde_json::from_str(&Responder::new().argument("init").run().stdout).unwrap();
    assert_eq!((&sample["dataType"], &sample["config"]["client_secret"]), (&json!("thehive:case"), &json!("")));
    assert_eq!(Responder::new().argument("init").argument("--thehive").argument("6").run().status, Some(2));
}

#[test]
fn verbose_works_before_and_after_a_command() {
    let falcon = StandIn::in_the_clear();
    for arguments in [["-vv", "check", "-"], ["check", "-vv", "-"], ["check", "-", "--verbose"]] {
        let run = arguments.iter().fold(Responder::new(), Responder::argument).stdin(case_at(&falcon));
        let ran = run.run();
        assert_eq!(ran.status, Some(0), "{ran:?}");
        let in_detail = arguments.contains(&"-vv");
        assert_eq!(ran.stderr.contains("/oauth2/token: HTTP/1.1 201"), in_detail, "{arguments:?}: {}", ran.stderr);
    }
    let quiet = Responder::new().argument("check").argument("-").stdin(case_at(&falcon)).run();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_job_beside_a_command_is_refused() {
    for arguments in [["job.json", "check"], ["--dry-run", "check"], ["-", "init"], ["job.json", "man"]] {
        let ran = arguments.iter().fold(Responder::new(), Responder::argument).run();
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");
        let said = "a job and --dry-run stand alone; a command takes its own job, behind its name";
        assert!(ran.stderr.contains(said), "{ran:?}");
    }
}

#[test]
fn the_version_names_commit_and_tls() {
    let version = Responder::new().argument("--version").run().stdout;
    assert!(version.contains("(commit ") && version.contains("TLS by rustls with ring)"), "{version}");
}

#[test]
fn at_a_terminal_a_report_is_pretty_and_summed_up() {
    let falcon = StandIn::in_the_clear();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), case_at(&falcon)).unwrap();
    let at_a_terminal = || Responder::at_a_terminal(&file.path().display().to_string());
    let shown = at_a_terminal().run().stdout;
    assert!(shown.contains("\n  \"full\": {"), "{shown}");
    assert!(shown.contains("\u{1b}[32m") && shown.contains("✓"), "{shown}");
    let plain = at_a_terminal().variable("NO_COLOR", "1").run().stdout;
    assert!(
        plain.contains("✓ Falcon follows case #42, which is InProgress in TheHive: ") && !plain.contains("\u{1b}["),
        "{plain}"
    );
    let piped = Responder::new().argument(file.path()).run();
    assert_eq!(piped.stdout.lines().count(), 1, "compact on a pipe");
    assert_eq!(piped.stderr, "", "and nothing beside it");
}
