//! What people run at a shell: dry run, samples, and how it looks.

use cortex_falcon::service::FLAVORS;
use serde_json::{Value, json};

use crate::common::falcon::{ALERTS, CASES, INCIDENTS};
use crate::common::{ALERT, OTHER_ALERT, Responder, StandIn, job};

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
    let bare = job("thehive5-case").with("/config", json!({"service": "sync"}));
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

#[test]
fn a_dry_run_and_a_check_keep_secrets_too() {
    let links = json!({"csfalcon-case-id": "Zk8-fixture-only-secret-2Qw"});
    let job = job("thehive5-case").linked_to(links).0.to_string();
    let shown = Responder::new().argument("--dry-run").stdin(job).run().stdout;
    assert!(shown.contains(r#""id":"REMOVED""#), "{shown}");
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
fn the_sample_job_of_an_observable_is_a_search() {
    let falcon = StandIn::in_the_clear().finding(vec![json!({"@id": "event_0042_1"})]);
    let sample = Responder::new().argument("init").argument("observable").run().stdout;
    let run = Responder::new().stdin(sample).variable("FALCON_CLOUD", &falcon.url());
    let run = run.variable("FALCON_CLIENT_ID", "5d41402abc4b2a76b9719d911017c592");
    let report = run.variable("FALCON_CLIENT_SECRET", "Zk8-fixture-only-secret-2Qw").run().success();
    assert_eq!(
        report["full"]["message"],
        "The search for observable 192.0.2.1 in search-all, from 7d to now, found 1 event."
    );
}

#[test]
fn each_service_has_a_job_among_the_fixtures_that_works() {
    let falcon = StandIn::in_the_clear();
    for flavor in &FLAVORS[1..] {
        let job = job(&flavor.name.replace('_', "-"));
        assert_eq!(job.0["config"]["service"], flavor.name);
        let job = job.with("/config/base_url", falcon.url()).0.to_string();
        let report = Responder::new().argument("--dry-run").stdin(job.as_str()).run();
        let rehearsed: Value = serde_json::from_str(&report.stdout).unwrap();
        let report = Responder::new().stdin(job).run().success();
        // Falcon alone gives a case its id, and tells whether there is a hit.
        if !matches!(flavor.name, "create_case" | "search") {
            let kinds = |report: &Value| {
                report["operations"].as_array().unwrap().iter().map(|one| one["type"].clone()).collect::<Vec<_>>()
            };
            assert_eq!(kinds(&rehearsed["report"]), kinds(&report), "{}", flavor.name);
        }
        assert_ne!(rehearsed["report"]["full"]["message"], "", "{}", flavor.name);
    }
    assert_eq!(falcon.cases_created(), 1);
    assert_eq!(falcon.cases().len(), 1, "all of them work on the case that the first creates: {:?}", falcon.cases());
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
