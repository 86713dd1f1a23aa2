//! The double of TheHive.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, JSON, shape};
use crate::common::the_hive::answers::{named, not_found};
use crate::common::the_hive::{API_KEY, QUERY, SEARCH, Version, more, page, redirect};
use crate::common::{ALERT, Authority, CASE, Fault, OTHER_ALERT, TheHive};

/// A client with the API key.
fn client(hive: &TheHive) -> Client {
    let url = hive.url();
    let address = url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
    Client { address, token: API_KEY.into() }
}

fn with_content(hive: TheHive) -> TheHive {
    hive.with_case("~4200", 42, "InProgress")
        .with_alert_in("~4200", "~8360", ALERT, json!({"csfalcon-alert-id": ALERT}))
        .with_alert_in("~4200", "~8392", OTHER_ALERT, json!({}))
        .with_alert("~8400", "New", "elsewhere", json!({}))
        .with_fields("~4200", json!({"csfalcon-case-id": CASE}))
}

fn query(case: &str, from: usize, to: usize) -> Value {
    let page = json!({"_name": "page", "from": from, "to": to});
    json!({"query": [{"_name": "getCase", "idOrName": case}, {"_name": "alerts"}, page]})
}

fn search(case: &str) -> Value {
    json!({"query": {"_field": "case", "_value": case}})
}

fn members(list: &Value, name: &str) -> Vec<Value> {
    list.as_array().unwrap().iter().map(|item| item[name].clone()).collect()
}

#[test]
fn version_5_shows_cases_alerts_and_pages_of_alerts_in_whole_answers() {
    let hive = with_content(TheHive::five());
    let hive = hive.with_case("~4300", 43, "Closed").showing("~4300", "/assignee", "bob@soc.example");
    let client = client(&hive);
    let (status, case) = client.ask("GET", "/api/v1/case/~4300", &Value::Null);
    assert_eq!((status, &case["_id"], &case["number"]), (200, &json!("~4300"), &json!(43)));
    assert_eq!(
        (&case["stage"], &case["status"], &case["assignee"]),
        (&json!("Closed"), &json!("TruePositive"), &json!("bob@soc.example"))
    );
    let (_, case) = client.ask("GET", "/api/v1/case/~4200", &Value::Null);
    assert_eq!((shape(&case), &case["customFields"][0]["value"]), (shape(&named("5-case").body), &json!(CASE)));
    let (_, alert) = client.ask("GET", "/api/v1/alert/%7E8360", &Value::Null);
    assert_eq!(shape(&alert), shape(&named("5-alert").body));
    assert_eq!(
        (&alert["sourceRef"], &alert["stage"], &alert["caseId"]),
        (&json!(ALERT), &json!("Imported"), &json!("~4200"))
    );
    assert_eq!(alert["customFields"][0]["value"], ALERT);
    for case in ["~4200", "42"] {
        let (status, alerts) = client.ask("POST", QUERY, &query(case, 0, 100));
        assert_eq!((status, shape(&alerts)), (200, shape(&named("5-alerts-of-case").body)));
        assert_eq!(members(&alerts, "_id"), ["~8360", "~8392"]);
    }
    assert_eq!(client.ask("POST", QUERY, &query("~4300", 0, 100)), (200, json!([])));
    assert_eq!(client.ask("POST", QUERY, &query("~1", 0, 100)), (404, named("5-not-found").body));
    assert_eq!(client.ask("GET", "/api/v1/alert/~4200", &Value::Null), (404, not_found("Alert").body));
}

#[test]
fn version_4_shows_the_same_in_its_own_shapes_and_has_no_other_paths() {
    let hive =
        with_content(TheHive::four()).with_alert("~8408", "InProgress", "third", json!({"a": ["x", "y"], "n": 7}));
    let hive = hive.with_case("~4300", 43, "Closed").with_case("~4400", 44, "Duplicated");
    let client = client(&hive);
    let case = |id: &str| client.ask("GET", &format!("/api/case/{id}"), &Value::Null).1;
    assert_eq!((&case("~4300")["caseId"], &case("~4300")["status"]), (&json!(43), &json!("Resolved")));
    assert_eq!(shape(&case("~4200")), shape(&named("4-case").body));
    assert_eq!((&case("~4200")["status"], &case("~4400")["status"]), (&json!("Open"), &json!("Duplicated")));
    let (_, alert) = client.ask("GET", "/api/alert/~8360", &Value::Null);
    assert_eq!(shape(&alert), shape(&named("4-alert").body));
    assert_eq!((&alert["case"], &alert["status"]), (&json!("~4200"), &json!("Imported")));
    let (_, alert) = client.ask("GET", "/api/alert/~8408", &Value::Null);
    assert_eq!((&alert["case"], &alert["status"]), (&Value::Null, &json!("Updated")));
    assert_eq!(alert["customFields"], json!({"a": {"string": "x, y", "order": 0}, "n": {"integer": 7, "order": 1}}));
    let (_, alerts) = client.ask("POST", &format!("{SEARCH}?range=all"), &search("~4200"));
    assert_eq!(shape(&alerts), shape(&named("4-alerts-of-case").body));
    assert_eq!(client.ask("POST", &format!("{SEARCH}?range=all"), &search("~1")), (200, json!([])));
    for (method, path) in [("POST", QUERY), ("GET", "/api/v1/case/~4200"), ("GET", "/api/v1/alert/~8360")] {
        let (status, error) = client.ask(method, path, &Value::Null);
        assert_eq!((status, &error["type"]), (404, &json!("NotFound")), "{path}");
    }
    let other = TheHive::five();
    for (method, path) in [("POST", SEARCH), ("GET", "/api/case/~4200"), ("GET", QUERY), ("GET", "/api/v1/user/~1")] {
        let (status, error) = self::client(&other).ask(method, path, &Value::Null);
        assert_eq!((status, &error["type"]), (404, &json!("NotFound")), "{path}");
    }
}

#[test]
fn many_alerts_come_in_pages_or_by_tens() {
    let hive = TheHive::five().with_case("~1", 1, "New").with_more_alerts("~1", 25);
    let client_of_5 = client(&hive);
    let page = |from, to| members(&client_of_5.ask("POST", QUERY, &query("~1", from, to)).1, "sourceRef");
    assert_eq!(page(0, 10), (0..10).map(more).collect::<Vec<_>>());
    assert_eq!(page(20, 30), (20..25).map(more).collect::<Vec<_>>());
    assert!(page(25, 35).is_empty());
    let hive = TheHive::four().with_case("~1", 1, "New").with_more_alerts("~1", 25);
    let found = |path: &str| client(&hive).ask("POST", path, &search("~1")).1.as_array().unwrap().len();
    assert_eq!((found(SEARCH), found(&format!("{SEARCH}?range=all"))), (10, 25));
    assert_eq!((found(&format!("{SEARCH}?range=0-20")), found(&format!("{SEARCH}?range=20-30"))), (20, 5));
}

#[test]
fn fields_can_be_excluded_from_a_page_by_a_new_version_alone() {
    let mut body = query("~4200", 0, 100);
    body["excludeFields"] = json!(["description", "tags"]);
    let (status, alerts) = client(&with_content(TheHive::five())).ask("POST", QUERY, &body);
    assert_eq!((status, alerts[0].get("description"), alerts[0].get("tags")), (200, None, None));
    assert_eq!(alerts[0]["_id"], "~8360");
    let old = with_content(TheHive::five()).without_exclude_fields();
    assert_eq!(client(&old).ask("POST", QUERY, &body).0, 400);
    assert_eq!(client(&old).ask("POST", QUERY, &query("~4200", 0, 100)).0, 200);
}

#[test]
fn a_user_sees_what_is_in_one_of_their_organisations_at_a_time() {
    let read = |hive: &TheHive, path: &str, organisation: Option<&str>| {
        let header = organisation.map(|name| format!("\r\nx-organisation: {name}")).unwrap_or_default();
        client(hive).send("GET", path, &format!("{JSON}{header}"), "").map(|(status, _)| status)
    };
    for (hive, path) in [(TheHive::five(), "/api/v1/case/~4200"), (TheHive::four(), "/api/case/~4200")] {
        let hive = with_content(hive).all_in("north").with_user_in(&["soc", "north"], 401);
        for (organisation, status) in [(None, 404), (Some("north"), 200), (Some("soc"), 404), (Some("south"), 401)] {
            assert_eq!(read(&hive, path, organisation), Some(status), "{organisation:?}");
        }
    }
    let hive = with_content(TheHive::five()).all_in("north").with_user_in(&["soc", "north"], 404);
    assert_eq!(client(&hive).ask("POST", QUERY, &query("~4200", 0, 100)).0, 404);
    let hive = with_content(TheHive::four()).all_in("north").with_user_in(&["soc", "north"], 404);
    assert_eq!(client(&hive).ask("POST", &format!("{SEARCH}?range=all"), &search("~4200")), (200, json!([])));
}

#[test]
fn a_restricted_case_is_shown_to_a_service_account_alone() {
    let hive = with_content(TheHive::five()).restricted("~4200");
    assert_eq!(client(&hive).ask("GET", "/api/v1/case/~4200", &Value::Null).0, 404);
    assert_eq!(client(&hive).ask("POST", QUERY, &query("~4200", 0, 100)), (404, named("5-not-found").body));
    let hive = hive.with_service_account();
    assert_eq!(client(&hive).ask("GET", "/api/v1/case/~4200", &Value::Null).0, 200);
    assert_eq!(client(&hive).ask("POST", QUERY, &query("~4200", 0, 100)).0, 200);
}

#[test]
fn a_custom_field_of_version_5_has_a_row_for_each_value() {
    let fields = json!({"csfalcon-alert-id": ["a", "b"], "count": 7});
    let hive = TheHive::five().with_alert("~1", "New", "r", fields);
    let rows = client(&hive).ask("GET", "/api/v1/alert/~1", &Value::Null).1["customFields"].take();
    assert_eq!(members(&rows, "name"), ["csfalcon-alert-id", "csfalcon-alert-id", "count"]);
    assert_eq!(members(&rows, "value"), [json!("a"), json!("b"), json!(7)]);
    assert_eq!(members(&rows, "type"), ["string", "string", "integer"]);
}

#[test]
fn a_stage_changes_by_itself_or_by_somebody() {
    let hive = with_content(TheHive::five()).moving_on("~4200", &["New", "InProgress", "Closed"]);
    let client = client(&hive);
    let stage = |path: &str| client.ask("GET", path, &Value::Null).1["stage"].take();
    let stages: Vec<Value> = (0..4).map(|_| stage("/api/v1/case/~4200")).collect();
    assert_eq!(stages, ["New", "InProgress", "Closed", "Closed"]);
    hive.at_stage("~4200", "InProgress");
    assert_eq!(stage("/api/v1/case/~4200"), "InProgress");
    hive.merge("~8400", "~4200");
    assert_eq!(stage("/api/v1/alert/~8400"), "Imported");
    hive.delete("~8360");
    let (_, alerts) = client.ask("POST", QUERY, &query("~4200", 0, 100));
    assert_eq!(members(&alerts, "_id"), ["~8392", "~8400"]);
    assert_eq!(client.ask("GET", "/api/v1/alert/~8360", &Value::Null).0, 404);
}

#[test]
fn a_stranger_is_refused_and_every_request_is_written_down() {
    let hive = with_content(TheHive::five()).below("/thehive");
    let stranger = Client { token: "another".into(), ..client(&hive) };
    for (method, path) in [("GET", "/thehive/api/v1/case/~4200"), ("POST", "/thehive/api/v1/query")] {
        assert_eq!(stranger.ask(method, path, &Value::Null), (401, named("5-refused").body));
    }
    assert_eq!(stranger.ask("GET", "/api/v1/case/~4200", &Value::Null).0, 404);
    assert_eq!(client(&hive).ask("GET", "/thehive/api/v1/case/~4200", &Value::Null).0, 200);
    assert!(hive.url().ends_with("/thehive"));
    assert_eq!(hive.asked()[1..3], ["POST /thehive/api/v1/query", "GET /api/v1/case/~4200"]);
    let authorizations: Vec<String> =
        hive.requests().into_iter().map(|request| request.headers["authorization"].clone()).collect();
    assert_eq!(authorizations[2..], ["Bearer another", &format!("Bearer {API_KEY}")]);
}

#[test]
fn what_the_api_does_not_define_is_refused() {
    let hive = with_content(TheHive::five());
    let client_of_5 = client(&hive);
    let steps = query("~4200", 0, 100)["query"].take();
    let with = |place: usize, step: Value| {
        let mut steps = steps.clone();
        steps[place] = step;
        json!({"query": steps})
    };
    for body in [
        json!({"query": steps, "excludeFields": "description"}),
        json!({"query": steps, "excludeFields": [7]}),
        json!({"query": steps, "includeFields": ["_id"]}),
        json!({"query": [steps[0], steps[1]]}),
        json!(steps),
        with(0, json!({"_name": "getCase", "idOrName": 42})),
        with(0, json!({"_name": "listCase"})),
        with(1, json!({"_name": "observables"})),
        with(2, json!({"_name": "page", "from": 0})),
        with(2, json!({"_name": "page", "from": 5, "to": 5})),
        with(2, json!({"_name": "page", "from": "0", "to": 5})),
    ] {
        assert_eq!(client_of_5.ask("POST", QUERY, &body).0, 400, "{body}");
    }
    let body = json!({"query": steps}).to_string();
    assert_eq!(client_of_5.send("POST", QUERY, "text/plain", &body).unwrap().0, 400);
    assert_eq!(client_of_5.send("POST", &format!("{QUERY}?name=alerts"), JSON, &body).unwrap().0, 200);
    assert_eq!(client_of_5.send("POST", &format!("{QUERY}?range=all"), JSON, &body).unwrap().0, 400);
    assert_eq!(client_of_5.ask("GET", "/api/v1/case/~4200?x=1", &Value::Null).0, 400);
    assert_eq!(client_of_5.ask("GET", "/api/v1/case/~4200", &json!({})).0, 400);
    let hive = with_content(TheHive::four());
    let client_of_4 = client(&hive);
    for (path, body) in [
        (format!("{SEARCH}?range=9-9"), search("~4200")),
        (format!("{SEARCH}?range=0"), search("~4200")),
        (format!("{SEARCH}?sort=x"), search("~4200")),
        (SEARCH.into(), json!({"query": {"_field": "status", "_value": "New"}})),
        (SEARCH.into(), json!({"query": {"case": "~4200"}})),
        (SEARCH.into(), json!({"query": search("~4200")["query"], "range": "all"})),
    ] {
        assert_eq!(client_of_4.ask("POST", &path, &body).0, 400, "{path} {body}");
    }
}

#[test]
fn it_may_fail_in_many_ways() {
    let read = "GET /api/v1/case/*";
    let refusal = Fault::Answer { status: 503, headers: Vec::new(), body: Vec::new() };
    let hive = with_content(TheHive::five())
        .fails(read, refusal, 1)
        .fails(read, page(200), 1)
        .fails(read, redirect("http://elsewhere.example/"), 1)
        .fails(read, Fault::Silence(Duration::ZERO), 1)
        .fails(read, Fault::CutMidBody, 1);
    let client = client(&hive);
    let ask = || client.send("GET", "/api/v1/case/~4200", JSON, "").map(|(status, _)| status);
    assert_eq!([ask(), ask(), ask(), ask()], [Some(503), Some(200), Some(302), None]);
    ask();
    assert_eq!(client.ask("POST", QUERY, &query("~4200", 0, 1)).0, 200);
    assert_eq!((ask(), hive.asked().len()), (Some(200), 7));
    let behind_tls = TheHive::start(Version::Five, Some(&Authority::new()));
    assert!(behind_tls.url().starts_with("https://localhost:"));
}

#[test]
fn the_log_has_each_request_and_its_status() {
    let hive = TheHive::five().with_case("~1", 42, "New");
    let ask = |path: &str| client(&hive).ask("GET", path, &Value::Null).0;
    assert_eq!([ask("/api/v1/case/~1"), ask("/api/v1/case/~2")], [200, 404]);
    let seen: Vec<String> =
        hive.log(0).iter().map(|entry| entry.to_string().split_off("08:41:17.602Z".len())).collect();
    assert_eq!(seen, ["  200  GET /api/v1/case/~1", "  404  GET /api/v1/case/~2"]);
}
