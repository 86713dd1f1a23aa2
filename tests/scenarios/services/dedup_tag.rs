//! The prefix `thehive:` is the responder's own: no tag of TheHive's can make the Falcon case of one entity that of another.

use serde_json::{Value, json};

use super::create::created;
use super::{MARK, alert_of, asked, job_of, respond};
use crate::common::strict::CASE_TAGS;
use crate::common::{ALERT, CASE, Job, StandIn, together};

/// Tags that are, or look like, the dedup tag of the fixtures' case.
const FORGED: [&str; 8] = [
    MARK,
    "TheHive:~41156",
    " thehive:~41156 ",
    "thehive :~41156",
    "the\u{200b}hive:~41156",
    "\u{feff}thehive:~41156",
    "ｔｈｅｈｉｖｅ：~41156",
    "thehive:prod:~41156",
];

fn left_alone(report: &Value) -> String {
    let details = report["full"]["details"].as_array().expect("a list").iter();
    let mut about = details.filter_map(Value::as_str).filter(|detail| detail.contains("left alone"));
    about.next().expect("a sentence on tags that were left alone").to_owned()
}

#[test]
fn an_attackers_tag_does_not_make_their_case_that_of_another() {
    together(&FORGED, |tag| {
        let falcon = StandIn::in_the_clear();
        let attackers =
            alert_of("create_case", json!({"csfalcon-alert-id": ALERT})).with("/data/tags", json!([tag, "a"]));
        let report = respond(attackers, &falcon).success();
        let case = created(&falcon);
        assert_eq!(case.tags, ["thehive:~81920", "a"], "{tag:?}");
        assert!(left_alone(&report).starts_with("Tags that begin with thehive: are reserved for the responder"));
        let report = respond(job_of("create_case", json!({})), &falcon).success();
        assert_eq!(falcon.cases_created(), 2, "{tag:?}");
        assert_ne!(report["full"]["case"]["id"], json!(case.id));
    });
}

#[test]
fn no_reserved_tag_is_added_or_removed() {
    together(&FORGED, |tag| {
        for (service, before) in [("add_tags", vec!["b"]), ("remove_tags", vec!["b", "a", tag.trim()])] {
            let falcon = StandIn::in_the_clear().with_case(CASE, "new", &before);
            let job = job_of(service, json!({"csfalcon-case-id": CASE})).with("/data/tags", json!([tag, "a"]));
            let report = respond(job.clone(), &falcon).success();
            let after = if service == "add_tags" { vec!["b", "a"] } else { vec!["b", tag.trim()] };
            assert_eq!(falcon.cases()[CASE].tags, after, "{service} {tag:?}");
            left_alone(&report);
            let report = respond(job.with("/data/tags", json!([tag])), &falcon).success();
            assert!(report["full"]["message"].as_str().unwrap().starts_with("There was nothing to do"), "{report:#}");
            left_alone(&report);
            assert_eq!(falcon.hits(CASE_TAGS), 1);
        }
    });
}

#[test]
fn a_verdict_is_not_mapped_to_a_reserved_tag() {
    let falcon = StandIn::in_the_clear();
    let job = job_of("sync", json!({"csfalcon-case-id": CASE})).with("/config/sync_verdict", true);
    for tag in FORGED {
        let entry = format!("Other:{tag}");
        respond(job.clone().with("/config/verdict_map", json!([entry])), &falcon)
            .fails_with(&["he configuration item verdict_map names the tag", "reserved for the responder"]);
    }
    assert_eq!(falcon.requests().len(), 0);
}

/// The job of a TheHive of this name.
fn of_instance(job: Job, name: &str) -> Job {
    job.with("/config/thehive_instance", name)
}

#[test]
fn two_thehives_of_one_tenant_have_cases_of_their_own() {
    let falcon = StandIn::in_the_clear();
    for name in ["prod", "staging-2", ""] {
        let report = respond(of_instance(job_of("create_case", json!({})), name), &falcon).success();
        let tag = if name.is_empty() { MARK.to_owned() } else { format!("thehive:{name}:~41156") };
        assert_eq!(report["full"]["case"]["mark"], json!(tag));
        let id = report["full"]["case"]["id"].as_str().expect("an id").to_owned();
        assert!(falcon.cases()[&id].tags.contains(&tag));
        for service in ["update_case", "add_evidence", "add_tags", "remove_tags", "get_case", "list_cases"] {
            let job = job_of(service, json!({"csfalcon-alert-id": ALERT})).with("/data/tags", json!(["a"]));
            let report = respond(of_instance(job, name), &falcon).success();
            let lists = if service == "list_cases" { &report["full"]["cases"][0]["id"] } else { &json!(id) };
            assert!(report.to_string().contains(&id) && *lists == json!(id), "{service} {name:?}: {report:#}");
        }
    }
    assert_eq!(falcon.cases_created(), 3);
    assert!(falcon.cases().values().all(|case| case.alerts == [ALERT]), "each was worked on once");
}

#[test]
fn the_name_of_a_thehive_is_checked_before_anything_is_sent() {
    let services =
        ["sync", "create_case", "update_case", "add_evidence", "add_tags", "remove_tags", "get_case", "list_cases"];
    for service in services {
        let falcon = StandIn::in_the_clear();
        for wrong in ["Prod", "a b", "a:b", "prod\u{200b}", "ä", "a'b", "twenty-one-characters"] {
            let job = job_of(service, json!({"csfalcon-alert-id": ALERT, "csfalcon-case-id": CASE}));
            respond(of_instance(job, wrong), &falcon)
                .fails_with(&["thehive_instance", "expected up to 20 lower-case letters (a-z), digits and dashes"]);
        }
        assert_eq!(falcon.requests().len(), 0, "{service}");
    }
}

#[test]
fn a_filter_takes_the_dedup_tag_and_still_the_id() {
    let falcon = StandIn::in_the_clear().with_case(CASE, "new", &["thehive:prod:~41156"]);
    for filter in ["tags:'{{dedup_tag}}'", "tags:'thehive:prod:{{id}}'"] {
        let job = of_instance(job_of("list_cases", json!({})).with("/config/case_filter", filter), "prod");
        assert_eq!(respond(job, &falcon).success()["full"]["cases"][0]["id"], CASE, "{filter}");
    }
    let sent = "GET /cases/queries/cases/v1?filter=tags%3A%27thehive%3Aprod%3A%7E41156%27&limit=100&offset=0";
    assert_eq!(asked(&falcon)[0], sent);
    let nameless = job_of("list_cases", json!({})).without("/data/_id").without("/data/id");
    respond(nameless, &falcon).fails_with(&["{{dedup_tag}} has no value in this job"]);
}
