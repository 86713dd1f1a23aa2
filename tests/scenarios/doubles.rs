//! The doubles themselves: what a scenario relies on, asked for without the responder.

mod actions;
mod cases;
mod client;
mod contents;
mod lists;
mod searches;
mod the_hive;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::common::answers::{self, Answer};
use crate::common::falcon::{ALERT_READ, ALERTS, CASES, INCIDENT_READ, INCIDENTS};
use crate::common::leaks::leak_in;
use crate::common::stand_in::limits::{BAD_BEARERS, Counts};
use crate::common::strict::{CASE_LIST, INCIDENT_LIST, REVOKE};
use crate::common::{ALERT, Authority, CASE, CID, Falcon, Fault, INCIDENT, OTHER_ALERT, Responder, StandIn, job};
use client::{Client, JSON, assert_whole};

#[test]
fn every_file_of_answers_is_known() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/falcon");
    let files: BTreeSet<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(answers::names().map(|name| format!("{name}.json")).collect::<BTreeSet<_>>(), files);
}

#[test]
fn alerts_are_updated_and_read_in_whole_answers() {
    let falcon = StandIn::in_the_clear().without("cid:ind:gone").tagged(OTHER_ALERT, &["ours"]);
    let client = Client::of(&falcon.url());
    assert_whole(&client.update_alerts(&[ALERT, OTHER_ALERT], "closed"), "alerts-updated");
    let answer = client.update_alerts(&[ALERT, "cid:ind:gone"], "closed");
    assert_whole(&answer, "alerts-updated-in-part");
    assert_eq!(answer["meta"]["writes"]["resources_affected"], 1);
    assert_eq!(answer["errors"][0]["id"], "cid:ind:gone");
    let (_, answer) = client.ask("POST", ALERT_READ, &json!({"composite_ids": [ALERT, "a:b:new", OTHER_ALERT]}));
    assert_whole(&answer, "alerts-read");
    let seen = |at: usize, member: &str| &answer["resources"][at][member];
    assert_eq!(
        (seen(2, "composite_id"), seen(2, "status"), seen(2, "cid")),
        (&json!(ALERT), &json!("closed"), &json!(CID))
    );
    assert_eq!((seen(1, "status"), seen(0, "tags")), (&json!("new"), &json!(["ours"])));
    let (status, answer) = client.ask("POST", ALERT_READ, &json!({"composite_ids": [ALERT, "cid:ind:gone"]}));
    assert_eq!((status, answer["resources"].as_array().unwrap().len()), (200, 1));
    assert_eq!(answer["errors"], json!([{"code": 404, "message": "alert not found", "id": "cid:ind:gone"}]));
}

#[test]
fn incidents_are_updated_with_text_and_read_with_numbers() {
    let client = Client::of(&StandIn::in_the_clear().url());
    let actions = json!([{"name": "update_status", "value": "30"}]);
    let (_, answer) = client.ask("POST", INCIDENTS, &json!({"ids": [INCIDENT], "action_parameters": actions}));
    assert_whole(&answer, "incidents-updated");
    let (_, answer) = client.ask("POST", INCIDENT_READ, &json!({"ids": [INCIDENT, "inc:other"]}));
    assert_whole(&answer, "incidents-read");
    let seen = |at: usize| (&answer["resources"][at]["incident_id"], &answer["resources"][at]["status"]);
    assert_eq!((seen(1), seen(0)), ((&json!(INCIDENT), &json!(30)), (&json!("inc:other"), &json!(20))));
}

#[test]
fn what_the_api_does_not_define_is_refused() {
    let client = Client::of(&StandIn::in_the_clear().url());
    for (path, field) in [(ALERT_READ, "composite_ids"), (INCIDENT_READ, "ids"), (CASES, "ids")] {
        for body in [json!({field: ["a"], "limit": 1}), json!({"id": "a"}), json!({field: []}), json!({field: [1]})] {
            assert_eq!(client.ask("POST", path, &body).0, 400, "{path} {body}");
        }
        let body = json!({field: ["a"]}).to_string();
        assert_eq!(client.send("POST", path, "text/plain", &body).unwrap().0, 400, "{path}");
    }
    let ids = vec![ALERT; 1_001];
    assert_eq!(client.ask("POST", ALERT_READ, &json!({"composite_ids": ids})).0, 413);
    assert_eq!(client.update_alerts(&ids, "new")["errors"][0]["code"], 413);
    let (status, answer) = client.ask("GET", "/detects/queries/detects/v1", &Value::Null);
    assert_eq!((status, answer), (404, answers::named("gateway-no-such-path").body));
    let stranger = Client { token: "another".into(), ..client };
    assert_eq!(stranger.ask("POST", CASES, &json!({"ids": [CASE]})).0, 401);
}

#[test]
fn a_bad_token_is_refused_fifteen_times_a_minute_and_limited_from_then_on() {
    let falcon = StandIn::in_the_clear();
    let client = Client::of(&falcon.url());
    let stranger = Client { token: "another".into(), ..Client::of(&falcon.url()) };
    let ask = |client: &Client| client.ask("POST", CASES, &json!({"ids": [CASE]}));
    for _ in 0..BAD_BEARERS {
        assert_eq!(ask(&stranger), (401, answers::named("bearer-refused").body));
    }
    assert_eq!(ask(&stranger), (429, answers::named("bearer-limit").body));
    assert_eq!((ask(&client).0, falcon.bad_bearers()), (200, Counts { given: BAD_BEARERS, refused: 1 }));
}

#[test]
fn a_revoked_token_is_refused_and_another_is_not() {
    let falcon = StandIn::in_the_clear();
    let (revoked, other) = (Client::of(&falcon.url()), Client::of(&falcon.url()));
    let revoke = |authorization: &str| {
        let form = format!("token={}", revoked.token);
        let mut connection = TcpStream::connect(&revoked.address).unwrap();
        let head =
            format!("POST {REVOKE} HTTP/1.1\r\nhost: a\r\nauthorization: {authorization}\r\nconnection: close\r\n");
        let kind = format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", form.len());
        write!(connection, "{head}{kind}\r\n{form}").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    let status = |client: &Client| client.ask("GET", CASE_LIST, &Value::Null).0;
    assert_eq!((revoke("basic YTpi"), status(&revoked)), ("401".into(), 200), "an API client that is unknown");
    let credentials = STANDARD.encode("5d41402abc4b2a76b9719d911017c592:Zk8-fixture-only-secret-2Qw");
    assert_eq!((revoke(&format!("Basic {credentials}")), status(&revoked), status(&other)), ("200".into(), 401, 200));
}

#[test]
fn the_log_has_time_status_method_and_path() {
    let falcon = StandIn::in_the_clear().fails(ALERT_READ, Fault::Reset, 1);
    let client = Client::of(&falcon.url());
    client.update_case("closed");
    assert_eq!(client.send("POST", ALERT_READ, JSON, "{}"), None);
    client.ask("GET", "/somewhere?else", &Value::Null);
    let lines: Vec<String> = falcon.log(1).iter().map(ToString::to_string).collect();
    let (times, rest): (Vec<&str>, Vec<&str>) = lines.iter().map(|line| line.split_at("08:41:17.602Z".len())).unzip();
    let expected =
        [format!("  200  PATCH {CASES}"), format!("  ---  POST {ALERT_READ}"), "  404  GET /somewhere".into()];
    assert_eq!(rest, expected);
    assert!(times.iter().all(|time| time.ends_with('Z') && time.matches(':').count() == 2), "{times:?}");
}

#[test]
fn the_certificate_that_a_mock_leaves_in_its_directory_is_enough_to_trust_it() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = directory.path().join("certificates");
    let falcon = StandIn::with_tls(&Authority::in_directory(&certificates));
    let job = job("thehive5-case").with("/config/base_url", falcon.url()).0.to_string();
    let run = || Responder::new().stdin(job.clone());
    run().variable("SSL_CERT_FILE", certificates.join("ca.pem").to_str().unwrap()).run().success();
    run().run().fails_with(&["certificate is not trusted"]);
}

#[test]
fn a_missing_scope_and_a_retired_api_refuse_reads() {
    let read = format!("POST {CASES}");
    let falcon = StandIn::in_the_clear().without_scope_for(&read).without_scope_for(ALERT_READ).without_incidents();
    let client = Client::of(&falcon.url());
    assert_eq!(client.ask("POST", CASES, &json!({"ids": [CASE]})), (403, answers::named("scope-missing").body));
    assert_eq!(client.ask("POST", ALERT_READ, &json!({"composite_ids": [ALERT]})).0, 403);
    assert_eq!(client.update_case("closed")["resources"][0]["status"], "closed");
    assert_eq!((falcon.hits(&read), falcon.hits(CASES)), (1, 2));
    for (method, path) in [("POST", INCIDENTS), ("POST", INCIDENT_READ), ("GET", INCIDENT_LIST)] {
        assert_eq!(client.ask(method, path, &json!({"ids": [INCIDENT]})), (404, Value::Null), "{path}");
    }
}

#[test]
fn a_tenant_may_count_only_changes() {
    let falcon = StandIn::in_the_clear().counts_only_changes().having(ALERT, "closed").having(CASE, "closed");
    let client = Client::of(&falcon.url());
    let affected = |answer: Value| answer["meta"]["writes"]["resources_affected"].clone();
    assert_eq!(affected(client.update_alerts(&[ALERT, OTHER_ALERT], "closed")), 1);
    assert_eq!(affected(client.update_alerts(&[ALERT, OTHER_ALERT], "closed")), 0);
    assert_eq!(affected(client.update_case("closed")), 0);
    assert_eq!(client.read_case()["version"], 1);
    assert_eq!(affected(client.update_case("reopened")), 1);
}

#[test]
fn an_answer_may_get_lost_after_the_deed() {
    let page = Fault::AppliedThen { status: 502, headers: Vec::new(), body: b"Bad gateway".to_vec() };
    let falcon = StandIn::in_the_clear().loses_answers(&format!("PATCH {CASES}"), 1).fails(ALERTS, page, 1);
    let client = Client::of(&falcon.url());
    let update = json!({"id": CASE, "fields": {"status": "closed"}}).to_string();
    assert_eq!(client.send("PATCH", CASES, JSON, &update), None);
    assert_eq!(client.read_case()["status"], "closed");
    assert_eq!(client.update_alerts(&[ALERT], "closed"), Value::Null);
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("closed"));
    assert_whole(&client.update_alerts(&[ALERT], "closed"), "alerts-updated");
}

#[test]
fn a_tenant_names_its_cloud() {
    assert!(answers::named("token").headers.contains(&("X-Cs-Region".into(), "us-1".into())));
    let falcon = StandIn::in_the_clear().in_region("eu-1");
    let mut connection = TcpStream::connect(falcon.url().trim_start_matches("http://")).unwrap();
    connection.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("x-cs-region: eu-1"), "{answer}");
}

#[test]
fn a_tenant_tells_by_its_own_clock_when_something_was_changed() {
    let later = Duration::from_hours(24 * 1_000);
    let falcon = StandIn::in_the_clear().ahead_by(later);
    let client = Client::of(&falcon.url());
    let read = |client: &Client| {
        let (_, alerts) = client.ask("POST", ALERT_READ, &json!({"composite_ids": [ALERT]}));
        let (_, incidents) = client.ask("POST", INCIDENT_READ, &json!({"ids": [INCIDENT]}));
        let time = |object: &Value, member| object["resources"][0][member].as_str().unwrap().to_owned();
        let case = client.read_case()["updated_timestamp"].as_str().unwrap().to_owned();
        [time(&alerts, "updated_timestamp"), time(&incidents, "modified_timestamp"), case]
    };
    let at_first = read(&client);
    client.update_alerts(&[ALERT], "closed");
    client.update_case("closed");
    let actions = json!([{"name": "update_status", "value": "40"}]);
    client.ask("POST", INCIDENTS, &json!({"ids": [INCIDENT], "action_parameters": actions}));
    let changed = read(&client);
    let falcon = falcon.changed_after(ALERT_READ, ALERT, "new").changed_before(CASE, "new", later);
    read(&client);
    let last = read(&client);
    assert!(at_first[0] < changed[0] && at_first[1] < changed[1] && at_first[2] < changed[2], "{changed:?}");
    assert!(changed[0] < last[0] && changed[1] == last[1] && last[2] < changed[2], "{last:?}");
    assert_eq!(falcon.changed_at(ALERT), Some(last[0].clone()));
    assert_eq!([ALERT, CASE].map(|id| falcon.status_of(id).unwrap()), ["new", "new"]);
}

#[test]
fn a_scripted_falcon_shows_what_a_scenario_says() {
    let falcon = Falcon::start()
        .reads_alerts(&[(ALERT, "closed"), (OTHER_ALERT, "new")])
        .reads_incidents(&[(INCIDENT, "40")])
        .reads_case(CASE, "closed")
        .refuses_reads(ALERT_READ);
    let client = Client::of(&falcon.url());
    let (_, alerts) = client.ask("POST", ALERT_READ, &json!({"composite_ids": [ALERT, OTHER_ALERT]}));
    assert_whole(&alerts, "alerts-read");
    assert_eq!(
        (&alerts["resources"][1]["status"], &alerts["meta"]["trace_id"]),
        (&json!("new"), &json!("trace-alerts"))
    );
    let (_, incidents) = client.ask("POST", INCIDENT_READ, &json!({"ids": [INCIDENT]}));
    assert_eq!(incidents["resources"][0]["status"], 40);
    assert_eq!(client.read_case()["status"], "closed");
    assert_eq!(client.ask("POST", ALERT_READ, &json!({"composite_ids": [ALERT]})).0, 403);
}

#[test]
fn a_scripted_falcon_reads_the_query_of_a_request_without_a_body() {
    let none = answers::named("cases-listed-none");
    let falcon = Falcon::start().gives_for(CASE_LIST, &[("filter", "tags:'a b'+status:'new'"), ("limit", "5")], &none);
    let client =
        Client { token: "eyJhbGciOiJSUzI1NiJ9.fixture-only-token.c2lnbmF0dXJl".into(), ..Client::of(&falcon.url()) };
    let path = format!("{CASE_LIST}?limit=5&filter=tags%3A%27a+b%27%2Bstatus:'new'");
    assert_eq!(client.ask("GET", &path, &Value::Null), (200, none.body));
}

#[test]
fn the_search_for_leaks_finds_any_16_characters_of_a_secret_or_a_token() {
    let falcon = StandIn::in_the_clear();
    let token = Client::of(&falcon.url()).token;
    assert_eq!(token, falcon.tokens()[0]);
    for secret in [token.as_str(), "Zk8-fixture-only-secret-2Qw"] {
        for (start, end) in [(0, 16), (secret.len() - 16, secret.len()), (5, 21)] {
            let part = &secret[start..end];
            for before in (0..9).map(|length| "#".repeat(length)) {
                assert_eq!(leak_in(&format!("{before}{part}")).as_deref(), Some(part));
                assert_eq!(leak_in(&format!("{before}{part} after")).as_deref(), Some(part));
            }
            assert_eq!(leak_in(&format!("before {} after", &part[1..])), None);
        }
    }
    assert_eq!(leak_in("a bob:p-w-9xQ@proxy").as_deref(), Some("w-9xQ"));
    let Answer { body, .. } = answers::named("token");
    assert!(leak_in(&body.to_string()).is_some());
}
