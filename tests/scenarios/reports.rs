//! How a report reads: of a failure the cause first, of a success what TheHive shows in a narrow column.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::falcon::{ALERTS, INCIDENTS, TOKEN};
use crate::common::{ALERT, CASE, Falcon, Fault, INCIDENT, Job, OTHER_ALERT, Responder, StandIn, answers, job};

/// A small job on a case, whole.
fn closed_case(links: &Value) -> Job {
    Job(json!({
        "dataType": "thehive:case",
        "data": {"_id": "~81924", "number": 42, "stage": "Closed", "extendedStatus": "TruePositive", "customFieldValues": links},
        "tlp": 2,
        "pap": 2,
        "config": {
            "client_id": "5d41402abc4b2a76b9719d911017c592",
            "client_secret": "Zk8-fixture-only-secret-2Qw",
            "base_url": "US-1",
            "service": "sync",
            "max_tlp": 2,
        },
    }))
}

/// As the documents show it: nothing of this machine or build.
fn shown(report: &Value, falcon: &StandIn) -> String {
    let host = falcon.url().replace("http://", "");
    let text = format!("{report:#}").replace(&falcon.url(), "US-1").replace(&host, "api.crowdstrike.com (us-1)");
    text.replace(concat!("(commit ", env!("CORTEX_FALCON_COMMIT")), "(commit 0123456789ab")
}

/// The reports of the documents, by name, each from a real run.
fn reports() -> Vec<(&'static str, String)> {
    [&reports_of_sync()[..], &reports_of_services()].concat()
}

/// Those of services that make or show something; each from a job of the fixtures.
fn reports_of_services() -> [(&'static str, String); 3] {
    let events = answers::named("search-done").body["events"].as_array().cloned().unwrap();
    let falcon = StandIn::in_the_clear().finding(events).with_changes_at("2026-05-20T08:41:17.602Z");
    let run = |name: &str| {
        let report = Responder::new().stdin(job(name).with("/config/base_url", falcon.url()).0.to_string()).run();
        shown(&report.success(), &falcon)
    };
    [("create_case", run("create-case")), ("get_case", run("get-case")), ("search", run("search"))]
}

fn reports_of_sync() -> [(&'static str, String); 4] {
    let both = json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT], "csfalcon-case-id": CASE});
    let with_incident = json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT], "csfalcon-incident-id": INCIDENT});
    let run = |falcon: StandIn, job: Job| {
        let report = Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string()).run().report();
        shown(&report, &falcon)
    };
    let retired = answers::named("incidents-retired");
    let retired = Fault::Answer { status: retired.status, headers: Vec::new(), body: retired.text().into() };
    let unnamed = answers::named("alerts-updated-in-part-unnamed");
    let unnamed = Fault::Answer { status: unnamed.status, headers: Vec::new(), body: unnamed.text().into() };
    [
        ("success", run(StandIn::in_the_clear(), closed_case(&both))),
        ("in part", run(StandIn::in_the_clear().fails(INCIDENTS, retired, 1), closed_case(&with_incident))),
        (
            "not confirmed",
            run(
                StandIn::in_the_clear().fails(ALERTS, unnamed, 1).without_scope_for("/alerts/entities/alerts/v2"),
                closed_case(&json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT]})),
            ),
        ),
        ("refused", run(StandIn::in_the_clear(), closed_case(&both).with("/tlp", 3).with("/config/check_tlp", true))),
    ]
}

/// Writes a report into a document, and of a failure before that the message as TheHive shows it.
fn written(document: &str, name: &str, report: &str) -> String {
    let parsed: Value = serde_json::from_str(report).unwrap();
    let is_failure = document.contains(&format!("<!-- message: {name} -->"));
    assert_eq!(parsed["success"], !is_failure, "{name}: {report}");
    let document = match &parsed["errorMessage"] {
        Value::String(message) => in_place(document, &format!("<!-- message: {name} -->\n\n```text\n"), message),
        _ => document.to_owned(),
    };
    in_place(&document, &format!("<!-- report: {name} -->\n\n```json\n"), report)
}

/// Writes a text between a mark and the end of the block behind it.
fn in_place(document: &str, mark: &str, text: &str) -> String {
    let (before, after) = document.split_once(mark).unwrap_or_else(|| panic!("no place behind {mark:?}"));
    let (_, after) = after.split_once("\n```").expect("the end of the block");
    format!("{before}{mark}{text}\n```{after}")
}

/// `UPDATE_DOCUMENTS=1 cargo test reports` writes them anew.
#[test]
fn the_reports_in_the_documents_are_those_of_real_runs() {
    let path = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let reports = reports();
    for (document, names) in [
        ("docs/reports.md", &["success", "in part", "not confirmed", "refused"][..]),
        ("docs/services.md", &["create_case", "get_case", "search"]),
        ("README.md", &["success"]),
    ] {
        let before = fs::read_to_string(path(document)).unwrap();
        let of_these = reports.iter().filter(|(name, _)| names.contains(name));
        let now = of_these.fold(before.clone(), |text, (name, report)| written(&text, name, report));
        if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
            fs::write(path(document), &now).unwrap();
        } else {
            assert!(before == now, "{document} is stale: UPDATE_DOCUMENTS=1 cargo test reports");
        }
    }
}

#[test]
fn a_success_begins_with_its_message_and_has_no_line_breaks() {
    let falcon = StandIn::in_the_clear();
    let job = job("thehive5-case").with("/data/stage", "Closed").with("/config/verify_ssl", false);
    let ran = Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string()).run();
    let report = ran.success();
    assert!(
        ran.stdout.starts_with(r#"{"success":true,"full":{"message":"Falcon follows case #42, "#),
        "{}",
        ran.stdout
    );
    let keys: Vec<&str> = report["full"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys[..3], ["message", "details", "targets"]);
    assert!(!ran.stdout.contains("\\n"), "{}", ran.stdout);
    let message = "Falcon follows case #42, which is Closed in TheHive: 2 alerts, 1 incident and 1 case.";
    assert_eq!(report["full"]["message"], message);
    let version = Responder::new().argument("--version").run().stdout;
    assert_eq!(format!("cortex-falcon {}\n", report["full"]["version"].as_str().unwrap()), version);
}

#[test]
fn a_success_has_one_label_for_cortexs_own_page() {
    for (stage, value) in [("New", "new"), ("Imported", "in_progress"), ("Closed", "closed")] {
        let falcon = StandIn::in_the_clear();
        let report = Responder::new()
            .stdin(
                job("thehive5-alert").with("/data/stage", stage).with("/config/base_url", falcon.url()).0.to_string(),
            )
            .run()
            .success();
        let label = json!({"level": "info", "namespace": "Falcon", "predicate": "status", "value": value});
        assert_eq!(report["summary"], json!({"taxonomies": [label]}));
    }
}

#[test]
fn a_label_keeps_its_level_whatever_is_secret() {
    let falcon = StandIn::in_the_clear();
    let job = job("thehive5-alert").with("/config/some_secret", "info").with("/config/base_url", falcon.url());
    let report = Responder::new().stdin(job.0.to_string()).run().success();
    assert_eq!(report["summary"]["taxonomies"][0]["level"], "info");
}

#[test]
fn a_failure_begins_with_its_cause_and_the_next_step() {
    let falcon = Falcon::silent().answers_token(&answers::named("token-refused"), 1);
    let message = Responder::on(job("thehive5-case"), &falcon).run().failure();
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[0].ends_with("were not updated: Falcon gave no token: Falcon answered HTTP 403: access denied, authorization failed (code 403)."), "{message}");
    assert!(lines[1].starts_with("Next: "), "{message}");
    assert!(lines[2..].iter().all(|line| line.starts_with("Not updated ")), "{message}");
    for id in [ALERT, OTHER_ALERT, INCIDENT, CASE] {
        assert_eq!(message.matches(id).count(), 1, "{id} once in {message}");
    }
}

#[test]
fn advice_that_serves_several_stands_once() {
    let falcon = StandIn::in_the_clear().without(OTHER_ALERT).without(CASE);
    let job = job("thehive5-case").with("/config/base_url", falcon.url());
    let message = Responder::new().stdin(job.0.to_string()).run().failure();
    assert_eq!(message.matches("Next: ").count(), 1, "{message}");
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[0].starts_with("1 alert linked to case #42 (InProgress in TheHive) was not updated"), "{message}");
    assert!(lines[1].starts_with("1 case was not updated"), "{message}");
}

/// So many ids of alerts.
fn many(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:{n}")).collect()
}

#[test]
fn of_what_was_updated_three_ids_are_named_and_of_what_was_not_all() {
    let (ids, gone) = (many(60), many(65).split_off(60));
    let falcon = gone.iter().fold(StandIn::in_the_clear(), |falcon, id| falcon.without(id));
    let all = [ids.clone(), gone.clone()].concat();
    let job = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": all})).with("/config/base_url", falcon.url());
    let message = Responder::new().stdin(job.0.to_string()).run().failure();
    let updated = format!("\nUpdated alerts: {} +57 more; trace id ", ids[..3].join(", "));
    assert!(message.contains(&updated), "{message}");
    let last = message.lines().last().unwrap();
    assert!(last.starts_with(&format!("Not updated alerts: {}; trace id ", gone.join(", "))), "{message}");
}

#[test]
fn causes_are_numbered_where_their_ids_would_look_alike() {
    let errors = [(ALERT, "is locked"), (OTHER_ALERT, "is gone")];
    let errors: Vec<Value> = errors.map(|(id, message)| json!({"code": 400, "message": message, "id": id})).into();
    let falcon = Falcon::start().answers_alerts(
        &[ALERT, OTHER_ALERT],
        "in_progress",
        200,
        &answers::alerts_updated(0, errors).body,
    );
    let job = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT]}));
    let message = Responder::on(job, &falcon).run().failure();
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[0].starts_with("(1) 1 alert linked to") && lines[0].ends_with("is locked (code 400)."), "{message}");
    assert!(
        lines[1].starts_with("(2) 1 alert was not updated") && lines[1].ends_with("is gone (code 400)."),
        "{message}"
    );
    assert!(lines[3].starts_with(&format!("(1) Not updated alert: {ALERT}")), "{message}");
    assert!(lines[4].starts_with(&format!("(2) Not updated alert: {OTHER_ALERT}")), "{message}");
}

#[test]
fn at_a_terminal_a_failure_ends_with_its_cause_and_the_next_step() {
    let falcon = StandIn::in_the_clear().without_scope_for(TOKEN);
    let falcon = falcon.without(ALERT);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), job("thehive5-alert").with("/config/base_url", falcon.url()).0.to_string()).unwrap();
    let shown = Responder::at_a_terminal(&file.path().display().to_string()).variable("NO_COLOR", "1").run().stdout;
    let lines: Vec<&str> = shown.trim_end().lines().collect();
    let [.., cause, next] = lines[..] else { panic!("{shown}") };
    assert!(cause.starts_with("✗ 1 alert linked to alert ~81920 (New in TheHive) was not updated"), "{shown}");
    assert!(next.trim_start().starts_with("Next: "), "{shown}");
}
