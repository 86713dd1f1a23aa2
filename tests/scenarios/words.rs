//! Words from outside: kept whatever stands around them, and shown on one line, in bounds, and nothing but visible.

use serde_json::{Value, json};

use crate::common::falcon::{ALERT_READ, ALERTS};
use crate::common::responder::Ran;
use crate::common::{ALERT, Fault, Job, Responder, StandIn, answers, job, together};

/// What a terminal, a browser or a reader would be misled by: colours, directions, and what cannot be seen.
const STRANGE: &str = "be\u{1b}[31mware\u{202e}evil\u{2066}x\u{200b}\u{200d}y\u{2028}z\u{2029}w\u{feff}v\u{85}u end";
/// The same, as it may be shown.
const PLAIN: &str = "be[31mwareevilxy z wv u end";

fn alert_in_progress() -> Job {
    job("thehive5-alert").with("/data/stage", "InProgress")
}

fn run(job: Job, falcon: &StandIn) -> Ran {
    Responder::new().argument("-vv").stdin(job.with("/config/base_url", falcon.url()).0.to_string()).run()
}

fn whole(status: u16, body: impl Into<Vec<u8>>) -> Fault {
    Fault::Answer { status, headers: Vec::new(), body: body.into() }
}

/// All that is shown of a run, text by text: the message, what stands beside it in the report, and each line of stderr.
fn shown(ran: &Ran) -> Vec<String> {
    let mut report = ran.report();
    // The echo of the job is the job, as it came.
    report["input"] = Value::Null;
    let mut texts: Vec<String> = ran.stderr.lines().map(str::to_owned).collect();
    collect(&report, &mut texts);
    texts
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.extend(text.lines().map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(items) => items.values().for_each(|item| collect(item, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn assert_plain(ran: &Ran) {
    for text in shown(ran) {
        let strange = text.chars().find(|c| STRANGE.contains(*c) && !c.is_ascii_graphic() && *c != ' ');
        assert_eq!(strange, None, "{text:?}");
        assert!(text.chars().count() < 1_200, "{} characters: {text}", text.chars().count());
    }
}

/// Falcon's words in a run whose alerts get this answer.
fn told(fault: Fault) -> Ran {
    let falcon = StandIn::in_the_clear().fails(ALERTS, fault, 1);
    let ran = run(alert_in_progress(), &falcon);
    assert_plain(&ran);
    ran
}

#[test]
fn strange_words_of_falcon_are_shown_without_what_is_strange() {
    told(whole(400, answers::refusal(400, STRANGE).text())).fails_with(&[&format!("HTTP 400: {PLAIN} (code 400)")]);
    told(whole(400, STRANGE)).fails_with(&["no envelope of Falcon's; \"be[31mwareevilxy z wv u end\""]);
    let code = json!({"errors": [{"code": STRANGE, "message": "no"}]}).to_string();
    told(whole(400, code)).fails_with(&[&format!("HTTP 400: no (code {PLAIN})")]);
    // Tried again, so it is told on standard error alone.
    let again = told(whole(503, answers::refusal(503, STRANGE).text()));
    assert!(again.stderr.contains(PLAIN) && again.success()["success"] == true, "{}", again.stderr);
}

#[test]
fn a_strange_trace_id_is_shown_without_what_is_strange() {
    let mut updated = answers::alerts_updated(1, Vec::new()).with("/meta/trace_id", STRANGE);
    let ran = told(whole(200, updated.text()));
    assert_eq!(ran.success()["full"]["targets"][0]["trace_id"], PLAIN);
    updated = answers::refusal(400, "no").with("/meta/trace_id", STRANGE);
    told(whole(400, updated.text())).fails_with(&[&format!("; trace id {PLAIN}")]);
}

#[test]
fn a_strange_status_is_shown_in_bounds_without_what_is_strange() {
    let cut = format!("{}…", "w".repeat(300));
    for (status, shown) in [(STRANGE, PLAIN), (&"w".repeat(50_000), &cut)] {
        let alert = answers::alerts_read(vec![answers::alert(ALERT, status)], &[]).text();
        let falcon = StandIn::in_the_clear().fails(ALERTS, whole(200, alert.as_str()), 1).fails(
            ALERT_READ,
            whole(200, alert),
            2,
        );
        let ran = run(alert_in_progress(), &falcon);
        assert_plain(&ran);
        ran.fails_with(&[&format!(
            "its answer shows the status {shown}; read back a moment later, it still shows the status {shown}.\nNext"
        )]);
    }
}

#[test]
fn a_strange_job_is_told_without_what_is_strange() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, whole(400, "no"), usize::MAX);
    // As JSON has it, which spells control characters out.
    let spelled_out = format!("\"{}\"", PLAIN.replace("[31m", "\\u001b[31m"));
    for (job, said) in [
        (alert_in_progress().with("/data/_id", format!("~8{STRANGE}")), format!("alert ~8{PLAIN}")),
        (alert_in_progress().with("/data/stage", STRANGE), format!("stage {spelled_out} is unknown")),
        (alert_in_progress().with("/dataType", STRANGE), format!("dataType is {spelled_out}")),
        (alert_in_progress().linked_to(json!({"csfalcon-alert-id": STRANGE})), "holds the character U+001B".into()),
    ] {
        let ran = run(job, &falcon);
        assert_plain(&ran);
        ran.fails_with(&[&said]);
    }
    for item in ["base_url", "service", "proxy_https", "verify_ssl", "token_url"] {
        let job = alert_in_progress().with(&format!("/config/{item}"), STRANGE);
        let ran = Responder::new().argument("-vv").stdin(job.0.to_string()).run();
        assert_plain(&ran);
        ran.failure();
    }
}

#[test]
fn a_verdict_is_told_in_bounds_without_what_is_strange() {
    let falcon = StandIn::in_the_clear();
    let ran = run(alert_in_progress().with("/data/extendedStatus", format!("True{STRANGE}")), &falcon);
    assert_plain(&ran);
    assert_eq!(ran.success()["full"]["verdict"], format!("True{PLAIN}"));
    let ran = run(alert_in_progress().with("/data/extendedStatus", "V".repeat(100_000)), &falcon);
    assert_plain(&ran);
    assert!(ran.success()["full"]["verdict"].as_str().unwrap().starts_with("VVVV"));
}

#[test]
fn long_words_are_cut() {
    let long = "w".repeat(50_000);
    for fault in [
        whole(400, answers::refusal(400, &long).text()),
        whole(400, long.as_str()),
        whole(400, answers::refusal(400, "no").with("/meta/trace_id", long.as_str()).text()),
        whole(400, json!({"errors": vec![json!({"code": 1, "message": long, "id": long}); 3]}).to_string()),
        Fault::Answer {
            status: 302,
            headers: vec![("location", format!("https://{}/", vec!["h".repeat(60); 300].join(".")))],
            body: Vec::new(),
        },
        Fault::Answer { status: 308, headers: vec![("x-cs-region", "r".repeat(5_000))], body: Vec::new() },
        Fault::Answer { status: 400, headers: vec![("x-cs-traceid", "t".repeat(5_000))], body: Vec::new() },
    ] {
        told(fault).failure();
    }
}

#[test]
fn falcons_errors_are_kept_whatever_stands_around_them() {
    let (words, meta) = ("quokka limit reached", json!({"query_time": 0.1, "trace_id": "t"}));
    let error = json!({"code": 404, "message": words});
    let bodies = [
        json!({"meta": meta, "errors": [error], "resources": {}}),
        json!({"meta": meta, "errors": [error], "resources": {"a": 1}}),
        json!({"meta": meta, "errors": [error], "resources": "none"}),
        json!({"errors": [error], "resources": 0}),
        json!({"meta": meta, "errors": words, "resources": []}),
        json!({"meta": meta, "errors": error, "resources": []}),
        json!({"meta": meta, "errors": [words]}),
        json!({"error": words}),
        json!({"error": error}),
        json!({"error": [error]}),
        json!({"error": "invalid_request", "error_description": words}),
        json!({"meta": "odd", "errors": [error]}),
        json!({"meta": [], "errors": [error]}),
        json!({"meta": {"writes": "odd"}, "errors": [error]}),
        json!({"errors": [{"code": [1], "message": words, "id": {"a": 1}}]}),
        json!({"errors": [7, null, error]}),
    ];
    together(&bodies, |body| {
        // Quoting the first line of the body does not count.
        let body = format!("{{\"request\": \"{}\", {}", "p".repeat(600), &body.to_string()[1..]);
        for (status, said) in
            [(200, "Falcon answered with errors and does not say for which ids: "), (400, "Falcon answered HTTP 400: ")]
        {
            let message = told(whole(status, body.as_str())).fails_with(&[said, words]);
            assert!(!message.contains("none of Falcon's"), "{message}");
        }
    });
}

#[test]
fn what_is_counted_may_be_a_fraction_or_text() {
    for one in [json!(1), json!(1.0), json!("1")] {
        let updated = answers::alerts_updated(1, Vec::new()).with("/meta/writes/resources_affected", one);
        let falcon = StandIn::in_the_clear().fails(
            ALERTS,
            Fault::AppliedThen { status: 200, headers: Vec::new(), body: updated.text().into() },
            1,
        );
        run(alert_in_progress(), &falcon).success();
        assert_eq!(falcon.hits(ALERT_READ), 0, "a clear answer costs no read");
    }
    let none = answers::alerts_updated(0, vec![json!({"code": 404, "message": "quokka"})])
        .with("/meta/writes/resources_affected", 0.0);
    told(whole(200, none.text()))
        .fails_with(&["Falcon says it updated 0 of 1 and does not say which: quokka (code 404)"]);
}
