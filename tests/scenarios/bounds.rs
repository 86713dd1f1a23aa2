//! What a job may cost, whatever it holds and whatever is answered: memory and work within bounds.

use std::io::Write;

use serde_json::{Value, json};

use crate::common::falcon::{ALERTS, TOKEN, updated};
use crate::common::responder::Ran;
use crate::common::{ALERT, Falcon, Fault, Job, Responder, StandIn, answers, job};

/// An answer that a client unpacks to so many megabytes of blanks.
pub fn bomb(megabytes: usize) -> Fault {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut one_more = || {
        let before = encoder.get_ref().len();
        encoder.write_all(&vec![b' '; 1_000_000]).and_then(|()| encoder.flush()).unwrap();
        encoder.get_ref()[before..].to_vec()
    };
    // What packs blanks after blanks may be repeated.
    let packed = [one_more(), one_more().repeat(megabytes - 1)].concat();
    Fault::Answer { status: 200, headers: vec![("content-encoding", "gzip".into())], body: packed }
}

/// The address space for any answer, in kilobytes: 160 MB to use, and what is reserved beside that.
pub const FOR_ANY_ANSWER: u32 = 250_000;
/// The address space for any job.
pub const FOR_ANY_JOB: u32 = 300_000;

/// A run that gets this much address space and ten seconds of a processor: what is not linear in what comes takes minutes.
pub fn bounded(kilobytes: u32, input: impl Into<Vec<u8>>) -> Ran {
    let limits = format!("ulimit -v {kilobytes} && ulimit -t 10");
    // One arena for all threads: each one's own reserves 64 MB.
    Responder::after(&limits).variable("MALLOC_ARENA_MAX", "1").stdin(input).run()
}

fn at(falcon: &StandIn, job: Job) -> String {
    job.with("/config/base_url", falcon.url()).0.to_string()
}

fn whole(status: u16, body: impl Into<Vec<u8>>) -> Fault {
    Fault::Answer { status, headers: Vec::new(), body: body.into() }
}

fn given(token: &str) -> Fault {
    whole(201, answers::token(token).text())
}

#[test]
fn a_bomb_costs_no_memory() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, bomb(400), 1);
    bounded(FOR_ANY_ANSWER, at(&falcon, job("thehive5-case"))).fails_with(&[
        "the answer is longer than any of Falcon's: more than 8000 kB (HTTP 200)",
        "it still shows the status new",
    ]);
}

#[test]
fn a_token_above_64_kb_is_none_whatever_it_is_made_of() {
    for token in ["/".repeat(200_000), "a".repeat(64_001)] {
        let falcon = StandIn::in_the_clear().fails(TOKEN, given(&token), usize::MAX);
        let said = "Falcon gave no token: the answer (HTTP 201) is none of Falcon's: an access_token that is empty, too long, or fits no header";
        bounded(FOR_ANY_ANSWER, at(&falcon, job("thehive5-alert"))).fails_with(&[said]);
        assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (2, 0));
    }
    for length in [4_000_000, 15_800_000] {
        let falcon = StandIn::in_the_clear().fails(TOKEN, given(&"a".repeat(length)), usize::MAX);
        let said = "gave no token: the answer is longer than any of Falcon's: more than 256 kB (HTTP 201)";
        bounded(FOR_ANY_ANSWER, at(&falcon, job("thehive5-alert"))).fails_with(&[said]);
        assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (1, 0));
    }
}

#[test]
fn a_token_of_60_kb_is_one() {
    let token = "/".repeat(60_000);
    let bearer = format!("Bearer {token}");
    let falcon = Falcon::silent()
        .expect("POST", TOKEN, |mock| mock.with_status(201).with_body(answers::token(&token).text()))
        .expect("PATCH", ALERTS, |mock| {
            mock.match_header("authorization", bearer.as_str()).with_body(updated(1).to_string())
        });
    bounded(FOR_ANY_ANSWER, job("thehive5-alert").with("/config/base_url", falcon.url()).0.to_string()).success();
}

#[test]
fn answers_of_any_length_to_ten_cases_at_once_stay_in_bounds() {
    for length in [7_900_000, 15_900_000] {
        let long =
            answers::case_updated(answers::put(answers::case("x", "closed", 4), "/description", "d".repeat(length)));
        let falcon =
            StandIn::in_the_clear().fails("PATCH /cases/entities/cases/v2", whole(200, long.text()), usize::MAX);
        let cases: Vec<String> = (0..10).map(|n| format!("case-{n}-b3BlbmNhc2U")).collect();
        let job = job("thehive5-case").linked_to(json!({"csfalcon-case-id": cases}));
        bounded(FOR_ANY_ANSWER, at(&falcon, job)).fails_with(&["10 cases linked to", "it still shows the status new"]);
    }
}

#[test]
fn answers_of_many_small_parts_stay_in_bounds() {
    for (before, part, after) in [
        (
            r#"{"meta":{"writes":{"resources_affected":0}},"errors":["#,
            r#"{"code":404,"message":"m","id":"i"},"#,
            "{}]}",
        ),
        (r#"{"meta":{},"errors":[],"resources":["#, "{},", "{}]}"),
    ] {
        let body = [before, &part.repeat(7_900_000 / part.len()), after].concat();
        let falcon = StandIn::in_the_clear().fails(ALERTS, whole(200, body), usize::MAX);
        let links = json!({"csfalcon-alert-id": ALERT});
        bounded(FOR_ANY_ANSWER, at(&falcon, job("thehive5-case").linked_to(links))).fails_with(&["1 alert linked to"]);
    }
}

/// An answer of objects with these members, again and again: about so many bytes of them.
fn objects_of(members: &str, length: usize) -> Fault {
    let object = format!(r#"{{"id":"a",{members}}},"#);
    let body = format!(r#"{{"meta":{{}},"errors":[],"resources":[{}{{}}]}}"#, object.repeat(length / object.len()));
    whole(200, body)
}

/// A list of this item, as long as any that is kept.
fn list_of(item: &str, length: usize) -> String {
    format!("[{}]", vec![item; length].join(","))
}

#[test]
fn answers_of_many_nested_parts_stay_in_bounds_however_many_come_at_once() {
    let records = format!(r#"{{"records":{}}}"#, list_of("{}", 200));
    let shapes = [
        // Refused before they are parsed.
        (format!(r#""evidence":{{"alerts":{records},"events":{records},"leads":{records}}}"#), 7_900_000),
        (format!(r#""comments":{}"#, list_of("{}", 500)), 7_900_000),
        (format!(r#""tags":{}"#, list_of(r#""a""#, 128)), 7_900_000),
        // As heavy as any that is parsed.
        (format!(r#""tags":{}"#, list_of(r#""a""#, 128)), 3_700_000),
        (format!(r#""linked_case_ids":{}"#, list_of(r#""a""#, 200)), 3_700_000),
    ];
    let cases: Vec<String> = (0..10).map(|n| format!("case-{n}-b3BlbmNhc2U")).collect();
    for (members, length) in shapes {
        let answer = objects_of(&members, length);
        for (links, path) in [
            (json!({"csfalcon-alert-id": ALERT}), ALERTS),
            (json!({"csfalcon-case-id": cases}), "PATCH /cases/entities/cases/v2"),
        ] {
            let falcon = StandIn::in_the_clear().fails(path, answer.clone(), usize::MAX);
            let job = job("thehive5-case").linked_to(links).with("/config/timeout_seconds", 4);
            bounded(FOR_ANY_ANSWER, at(&falcon, job)).failure();
        }
    }
}

#[test]
fn secrets_of_any_length_and_number_take_linear_work() {
    let falcon = StandIn::in_the_clear();
    let long = job("thehive5-alert").with("/config/api_key", "/".repeat(400_000));
    bounded(FOR_ANY_JOB, at(&falcon, long)).success();
    let named = |n: usize| (format!("key{n}"), Value::from(format!("value-of-parameter-{n:06}-{:08x}", n * 7_919)));
    let many: serde_json::Map<String, Value> = (0..16_000).map(named).collect();
    let falcon = falcon.fails(ALERTS, whole(400, "no"), 1);
    let many = job("thehive5-alert").with("/parameters", many);
    bounded(FOR_ANY_JOB, at(&falcon, many)).fails_with(&["HTTP 400", "1 alert linked to"]);
}

/// A job with a list of these parts, of so many bytes.
fn job_of(part: &str, length: usize, base_url: &str) -> String {
    let job = job("thehive5-case").with("/data/list", json!([0])).with("/config/base_url", base_url).0.to_string();
    job.replace("\"list\":[0]", &format!("\"list\":[{}0]", part.repeat((length - job.len()) / part.len())))
}

#[test]
fn jobs_of_too_many_small_parts_are_refused_before_they_are_taken_apart() {
    let nowhere = "https://falcon.invalid";
    for part in [r#"{"a":0},"#, "[],", r#"{"":""},"#, r#"{"a":{"b":{}}},"#, r#""","#, "0,"] {
        let said = "The job is made of too many small parts; expected one alert or case as Cortex sends it";
        bounded(FOR_ANY_JOB, job_of(part, 7_900_000, nowhere)).fails_with(&[said]);
    }
}

#[test]
fn jobs_as_long_as_real_ones_are_taken() {
    let observable = json!({
        "_id": "~204800123", "dataType": "hostname", "data": "fin-lt-0042.corp.example", "startDate": 1_795_230_000_000_u64, "tlp": 2, "pap": 2,
        "tags": ["source:falcon", "mitre:T1003"], "ioc": true, "message": "Seen by Falcon on the host of the case; see the alert's process tree.",
        "reports": {"VirusTotal_GetReport_3_1": {"taxonomies": [{"level": "info", "namespace": "VT", "predicate": "GetReport", "value": "0/91"}]}},
    });
    let text = format!("\"{}\"", "d".repeat(4_600_000));
    for part in [observable.to_string(), text] {
        let falcon = StandIn::in_the_clear().fails(ALERTS, whole(400, "no"), 1);
        let ran = bounded(FOR_ANY_JOB, job_of(&format!("{part},"), 4_900_000, &falcon.url()));
        ran.fails_with(&["HTTP 400", "1 incident was updated", "1 case was updated"]);
        assert!(ran.stdout.len() < 1_000_000, "{} bytes", ran.stdout.len());
        let input = &ran.report()["input"];
        assert!(
            input["data"].is_null() && input["dataType"] == "thehive:case",
            "all but the case is echoed: {input:#}"
        );
    }
}

#[test]
fn text_that_is_nearly_a_secret_takes_linear_work() {
    let token = format!("{}b", "a".repeat(60_000));
    let errors = json!([{"code": 400, "message": format!("{}%", "a".repeat(3_000_000))}]);
    let refusal = json!({"meta": {}, "errors": errors}).to_string();
    let falcon = StandIn::in_the_clear().fails(TOKEN, given(&token), 1).fails(ALERTS, whole(400, refusal), 1);
    bounded(FOR_ANY_JOB, at(&falcon, job("thehive5-alert"))).fails_with(&["HTTP 400: REMOVED"]);
}

#[test]
fn an_error_that_names_thousands_in_a_long_message_takes_linear_work() {
    let ids: Vec<String> = (0..1_000).map(|n| format!("{ALERT}:{n}")).collect();
    let message = format!("could not be updated: {} {}", ids.join(" "), "x".repeat(5_000_000));
    let answer = json!({"meta": {}, "errors": [{"code": 400, "message": message}]}).to_string();
    let falcon = StandIn::in_the_clear().fails(ALERTS, whole(200, answer), 1);
    let job = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": ids}));
    bounded(FOR_ANY_JOB, at(&falcon, job)).fails_with(&["1000 alerts linked to", "Falcon said: could not be updated"]);
}

#[test]
fn more_ids_than_anybody_works_on_are_refused() {
    let ids: Vec<String> = (0..300_000).map(|n| format!("{n:x}-")).collect();
    let job = job("thehive5-case").linked_to(json!({"csfalcon-case-id": ids.join(",")}));
    bounded(FOR_ANY_JOB, job.0.to_string()).fails_with(&["hold more than 20000 ids", "no more than 20000"]);
}

#[test]
fn placeholders_without_end_are_given_up() {
    let placeholders: Vec<String> = (0..300_000).map(|n| format!("$a{n:x}")).collect();
    let job = job("thehive5-case").linked_to(json!({"csfalcon-case-id": placeholders.join(" ")}));
    bounded(FOR_ANY_JOB, job.0.to_string()).fails_with(&["hold more than 20000 ids", "no more than 20000"]);
}

/// Composite ids, each of so many bytes.
pub fn alerts(count: usize, length: usize) -> Vec<String> {
    (0..count).map(|number| format!("{ALERT}:{number:0>width$}", width = length - ALERT.len() - 1)).collect()
}

/// The reports on a case with these alerts: from a tenant that takes all, and from one that refuses all.
fn reports_on(alerts: &[String]) -> [Ran; 2] {
    [StandIn::in_the_clear(), StandIn::in_the_clear().without_scope("Alerts: write")].map(|falcon| {
        let job = job("thehive5-case").linked_to(json!({ "csfalcon-alert-id": alerts }));
        let ran = bounded(FOR_ANY_JOB, at(&falcon, job));
        assert!(ran.stdout.len() < 1_000_000, "{} bytes", ran.stdout.len());
        ran
    })
}

#[test]
fn a_report_on_thousands_names_each_of_them_and_stays_below_a_megabyte() {
    let alerts = alerts(5_000, 140);
    let [done, refused] = reports_on(&alerts);
    let report = done.success();
    assert_eq!(report["full"]["details"][0], "5000 alerts were updated to in_progress.");
    let told = |target: &Value| target["ids"].as_array().map_or(0, Vec::len);
    assert_eq!(report["full"]["targets"].as_array().unwrap().iter().map(told).sum::<usize>(), 5_000);
    let message = refused.fails_with(&["5000 alerts linked to case #42 (InProgress in TheHive) were not updated"]);
    assert!(alerts.iter().all(|alert| message.contains(alert.as_str())));
    assert!(message.lines().take(2).all(|line| line.len() < 400), "the cause and the next step come first");
}

#[test]
fn of_more_than_a_report_can_hold_the_rest_is_counted() {
    let alerts = alerts(20_000, 140);
    let [done, refused] = reports_on(&alerts);
    let report = done.success();
    let targets = report["full"]["targets"].as_array().unwrap();
    let shown: usize = targets.iter().map(|target| target["ids"].as_array().map_or(0, Vec::len)).sum();
    let more: u64 = targets.iter().map(|target| target["more_ids"].as_u64().unwrap_or_default()).sum();
    assert_eq!((shown as u64 + more, shown > 5_000), (20_000, true), "{shown} and {more}");
    let message = refused.fails_with(&["20000 alerts linked to case #42"]);
    let shown = message.matches(ALERT).count();
    assert!(shown > 5_000 && message.contains(&format!(" +{} more", 20_000 - shown)), "{shown}");
}
