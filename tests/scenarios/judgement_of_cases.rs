//! An update of a case is answered with the whole case, and proves nothing without it.

use serde_json::{Value, json};

use crate::common::answers::{self, Answer, put};
use crate::common::falcon::CASES;
use crate::common::messages::{SET_IT_BY_HAND, give_the_scope, message, not_confirmed, not_updated, still, unreadable};
use crate::common::responder::Ran;
use crate::common::{CASE, Falcon, Responder, job};

const NOT_SHOWN: &str = "Falcon took the call, but its answer does not show what became of it";
const SHOWN_AS_NEW: &str = "Falcon took the call, but its answer shows the status new";

/// A case that is linked to one of Falcon's; this is the answer to its update.
fn case_answered(answer: &Value, read: impl FnOnce(Falcon) -> Falcon) -> Ran {
    let falcon = Falcon::start().answers_case(CASE, "in_progress", 200, answer);
    Responder::on(job("thehive5-case").linked_to(json!({"csfalcon-case-id": CASE})), &read(falcon)).run()
}

/// An update that Falcon counts as done, with these cases in the answer.
fn showing(cases: impl Into<Value>) -> Answer {
    answers::named("case-updated").with("/resources", cases)
}

fn case(status: &str) -> Value {
    answers::case(CASE, status, 4)
}

fn other_case() -> Value {
    answers::case("b3RoZXI", "in_progress", 2)
}

/// Answers that do not prove the update, each with what is told of it.
fn unclear_answers() -> Vec<(Value, &'static str)> {
    let older = put(case("in_progress"), "/version", 3);
    let nested = put(case("new"), "/fields", json!({"status": "in_progress"}));
    [
        (showing(vec![other_case()]), NOT_SHOWN),
        (showing(vec![other_case(), case("new")]), SHOWN_AS_NEW),
        (showing(vec![case("in_progress"), case("new")]), SHOWN_AS_NEW),
        (showing(vec![case("new")]), SHOWN_AS_NEW),
        (showing(vec![put(case("new"), "/consistency/consistent", false)]), SHOWN_AS_NEW),
        (showing(vec![nested]), SHOWN_AS_NEW),
        (showing(vec![older]), NOT_SHOWN),
        (showing(vec![put(case("in_progress"), "/status", Value::Null)]), NOT_SHOWN),
        (showing(vec![put(case("in_progress"), "/id", "")]), NOT_SHOWN),
        (showing(vec![put(case("in_progress"), "/id", Value::Null)]), NOT_SHOWN),
        (showing(json!([])), NOT_SHOWN),
        (showing(Value::Null), NOT_SHOWN),
        (showing(json!([CASE])), NOT_SHOWN),
        (answers::case_not_changed(case("new")), SHOWN_AS_NEW),
    ]
    .map(|(answer, why)| (answer.body, why))
    .into()
}

/// Plays with each unclear answer, side by side, because most wait for a second look.
fn with_each_unclear_answer(play: impl Fn(&Value, &str) + Sync) {
    let answers = unclear_answers();
    std::thread::scope(|scope| {
        for (answer, why) in &answers {
            scope.spawn(|| play(answer, why));
        }
    });
}

#[test]
fn an_unclear_answer_about_a_case_that_is_as_wished_is_success() {
    with_each_unclear_answer(|answer, _| {
        let report = case_answered(answer, |falcon| falcon.reads_case(CASE, "in_progress")).success();
        let target = json!({"target": "case", "status": "in_progress", "ids": [CASE], "trace_id": "trace-cases"});
        assert_eq!(report["full"]["targets"], json!([target]));
    });
}

#[test]
fn an_unclear_answer_about_a_case_that_kept_its_status_is_no_success() {
    with_each_unclear_answer(|answer, why| {
        let twice = |falcon: Falcon| falcon.reads_case(CASE, "new").reads_case(CASE, "new");
        let line = not_updated("1 case to in_progress", CASE, "trace-cases", &still(why, "new"), SET_IT_BY_HAND);
        assert_eq!(case_answered(answer, twice).failure(), message(&[line]));
    });
}

#[test]
fn an_unclear_answer_about_a_case_that_cannot_be_read_is_not_confirmed() {
    with_each_unclear_answer(|answer, why| {
        let (why, next) = (unreadable(why), give_the_scope("Cases: read"));
        let line = not_confirmed("1 case to in_progress", CASE, "trace-cases", &why, &next);
        assert_eq!(case_answered(answer, |falcon| falcon.refuses_reads(CASES)).failure(), message(&[line]));
    });
}

#[test]
fn a_whole_case_in_its_new_status_is_proof_whatever_the_count() {
    let mixed = showing(vec![other_case(), case("in_progress")]);
    let uncounted = showing(vec![case("in_progress")]).with("/meta/writes", Value::Null);
    let nothing_changed = showing(vec![case("in_progress")]).with("/meta/writes/resources_affected", 0);
    for answer in
        [answers::named("case-updated"), answers::named("case-updated-bare"), mixed, uncounted, nothing_changed]
    {
        case_answered(&answer.body, |falcon| falcon).success();
    }
}
