//! The cases of the strict tenant.

use serde_json::{Value, json};

use super::client::{Client, JSON, assert_whole};
use crate::common::answers;
use crate::common::strict::{CASE_ALERTS, CASE_EVENTS, CASE_LIST, CASE_TAGS, CASES};
use crate::common::{ALERT, CASE, INCIDENT, StandIn};

/// The whole of what a new case can be.
fn everything() -> Value {
    json!({
        "name": "Encoded command", "description": "Opened by TheHive.", "severity": 70, "status": "in_progress",
        "tags": ["thehive:~1"], "evidence": {"alerts": [{"id": ALERT}], "events": [], "leads": []},
        "assigned_to_user_uuid": "00000000-0000-4000-8000-00000000000b", "template": {"id": "template-9"}
    })
}

#[test]
fn a_case_is_answered_whole_and_counts_its_versions() {
    let client = Client::of(&StandIn::in_the_clear().without("gone").url());
    let before = client.read_case();
    assert_eq!((&before["status"], &before["version"]), (&json!("new"), &json!(1)));
    let answer = client.update_case("in_progress");
    assert_whole(&answer, "case-updated");
    assert_eq!(answer["resources"][0]["status"], "in_progress");
    assert_eq!(client.update_case("closed")["resources"][0]["version"], 3);
    let (_, answer) = client.ask("POST", CASES, &json!({"ids": [CASE, "gone"]}));
    assert_whole(&answer, "cases-read-in-part");
    let stale = json!({"id": CASE, "fields": {"status": "new"}, "expected_version": 2});
    assert_eq!(client.ask("PATCH", CASES, &stale).0, 409);
    let unknown = json!({"id": "gone", "fields": {"status": "new"}});
    assert_eq!(client.ask("PATCH", CASES, &unknown).0, 404);
    assert_eq!(client.read_case()["status"], "closed");
}

#[test]
fn a_flat_body_is_taken_and_changes_no_case() {
    let client = Client::of(&StandIn::in_the_clear().url());
    let (status, answer) = client.ask("PATCH", CASES, &json!({"id": CASE, "status": "closed"}));
    assert_whole(&answer, "case-not-changed");
    assert_eq!((status, &answer["meta"]["writes"]["resources_affected"]), (200, &json!(0)));
    assert_eq!(
        (&answer["resources"][0]["status"], client.read_case()["status"].as_str()),
        (&json!("new"), Some("new"))
    );
}

#[test]
fn reads_of_a_case_may_lag_behind_its_update() {
    let client = Client::of(&StandIn::in_the_clear().with_lag(2).url());
    assert_eq!(client.update_case("closed")["resources"][0]["status"], "closed");
    for (status, version, consistent) in [("new", 1, false), ("new", 1, false), ("closed", 2, true)] {
        let case = client.read_case();
        assert_eq!((&case["status"], &case["version"]), (&json!(status), &json!(version)));
        assert_eq!(case["consistency"], json!({"consistent": consistent, "version": version}));
    }
}

#[test]
fn template_timers_and_custom_fields_are_set_by_an_update() {
    let client = Client::of(&StandIn::in_the_clear().url());
    let update = |fields: Value| client.ask("PATCH", CASES, &json!({"id": CASE, "fields": fields}));
    let fields = json!({
        "template": {"id": "template-9"}, "slas_active": true,
        "custom_fields": [{"id": "field-3", "values": []}, {"id": "field-9", "values": ["x", "y"]}]
    });
    let (_, answer) = update(fields);
    assert_whole(&answer, "case-updated");
    let case = client.read_case();
    assert_eq!(answer["resources"][0], case, "the read shows it, too");
    assert_eq!(
        (&case["template"]["id"], &case["sla"]["active_timer_status"]),
        (&json!("template-9"), &json!("running"))
    );
    let values = |at: usize| (&case["fields"][at]["id"], &case["fields"][at]["values"]);
    assert_eq!((values(0), values(1)), ((&json!("field-3"), &json!([])), (&json!("field-9"), &json!(["x", "y"]))));
    for fields in [
        json!({"slas_active": "true"}),
        json!({"template": "template-9"}),
        json!({"custom_fields": {"field-3": ["x"]}}),
        json!({"custom_fields": [{"id": "field-3"}]}),
        json!({"custom_fields": [{"id": "field-3", "values": [1]}]}),
    ] {
        assert_eq!(update(fields.clone()).0, 400, "{fields}");
    }
    assert_eq!(client.read_case(), case);
}

#[test]
fn the_reference_of_a_case_and_the_id_of_something_else_are_no_ids_of_a_case() {
    let falcon = StandIn::in_the_clear();
    let client = Client::of(&falcon.url());
    let reference = client.read_case()["reference_id"].as_str().unwrap().to_owned();
    for id in [reference.as_str(), "ABC-1234", ALERT, INCIDENT] {
        let (status, answer) = client.ask("POST", CASES, &json!({"ids": [id]}));
        assert_eq!((status, &answer["errors"][0]["id"], &answer["resources"]), (200, &json!(id), &json!([])), "{id}");
        let update = json!({"id": id, "fields": {"status": "closed"}});
        assert_eq!((client.ask("PATCH", CASES, &update).0, falcon.status_of(id)), (404, None), "{id}");
    }
}

#[test]
fn each_creation_makes_another_case_and_answers_it_whole() {
    let falcon = StandIn::in_the_clear();
    let client = Client::of(&falcon.url());
    let (status, answer) = client.ask("PUT", CASES, &everything());
    assert_whole(&answer, "case-created");
    let case = &answer["resources"][0];
    let seen = |member: &str| case[member].clone();
    assert_eq!((status, seen("name"), seen("version")), (201, json!("Encoded command"), json!(1)));
    assert_eq!(seen("consistency"), json!({"consistent": false, "version": 1}));
    assert_eq!((seen("severity"), &case["severity_info"]["level"]), (json!(70), &json!("high")));
    assert_eq!((&case["template"]["id"], seen("status")), (&json!("template-9"), json!("in_progress")));
    assert_eq!(case["assigned_to"]["uuid"], "00000000-0000-4000-8000-00000000000b");
    let another = json!({"name": "Another", "evidence": {"events": [{"id": "e1"}]}});
    let other = client.ask("PUT", CASES, &another).1["resources"][0].take();
    assert_eq!(other["evidence"]["events"]["records"], json!([{"id": "e1"}]));
    assert_eq!((&other["template"], &other["assigned_to"]["uuid"]), (&Value::Null, &json!("")));
    assert_ne!((&other["id"], &other["reference_id"]), (&case["id"], &case["reference_id"]));
    assert_eq!((falcon.cases_created(), falcon.cases().len()), (2, 2));
    let kept = |case: &Value| falcon.cases()[case["id"].as_str().unwrap()].clone();
    assert_eq!((kept(case).alerts, kept(case).tags), (vec![ALERT.to_owned()], vec!["thehive:~1".to_owned()]));
    assert_eq!((kept(&other).events, kept(&other).leads.len()), (vec!["e1".to_owned()], 0));
    let (_, answer) = client.ask("POST", CASES, &json!({"ids": [case["id"]]}));
    assert_eq!(answer["resources"][0]["consistency"]["consistent"], true);
    assert_eq!(answer["resources"][0]["description"], "Opened by TheHive.");
}

#[test]
fn a_new_case_is_refused_for_any_member_that_is_not_as_it_should_be() {
    let falcon = StandIn::in_the_clear();
    let client = Client::of(&falcon.url());
    let items: Vec<Value> = (0..101).map(|item| json!({"id": format!("e{item}")})).collect();
    for (member, value) in [
        ("name", json!("")),
        ("name", json!("ä".repeat(129))),
        ("name", Value::Null),
        ("description", json!("x".repeat(2_049))),
        ("severity", json!(0)),
        ("severity", json!(101)),
        ("severity", json!("50")),
        ("status", json!("InProgress")),
        ("tags", json!(["x".repeat(100), "y".repeat(29)])),
        ("tags", json!([""])),
        ("evidence", json!({"events": items})),
        ("evidence", json!({"events": ["e1"]})),
        ("evidence", json!({"users": []})),
        ("assigned_to_user_uuid", json!("grace")),
        ("template", json!("template-9")),
        ("template", json!({"id": "template-9", "name": "x"})),
        ("priority", json!(1)),
    ] {
        let mut body = everything();
        body[member] = value;
        let answer = client.ask("PUT", CASES, &body);
        assert_eq!(answer, (400, answers::named("case-field-invalid").body), "{body}");
    }
    assert_eq!(client.ask("PUT", CASES, &json!({"severity": 50})).0, 400);
    assert_eq!(client.ask("PUT", &format!("{CASES}?dry=true"), &everything()).0, 400);
    assert_eq!(client.send("PUT", CASES, "text/plain", &everything().to_string()).unwrap().0, 400);
    assert_eq!(falcon.cases_created(), 0);
    let longest = json!({"name": "ä".repeat(128), "description": "x".repeat(2_048), "tags": ["ä".repeat(128)]});
    assert_eq!(client.ask("PUT", CASES, &longest).0, 201);
}

#[test]
fn an_update_changes_what_it_names() {
    let falcon = StandIn::in_the_clear();
    let client = Client::of(&falcon.url());
    let fields = json!({"name": "New name", "description": "", "severity": 90, "status": "closed"});
    let (_, answer) = client.ask("PATCH", CASES, &json!({"id": CASE, "fields": fields, "expected_version": 1}));
    assert_whole(&answer, "case-updated");
    let kept = || falcon.cases()[CASE].clone();
    assert_eq!((kept().name.as_str(), kept().description.as_str(), kept().severity), ("New name", "", 90));
    assert_eq!((kept().status.as_str(), kept().version), ("closed", 2));
    let assigned = "00000000-0000-4000-8000-00000000000b";
    client.ask("PATCH", CASES, &json!({"id": CASE, "fields": {"assigned_to_user_uuid": assigned}}));
    assert_eq!(kept().assigned_to.as_deref(), Some(assigned));
    client.ask("PATCH", CASES, &json!({"id": CASE, "fields": {"remove_user_assignment": true}}));
    assert_eq!((kept().assigned_to, kept().version), (None, 4));
    let stale = json!({"id": CASE, "fields": {"severity": 1}, "expected_version": 3});
    assert_eq!(client.ask("PATCH", CASES, &stale), (409, answers::named("case-version-conflict").body));
    for fields in [json!({}), json!({"tags": ["a"]}), json!({"severity": 0}), json!({"status": "open"}), json!([])] {
        assert_eq!(client.ask("PATCH", CASES, &json!({"id": CASE, "fields": fields})).0, 400, "{fields}");
    }
    assert_eq!(kept().version, 4);
}

#[test]
fn no_call_knows_a_case_that_does_not_exist() {
    let client = Client::of(&StandIn::in_the_clear().without("gone").url());
    for (method, path, body) in [
        ("PATCH", CASES, json!({"id": "gone", "fields": {"status": "new"}})),
        ("PATCH", CASES, json!({"id": "gone", "status": "new"})),
        ("POST", CASE_TAGS, json!({"id": "gone", "tags": ["a"]})),
        ("DELETE", &format!("{CASE_TAGS}?id=gone&tag=a"), Value::Null),
        ("POST", CASE_ALERTS, json!({"id": "gone", "alerts": [{"id": ALERT}]})),
        ("POST", CASE_EVENTS, json!({"id": "gone", "events": [{"id": "e1"}]})),
    ] {
        assert_eq!(client.ask(method, path, &body), (404, answers::named("case-unknown").body), "{method} {path}");
    }
    assert_eq!(client.ask("POST", CASES, &json!({"ids": vec![CASE; 501]})).0, 413);
    assert_eq!(client.ask("POST", CASES, &json!({"ids": vec![CASE; 500]})).0, 200);
}

#[test]
fn a_creation_may_be_done_and_not_be_told() {
    let put = format!("PUT {CASES}");
    let falcon = StandIn::in_the_clear().without("cid:ind:gone").loses_answers(&put, 1);
    let falcon = falcon.fails_after_the_deed(&put, 500, 1).fails_before_the_deed(&put, 502, 1);
    let falcon = falcon.without_scope_for(CASE_LIST).without_scope_for(&format!("DELETE {CASE_TAGS}"));
    let client = Client::of(&falcon.url());
    let body = json!({"name": "a", "evidence": {"alerts": [{"id": "cid:ind:gone"}]}});
    assert_eq!((client.send("PUT", CASES, JSON, &body.to_string()), falcon.cases_created()), (None, 1));
    assert_eq!((client.ask("PUT", CASES, &body).0, falcon.cases_created()), (500, 2));
    assert_eq!((client.ask("PUT", CASES, &body).0, falcon.cases_created()), (502, 2));
    let (status, answer) = client.ask("PUT", CASES, &body);
    assert_eq!((status, &answer["errors"][0]["id"]), (201, &json!("cid:ind:gone")));
    assert_eq!(client.ask("GET", CASE_LIST, &Value::Null), (403, answers::named("scope-missing").body));
    assert_eq!(client.ask("DELETE", &format!("{CASE_TAGS}?id={CASE}&tag=a"), &Value::Null).0, 403);
}

#[test]
fn somebody_else_may_change_a_case_meanwhile() {
    let falcon = StandIn::in_the_clear().with_case(CASE, "new", &[]).with_cases_changed_meanwhile(1);
    let client = Client::of(&falcon.url());
    let update = |version: u64| {
        client.ask("PATCH", CASES, &json!({"id": CASE, "fields": {"severity": 90}, "expected_version": version})).0
    };
    assert_eq!((update(1), update(1), client.read_case()["version"].clone()), (409, 409, json!(2)));
    assert_eq!((update(2), falcon.cases()[CASE].severity, falcon.cases()[CASE].version), (200, 90, 3));
    let falcon = falcon.having(CASE, "reopened").tagged(CASE, &["ours"]);
    assert_eq!(
        (falcon.cases()[CASE].status.as_str(), client.read_case()["tags"].clone()),
        ("reopened", json!(["ours"]))
    );
}
