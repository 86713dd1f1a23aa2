//! The mark of a case, `thehive:<id>`: how the case of an alert or case is found, and told from all others.

use serde_json::{Value, json};

use super::{MARK, asked, case_job, full, instead, respond, tags_the_case};
use crate::common::answers;
use crate::common::strict::CASE_LIST;
use crate::common::{CASE, Job, StandIn, together};

const CREATE: &str = "PUT /cases/entities/cases/v2";
const READ: &str = "POST /cases/entities/cases/v2";

/// A job that does not wait for long.
fn in_two_seconds() -> Job {
    case_job().with("/config/timeout_seconds", 2)
}

#[test]
fn nothing_is_created_where_nobody_can_look_before() {
    let odd_lists = [
        instead(403, &answers::refusal(403, "access denied, scope not permitted").body, false),
        instead(200, &answers::named("cases-listed").with("/resources", Value::Null).body, false),
        instead(200, &json!({"meta": {}, "errors": []}), false),
        instead(
            200,
            &answers::named("cases-listed-none").with("/errors", json!([{"code": 500, "message": "index"}])).body,
            false,
        ),
        instead(200, &json!("<html>Welcome</html>"), false),
    ];
    together(&odd_lists, |fault| {
        let falcon = StandIn::in_the_clear().fails(CASE_LIST, fault.clone(), usize::MAX);
        respond(in_two_seconds(), &falcon).fails_with(&["Falcon did not list cases: ", "(case #42)", "\nNext: "]);
        assert_eq!((falcon.cases_created(), falcon.hits(CREATE)), (0, 0));
    });
}

#[test]
fn a_listed_case_that_nobody_can_read_is_not_created_anew() {
    let nothing = instead(200, &answers::cases_read(Vec::new(), &[]).body, false);
    let falcon = StandIn::in_the_clear().with_case(CASE, "new", &[MARK]).fails(READ, nothing, 1);
    respond(in_two_seconds(), &falcon)
        .fails_with(&["Falcon did not show the linked cases: Falcon does not show its newest state yet"]);
    assert_eq!((falcon.cases_created(), falcon.hits(CREATE)), (0, 0));
}

#[test]
fn a_case_in_the_field_is_there_already() {
    for (ids, named) in
        [(vec![CASE], format!("the case {CASE}")), (vec![CASE, "b3RoZXI"], format!("the cases {CASE} and b3RoZXI"))]
    {
        let falcon = StandIn::in_the_clear();
        let report = respond(case_job().linked_to(json!({"csfalcon-case-id": ids})), &falcon).success();
        let full = full(&report, &["case"]);
        assert_eq!(full["message"], format!("Case #42 has {named} in Falcon already."));
        assert_eq!((&full["case"]["id"], &report["operations"]), (&json!(CASE), &tags_the_case()));
        assert_eq!(falcon.requests().len(), 0);
    }
}

#[test]
fn only_the_very_mark_counts() {
    let ids = [CASE, "b3RoZXI"];
    let falcon = StandIn::in_the_clear().with_case(CASE, "new", &["thehive:~411567"]).with_case(
        "b3RoZXI",
        "new",
        &["THEHIVE:~41156"],
    );
    // A list that matches by words and in whichever case.
    let loose = answers::named("cases-listed").with("/resources", json!(ids)).with("/meta/pagination/total", 2);
    let falcon = falcon.fails(CASE_LIST, instead(200, &loose.body, false), 1);
    respond(case_job(), &falcon).success();
    assert_eq!(falcon.cases_created(), 1);
    assert!(asked(&falcon)[2].starts_with("PUT "));
}

#[test]
fn the_mark_is_looked_for_on_every_page() {
    let falcon =
        StandIn::in_the_clear().with_case(CASE, "new", &[MARK]).with_case("b3RoZXI", "new", &["thehive:~411567"]);
    let page = |id: &str| {
        answers::named("cases-listed").with("/resources", json!([id])).with("/meta/pagination/total", 2).body
    };
    let falcon = falcon.fails(CASE_LIST, instead(200, &page("b3RoZXI"), false), 1).fails(
        CASE_LIST,
        instead(200, &page(CASE), false),
        1,
    );
    let report = respond(case_job(), &falcon).success();
    assert_eq!((&report["full"]["case"]["id"], falcon.hits(CREATE)), (&json!(CASE), 0));
    assert!(asked(&falcon)[1].ends_with("&limit=500&offset=1"), "{:?}", asked(&falcon));
}
