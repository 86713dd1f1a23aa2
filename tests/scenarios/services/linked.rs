//! Which cases a service works on: those in the case field, or those that carry the mark.

use serde_json::{Value, json};

use super::{MARK, alert_of, asked, instead, job_of, looks_for, reads, respond};
use crate::common::answers;
use crate::common::strict::{CASE_TAGS, CASES};
use crate::common::{ALERT, CASE, Job, StandIn, together};

const OTHER: &str = "b3RoZXI";
/// What a case's ID does not look like.
const OTHER_KIND: &str = ALERT;
/// Every service that works on cases that are there.
const SERVICES: [&str; 5] = ["update_case", "add_evidence", "add_tags", "remove_tags", "get_case"];

/// A job that has something to do for each service.
fn job_on(service: &str, cases: impl Into<Value>) -> Job {
    let fields = json!({"csfalcon-alert-id": ALERT, "csfalcon-case-id": cases.into()});
    job_of(service, fields).with("/data/tags", json!(["a"]))
}

/// A tenant with these cases, each as new.
fn with_cases(ids: &[&str], tags: &[&str]) -> StandIn {
    ids.iter().fold(StandIn::in_the_clear(), |falcon, id| falcon.with_case(id, "new", tags))
}

#[test]
fn where_the_field_is_empty_the_case_is_found_by_its_mark() {
    for service in SERVICES {
        for empty in [Value::Null, json!(""), json!("N/A"), json!([]), json!(0)] {
            let falcon = with_cases(&[CASE], &[MARK, "a"]).with_case(OTHER, "new", &["thehive:~411567", "a"]);
            let report = respond(job_on(service, empty), &falcon).success();
            assert_eq!(asked(&falcon)[..2], [looks_for("~41156"), reads(&[CASE])], "{service}");
            let told = report["full"].to_string();
            assert!(told.contains(CASE) && !told.contains(OTHER), "{service}: {told}");
        }
    }
}

#[test]
fn an_alerts_case_is_found_by_its_mark_because_it_has_no_other_way() {
    let falcon = with_cases(&[CASE], &["thehive:~81920"]);
    respond(alert_of("update_case", json!({})), &falcon).success();
    assert_eq!(asked(&falcon)[0], looks_for("~81920"));
}

#[test]
fn where_there_is_no_case_the_field_and_the_mark_are_named() {
    for service in SERVICES {
        let falcon = with_cases(&[OTHER], &["thehive:~411567"]);
        respond(job_on(service, Value::Null), &falcon).fails_with(&[
            "There is no case in Falcon: the custom field csfalcon-case-id holds no id, and no case in Falcon carries the tag thehive:~41156 (case #42).",
            "\nNext: Run the responder that creates the case, or put the case's id into the field.",
        ]);
        assert_eq!(asked(&falcon), [looks_for("~41156")], "{service}");
    }
}

#[test]
fn the_field_may_have_another_name() {
    let falcon = StandIn::in_the_clear();
    let job = job_of("get_case", json!({"our-case": CASE})).with("/config/custom_field_name_case_id", "our-case");
    respond(job.clone(), &falcon).success();
    assert_eq!(asked(&falcon), [reads(&[CASE])]);
    respond(job.linked_to(json!({})), &falcon).fails_with(&["the custom field our-case holds no id"]);
}

#[test]
fn a_case_that_falcon_does_not_know_is_told_and_the_others_are_worked_on() {
    let writes = [
        ("update_case", "updated in name, description, severity and status", "case"),
        ("add_tags", "tagged with a", "case"),
        ("remove_tags", "freed of a", "case"),
    ];
    for (service, done, kind) in writes {
        let tags: &[&str] = if service == "remove_tags" { &["a"] } else { &[] };
        let falcon = with_cases(&[CASE, OTHER], tags).without(OTHER);
        let told = respond(job_on(service, json!([OTHER, CASE])), &falcon).fails_with(&[
            &format!("was not {done}: Falcon said: case not found (code 404)."),
            "\nNext: Check in Falcon that each of these ids exists in this tenant",
            &format!("\n1 {kind} was {done}."),
            &format!(": {OTHER}"),
        ]);
        assert!(told.ends_with(&format!("case: {OTHER}")), "{told}");
    }
    let falcon = with_cases(&[CASE, OTHER], &[]).without(OTHER);
    respond(job_on("add_evidence", json!([OTHER, CASE])), &falcon).fails_with(&[
        &format!("1 alert linked to case #42 was not added to the case {OTHER} as evidence: Falcon said: case not found (code 404)."),
        &format!("\n1 alert was added to the case {CASE} as evidence."),
        &format!("\nNot added alert to the case {OTHER}: {ALERT}"),
    ]);
    respond(job_on("get_case", json!([OTHER, CASE])), &falcon).fails_with(&[&format!(
        "Falcon did not show 1 case: Falcon said: case not found (code 404). Not shown: {OTHER} (case #42)."
    )]);
}

#[test]
fn a_value_that_is_not_an_id_is_named_and_the_cases_are_worked_on() {
    let url = "https://falcon.crowdstrike.com/xdr";
    let why = "a value of the custom field csfalcon-case-id is a URL; expected the ID alone";
    for service in SERVICES {
        let tags: &[&str] = if service == "remove_tags" { &["a"] } else { &[] };
        let falcon = with_cases(&[CASE], tags);
        let ran = respond(job_on(service, json!([url, CASE])), &falcon);
        assert_eq!(asked(&falcon)[0], reads(&[CASE]), "{service}");
        if service == "get_case" {
            let report = ran.success();
            let told = format!("Not every linked case is shown, because {why}: {url}.");
            assert_eq!((&report["full"]["details"], &report["full"]["cases"][0]["id"]), (&json!([told]), &json!(CASE)));
        } else {
            let told = ran.fails_with(&[
                &format!(
                    "1 case linked to case #42{} was not read: {why}.",
                    if service == "update_case" { " (InProgress in TheHive)" } else { "" }
                ),
                "\nNext: Put the case's ID",
                CASE,
            ]);
            assert!(told.ends_with(&format!("\nNot read case: {url}")), "{told}");
        }
    }
}

#[test]
fn where_the_field_holds_no_id_but_something_else_no_other_case_is_looked_for() {
    for service in SERVICES.into_iter().chain(["create_case"]) {
        let falcon = with_cases(&[CASE], &[MARK]);
        respond(job_on(service, OTHER_KIND), &falcon).fails_with(&[
            "is the ID of an alert, not of a case",
            OTHER_KIND,
            "\nNext: Put the case's ID",
        ]);
        assert_eq!(falcon.requests().iter().filter(|request| request.method != "POST").count(), 0, "{service}");
    }
    let falcon = with_cases(&[CASE], &[]);
    let report = respond(job_on("create_case", json!([CASE, OTHER_KIND])), &falcon).success();
    assert!(report["full"]["details"][0].as_str().unwrap().ends_with(&format!("{OTHER_KIND}.")), "{report:#}");
}

#[test]
fn a_placeholder_in_the_field_is_a_detail_or_the_cause() {
    let unfilled = "he custom field csfalcon-case-id holds {{ id }}, a placeholder that was not filled in";
    for service in SERVICES {
        let falcon = with_cases(&[CASE], &["a"]);
        let report = respond(job_on(service, json!(["{{ id }}", CASE])), &falcon).success();
        assert!(report["full"]["details"].to_string().contains(unfilled), "{service}: {report:#}");
        respond(job_on(service, "{{ id }}"), &falcon).fails_with(&["There is no case in Falcon", unfilled]);
    }
}

#[test]
fn where_falcon_knows_none_of_them_each_is_named() {
    for service in SERVICES {
        let falcon = with_cases(&[CASE, OTHER], &[]).without(OTHER).without(CASE);
        respond(job_on(service, json!([CASE, OTHER])), &falcon).fails_with(&["case not found (code 404)", CASE, OTHER]);
        assert_eq!(falcon.hits(CASES), falcon.requests().len() - 1, "{service}: one read, and no write");
    }
}

#[test]
fn a_404_for_all_is_told_with_their_ids_too() {
    let unknown = answers::named("case-unknown").body;
    together(&SERVICES, |service| {
        let falcon = StandIn::in_the_clear().fails(&format!("POST {CASES}"), instead(404, &unknown, false), 1);
        respond(job_on(service, json!([CASE, OTHER])), &falcon).fails_with(&[
            "case #42",
            CASE,
            OTHER,
            "\nNext: Check in Falcon that each of these ids exists",
        ]);
    });
}

#[test]
fn a_reference_for_people_is_told_as_that() {
    let falcon = StandIn::in_the_clear().without("FIN-0042");
    respond(job_on("update_case", "FIN-0042"), &falcon)
        .fails_with(&["This looks like the case's reference for people (ABC-1234)"]);
}

#[test]
fn an_answer_without_the_cases_changes_nothing() {
    let odd = [
        answers::cases_read(Vec::new(), &[]).body,
        answers::named("cases-read").with("/resources", Value::Null).body,
        answers::cases_read(vec![answers::case("YW5vdGhlcg", "new", 1)], &[]).body,
    ];
    for (service, body) in SERVICES.into_iter().zip(odd.iter().cycle()) {
        let falcon = StandIn::in_the_clear().fails(&format!("POST {CASES}"), instead(200, body, false), 1);
        respond(job_on(service, CASE), &falcon).fails_with(&["Falcon does not show it", "case #42"]);
        assert_eq!(falcon.requests().len(), 2, "{service}: a token and a read");
    }
}

#[test]
fn errors_inside_an_answer_change_nothing() {
    let inside = answers::named("cases-read").with("/errors", json!([{"code": 500, "message": "shard is away"}])).body;
    for service in SERVICES {
        let falcon = StandIn::in_the_clear().fails(&format!("POST {CASES}"), instead(200, &inside, false), 1);
        respond(job_on(service, CASE), &falcon).fails_with(&["shard is away (code 500)"]);
        assert_eq!(falcon.requests().len(), 2, "{service}: a token and a read");
    }
}

#[test]
fn five_hundred_cases_are_read_in_a_call() {
    let ids: Vec<String> = (0..501).map(|n| format!("case-{n}")).collect();
    let falcon = StandIn::in_the_clear();
    respond(job_on("get_case", ids.clone()), &falcon).success();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(asked(&falcon), [reads(&ids[..500]), reads(&ids[500..])]);
    let falcon = StandIn::in_the_clear();
    respond(job_on("add_tags", ids.clone()), &falcon).success();
    assert_eq!((falcon.hits(CASES), falcon.hits(CASE_TAGS)), (2, 501));
    let many: Vec<String> = (0..1_001).map(|n| format!("case-{n}")).collect();
    respond(job_on("get_case", many), &falcon)
        .fails_with(&["ase #42: it is linked to 1001 cases; no more than 1000 are worked on in one job"]);
}
