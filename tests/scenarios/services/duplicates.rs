//! Two jobs that create the Falcon case of one alert or case at the same moment: in the end one case is open, and each report
//! has its id, or a failure names both.

mod race;

use serde_json::{Value, json};

use super::create::{fills_the_field, left_out};
use super::{MARK, asked, case_job, instead, job_of, looks_for, reads, respond};
use crate::common::stand_in::Disturbance;
use crate::common::stand_in::case::Case;
use crate::common::stand_in::request::Request;
use crate::common::strict::{CASE_LIST, CASE_TAGS, CASES};
use crate::common::{ALERT, CASE, Fault, StandIn, answers};

const CREATE: &str = "PUT /cases/entities/cases/v2";
const UPDATE: &str = "PATCH /cases/entities/cases/v2";
/// A case of another job, and when Falcon says that it was created: before any case of a scenario, or after it.
const EARLIER: &str = "2026-05-20T08:41:17.602Z";
const LATER: &str = "9998-05-20T08:41:17.602Z";

/// A tenant in which another job has created a case at this time, which is listed only after the first look.
fn raced(created: &str) -> StandIn {
    let unlisted = instead(200, &answers::named("cases-listed-none").body, false);
    with_other(StandIn::in_the_clear(), created).fails(CASE_LIST, unlisted, 1)
}

fn with_other(falcon: StandIn, created: &str) -> StandIn {
    let falcon = falcon.with_case(CASE, "in_progress", &[MARK]);
    falcon.with_case_like(CASE, |case| case.created = Some(created.into()))
}

/// The case that the scenario's job has created.
fn own(falcon: &StandIn) -> Case {
    assert_eq!(falcon.cases_created(), 1);
    falcon.cases().into_values().find(|case| case.id != CASE).expect("a new case")
}

/// The job, which does not wait for long.
fn short_job() -> crate::common::Job {
    case_job().with("/config/timeout_seconds", 4)
}

#[test]
fn a_case_that_is_alone_costs_two_more_requests() {
    let falcon = StandIn::in_the_clear();
    respond(case_job(), &falcon).success();
    let asked = asked(&falcon);
    let looks = looks_for("~41156");
    assert_eq!((asked.len(), &asked[0], &asked[2], &asked[3]), (4, &looks, &looks, &looks));
}

#[test]
fn a_case_that_is_listed_alone_before_an_earlier_one_does_not_count() {
    let falcon = with_other(StandIn::in_the_clear(), EARLIER).listing_only_after(CASE, 2);
    let report = respond(case_job(), &falcon).success();
    assert_eq!((&report["full"]["case"]["id"], own(&falcon).status.as_str()), (&json!(CASE), "closed"));
    assert!(!own(&falcon).tags.contains(&MARK.to_owned()));
    assert_eq!(falcon.hits(CASE_LIST), 3);
}

#[test]
fn a_case_found_after_a_lost_creation_may_be_of_another_job_and_is_not_changed() {
    for (stage, status) in [("InProgress", "in_progress"), ("Closed", "in_progress"), ("Closed", "closed")] {
        let falcon = raced(EARLIER).with_case_like(CASE, |case| case.status = status.into());
        let falcon = falcon.fails(CREATE, instead(500, &json!(""), false), 1);
        let report = respond(case_job().with("/data/stage", stage), &falcon).success();
        assert_eq!((falcon.cases_created(), falcon.cases()[CASE].version), (0, 1));
        let full = &report["full"];
        let message = format!("Case #42 has the case {CASE} in Falcon already, which carries its tag {MARK}.");
        assert_eq!((&full["message"], &full["case"]["id"]), (&json!(message), &json!(CASE)));
        let details = left_out(&report);
        let unknown = "It is not known whether this job created it, or another one at the same moment: Falcon answered HTTP 500: an empty body.";
        assert_eq!(details[0], unknown);
        let is_open = (stage, status) == ("Closed", "in_progress");
        assert_eq!(details.get(1..), Some(&[open_in_falcon(CASE)][..usize::from(is_open)]), "{stage} {status}");
        assert_eq!(report["operations"], fills_the_field(CASE));
    }
}

/// The sentence on a case that should be closed.
pub fn open_in_falcon(id: &str) -> String {
    format!(
        "Case #42 is Closed in TheHive, but this job left its case {id} open in Falcon (status in_progress when it was read). To close it, run the responder update_case on case #42."
    )
}

#[test]
fn a_job_that_may_have_created_none_closes_no_case_if_an_earlier_one_appears() {
    let falcon = raced(LATER).with_case("first", "new", &[MARK]).listing_only_after("first", 1);
    let falcon = falcon.fails(CREATE, instead(500, &json!(""), false), 1);
    respond(short_job(), &falcon)
        .fails_with(&[&format!("2 cases in Falcon carry the tag {MARK} of case #42: first and {CASE}.")]);
    assert_eq!(falcon.cases().values().map(|case| case.version).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn cases_that_are_listed_and_not_shown_are_not_called_unlisted() {
    let nothing = || instead(200, &answers::cases_read(Vec::new(), &[]).body, false);
    let read = "POST /cases/entities/cases/v2";
    let falcon = raced(LATER).fails(read, nothing(), usize::MAX);
    let ran = respond(short_job(), &falcon);
    let id = own(&falcon).id;
    ran.fails_with(&[
        &format!("The case {id} was created for case #42, but Falcon did not show in time which cases carry its tag {MARK}, so that another job may have created one, too"),
        "\nNext: Run the responder again in a minute: it finds the case by its tag.",
    ]);
    let falcon = with_other(StandIn::in_the_clear(), EARLIER).with_case("left", "new", &[MARK]);
    let falcon = falcon.disturbed(failing_after(read, 1, nothing()));
    respond(short_job(), &falcon)
        .fails_with(&[&format!("Falcon did not show in time which case of case #42 with its tag {MARK} counts")]);
}

#[test]
fn a_job_whose_case_does_not_count_closes_it_and_reports_the_one_that_does() {
    let falcon = raced(EARLIER);
    let report = respond(case_job(), &falcon).success();
    let case = own(&falcon);
    let name = format!("Duplicate of {CASE}: Credential dumping on FIN-LT-0042");
    assert_eq!(
        (case.status.as_str(), &case.name, &case.tags[..]),
        ("closed", &name, &["source:falcon".to_owned()][..])
    );
    let id = &case.id;
    let change = format!(
        r#"PATCH /cases/entities/cases/v2 {{"fields":{{"name":"{name}","status":"closed"}},"id":"{id}","expected_version":1}}"#
    );
    let untag = format!("DELETE {CASE_TAGS}?id={id}&tag=thehive%3A%7E41156");
    assert_eq!(asked(&falcon)[2..], [looks_for("~41156"), reads(&[id, CASE]), change, untag]);
    let full = &report["full"];
    let message =
        format!("Case #42 has the case {CASE} in Falcon already, which another job created at the same moment.");
    assert_eq!((&full["message"], &full["case"]["id"]), (&json!(message), &json!(CASE)));
    let detail = format!("The case {id}, which this job created, is a duplicate of the case {CASE}.");
    assert_eq!(left_out(&report)[0], detail);
    assert_eq!(report["operations"], fills_the_field(CASE));
    assert_eq!((falcon.cases()[CASE].version, falcon.cases()[CASE].status.as_str()), (1, "in_progress"));
}

#[test]
fn a_job_whose_case_counts_waits_for_the_other_to_be_closed() {
    for closes in [true, false] {
        let falcon = raced(LATER);
        let falcon = if closes { falcon.changed_after(CASE_LIST, CASE, "closed") } else { falcon };
        let ran = respond(short_job(), &falcon);
        let id = own(&falcon).id;
        assert_eq!((own(&falcon).version, own(&falcon).status.as_str()), (1, "in_progress"));
        if closes {
            assert_eq!(ran.success()["full"]["case"]["id"], json!(id));
        } else {
            ran.fails_with(&[
                &format!("2 cases in Falcon carry the tag {MARK} of case #42: {id} and {CASE}. The first of them was created first, and counts"),
                "\nNext: Merge the others into it in Falcon, or close them and take the tag",
                &format!("\nCreated case: {id}"),
            ]);
        }
    }
}

#[test]
fn of_cases_of_the_same_moment_or_of_none_the_smallest_id_counts() {
    for created in [json!(EARLIER), json!("yesterday"), Value::Null] {
        let falcon = StandIn::in_the_clear().with_changes_at(created.clone());
        let falcon = ["b-second", "a-first", "c-third"].iter().fold(falcon, |falcon, id| {
            falcon.with_case(id, "new", &[MARK]).with_case_like(id, |case| case.created = Some(created.clone()))
        });
        let report = respond(job_of("get_case", json!({})), &falcon).success();
        assert_eq!(report["full"]["cases"][0]["id"], "a-first", "{created}");
    }
}

#[test]
fn a_case_that_does_not_say_when_it_was_created_comes_last() {
    let falcon = with_other(StandIn::in_the_clear(), "unknown").with_case("z-dated", "new", &[MARK]);
    let report = respond(job_of("get_case", json!({})), &falcon).success();
    assert_eq!(report["full"]["cases"][0]["id"], "z-dated");
}

#[test]
fn every_service_works_on_the_case_that_counts_alone_and_warns_of_the_others() {
    for service in ["update_case", "add_evidence", "add_tags", "remove_tags", "get_case"] {
        let falcon = with_other(StandIn::in_the_clear(), LATER).with_case("first", "new", &[MARK, "b"]);
        let job = job_of(service, json!({"csfalcon-alert-id": ALERT})).with("/data/tags", json!(["b", "c"]));
        let report = respond(job, &falcon).success();
        let warning =
            format!("The tag {MARK} is also on the case {CASE}; the case first, which was created first, counts.");
        assert!(report["full"]["warnings"][0].as_str().unwrap().starts_with(&warning), "{service}: {report:#}");
        assert_eq!((falcon.cases()[CASE].version, falcon.cases()["first"].version > 1), (1, service != "get_case"));
    }
}

#[test]
fn duplicates_that_are_closed_or_gone_are_no_trouble() {
    let falcon = with_other(StandIn::in_the_clear(), LATER).with_case("first", "new", &[MARK]);
    let falcon = falcon.with_case_like(CASE, |case| case.status = "closed".into());
    let report = respond(case_job(), &falcon).success();
    assert_eq!((&report["full"]["case"]["id"], &report["full"]["warnings"]), (&json!("first"), &json!([])));
    assert_eq!(falcon.hits(CREATE), 0);
    let falcon = with_other(StandIn::in_the_clear(), LATER).with_case("first", "new", &[MARK]);
    // It is listed, and was merged into another one.
    let unknown = answers::cases_read(vec![falcon.cases()[CASE].whole(true)], &["first"]).body;
    let falcon = falcon.fails(&format!("POST {CASES}"), instead(200, &unknown, false), 1);
    assert_eq!(respond(case_job(), &falcon).success()["full"]["case"]["id"], CASE);
}

#[test]
fn a_case_that_counts_and_was_closed_by_hand_still_counts() {
    let falcon = raced(EARLIER).with_case_like(CASE, |case| case.status = "closed".into());
    let report = respond(case_job(), &falcon).success();
    assert_eq!((&report["full"]["case"]["id"], own(&falcon).status.as_str()), (&json!(CASE), "closed"));
}

#[test]
fn what_a_job_left_behind_that_died_is_named_until_it_is_cleaned_up() {
    let falcon = with_other(StandIn::in_the_clear(), EARLIER).with_case("left", "new", &[MARK]);
    let falcon = falcon.with_case_like("left", |case| case.created = Some(LATER.into()));
    respond(short_job(), &falcon)
        .fails_with(&[&format!("2 cases in Falcon carry the tag {MARK} of case #42: {CASE} and left.")]);
    assert_eq!(falcon.cases().values().map(|case| case.version).collect::<Vec<_>>(), [1, 1]);
    let falcon = falcon.with_case_like("left", |case| case.tags.clear());
    assert_eq!(respond(short_job(), &falcon).success()["full"]["case"]["id"], CASE);
}

#[test]
fn a_duplicate_that_somebody_has_changed_is_closed_in_its_newest_version() {
    let falcon = raced(EARLIER).with_cases_changed_meanwhile(1);
    let report = respond(case_job(), &falcon).success();
    assert_eq!((own(&falcon).status.as_str(), falcon.hits(UPDATE)), ("closed", 2));
    assert_eq!(report["full"]["case"]["id"], CASE);
}

#[test]
fn a_duplicate_that_cannot_be_closed_is_a_failure_that_names_both() {
    let refused = answers::refusal(403, "access denied, scope not permitted").body;
    let falcon = raced(EARLIER).fails(UPDATE, instead(403, &refused, false), 1);
    let ran = respond(case_job(), &falcon);
    let id = own(&falcon).id;
    ran.fails_with(&[
        "1 case linked to case #42 (InProgress in TheHive) was not updated in name and status: Falcon answered HTTP 403",
        &format!("\nThe case {id}, which this job created, is a duplicate of the case {CASE}."),
        &format!("\nNot updated case: {id}"),
    ]);
    assert!(own(&falcon).tags.contains(&MARK.to_owned()), "so that it is found again");
}

#[test]
fn a_case_that_is_not_listed_in_time_is_a_failure_that_names_it_and_the_next_run_finds_it() {
    let falcon = StandIn::in_the_clear().with_lists_that_lag(4);
    let ran = respond(short_job(), &falcon);
    let id = own(&falcon).id;
    ran.fails_with(&[
        &format!("The case {id} was created for case #42, but Falcon does not list it with its tag {MARK} yet"),
        "\nNext: Run the responder again in a minute: it finds the case by its tag.",
        &format!("\nCreated case: {id}"),
    ]);
    let falcon = falcon.with_lists_that_lag(0);
    assert_eq!(respond(case_job(), &falcon).success()["full"]["case"]["id"], json!(id));
    assert_eq!(falcon.cases_created(), 1);
}

#[test]
fn a_list_that_fails_after_the_creation_is_a_failure_that_names_the_case() {
    let falcon = raced(EARLIER);
    let refused = answers::refusal(403, "access denied, scope not permitted").body;
    let falcon = falcon.fails(CASE_LIST, instead(403, &refused, false), 1);
    let ran = respond(case_job(), &falcon);
    let id = own(&falcon).id;
    ran.fails_with(&[
        &format!("The case {id} was created in Falcon for case #42, and another job may have created one, too: Falcon did not list cases: Falcon answered HTTP 403"),
        "Give the API client the scope \"Cases: read\"",
    ]);
}

#[test]
fn a_read_that_fails_later_does_not_forget_the_cases_that_were_seen() {
    let silent = Fault::Silence(std::time::Duration::from_secs(20));
    let refused = instead(403, &answers::refusal(403, "access denied, scope not permitted").body, false);
    for fault in [silent, refused] {
        // After the creation the list is read once; then it fails.
        let falcon = raced(LATER).disturbed(failing_after(CASE_LIST, 2, fault));
        let ran = respond(short_job(), &falcon);
        let both = format!("Listed with the tag: {} and {CASE}", own(&falcon).id);
        ran.fails_with(&["another job may have created one, too: Falcon did not list cases", &both]);
    }
}

/// Answers so many requests to a path, and then each with this fault.
fn failing_after(
    path: &'static str,
    times: usize,
    fault: Fault,
) -> impl FnMut(&Request) -> Disturbance + Send + 'static {
    let mut seen = 0;
    move |request| {
        seen += usize::from(request.is_to(path));
        let fault = (request.is_to(path) && seen > times).then(|| fault.clone());
        Disturbance { fault, ..Disturbance::default() }
    }
}
