//! `create_case`: what a case of Falcon's takes over from TheHive's, and what does not fit.

use serde_json::{Value, json};

use super::duplicates::open_in_falcon;
use super::{MARK, alert_of, asked, full, instead, job_of, looks_for, respond, tags_the_alert, tags_the_case};
use crate::common::stand_in::case::Case;
use crate::common::{ALERT, CASE, Job, OTHER_ALERT, StandIn, answers, job};

const EVENTS: [&str; 2] = ["event-1_8QmZ", "event-2_8QmZ"];

/// The only case that was created.
pub fn created(falcon: &StandIn) -> Case {
    assert_eq!(falcon.cases_created(), 1);
    let mut new = falcon.cases().into_values().filter(|case| case.id != CASE);
    let case = new.next().expect("a new case");
    assert_eq!(new.next(), None);
    case
}

/// The operations of a success that fills the case field.
pub fn fills_the_field(id: &str) -> Value {
    json!([
        {"type": "AddCustomFields", "name": "csfalcon-case-id", "tpe": "string", "value": id},
        tags_the_case()[0],
    ])
}

/// The details of a success, but for the sentence that each has.
pub fn left_out(report: &Value) -> Vec<String> {
    let details = report["full"]["details"].as_array().expect("a list");
    let texts = details.iter().map(|detail| detail.as_str().expect("a text").to_owned());
    texts.filter(|detail| detail != "1 case was created.").collect()
}

#[test]
fn a_case_is_created_with_all_that_thehives_case_tells() {
    let fields = json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT], "csfalcon-event-id": EVENTS.join(", "), "csfalcon-case-id": "N/A"});
    let user = "21b6f0c4-0000-4000-8000-0000000000a1";
    let job = job_of("create_case", fields)
        .with("/config/template_id", "template-9")
        .with("/config/assigned_to_user_uuid", user);
    let falcon = StandIn::in_the_clear();
    let report = respond(job, &falcon).success();
    let body = format!(
        concat!(
            r#"{{"name":"Credential dumping on FIN-LT-0042","description":"Merged from two Falcon alerts.","severity":70,"#,
            r#""status":"in_progress","assigned_to_user_uuid":"{user}","tags":["{mark}","source:falcon"],"#,
            r#""evidence":{{"alerts":[{{"id":"{alert}"}},{{"id":"{other}"}}],"events":[{{"id":"{event}"}},{{"id":"{last}"}}]}},"#,
            r#""template":{{"id":"template-9"}}}}"#
        ),
        user = user,
        mark = MARK,
        alert = ALERT,
        other = OTHER_ALERT,
        event = EVENTS[0],
        last = EVENTS[1]
    );
    let looks = || looks_for("~41156");
    assert_eq!(asked(&falcon), [looks(), format!("PUT /cases/entities/cases/v2 {body}"), looks(), looks()]);
    let id = created(&falcon).id;
    let full = full(&report, &["case"]);
    assert_eq!(full["message"], format!("The case {id} was created in Falcon for case #42, with 4 items of evidence."));
    assert_eq!((&full["details"], &full["case"]), (&json!(["1 case was created."]), &json!({"id": id, "mark": MARK})));
    assert_eq!((&full["targets"][0]["change"], &full["targets"][0]["ids"]), (&json!("created"), &json!([id])));
    assert_eq!((&full["subject"], &full["stage"]), (&json!("case #42"), &json!("InProgress")));
    assert_eq!(report["operations"], fills_the_field(&id));
}

#[test]
fn an_alert_takes_a_tag_and_no_custom_field() {
    let falcon = StandIn::in_the_clear();
    let report = respond(alert_of("create_case", json!({"csfalcon-alert-id": ALERT})), &falcon).success();
    let case = created(&falcon);
    assert_eq!((case.name.as_str(), case.status.as_str(), case.severity), ("Suspicious PowerShell", "new", 50));
    assert_eq!((case.tags, case.alerts), (vec!["thehive:~81920".to_owned()], vec![ALERT.to_owned()]));
    assert_eq!(full(&report, &["case"])["case"]["id"], case.id);
    assert_eq!(report["operations"], tags_the_alert());
}

#[test]
fn the_source_of_an_alert_is_evidence() {
    let falcon = StandIn::in_the_clear();
    let fields = json!({"csfalcon-incident-id": "inc:a:b"});
    let job = job("thehive5-alert-source-ref").with("/config/service", "create_case").linked_to(fields);
    let source = job.0["data"]["sourceRef"].as_str().expect("a text").to_owned();
    respond(job, &falcon).success();
    assert_eq!(created(&falcon).alerts, [source]);
}

#[test]
fn severity_and_status_follow_thehives_in_every_version() {
    let rows = [
        (1, "New", 30, "new"),
        (2, "InProgress", 50, "in_progress"),
        (3, "Closed", 70, "closed"),
        (4, "New", 90, "new"),
    ];
    for (severity, stage, in_falcon, status) in rows {
        let falcon = StandIn::in_the_clear();
        let job = job_of("create_case", json!({})).with("/data/severity", severity).with("/data/stage", stage);
        respond(job, &falcon).success();
        assert_eq!((created(&falcon).severity, created(&falcon).status), (in_falcon, status.to_owned()));
    }
    for (version, status) in [
        ("thehive4-case", "closed"),
        ("thehive3-case", "in_progress"),
        ("thehive4-alert", "new"),
        ("thehive3-alert", "closed"),
    ] {
        let falcon = StandIn::in_the_clear();
        let job = job(version).with("/config/service", "create_case").linked_to(json!({}));
        let (id, title) = (job.0["data"]["_id"].clone(), job.0["data"]["title"].clone());
        respond(job, &falcon).success();
        let case = created(&falcon);
        assert_eq!((json!(case.name), case.status.as_str()), (title, status), "{version}");
        assert_eq!(json!(case.tags[0]), format!("thehive:{}", id.as_str().expect("an id")), "{version}");
    }
}

#[test]
fn a_case_without_a_title_goes_by_its_number() {
    let falcon = StandIn::in_the_clear();
    let job =
        job_of("create_case", json!({})).without("/data/title").without("/data/description").without("/data/severity");
    respond(job, &falcon).success();
    let put = asked(&falcon).swap_remove(1);
    assert!(
        put.ends_with(r#"{"name":"case #42","status":"in_progress","tags":["thehive:~41156","source:falcon"]}"#),
        "{put}"
    );
}

#[test]
fn evidence_that_falcon_does_not_know_is_told_and_the_case_is_created() {
    let falcon = StandIn::in_the_clear().without(OTHER_ALERT);
    let report = respond(job_of("create_case", json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT]})), &falcon).success();
    let case = created(&falcon);
    assert_eq!((case.alerts, &report["full"]["case"]["id"]), (vec![ALERT.to_owned()], &json!(case.id)));
    assert_eq!(left_out(&report), [format!("Falcon said: alert not found (code 404): {OTHER_ALERT}.")]);
    assert_eq!(report["operations"], fills_the_field(&case.id));
}

#[test]
fn what_is_not_the_id_of_a_case_is_refused_before_anything_is_sent() {
    let falcon = StandIn::in_the_clear();
    let url = json!({"csfalcon-case-id": "https://falcon.crowdstrike.com/cases/a"});
    respond(job_of("create_case", url), &falcon).fails_with(&[
        "Not every linked case is known, because a value of the custom field csfalcon-case-id is a URL; expected the ID alone: https://falcon.crowdstrike.com/cases/a (case #42).",
        "\nNext: Put the case's ID alone into the custom field, or clear the field to have a case created.",
    ]);
    let in_brackets = json!({"csfalcon-case-id": "<MDAwMDAwMDAwMDAw>"});
    respond(job_of("create_case", in_brackets), &falcon).fails_with(&[
        "Not every linked case is known, because a value of the custom field csfalcon-case-id is in brackets, so it may be an ID or a placeholder that was not filled in; expected the ID alone: <MDAwMDAwMDAwMDAw> (case #42).",
    ]);
    assert_eq!(falcon.requests().len(), 0);
    let falcon = StandIn::in_the_clear();
    let nameless = job_of("create_case", json!({})).without("/data/_id").without("/data/id");
    respond(nameless, &falcon).fails_with(&["ase #42: the job's data has no _id, by which its case in Falcon"]);
    assert_eq!(falcon.requests().len(), 0);
}

/// The fixtures' case, which is closed in TheHive and is to be created in Falcon.
fn closed_job() -> Job {
    job_of("create_case", json!({"csfalcon-alert-id": ALERT})).with("/data/stage", "Closed")
}

#[test]
fn a_closed_case_is_created_in_progress_and_then_closed() {
    let falcon = StandIn::in_the_clear();
    let report = respond(closed_job(), &falcon).success();
    let case = created(&falcon);
    assert_eq!((case.status.as_str(), case.version), ("closed", 2));
    let asked = asked(&falcon);
    assert!(asked[1].starts_with("PUT ") && asked[1].contains(r#""status":"in_progress""#), "{}", asked[1]);
    let closing = format!(r#"PATCH /cases/entities/cases/v2 {{"fields":{{"status":"closed"}},"id":"{}"}}"#, case.id);
    assert_eq!(asked[2], closing, "before the job's time may end");
    let full = full(&report, &["case"]);
    assert_eq!(full["details"], json!(["1 case was created.", "1 case was updated to closed."]));
    assert_eq!(report["operations"], fills_the_field(&case.id));
}

#[test]
fn a_closed_case_whose_answer_was_lost_is_left_open_because_another_job_may_have_created_it() {
    let falcon = StandIn::in_the_clear().loses_answers("PUT /cases/entities/cases/v2", 1);
    let report = respond(closed_job(), &falcon).success();
    let case = created(&falcon);
    assert_eq!((case.status.as_str(), case.version), ("in_progress", 1));
    assert_eq!(left_out(&report)[1], open_in_falcon(&case.id));
}

#[test]
fn a_closed_case_that_is_not_listed_in_time_is_closed() {
    let falcon = StandIn::in_the_clear().with_lists_that_lag(9);
    let ran = respond(closed_job().with("/config/timeout_seconds", 4), &falcon);
    ran.fails_with(&["but Falcon does not list it with its tag", "\n1 case was updated to closed."]);
    assert_eq!(created(&falcon).status, "closed");
}

#[test]
fn a_case_that_was_left_open_is_named_with_the_way_to_close_it() {
    for (status, details) in [("in_progress", vec![open_in_falcon(CASE)]), ("closed", Vec::new())] {
        let falcon = StandIn::in_the_clear().with_case(CASE, status, &[MARK]);
        let report = respond(closed_job(), &falcon).success();
        assert_eq!((left_out(&report), falcon.cases()[CASE].version), (details, 1));
        let of_new = StandIn::in_the_clear().with_case(CASE, status, &[MARK]);
        assert_eq!(left_out(&respond(job_of("create_case", json!({})), &of_new).success()), Vec::<String>::new());
    }
}

#[test]
fn a_case_that_was_created_and_cannot_be_closed_is_a_failure_that_names_it() {
    let refused = answers::refusal(403, "access denied, scope not permitted").body;
    let falcon = StandIn::in_the_clear().fails("PATCH /cases/entities/cases/v2", instead(403, &refused, false), 1);
    let ran = respond(closed_job(), &falcon);
    let id = created(&falcon).id;
    ran.fails_with(&[
        "1 case linked to case #42 (Closed in TheHive) was not updated to closed: Falcon answered HTTP 403",
        "\n1 case was created.",
        &format!("\nCreated case: {id}"),
        &format!("\nNot updated case: {id}"),
    ]);
    assert_eq!(created(&falcon).status, "in_progress");
}
