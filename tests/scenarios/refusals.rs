//! Refusals of a whole call, of a path that is gone, and of the token.

use serde_json::{Value, json};

use crate::common::messages::{CHECK_THE_IDS, message, not_updated, updated};
use crate::common::{ALERT, CASE, Falcon, INCIDENT, OTHER_ALERT, Responder, StandIn, answers, job};

fn assert_tells(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in:\n{message}");
    }
}

#[test]
fn a_refusal_is_told_with_what_falcon_said_and_what_to_do() {
    let no_scope = "Give the API client the scope \"Alerts: write\" in Falcon";
    for (http, said, next) in [
        (400, "invalid composite id", CHECK_THE_IDS),
        (
            403,
            "access denied, scope not permitted",
            &format!("{no_scope} (Support and resources → API clients and keys)."),
        ),
        (
            403,
            "access denied, authorization failed",
            &format!("{no_scope}, and check that Cortex's address is on the tenant's allowlist."),
        ),
        (404, "no such alerts", CHECK_THE_IDS),
        (407, "authenticate", "The proxy wants a user and a password: set them in Cortex's proxy URL."),
        (
            409,
            "conflict",
            "Somebody changed it in Falcon at the same moment: look at it there, then run the responder again if the change is still wanted.",
        ),
        (
            413,
            "too many ids",
            "The request itself is too long, not the number of its ids: shorten what is written to Falcon (a comment, tags, fields), or raise the limit of the proxy between Cortex and Falcon, then run the responder again.",
        ),
        (418, "a teapot", "Ask CrowdStrike's support with the trace id."),
        (422, "unprocessable", CHECK_THE_IDS),
    ] {
        let falcon = Falcon::start()
            .answers_alerts(&[ALERT, OTHER_ALERT], "in_progress", http.into(), &answers::refusal(http, said).body)
            .updates_incidents(&[INCIDENT], "30")
            .updates_case(CASE, "in_progress");
        // What may be about one of the IDs is asked for each of them.
        let alone = [ALERT, OTHER_ALERT].into_iter().filter(|_| matches!(http, 400 | 404 | 413 | 422));
        let falcon = alone.fold(falcon, |falcon, id| {
            falcon.answers_alerts(&[id], "in_progress", http.into(), &answers::refusal(http, said).body)
        });
        let (ids, why) =
            (format!("{ALERT}, {OTHER_ALERT}"), format!("Falcon answered HTTP {http}: {said} (code {http})"));
        let lines = [
            updated("1 incident to 30 (in progress)", INCIDENT, "trace-incidents"),
            updated("1 case to in_progress", CASE, "trace-cases"),
            not_updated("2 alerts to in_progress", &ids, "trace-alerts", &why, next),
        ];
        assert_eq!(Responder::on(job("thehive5-case"), &falcon).run().failure(), message(&lines));
    }
}

#[test]
fn a_retired_incidents_api_is_told_as_that_and_the_rest_goes_through() {
    let gone = json!({"errors": [{"code": 404, "message": "404: Page Not Found"}]});
    for (http, answer) in [(404, Value::Null), (404, gone), (410, Value::Null)] {
        let falcon = Falcon::start()
            .updates_alerts(&[ALERT, OTHER_ALERT], "in_progress")
            .answers_incidents(&[INCIDENT], "30", http, &answer)
            .updates_case(CASE, "in_progress");
        let message = Responder::on(job("thehive5-case"), &falcon).run().failure();
        assert_tells(
            &message,
            &[
                "2 alerts were updated",
                "1 case was updated",
                INCIDENT,
                "incidents API is retired",
                "2026-03-09",
                "NG-SIEM case",
                "trace-incidents",
            ],
        );
    }
}

#[test]
fn an_incident_that_does_not_exist_is_no_retired_api() {
    for error in [
        json!({"code": 404, "message": "incident not found", "id": INCIDENT}),
        json!({"code": 404, "message": "incident not found"}),
    ] {
        let falcon = Falcon::start().answers_incidents(&[INCIDENT], "30", 404, &json!({"errors": [error]}));
        let job = job("thehive5-case").linked_to(json!({"csfalcon-incident-id": INCIDENT}));
        let message = Responder::on(job, &falcon).run().failure();
        assert!(message.contains("incident not found") && !message.contains("retired"), "{message}");
    }
}

#[test]
fn a_reference_in_place_of_a_cases_id_is_recognised() {
    let errors = json!({"errors": [{"code": 404, "message": "case not found"}]});
    let falcon = Falcon::start().answers_case("SOC-1234", "in_progress", 404, &errors);
    let job = job("thehive5-case").linked_to(json!({"csfalcon-case-id": "SOC-1234"}));
    Responder::on(job, &falcon).run().fails_with(&["case not found", "reference for people"]);
}

#[test]
fn without_a_token_nothing_is_sent_and_one_reason_is_told_for_all() {
    for (http, body, parts) in [
        (
            401,
            answers::refusal(401, "access denied, invalid client credentials").text(),
            ["invalid client credentials", "check client_id (the API client's ID"],
        ),
        (403, answers::named("token-refused").text(), ["authorization failed", "allowlist"]),
        (
            400,
            "bad request".into(),
            [
                "(HTTP 400) is none of Falcon's: no envelope of Falcon's; \"bad request\"",
                "check base_url and the proxy",
            ],
        ),
    ] {
        let falcon = Falcon::silent().refuses_token(http, &body);
        let message = Responder::on(job("thehive5-case"), &falcon).run().failure();
        assert_tells(
            &message,
            &[
                "2 alerts, 1 incident and 1 case linked to case #42",
                "were not updated: Falcon gave no token",
                ALERT,
                INCIDENT,
                CASE,
            ],
        );
        assert_tells(&message, &parts);
        assert_eq!(message.matches("gave no token").count(), 1, "{message}");
    }
}

#[test]
fn an_empty_token_is_none() {
    let falcon = Falcon::silent();
    let empty = r#"{"access_token": "", "expires_in": 1799, "token_type": "bearer"}"#;
    let falcon = (0..2).fold(falcon, |falcon, _| falcon.refuses_token(201, empty));
    Responder::on(job("thehive5-alert"), &falcon).run().fails_with(&[
        "gave no token",
        "access_token that is empty",
        "HTTP 201",
    ]);
}

#[test]
fn a_failure_report_echoes_the_job_without_its_secrets() {
    let falcon = Falcon::silent().refuses_token(403, &answers::named("token-refused").text());
    let job = job("thehive5-case")
        .with("/config/api_token", "abcd-efgh")
        .with("/config/nested_keys", json!({"a": ["b"]}))
        .with("/config/proxy_http", "http://bob:proxy-pw@proxy.example:3128")
        .with("/data/description", "somebody pasted Zk8-fixture-only-secret-2Qw here");
    let ran = Responder::on(job, &falcon).run();
    let input = &ran.report()["input"];
    for item in ["client_secret", "api_token", "nested_keys"] {
        assert_eq!(input["config"][item], "REMOVED", "{item}");
    }
    assert_eq!(input["config"]["proxy_http"], "http://bob:REMOVED@proxy.example:3128");
    assert_eq!(input["config"]["client_id"], "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(input["data"]["description"], "somebody pasted REMOVED here");
    assert_eq!(input["data"]["number"], 42);
    for secret in ["Zk8-fixture-only-secret-2Qw", "abcd-efgh", "proxy-pw"] {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{secret}");
    }
}

#[test]
fn a_strict_tenant_without_incidents_still_gets_all_else() {
    let falcon = StandIn::in_the_clear().without_incidents();
    let job = job("thehive5-case").with("/config/base_url", falcon.url());
    Responder::new().stdin(job.0.to_string()).run().fails_with(&[
        "2 alerts were updated",
        "1 case was updated",
        "incidents API is retired",
    ]);
    for done in [ALERT, OTHER_ALERT, CASE] {
        assert_eq!(falcon.status_of(done).as_deref(), Some("in_progress"));
    }
}

#[test]
fn what_a_strict_tenant_does_not_know_is_told_and_the_rest_updated() {
    let falcon = StandIn::in_the_clear().without(OTHER_ALERT).without(CASE);
    let job = job("thehive5-case").with("/config/base_url", falcon.url());
    Responder::new().stdin(job.0.to_string()).run().fails_with(&[
        "1 alert was updated",
        "1 incident was updated",
        "not found (code 404)",
        "case not found",
    ]);
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
}
