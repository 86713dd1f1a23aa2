//! A token that Falcon refuses: all that can be behind it is named, in a report and in a check.

use serde_json::{Value, json};

use super::{Job, run};
use crate::common::falcon::TOKEN;
use crate::common::{CID, Fault, Responder, StandIn, answers, job, together};

const CHILD: &str = "00112233445566778899aabbccddeeff";

/// An alert's job for this Falcon, with one more configuration item.
fn job_with(falcon: &StandIn, item: &str, value: impl Into<Value>) -> Job {
    let job = job("thehive5-alert").with("/config/base_url", falcon.url());
    job.with(&format!("/config/{item}"), value)
}

/// A Falcon that answers every token request with this.
fn answering(status: u16, body: &str) -> StandIn {
    let answer = Fault::Answer { status, headers: Vec::new(), body: body.into() };
    StandIn::in_the_clear().fails(TOKEN, answer, usize::MAX)
}

/// The report and the check of a job both give this advice.
#[track_caller]
fn assert_advises(job: &Job, advice: &str) {
    let message = run(&[], job).failure();
    assert!(message.contains(&format!("\nNext: {advice}\n")), "{advice:?} is not in:\n{message}");
    let check = run(&["check"], job).stdout;
    assert!(check.contains("✗ credentials: ") && check.contains(&format!(". Next: {advice}\n")), "{check}");
}

/// What to check if a token was refused.
fn check_all(child: &str, scope: &str, cloud: &str) -> String {
    format!(
        "In Cortex (Organization → Responders), check {child}client_id (the API client's ID, not a CID), client_secret{scope}, and that {cloud} the API client's cloud; in Falcon, check that the tenant's IP allowlist has Cortex's address."
    )
}

#[test]
fn a_refused_token_names_all_that_can_be_behind_it_whatever_falcon_says() {
    let child = "member_cid (a child tenant's CID, not the parent's own), ";
    let refusals = [
        (400, answers::refusal(400, "invalid member_cid").text()),
        (401, answers::refusal(401, "access denied, invalid client credentials").text()),
        (403, answers::named("token-refused").text()),
        (403, answers::refusal(403, "access denied, scope not permitted").text()),
        (401, json!({"error": "invalid_client", "error_description": "quokka"}).to_string()),
        (403, String::new()),
        (422, answers::refusal(422, "quokka").text()),
    ];
    together(&refusals, |(status, body)| {
        let falcon = answering(*status, body);
        assert_advises(&job_with(&falcon, "member_cid", " "), &check_all("", "", "base_url names"));
        assert_advises(&job_with(&falcon, "member_cid", CHILD), &check_all(child, "", "base_url names"));
        assert_advises(
            &job_with(&falcon, "scope", json!(["alerts:write"])),
            &check_all("", " and scope", "base_url names"),
        );
        let tokens = format!("{}{TOKEN}", falcon.url());
        assert_advises(&job_with(&falcon, "token_url", tokens), &check_all("", "", "base_url and token_url name"));
    });
}

#[test]
fn the_parents_own_cid_is_refused_and_member_cid_is_named_first() {
    let falcon = StandIn::in_the_clear();
    let message = run(&[], &job_with(&falcon, "member_cid", CID)).failure();
    let said = "Falcon gave no token: Falcon answered HTTP 403: access denied, authorization failed (code 403).";
    let next = "Next: In Cortex (Organization → Responders), check member_cid (a child tenant's CID, not the parent's own), client_id";
    assert!(message.contains(&format!("{said}\n{next}")), "{message}");
}

#[test]
fn a_token_endpoint_that_is_not_there_leads_to_its_address_and_to_no_ids() {
    let advice = "There is no token endpoint at that address: check base_url and token_url in Cortex (Organization → Responders), then run the responder again.";
    let (envelope, page) = (answers::named("gateway-no-such-path").text(), "<html><title>Not Found</title></html>");
    for (status, body) in [(404, ""), (404, &envelope), (404, "not JSON"), (404, page), (405, ""), (410, "")] {
        let falcon = answering(status, body);
        let message = run(&[], &job_with(&falcon, "member_cid", CHILD)).failure();
        assert!(message.contains(&format!("\nNext: {advice}\n")), "{status} {body}: {message}");
    }
    assert_advises(&job_with(&answering(404, &envelope), "scope", json!([])), advice);
}

#[test]
fn what_stands_at_token_url_is_looked_for_there() {
    let falcon = answering(200, "<html><title>Sign in</title></html>");
    let job = job_with(&falcon, "token_url", format!("{}{TOKEN}", falcon.url()));
    let job = job.with("/config/base_url", "https://falcon.invalid").with("/config/timeout_seconds", 1);
    let message = run(&[], &job).failure();
    assert!(message.contains("answers instead of it: check token_url and the proxy"), "{message}");
}

#[test]
fn a_childs_cid_is_sent_in_lower_case_and_without_its_checksum() {
    let cid = CHILD.to_uppercase();
    let spellings = [CHILD.to_owned(), format!("{CHILD}-e8"), format!("{cid}-E8"), format!("\t{cid}-07 "), cid];
    for spelling in &spellings {
        let falcon = StandIn::in_the_clear();
        run(&[], &job_with(&falcon, "member_cid", spelling.as_str())).success();
        let sent = String::from_utf8(falcon.requests().remove(0).body).expect("a form is UTF-8");
        assert!(sent.split('&').any(|field| field == format!("member_cid={CHILD}")), "{spelling}: {sent}");
    }
}

#[test]
fn what_is_not_a_cid_is_refused_before_any_request_and_not_repeated() {
    let expected = "is not a CID; expected the child tenant's CID as Falcon's console shows it: 32 hexadecimal digits, with or without a checksum such as -E8";
    let falcon = StandIn::in_the_clear();
    let short = &CHILD[1..];
    let wrong = [
        "0011",
        "the-child",
        short,
        &format!("{short}g"),
        &format!("{CHILD}0"),
        &format!("{CHILD}-"),
        &format!("{CHILD}-E"),
        &format!("{CHILD}-E8E"),
        &format!("{CHILD}-G8"),
        &format!("{CHILD}-E8-E8"),
        &format!("{CHILD} E8"),
        "00112233-4455-6677-8899-aabbccddeeff",
    ];
    for cid in wrong {
        let job = job_with(&falcon, "member_cid", cid);
        let message = run(&[], &job).failure();
        assert!(message.contains(&format!("configuration item member_cid {expected}")), "{cid}: {message}");
        assert!(!message.contains(cid), "it may be a secret: {message}");
        let check = run(&["check"], &job).stdout;
        assert!(check.contains(&format!("✗ configuration: the configuration item member_cid {expected}")), "{check}");
    }
    let at_a_shell = Responder::new()
        .variable("FALCON_CLIENT_ID", "from-the-shell")
        .variable("FALCON_CLIENT_SECRET", "shell-secret")
        .variable("FALCON_MEMBER_CID", "0011")
        .stdin(job("thehive5-alert").with("/config", json!({"service": "sync"})).0.to_string());
    at_a_shell.run().fails_with(&[&format!("the environment variable FALCON_MEMBER_CID {expected}")]);
    assert_eq!(falcon.requests().len(), 0);
}

#[test]
fn the_errors_beside_a_token_that_is_none_are_reported() {
    let errors = json!([{"code": 403, "message": "quokka is suspended"}]);
    let tokens = [json!({"access_token": ""}), json!({"access_token": " "}), json!({"access_token": null}), json!({})];
    for mut body in tokens {
        for (member, said) in [("errors", &errors), ("error", &json!("quokka is suspended"))] {
            body[member] = said.clone();
            let falcon = answering(201, &body.to_string());
            let job = job_with(&falcon, "member_cid", CHILD);
            let message = run(&[], &job).failure();
            assert!(message.contains("Falcon gave no token: Falcon said: quokka is suspended"), "{body}: {message}");
            assert!(message.contains("check member_cid (a child"), "{message}");
            assert_eq!(falcon.hits(TOKEN), 1, "{body}");
            body.as_object_mut().unwrap().remove(member);
        }
    }
}

#[test]
fn long_words_of_errors_beside_a_token_that_is_none_are_not_quoted() {
    let token = super::token();
    let body = json!({"access_token": "", "errors": [{"code": 403, "message": format!("not {token}")}]});
    run(&["-vv"], &job_with(&answering(201, &body.to_string()), "scope", json!([])))
        .fails_with(&["Falcon gave no token: Falcon said: not … (code 403)."]);
}
