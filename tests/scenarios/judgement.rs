//! What Falcon says counts, not what HTTP says.

use serde_json::{Value, json};

use crate::common::falcon::{updated, with_errors};
use crate::common::{ALERT, CASE, Falcon, INCIDENT, OTHER_ALERT, Responder, StandIn, answers, job};

/// A case with two alerts, an incident and an NG-SIEM case, of which Falcon updates all but the alerts.
fn alerts_answered(http: usize, answer: &Value) -> String {
    let falcon = Falcon::start()
        .answers_alerts(&[ALERT, OTHER_ALERT], "in_progress", http, answer)
        .updates_incidents(&[INCIDENT], "30")
        .updates_case(CASE, "in_progress");
    let message = Responder::on(job("thehive5-case"), &falcon).run().failure();
    for done in [
        format!("Updated 1 incident to 30 (in progress): {INCIDENT}; trace id trace-incidents."),
        format!("Updated 1 case to in_progress: {CASE}"),
    ] {
        assert!(message.contains(&done), "{message}");
    }
    message
}

fn assert_tells(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in:\n{message}");
    }
}

#[test]
fn an_error_inside_200_names_the_alert_that_was_not_updated() {
    let errors = json!([{"code": 404, "message": "alert not found", "id": OTHER_ALERT}]);
    let message = alerts_answered(200, &with_errors(1, &errors));
    assert_tells(&message, &["follows only in part", "3 of 4 ids are known to be updated"]);
    assert_tells(&message, &[&format!("Updated 1 alert to in_progress: {ALERT}; trace id trace-alerts.")]);
    assert_tells(
        &message,
        &[&format!(
            "Not updated: 1 alert to in_progress ({OTHER_ALERT}; trace id trace-alerts): Falcon said: alert not found (code 404). Next: "
        )],
    );
}

#[test]
fn an_id_inside_an_errors_message_is_recognised() {
    let errors = json!([{"code": 400, "message": format!("no such alert: \"{ALERT}\".")}]);
    let message = alerts_answered(200, &with_errors(1, &errors));
    assert_tells(
        &message,
        &[
            &format!("Not updated: 1 alert to in_progress ({ALERT}; "),
            &format!("Updated 1 alert to in_progress: {OTHER_ALERT}"),
        ],
    );
}

#[test]
fn a_plain_word_in_an_errors_message_is_no_id() {
    let links = json!({"csfalcon-alert-id": ["see alert", ALERT]});
    let answer = json!({"meta": {}, "errors": [{"code": 404, "message": "alert not found"}]});
    let falcon = Falcon::start().answers_alerts(&["see", "alert", ALERT], "in_progress", 200, &answer);
    Responder::on(job("thehive5-case").linked_to(links), &falcon)
        .run()
        .fails_with(&["0 of 3", "does not say for which"]);
}

#[test]
fn an_object_that_comes_back_in_another_status_was_not_updated() {
    let mut answer = updated(2);
    answer["resources"] =
        json!([{"composite_id": ALERT, "status": "new"}, {"composite_id": OTHER_ALERT, "status": "in_progress"}]);
    let message = alerts_answered(200, &answer);
    assert_tells(
        &message,
        &["3 of 4", &format!("Not updated: 1 alert to in_progress ({ALERT}; "), "the status is still new"],
    );
}

#[test]
fn an_answer_about_another_case_is_no_success() {
    let job = || job("thehive5-case").linked_to(json!({"csfalcon-case-id": CASE}));
    for (resources, part) in [
        (json!([{"id": "other", "status": "in_progress"}]), "about another object"),
        (json!([{"id": "other", "status": "in_progress"}, {"id": CASE, "status": "new"}]), "the status is still new"),
        (json!([{"id": CASE, "fields": {"status": "new"}}]), "the status is still new"),
    ] {
        let mut answer = updated(1);
        answer["resources"] = resources;
        let falcon = Falcon::start().answers_case(CASE, "in_progress", 200, &answer);
        Responder::on(job(), &falcon).run().fails_with(&[part, "0 of 1"]);
    }
    for resources in [json!([]), json!(null), json!([CASE]), json!([{"id": CASE, "status": null}])] {
        let mut answer = updated(1);
        answer["resources"] = resources;
        let falcon = Falcon::start().answers_case(CASE, "in_progress", 200, &answer);
        Responder::on(job(), &falcon).run().success();
    }
}

#[test]
fn many_ids_with_a_reason_each_are_told_in_time() {
    let ids: Vec<String> = (0..20_000).map(|n| format!("{ALERT}:{n}")).collect();
    let mut falcon = Falcon::start();
    for chunk in ids.chunks(1_000) {
        let errors: Vec<Value> =
            chunk.iter().map(|id| json!({"code": 404, "message": format!("no alert {id}"), "id": id})).collect();
        falcon = falcon.answers_alerts(chunk, "in_progress", 200, &with_errors(0, &json!(errors)));
    }
    let job = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": ids})).with("/config/timeout_seconds", 20);
    let message = Responder::on(job, &falcon).run().fails_with(&["0 of 20000"]);
    assert_eq!(message.matches("Not updated: 1 alert").count(), 20_000, "each is named, with its own reason");
}

#[test]
fn an_error_that_names_nothing_leaves_all_in_doubt() {
    let message = alerts_answered(200, &with_errors(2, &json!([{"code": 500, "message": "partial failure"}])));
    assert_tells(&message, &["2 of 4 ids are known", "Not updated: 2 alerts", "partial failure (code 500)"]);
    let message = alerts_answered(200, &with_errors(2, &json!([{}])));
    assert_tells(&message, &["Not updated: 2 alerts", "an error without words"]);
}

#[test]
fn fewer_updated_than_asked_for_leaves_all_in_doubt() {
    let message = alerts_answered(200, &updated(1));
    assert_tells(&message, &["2 of 4 ids are known", "it updated 1 of 2 and does not say which"]);
}

#[test]
fn the_worse_of_two_signs_is_believed() {
    let errors = json!([{"code": 404, "message": "alert not found", "id": ALERT}]);
    let message = alerts_answered(200, &with_errors(0, &errors));
    assert_tells(&message, &["2 of 4 ids are known", "alert not found", "it updated 0 of 2 and does not say which"]);
}

#[test]
fn an_answer_that_says_nothing_is_no_success() {
    let cases = [
        (Value::Null, "an empty body"),
        (json!({}), "without any of meta, errors and resources"),
        (json!([1]), "JSON of another shape"),
        (json!([{"writes": {"resources_affected": 1}}]), "JSON of another shape"),
        (json!({"meta": {"writes": {"resources_affected": "all"}}}), "JSON of another shape"),
    ];
    // Side by side, because each waits between its tries.
    std::thread::scope(|scope| {
        for (answer, part) in &cases {
            scope.spawn(move || {
                let falcon = Falcon::start();
                let falcon = (0..6).fold(falcon, |falcon, _| falcon.answers_alerts(&[ALERT], "new", 200, answer));
                let message = Responder::on(job("thehive5-alert"), &falcon).run().failure();
                assert_tells(&message, &["0 of 1", "none of Falcon's", part, "sent again 5 times"]);
            });
        }
    });
}

#[test]
fn errors_may_be_absent_null_or_empty() {
    for answer in [
        json!({"meta": {"writes": {"resources_affected": 1}}}),
        json!({"meta": {"writes": {"resources_affected": 1}}, "errors": null}),
        json!({"meta": {"trace_id": "t"}, "errors": []}),
        json!({"errors": [], "resources": []}),
    ] {
        let falcon = Falcon::start().answers_alerts(&[ALERT], "new", 200, &answer);
        Responder::on(job("thehive5-alert"), &falcon).run().success();
    }
}

#[test]
fn the_trace_id_may_stand_in_the_body_alone() {
    let answer = json!({"meta": {"trace_id": "from-the-body", "writes": {"resources_affected": 1}}});
    let falcon =
        Falcon::start().expect("PATCH", "/alerts/entities/alerts/v3", |mock| mock.with_body(answer.to_string()));
    let report = Responder::on(job("thehive5-alert"), &falcon).run().success();
    assert_eq!(report["full"]["targets"][0]["trace_id"], "from-the-body");
}

#[test]
fn a_refusal_is_told_with_what_falcon_said_and_what_to_do() {
    let refusal = |code: u16, message: &str| json!({"meta": {}, "errors": [{"code": code, "message": message}]});
    for (http, said, next) in [
        (400, "invalid composite id", "correct the custom field"),
        (403, "access denied, scope not permitted", "\"Alerts: write\""),
        (403, "access denied, authorization failed", "allowlist"),
        (404, "no such alerts", "correct the custom field"),
        (409, "conflict", "at the same moment"),
        (413, "too many ids", "maintainers"),
        (422, "unprocessable", "correct the custom field"),
    ] {
        let message = alerts_answered(http.into(), &refusal(http, said));
        assert_tells(
            &message,
            &[&format!("Falcon answered HTTP {http}: {said} (code {http}). Next: "), next, "trace-alerts"],
        );
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
            &["3 of 4", INCIDENT, "incidents API is retired", "2026-03-09", "NG-SIEM case", "trace-incidents"],
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
fn a_case_that_kept_its_status_was_not_updated() {
    let answer = |consistent: bool| {
        let mut answer = updated(1);
        answer["resources"] = json!([{"id": CASE, "status": "new", "consistency": {"consistent": consistent}}]);
        answer
    };
    let job = || job("thehive5-case").linked_to(json!({"csfalcon-case-id": CASE}));
    let falcon = Falcon::start().answers_case(CASE, "in_progress", 200, &answer(true));
    Responder::on(job(), &falcon).run().fails_with(&["the status is still new", "trace-cases"]);
    let falcon = Falcon::start().answers_case(CASE, "in_progress", 200, &answer(false));
    Responder::on(job(), &falcon).run().success();
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
            ["invalid client credentials", "Check client_id, client_secret and base_url"],
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
        assert_tells(&message, &["does not follow", "0 of 4", "Falcon gave no token", ALERT, INCIDENT, CASE]);
        assert_tells(&message, &parts);
        assert_eq!(message.matches("gave no token").count(), 1, "{message}");
    }
}

#[test]
fn an_empty_token_is_none() {
    let falcon = Falcon::silent();
    let empty = r#"{"access_token": "", "expires_in": 1799, "token_type": "bearer"}"#;
    let falcon = (0..6).fold(falcon, |falcon, _| falcon.refuses_token(201, empty));
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
    Responder::new().stdin(job.0.to_string()).run().fails_with(&["3 of 4", "incidents API is retired"]);
    for done in [ALERT, OTHER_ALERT, CASE] {
        assert_eq!(falcon.status_of(done).as_deref(), Some("in_progress"));
    }
}

#[test]
fn what_a_strict_tenant_does_not_know_is_told_and_the_rest_updated() {
    let falcon = StandIn::in_the_clear().without(OTHER_ALERT).without(CASE);
    let job = job("thehive5-case").with("/config/base_url", falcon.url());
    Responder::new().stdin(job.0.to_string()).run().fails_with(&["2 of 4", "not found (code 404)", "case not found"]);
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
}
