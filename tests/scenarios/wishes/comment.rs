//! `comment`: which alerts get one, and when.

use serde_json::{Value, json};

use super::{asked, closed, comments, instead, linked, respond, with};
use crate::common::falcon::ALERTS;
use crate::common::stand_in::{Disturbance, request::Request};
use crate::common::{ALERT, CASE, INCIDENT, Job, OTHER_ALERT, Responder, StandIn, answers, together};

const WORDS: &str = "Closed in TheHive as TruePositive";

fn commenting(job: Job) -> Job {
    with(job, &json!({"comment": "Closed in TheHive as {{verdict}}"}))
}

fn closed_with(links: Value) -> Job {
    commenting(linked(links).with("/data/stage", "Closed").with("/data/extendedStatus", "TruePositive"))
}

#[test]
fn the_comment_has_a_call_of_its_own_after_the_status() {
    let falcon = StandIn::in_the_clear();
    let report = respond(commenting(closed("TruePositive")), &falcon).success();
    assert_eq!(asked(&falcon)[1..], [comments(WORDS)]);
    assert_eq!(falcon.comments_on(ALERT), [WORDS]);
    assert_eq!(report["full"]["details"], json!(["1 alert was updated to closed.", "1 alert was commented."]));
    let targets = report["full"]["targets"].as_array().unwrap();
    assert_eq!((&targets[1]["change"], &targets[1]["ids"]), (&json!("commented"), &json!([ALERT])));
    assert_eq!(report["summary"]["taxonomies"][0]["value"], "closed");
}

#[test]
fn incidents_and_cases_get_none() {
    let falcon = StandIn::in_the_clear();
    respond(closed_with(json!({"csfalcon-incident-id": INCIDENT, "csfalcon-case-id": CASE})), &falcon).success();
    assert_eq!((falcon.hits(ALERTS), asked(&falcon).len()), (0, 2));
}

#[test]
fn only_alerts_whose_status_is_set_get_one() {
    let falcon = StandIn::in_the_clear().without(OTHER_ALERT);
    let told = respond(closed_with(json!({"csfalcon-alert-id": [OTHER_ALERT, ALERT]})), &falcon).failure();
    assert_eq!(asked(&falcon)[1..], [comments(WORDS)]);
    assert_eq!((falcon.comments_on(ALERT).len(), falcon.comments_on(OTHER_ALERT).len()), (1, 0));
    assert!(told.contains("1 alert was updated to closed.\n1 alert was commented."), "{told}");
    assert_eq!(told.matches(OTHER_ALERT).count(), 1, "{told}");

    let falcon = StandIn::in_the_clear().without(ALERT);
    respond(closed_with(json!({"csfalcon-alert-id": ALERT})), &falcon).failure();
    assert_eq!(falcon.hits(ALERTS), 1, "nobody is left to comment on");
}

/// A tenant that gives these answers in place of its own.
fn answering(answer: impl Fn(&Request, bool) -> Option<answers::Answer> + Send + 'static) -> StandIn {
    StandIn::in_the_clear().disturbed(move |request| {
        let is_comment = String::from_utf8_lossy(&request.body).contains("append_comment");
        let fault = answer(request, is_comment).map(|answer| instead(answer.status, &answer.body, false));
        Disturbance { fault, ..Disturbance::default() }
    })
}

#[test]
fn an_alert_that_only_lacks_its_comment_is_not_told_as_not_updated() {
    together(&[418, 500], |&status| {
        let falcon = answering(move |request, is_comment| {
            let is_refused = is_comment || request.path.starts_with("/cases/");
            is_refused.then(|| answers::refusal(status, "not today"))
        });
        let links = json!({"csfalcon-alert-id": ALERT, "csfalcon-case-id": CASE});
        let told = respond(closed_with(links), &falcon).failure();
        assert!(told.contains("1 alert was updated to closed.\n"), "{told}");
        let sentences: Vec<_> =
            told.lines().filter(|line| line.contains(&format!(": Falcon answered HTTP {status}"))).collect();
        let [case, alert] = sentences[..] else { panic!("two sentences: {told}") };
        assert!(
            case.starts_with("1 case linked to case #42 (Closed in TheHive) ") && case.contains(" updated to closed:"),
            "{told}"
        );
        assert!(alert.starts_with("1 alert ") && alert.contains(" commented:") && !alert.contains("updated"), "{told}");
    });
}

#[test]
fn reasons_beyond_those_that_are_told_claim_no_one_kind_of_change() {
    let absent: Vec<String> = (0..21).map(|number| format!("{ALERT}:{number}")).collect();
    let errors: Vec<Value> = (0..21)
        .map(|number| json!({"code": 404, "message": format!("no alert in shard s{number}"), "id": absent[number]}))
        .collect();
    let falcon = answering(move |request, is_comment| match (is_comment, request.is_to(ALERTS)) {
        (true, _) => Some(answers::refusal(418, "not today")),
        (false, true) => Some(answers::alerts_updated(1, errors.clone())),
        (false, false) => None,
    });
    let ids: Vec<&str> = absent.iter().map(String::as_str).chain([ALERT]).collect();
    let told = respond(closed_with(json!({"csfalcon-alert-id": ids})), &falcon).failure();
    assert!(told.contains("3 alerts were not changed: there are 3 more reasons like these."), "{told}");
    assert!(told.contains("1 alert was updated to closed.\n"), "{told}");
}

#[test]
fn many_alerts_get_it_in_as_few_calls_as_a_status_takes() {
    let ids: Vec<String> = (0..1_001).map(|number| format!("{ALERT}:{number}")).collect();
    let falcon = StandIn::in_the_clear();
    let report = respond(closed_with(json!({"csfalcon-alert-id": ids})), &falcon).success();
    assert_eq!(falcon.hits(ALERTS), 4);
    assert_eq!(report["full"]["details"][1], "1001 alerts were commented.");
    assert!(ids.iter().all(|id| falcon.comments_on(id) == [WORDS]));
}

#[test]
fn a_rehearsal_shows_it() {
    let job = closed_with(json!({"csfalcon-alert-id": ALERT}));
    let ran = Responder::new().argument("--dry-run").stdin(job.0.to_string()).run();
    assert!(ran.stdout.contains("append_comment") && ran.stdout.contains(WORDS), "{ran:?}");
}

#[test]
fn two_jobs_comment_once_each() {
    let falcon = StandIn::in_the_clear();
    for _ in 0..2 {
        respond(commenting(closed("TruePositive")), &falcon).success();
    }
    assert_eq!(falcon.comments_on(ALERT), [WORDS, WORDS]);
}
