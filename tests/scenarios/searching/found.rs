//! What is told of what a search has found.

use serde_json::{Value, json};

use super::{artifact_tag, at, events, looking_at, observable, operations, searching, state, whole};
use crate::common::{StandIn, job};

#[test]
fn a_search_that_finds_nothing_is_a_success() {
    let falcon = StandIn::in_the_clear();
    let report = at(&falcon, observable()).run().success();
    assert_eq!(
        report["full"]["message"],
        "The search for observable 192.0.2.1 in search-all, from 7d to now, found 0 events."
    );
    assert_eq!((&report["full"]["event_count"], &report["full"]["events"]), (&json!(0), &json!([])));
    assert_eq!(operations(&report), &artifact_tag("ngsiem:no-hit"));
    assert_eq!(report["summary"]["taxonomies"][0]["value"], "0");
}

#[test]
fn a_case_gets_the_sync_tag_and_an_alert_nothing() {
    for (name, query, expected) in [
        ("thehive5-case", "case=\"{{number}}\"", json!([{"type": "AddTagToCase", "tag": "csfalcon:synced"}])),
        ("thehive5-alert", "alert=\"{{id}}\"", json!([])),
    ] {
        for count in [0, 1] {
            let falcon = StandIn::in_the_clear().finding(events(count));
            let report = at(&falcon, searching(job(name), query)).run().success();
            assert_eq!(operations(&report), &expected, "{name}");
        }
    }
    let falcon = StandIn::in_the_clear();
    let untagged = searching(job("thehive5-case"), "case=\"{{number}}\"").with("/config/sync_tag", "");
    assert_eq!(operations(&at(&falcon, untagged).run().success()), &json!([]));
    assert_eq!(falcon.searches()[0].query, "case=\"42\"");
}

#[test]
fn the_count_is_the_servers_and_what_is_left_out_is_told() {
    let falcon = StandIn::in_the_clear().finding(events(250)).counting_events(7_000);
    let report = at(&falcon, observable()).run().success();
    let full = &report["full"];
    assert_eq!((&full["event_count"], full["events"].as_array().unwrap().len()), (&json!(7_000), 200));
    assert_eq!(
        full["message"],
        "The search for observable 192.0.2.1 in search-all, from 7d to now, found 7000 events."
    );
    assert_eq!(full["details"][0], "6800 events are left out of this report.");
    assert_eq!(report["summary"]["taxonomies"][0]["value"], "7000");
}

#[test]
fn where_there_are_more_events_than_a_search_brings_the_count_is_a_least() {
    let falcon = StandIn::in_the_clear().finding(events(250));
    let report = at(&falcon, observable()).run().success();
    let message = "The search for observable 192.0.2.1 in search-all, from 7d to now, found at least 200 events.";
    assert_eq!((&report["full"]["message"], &report["full"]["event_count"]), (&json!(message), &json!(200)));
    assert_eq!(report["full"]["has_more_events"], true);
    assert_eq!(report["summary"]["taxonomies"][0]["value"], "200+");
    let falcon = StandIn::in_the_clear().finding(events(250)).with_search("search-all", "S1");
    let job = observable().with("/config/service", "get_search").with("/parameters/search_id", "S1");
    let report = at(&falcon, job).run().success();
    assert_eq!(report["full"]["message"], "The search S1 is done, and found at least 200 events.");
    for not_more in
        [json!({"hasMoreEvents": "false"}), json!({"hasMoreEvents": null}), json!({}), json!([]), Value::Null]
    {
        let answer = state("search-done", &[("/metaData/extraData", not_more)]);
        let falcon = looking_at(StandIn::in_the_clear(), whole(200, answer), 1);
        let full = at(&falcon, observable()).run().success()["full"].take();
        assert!(full["message"].as_str().unwrap().ends_with(" found 2 events."), "{full}");
    }
}

#[test]
fn an_aggregate_whose_rows_are_all_zero_is_no_hit() {
    for (rows, count, found) in [
        (json!([{"_count": "0"}]), 0, "0 events"),
        (json!([{"_count": 0}]), 0, "0 events"),
        (json!([{"_count": "0.0", "_avg": null, "_max": "", "_min": "NaN"}]), 0, "0 events"),
        (
            json!([{"_bucket": "1777281153000", "_count": "0"}, {"_bucket": "1777284753000", "_count": "0"}]),
            0,
            "0 events",
        ),
        (json!([{"_count": "1"}]), 1, "1 row"),
        (json!([{"_count": "0"}, {"_count": "3"}]), 2, "2 rows"),
        (
            json!([{"_bucket": "1777281153000", "_count": "0"}, {"_bucket": "1777284753000", "_count": "7"}]),
            2,
            "2 rows",
        ),
        (json!([{"ComputerName": "HOST-A", "_count": "0"}]), 1, "1 row"),
        (json!([]), 0, "0 rows"),
    ] {
        let shown = rows.as_array().unwrap().len();
        let answer =
            state("search-done-count-zero", &[("/events", rows.clone()), ("/metaData/eventCount", json!(shown))]);
        let falcon = looking_at(StandIn::in_the_clear(), whole(200, answer), 1);
        let report = at(&falcon, observable()).run().success();
        let tag = if count == 0 { "ngsiem:no-hit" } else { "ngsiem:hit" };
        assert_eq!(
            (&report["full"]["event_count"], operations(&report)),
            (&json!(count), &artifact_tag(tag)),
            "{rows}"
        );
        let message = report["full"]["message"].as_str().unwrap();
        assert!(message.ends_with(&format!(" found {found}.")), "{message}");
        assert_eq!(report["full"]["events"], rows);
    }
    // Without an aggregate, an event of zeros is an event.
    let answer = state("search-done", &[("/events", json!([{"_count": "0"}])), ("/metaData/eventCount", json!(1))]);
    let falcon = looking_at(StandIn::in_the_clear(), whole(200, answer), 1);
    assert_eq!(operations(&at(&falcon, observable()).run().success()), &artifact_tag("ngsiem:hit"));
}

#[test]
fn no_more_events_are_shown_than_are_wanted() {
    for (most, shown, left_out) in
        [(json!(2), 2, Some("3 events are left out")), (json!("4"), 4, Some("1 event is")), (json!(5), 5, None)]
    {
        let falcon = StandIn::in_the_clear().finding(events(5));
        let report = at(&falcon, observable().with("/config/max_events", most)).run().success();
        assert_eq!(report["full"]["events"], json!(events(5)[..shown]));
        let details = report["full"]["details"].to_string();
        assert!(left_out.map_or(details == "[]", |told| details.contains(told)), "{details}");
    }
    for wrong in [json!(0), json!(-1), json!(2_001), json!("many"), json!(1.5)] {
        let falcon = StandIn::in_the_clear();
        let ran = at(&falcon, observable().with("/config/max_events", wrong)).run();
        ran.fails_with(&["max_events", "a whole number from 1 to 2000"]);
        assert_eq!(falcon.requests().len(), 0);
    }
}

#[test]
fn a_report_stays_below_a_megabyte_whatever_was_found() {
    let long = |n: usize| json!({"@id": format!("e{n}"), "@rawstring": "ä\"\u{1}".repeat(400)});
    let found: Vec<Value> = (0..1_900).map(long).collect();
    let answer = state("search-done", &[("/events", json!(found)), ("/metaData/eventCount", json!(1_900))]);
    for service in ["search", "get_search"] {
        let falcon = looking_at(StandIn::in_the_clear(), whole(200, answer.clone()), usize::MAX);
        let job = observable().with("/config/service", service).with("/config/max_events", 2_000);
        let ran = at(&falcon, job.with("/parameters/search_id", "S1")).run();
        let full = &ran.success()["full"];
        let shown = full["events"].as_array().unwrap().len();
        assert!(ran.stdout.len() < 1_000_000 && shown > 100, "{} bytes, {shown} events", ran.stdout.len());
        assert_eq!(full["details"][0], format!("{} events are left out of this report.", 1_900 - shown));
        assert_eq!(full["event_count"], 1_900);
    }
}

#[test]
fn an_event_that_is_too_long_leaves_room_for_others() {
    let found = json!([{"a": 1}, {"@rawstring": "x".repeat(2_000_000)}, {"a": 2}]);
    let answer = state("search-done", &[("/events", found), ("/metaData/eventCount", json!(3))]);
    let falcon = looking_at(StandIn::in_the_clear(), whole(200, answer), 1);
    let report = at(&falcon, observable()).run().success();
    assert_eq!(report["full"]["details"][0], "1 event is left out of this report.");
    assert_eq!(report["full"]["events"], json!([{"a": 1}, {"a": 2}]));
    assert_eq!(operations(&report), &artifact_tag("ngsiem:hit"));
}

#[test]
fn more_events_than_any_answer_brings_are_counted() {
    let many: Vec<Value> = (0..2_500).map(|n| json!({"n": n})).collect();
    let mut answer = state("search-done", &[("/events", json!(many))]);
    answer["metaData"].as_object_mut().unwrap().remove("eventCount");
    let falcon = looking_at(StandIn::in_the_clear(), whole(200, answer), 1);
    let full = at(&falcon, observable().with("/config/max_events", 2_000)).run().success()["full"].take();
    assert_eq!((&full["event_count"], full["events"].as_array().unwrap().len()), (&json!(2_500), 2_000));
    assert_eq!(full["details"][0], "500 events are left out of this report.");
}

#[test]
fn a_state_may_lack_all_that_proves_nothing() {
    for (answer, count, tag) in [
        (json!({"done": true, "events": []}), 0, "ngsiem:no-hit"),
        (json!({"done": "true", "events": null, "metaData": {"eventCount": 0}}), 0, "ngsiem:no-hit"),
        (json!({"done": true, "events": [{"a": 1}], "metaData": []}), 1, "ngsiem:hit"),
        (json!({"done": true, "events": [{"a": 1}], "metaData": {"eventCount": "many"}}), 1, "ngsiem:hit"),
        (json!({"done": true, "events": [{"a": 1}], "metaData": {"eventCount": 0}}), 0, "ngsiem:hit"),
        (json!({"done": true, "events": {"a": 1}, "warnings": null}), 1, "ngsiem:hit"),
        (json!({"done": true, "cancelled": null, "events": ["text", 7, null]}), 3, "ngsiem:hit"),
    ] {
        let falcon = looking_at(StandIn::in_the_clear(), whole(200, answer.clone()), 1);
        let report = at(&falcon, observable()).run().success();
        assert_eq!(
            (&report["full"]["event_count"], operations(&report)),
            (&json!(count), &artifact_tag(tag)),
            "{answer}"
        );
    }
}

#[test]
fn secrets_in_events_are_removed_and_change_nothing_of_what_is_sent() {
    let secret = "Zk8-fixture-only-secret-2Qw";
    let event = json!({"CommandLine": format!("curl -u id:{secret}"), format!("env.{secret}"): [{secret: secret}]});
    let falcon = StandIn::in_the_clear().finding(vec![event]).naming_searches(secret);
    let job = observable().with("/data/data", secret).with("/config/search_repository", secret);
    let report = at(&falcon, job).run().success();
    let shown = json!([{"CommandLine": "curl -u id:REMOVED", "env.REMOVED": [{"REMOVED": "REMOVED"}]}]);
    assert_eq!(report["full"]["events"], shown);
    assert_eq!(report["full"]["search"]["id"], "REMOVED1");
    let search = &falcon.searches()[0];
    assert_eq!(search.query, format!("RemoteAddressIP4=\"{secret}\""));
    assert_eq!((search.repository.as_str(), search.polls), (secret, 1));
}
