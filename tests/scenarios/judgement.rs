//! What Falcon says of alerts counts, not what HTTP says.

use std::convert::identity;

use serde_json::{Value, json};

use crate::common::falcon::{ALERT_READ, updated as counted};
use crate::common::messages::{
    Line, SET_IT_BY_HAND, details, give_the_scope, message, message_on, not_confirmed, not_updated, still, unreadable,
    updated,
};
use crate::common::responder::Ran;
use crate::common::{ALERT, CASE, Falcon, INCIDENT, OTHER_ALERT, Responder, answers, job};

const DOES_NOT_SAY: &str = "Falcon took the call and does not say how many it updated";

/// A case with two alerts, an incident and an NG-SIEM case. Of the alerts Falcon answers this, and shows these when they
/// are read; all else it updates.
pub fn alerts_answered(answer: &Value, read: impl FnOnce(Falcon) -> Falcon) -> Ran {
    let falcon = Falcon::start()
        .answers_alerts(&[ALERT, OTHER_ALERT], "in_progress", 200, answer)
        .updates_incidents(&[INCIDENT], "30")
        .updates_case(CASE, "in_progress");
    Responder::on(job("thehive5-case"), &read(falcon)).run()
}

/// The whole message on such a case: these alerts are updated, and this is told of the others.
pub fn follows_in_part(alerts: &[&str], others: &[Line]) -> String {
    let lines = [
        updated("1 incident to 30 (in progress)", INCIDENT, "trace-incidents"),
        updated("1 case to in_progress", CASE, "trace-cases"),
    ];
    let alert = (!alerts.is_empty()).then(|| updated("1 alert to in_progress", alerts[0], "trace-alerts"));
    let lines: Vec<Line> = alert.into_iter().chain(lines).chain(others.iter().cloned()).collect();
    message(&lines)
}

fn both() -> String {
    format!("{ALERT}, {OTHER_ALERT}")
}

#[test]
fn an_alert_that_comes_back_in_another_status_is_read_back() {
    let alerts = vec![answers::alert(ALERT, "new"), answers::alert(OTHER_ALERT, "in_progress")];
    let answer = answers::alerts_read(alerts, &[]).with("/meta/writes/resources_affected", 2).body;
    alerts_answered(&answer, |falcon| falcon.reads_alerts(&[(ALERT, "in_progress")])).success();
    let twice = |falcon: Falcon| falcon.reads_alerts(&[(ALERT, "new")]).reads_alerts(&[(ALERT, "closed")]);
    let why = still("Falcon took the call, but its answer shows the status new", "closed");
    let first = not_updated("1 alert to in_progress", ALERT, "trace-alerts", &why, SET_IT_BY_HAND);
    assert_eq!(alerts_answered(&answer, twice).failure(), follows_in_part(&[OTHER_ALERT], &[first]));
}

#[test]
fn an_answer_that_brings_other_alerts_is_read_back() {
    let answer = answers::alerts_read(vec![answers::alert("cid:ind:other", "in_progress")], &[])
        .with("/meta/writes/resources_affected", 2)
        .body;
    let as_asked = [(ALERT, "in_progress"), (OTHER_ALERT, "in_progress")];
    alerts_answered(&answer, |falcon| falcon.reads_alerts(&as_asked)).success();
    let why = unreadable("Falcon took the call, but its answer does not show what became of it");
    let line = not_confirmed("2 alerts to in_progress", &both(), "trace-alerts", &why, &give_the_scope("Alerts: read"));
    assert_eq!(
        alerts_answered(&answer, |falcon| falcon.refuses_reads(ALERT_READ)).failure(),
        follows_in_part(&[], &[line])
    );
}

#[test]
fn fewer_updated_than_asked_for_and_all_as_wished_is_success() {
    let as_asked = [(ALERT, "in_progress"), (OTHER_ALERT, "in_progress")];
    let report = alerts_answered(&counted(1), |falcon| falcon.reads_alerts(&as_asked)).success();
    let lines = [
        updated("2 alerts to in_progress", &both(), "trace-alerts"),
        updated("1 incident to 30 (in progress)", INCIDENT, "trace-incidents"),
        updated("1 case to in_progress", CASE, "trace-cases"),
    ];
    let message = "Falcon follows case #42, which is InProgress in TheHive: 2 alerts, 1 incident and 1 case.";
    assert_eq!(report["full"]["message"], message);
    assert_eq!(report["full"]["details"], json!(details(&lines)));
    assert_eq!(report["full"]["retries"], 0, "a read is no retry");
}

#[test]
fn fewer_updated_than_asked_for_leaves_all_in_doubt_where_nothing_can_be_read() {
    let why = unreadable("Falcon says it updated 1 of 2 and does not say which");
    let line = not_confirmed("2 alerts to in_progress", &both(), "trace-alerts", &why, &give_the_scope("Alerts: read"));
    assert_eq!(
        alerts_answered(&counted(1), |falcon| falcon.refuses_reads(ALERT_READ)).failure(),
        follows_in_part(&[], &[line])
    );
}

/// An alert in TheHive, and so many of these answers to the update of the one in Falcon.
fn alert_answered(tries: usize, http: usize, answer: &Value, read: impl FnOnce(Falcon) -> Falcon) -> Ran {
    let falcon = (0..tries).fold(Falcon::start(), |falcon, _| falcon.answers_alerts(&[ALERT], "new", http, answer));
    Responder::on(job("thehive5-alert"), &read(falcon)).run()
}

#[test]
fn an_answer_that_says_nothing_is_tried_again_as_often_as_that_may_help_and_read_back() {
    let foreign = |status: u16, problem: &str| format!("the answer (HTTP {status}) is none of Falcon's: {problem}");
    let other = "JSON of another shape than Falcon's";
    let neither = "a status that is neither success nor failure";
    let writes = json!([{"writes": {"resources_affected": 1}}]);
    let cases = [
        (6, 200, Value::Null, foreign(200, "no JSON; an empty body")),
        (2, 200, json!({}), foreign(200, "JSON without any of meta, errors and resources; \"{}\"")),
        (2, 200, json!([1]), foreign(200, &format!("{other}; \"[1]\""))),
        (2, 200, writes.clone(), foreign(200, &format!("{other}; \"{writes}\""))),
        (2, 202, json!({"meta": {}}), foreign(202, &format!("{neither}; \"{{\"meta\":{{}}}}\""))),
        (2, 204, Value::Null, foreign(204, &format!("{neither}; an empty body"))),
        (1, 200, json!({"meta": {"writes": {"resources_affected": "all"}}}), DOES_NOT_SAY.to_owned()),
    ];
    let again = |tries| match tries {
        1 => None,
        2 => Some(Line::Note("One call had to be sent again.")),
        _ => Some(Line::Note("Calls had to be sent again 5 times.")),
    };
    // Side by side, because each waits between its tries.
    std::thread::scope(|scope| {
        for (tries, http, answer, why) in &cases {
            scope.spawn(move || {
                // Once before the second try, and once at the end.
                let reads = if *tries > 1 { 2 } else { 1 };
                let refused = |falcon| (0..reads).fold(falcon, |falcon: Falcon, _| falcon.refuses_reads(ALERT_READ));
                let told = alert_answered(*tries, *http, answer, refused).failure();
                let (why, next) = (unreadable(why), give_the_scope("Alerts: read"));
                let line = not_confirmed("1 alert to new", ALERT, "trace-alerts", &why, &next);
                let lines: Vec<Line> = again(*tries).into_iter().chain([line]).collect();
                assert_eq!(told, message_on("alert ~81920 (New in TheHive)", &lines));
            });
        }
    });
}

#[test]
fn errors_may_be_absent_null_or_empty() {
    for answer in [
        json!({"meta": {"writes": {"resources_affected": 1}}}),
        json!({"meta": {"writes": {"resources_affected": 1}}, "errors": null}),
        json!({"meta": {"writes": {"resources_affected": 1.0}}, "errors": []}),
    ] {
        alert_answered(1, 200, &answer, identity).success();
    }
}

#[test]
fn an_answer_without_errors_and_without_a_count_is_read_back() {
    for answer in [json!({"meta": {"trace_id": "t"}, "errors": []}), json!({"errors": [], "resources": []})] {
        alert_answered(1, 200, &answer, |falcon| falcon.reads_alerts(&[(ALERT, "new")])).success();
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
fn an_incident_that_comes_back_in_its_old_status_is_read_back() {
    let answer = answers::incidents_updated(1, Vec::new()).with("/resources", vec![answers::incident(INCIDENT, "20")]);
    let ran = |read: fn(Falcon) -> Falcon| {
        let falcon = Falcon::start().answers_incidents(&[INCIDENT], "30", 200, &answer.body);
        Responder::on(job("thehive5-case").linked_to(json!({"csfalcon-incident-id": INCIDENT})), &read(falcon)).run()
    };
    ran(|falcon| falcon.reads_incidents(&[(INCIDENT, "30")])).success();
    let twice = ran(|falcon| falcon.reads_incidents(&[(INCIDENT, "20")]).reads_incidents(&[(INCIDENT, "25")]));
    let why = still("Falcon took the call, but its answer shows the status 20", "25");
    let what = "1 incident to 30 (in progress)";
    let line = not_updated(what, INCIDENT, "trace-incidents", &why, SET_IT_BY_HAND);
    assert_eq!(twice.failure(), message(&[line]));
}
