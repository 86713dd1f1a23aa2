//! What token endpoints answer: any good token is taken, and nothing that may hold one is quoted.

mod limited;
mod refused;

use serde_json::{Value, json};

use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::responder::Ran;
use crate::common::wire::{broken_off, giving};
use crate::common::{ALERT, Falcon, Fault, Job, Responder, StandIn, answers, job};

/// The token of the fixtures. No run may show a part of it: the harness searches for that.
fn token() -> String {
    answers::named("token").body["access_token"].as_str().unwrap().to_owned()
}

/// A job whose tokens come from here; it has a second, so that what fails is not tried for long.
fn with_tokens_from(url: String) -> Job {
    let nowhere = "https://falcon.invalid";
    job("thehive5-alert")
        .with("/config/base_url", nowhere)
        .with("/config/token_url", url)
        .with("/config/timeout_seconds", 1)
}

fn run(arguments: &[&str], job: &Job) -> Ran {
    let responder = arguments.iter().fold(Responder::new(), Responder::argument);
    responder.argument("-").stdin(job.0.to_string()).run()
}

fn answered(status: u16, body: impl Into<Vec<u8>>) -> StandIn {
    StandIn::in_the_clear().fails(TOKEN, Fault::Answer { status, headers: Vec::new(), body: body.into() }, usize::MAX)
}

/// The report on a job whose request for a token got this answer.
fn told_of(status: u16, body: impl Into<Vec<u8>>) -> String {
    let falcon = answered(status, body);
    run(&["-vv"], &with_tokens_from(format!("{}{TOKEN}", falcon.url()))).failure()
}

#[test]
fn an_answer_that_breaks_off_inside_the_token_is_not_quoted() {
    let half = format!("{{\"token_type\":\"bearer\",\"access_token\":\"{}", token());
    let job = with_tokens_from(giving(broken_off(201, &half)));
    let said = "Falcon gave no token: the connection broke before Falcon's answer was whole: end of file before message length reached (HTTP 201).\nNext";
    for verbose in [&[][..], &["-v"], &["-vv"]] {
        run(verbose, &job).fails_with(&[said]);
    }
    for check in [&["check"][..], &["-vv", "check"], &["check", "--json"]] {
        let ran = run(check, &job);
        let said = said.trim_end_matches(".\nNext");
        assert!(ran.stdout.contains(said) && ran.status == Some(1), "{ran:?}");
    }
}

#[test]
fn an_answer_that_breaks_off_once_is_not_quoted_by_a_job_that_then_succeeds() {
    for verbose in ["-v", "-vv"] {
        let half = format!("{{\"access_token\":\"{}", token());
        let falcon = Falcon::silent()
            .expect("POST", TOKEN, |mock| {
                mock.with_status(201).with_chunked_body(move |body| {
                    body.write_all(half.as_bytes())?;
                    Err(std::io::Error::other("cut"))
                })
            })
            .gives_token("client_id=5d41402abc4b2a76b9719d911017c592&client_secret=Zk8-fixture-only-secret-2Qw")
            .updates_alerts(&[ALERT], "new");
        let ran = Responder::on(job("thehive5-alert"), &falcon).argument(verbose).run();
        assert_eq!(ran.success()["full"]["retries"], 1);
        assert!(ran.stderr.contains("token: the connection broke before"), "{}", ran.stderr);
    }
}

#[test]
fn a_token_in_another_shape_than_an_object_is_not_quoted() {
    let token = token();
    let object = answers::token(&token).text();
    let hidden = "none of Falcon's: no JSON object; what came is not shown, because it may hold a token.\nNext";
    let unusable = "none of Falcon's: JSON without a usable access_token.\nNext";
    let shapes = [
        (json!(token).to_string(), hidden),
        (json!([token]).to_string(), hidden),
        (format!("[{object}]"), hidden),
        (format!("\"{}\"", object.replace('"', "\\\"")), hidden),
        (format!("access_token={token}&token_type=bearer"), hidden),
        (token.clone(), hidden),
        (format!("{object}{object}"), hidden),
        (format!("{{\"data\":{object}}}"), unusable),
        (json!({"access_token": [token]}).to_string(), unusable),
        (json!({"access_token": {"value": token}}).to_string(), unusable),
    ];
    // Side by side, because each waits between its tries.
    std::thread::scope(|scope| {
        for (body, said) in &shapes {
            scope.spawn(move || {
                let message = told_of(201, body.as_str());
                assert!(message.contains(said), "{body}: {message}");
            });
        }
    });
}

#[test]
fn a_page_that_stands_for_a_token_is_quoted_without_long_words() {
    let page = format!("<html>Sign in, {}</html>", token());
    let message = told_of(201, page);
    assert!(message.contains("no JSON object; \"Sign in, …\".\nNext"), "{message}");
}

#[test]
fn a_refusal_is_quoted_without_long_words() {
    let (token, hidden) = (token(), "what came is not shown, because it may hold a token");
    let envelope = answers::refusal(403, &format!("denied: {token}")).text();
    let page = format!("<html><p>upstream said {token} </p></html>");
    for (status, body, said) in [
        (403, envelope.as_str(), "Falcon answered HTTP 403: denied: … (code 403).\nNext"),
        (400, &page, "(HTTP 400) is none of Falcon's: no envelope of Falcon's; \"upstream said …\".\nNext"),
        (400, &format!("{{\"x\": \"{token}"), hidden),
        (400, &json!([token]).to_string(), hidden),
        (400, &json!(token).to_string(), hidden),
        (401, &json!({"access_token": token}).to_string(), hidden),
    ] {
        let message = told_of(status, body);
        assert!(message.contains("Falcon gave no token: ") && message.contains(said), "{body}: {message}");
        let check = run(&["check"], &with_tokens_from(format!("{}{TOKEN}", answered(status, body).url()))).stdout;
        assert!(check.contains(said.trim_end_matches(".\nNext")), "{body}: {check}");
    }
}

#[test]
fn the_words_of_a_refusal_are_kept_whatever_shape_they_have() {
    let words = "quokka limit reached";
    let error = json!({"code": 403, "message": words});
    for (body, said) in [
        (json!({"errors": words}), words),
        (json!({"errors": error}), "quokka limit reached (code 403)"),
        (json!({"errors": [words]}), words),
        (json!({"errors": [error], "resources": {}}), words),
        (json!({"errors": [error], "meta": "odd"}), words),
        (json!({"error": words}), words),
        (json!({"error": error}), words),
        (json!({"error": "invalid_client", "error_description": words}), "invalid_client; quokka limit reached"),
    ] {
        let message = told_of(403, body.to_string());
        assert!(message.contains(&format!("gave no token: Falcon answered HTTP 403: {said}")), "{body}: {message}");
    }
}

#[test]
fn a_token_is_good_whatever_stands_beside_it() {
    let beside = [
        json!({}),
        json!({"expires_in": 1799}),
        json!({"token_type": null, "expires_in": null}),
        json!({"token_type": "", "expires_in": "1799"}),
        json!({"token_type": "Bearer", "expires_in": 1799.5}),
        json!({"token_type": ["bearer"], "expires_in": -1}),
        json!({"token_type": 7, "expires_in": "soon", "scope": {}, "errors": [{}], "meta": []}),
    ];
    for mut body in beside {
        body["access_token"] = Value::from(token());
        let falcon = Falcon::silent()
            .expect("POST", TOKEN, |mock| mock.with_status(201).with_body(body.to_string()))
            .updates_alerts(&[ALERT], "new");
        Responder::on(job("thehive5-alert"), &falcon).run().success();
    }
}

#[test]
fn a_token_that_no_header_can_carry_is_none() {
    for token in ["", " ", "a\nb", "a\u{0}b"] {
        let falcon = answered(201, answers::token(token).text());
        let job = job("thehive5-alert").with("/config/base_url", falcon.url());
        run(&[], &job).fails_with(&["gave no token", "an access_token that is empty, too long, or fits no header"]);
        assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (2, 0), "{token:?}");
    }
}
