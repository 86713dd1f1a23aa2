//! Which ids an answer's errors are about, and what becomes of the others.

use std::convert::identity;

use serde_json::{Value, json};

use super::judgement::{alerts_answered, follows_in_part};
use crate::common::falcon::{ALERT_READ, with_errors};
use crate::common::messages::{
    CHECK_THE_IDS, Line, SET_IT_BY_HAND, give_the_scope, message, not_confirmed, not_updated, still, unreadable,
    updated,
};
use crate::common::{ALERT, Falcon, OTHER_ALERT, Responder, answers, job};

#[test]
fn an_error_inside_200_names_the_alert_that_was_not_updated() {
    let errors = json!([{"code": 404, "message": "alert not found", "id": OTHER_ALERT}]);
    let why = "Falcon said: alert not found (code 404)";
    let other = not_updated("1 alert to in_progress", OTHER_ALERT, "trace-alerts", why, CHECK_THE_IDS);
    assert_eq!(alerts_answered(&with_errors(1, &errors), identity).failure(), follows_in_part(&[ALERT], &[other]));
}

#[test]
fn an_id_inside_an_errors_message_is_recognised() {
    let errors = json!([{"code": 400, "message": format!("no such alert: \"{ALERT}\".")}]);
    let why = format!("Falcon said: no such alert: \"{ALERT}\". (code 400)");
    let first = not_updated("1 alert to in_progress", ALERT, "trace-alerts", &why, CHECK_THE_IDS);
    assert_eq!(
        alerts_answered(&with_errors(1, &errors), identity).failure(),
        follows_in_part(&[OTHER_ALERT], &[first])
    );
}

/// An error that names one of two alerts and may stand for the other, and what is told of the one that it names.
fn one_and_more() -> (Value, Line) {
    let why = format!("Falcon said: {ALERT} and 1 more could not be updated (code 500)");
    let named = not_updated("1 alert to in_progress", ALERT, "trace-alerts", &why, CHECK_THE_IDS);
    (json!([{"code": 500, "message": format!("{ALERT} and 1 more could not be updated")}]), named)
}

#[test]
fn an_error_that_stands_for_more_than_it_names_leaves_the_others_in_doubt() {
    let (errors, named) = one_and_more();
    let answer = json!({"meta": {}, "errors": errors});
    let told = |alerts: &[&str], others: &[Line]| follows_in_part(alerts, others);
    let once = |falcon: Falcon| falcon.reads_alerts(&[(OTHER_ALERT, "in_progress")]);
    assert_eq!(alerts_answered(&answer, once).failure(), told(&[OTHER_ALERT], std::slice::from_ref(&named)));
    let twice = |falcon: Falcon| falcon.reads_alerts(&[(OTHER_ALERT, "new")]).reads_alerts(&[(OTHER_ALERT, "new")]);
    let why = format!(
        "Falcon answered with errors and does not say for which ids: {ALERT} and 1 more could not be updated (code 500)"
    );
    let why = still(&why, "new");
    let other = not_updated("1 alert to in_progress", OTHER_ALERT, "trace-alerts", &why, SET_IT_BY_HAND);
    assert_eq!(alerts_answered(&answer, twice).failure(), told(&[], &[named, other]));
}

#[test]
fn what_an_error_may_stand_for_is_not_confirmed_where_nothing_can_be_read() {
    let (errors, named) = one_and_more();
    let why = format!(
        "Falcon says it updated 0 of 2 and does not say which: {ALERT} and 1 more could not be updated (code 500)"
    );
    let (why, next) = (unreadable(&why), give_the_scope("Alerts: read"));
    let other = not_confirmed("1 alert to in_progress", OTHER_ALERT, "trace-alerts", &why, &next);
    assert_eq!(
        alerts_answered(&with_errors(0, &errors), |falcon| falcon.refuses_reads(ALERT_READ)).failure(),
        follows_in_part(&[], &[named, other])
    );
}

#[test]
fn a_plain_word_or_number_in_an_errors_message_is_no_id() {
    // IDs of alerts and incidents are not words, those of cases may be.
    let ids = ["see", "case", "404", "1"];
    let answer = json!({"meta": {}, "errors": [{"code": 404, "message": "404: 1 case not found, see manual"}]});
    let falcon = ids.iter().fold(Falcon::start(), |falcon, id| {
        falcon.answers_case(id, "in_progress", 200, &answer).reads_case(id, "in_progress")
    });
    let links = json!({"csfalcon-case-id": ids});
    let report = Responder::on(job("thehive5-case").linked_to(links), &falcon).run().success();
    let told: Vec<Value> =
        report["full"]["targets"].as_array().unwrap().iter().map(|one| one["ids"][0].clone()).collect();
    assert_eq!(told, ids);
}

#[test]
fn a_word_that_may_be_either_of_two_ids_names_neither() {
    let ids = ["inc:a", "inc:a."];
    let error = json!({"code": 404, "message": "no incident inc:a."});
    let falcon = Falcon::start()
        .answers_incidents(&ids, "30", 200, &answers::incidents_updated(1, vec![error]).body)
        .reads_incidents(&[("inc:a", "30"), ("inc:a.", "20")])
        .reads_incidents(&[("inc:a.", "20")]);
    let links = json!({"csfalcon-incident-id": ids});
    let why = "Falcon says it updated 1 of 2 and does not say which: no incident inc:a. (code 404)";
    let what = "1 incident to 30 (in progress)";
    let told = [
        updated(what, "inc:a", "trace-incidents"),
        not_updated(what, "inc:a.", "trace-incidents", &still(why, "20"), SET_IT_BY_HAND),
    ];
    assert_eq!(Responder::on(job("thehive5-case").linked_to(links), &falcon).run().failure(), message(&told));
}

#[test]
fn an_id_is_named_by_no_longer_word() {
    let (first, second) = (ALERT, &format!("{ALERT}-1"));
    let error = json!({"code": 404, "message": format!("no alert {second}")});
    let falcon = Falcon::start().answers_alerts(&[first, second], "in_progress", 200, &with_errors(1, &json!([error])));
    let job = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": [first, second]}));
    let why = format!("Falcon said: no alert {second} (code 404)");
    let lines = [
        updated("1 alert to in_progress", first, "trace-alerts"),
        not_updated("1 alert to in_progress", second, "trace-alerts", &why, CHECK_THE_IDS),
    ];
    assert_eq!(Responder::on(job, &falcon).run().failure(), message(&lines));
}

#[test]
fn many_ids_with_a_reason_each_are_told_in_time() {
    let ids: Vec<String> = (0..20_000).map(|n| format!("{ALERT}:{n}")).collect();
    let mut falcon = Falcon::start();
    for (batch, chunk) in ids.chunks(1_000).enumerate() {
        // The reasons differ in more than the ID.
        let says = |(number, id)| json!({"code": 404, "message": format!("no alert {id} in shard {batch}-{number}"), "id": id});
        let errors: Vec<Value> = chunk.iter().enumerate().map(says).collect();
        falcon = falcon.answers_alerts(chunk, "in_progress", 200, &with_errors(0, &json!(errors)));
    }
    let job = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": ids})).with("/config/timeout_seconds", 20);
    let message = Responder::on(job, &falcon).run().failure();
    assert_eq!(message.matches("was not updated to in_progress: Falcon said: no alert").count(), 19);
    let more = "19981 alerts were not updated to in_progress: there are 19981 more reasons like these.";
    assert!(message.lines().any(|line| line.ends_with(more)), "{}", &message[..4_000]);
    let (_, named) = message.split_once("\n(1) Not updated alert: ").expect("the ids at the end");
    let shown = named.matches(ALERT).count();
    assert!(ids[..5_000].iter().all(|id| named.contains(id.as_str())), "thousands are named");
    assert!(named.contains(&format!(" +{} more", ids.len() - shown)), "and the others counted: {shown}");
}

#[test]
fn an_error_that_names_nothing_leaves_all_in_doubt() {
    for (error, words) in [
        (json!({"code": 500, "message": "partial failure"}), "partial failure (code 500)"),
        (json!({}), "an error without words"),
    ] {
        let answer = with_errors(2, &json!([error]));
        let first_only = |falcon: Falcon| {
            falcon.reads_alerts(&[(ALERT, "in_progress"), (OTHER_ALERT, "new")]).reads_alerts(&[(OTHER_ALERT, "new")])
        };
        let why = still(&format!("Falcon says it updated 2 of 2 and does not say which: {words}"), "new");
        let other = not_updated("1 alert to in_progress", OTHER_ALERT, "trace-alerts", &why, SET_IT_BY_HAND);
        assert_eq!(alerts_answered(&answer, first_only).failure(), follows_in_part(&[ALERT], &[other]));
    }
}

#[test]
fn the_worse_of_two_signs_is_believed() {
    let errors = json!([{"code": 404, "message": "alert not found", "id": ALERT}]);
    let twice = |falcon: Falcon| falcon.reads_alerts(&[(OTHER_ALERT, "new")]).reads_alerts(&[(OTHER_ALERT, "new")]);
    let line = |id, why: &str, next| not_updated("1 alert to in_progress", id, "trace-alerts", why, next);
    let why = still("Falcon says it updated 0 of 2 and does not say which", "new");
    assert_eq!(
        alerts_answered(&with_errors(0, &errors), twice).failure(),
        follows_in_part(
            &[],
            &[
                line(ALERT, "Falcon said: alert not found (code 404)", CHECK_THE_IDS),
                line(OTHER_ALERT, &why, SET_IT_BY_HAND)
            ]
        )
    );
}
