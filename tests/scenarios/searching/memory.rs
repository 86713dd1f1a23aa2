//! What the answers to a search may cost.

use serde_json::json;

use super::{looking_at, observable, text_at, whole};
use crate::bounds::{FOR_ANY_ANSWER, bomb, bounded};
use crate::common::responder::Ran;
use crate::common::strict::SEARCHES;
use crate::common::{Fault, StandIn, together};

/// A search of which each look is answered like this.
fn searched(fault: Fault) -> Ran {
    let falcon = looking_at(StandIn::in_the_clear(), fault, usize::MAX);
    bounded(FOR_ANY_ANSWER, text_at(&falcon, observable()))
}

/// An answer of this part again and again, as long as any that is read.
fn of_many(before: &str, part: &str, after: &str) -> Fault {
    whole(200, [before, &part.repeat(7_900_000 / part.len()), after].concat())
}

#[test]
fn answers_of_many_small_parts_are_refused_before_they_are_taken_apart() {
    let rows = [
        (r#"{"done":true,"events":[["#, "[],", "0]]}"),
        (r#"{"done":true,"events":[["#, r#"{"a":0},"#, "0]]}"),
        (r#"{"done":true,"events":[],"metaData":{"warnings":[["#, r#"{"a":{}},"#, "0]]}}"),
    ];
    together(&rows, |(before, part, after)| {
        let told =
            "Falcon did not show the search: the answer (HTTP 200) is none of Falcon's: JSON of too many small parts";
        searched(of_many(before, part, after)).fails_with(&[told, "1 search was stopped."]);
    });
}

#[test]
fn answers_of_many_errors_or_unknown_members_stay_in_bounds() {
    let error = r#"{"code":404,"message":"m","id":"i"},"#;
    searched(whole(200, [r#"{"errors":["#, &error.repeat(80_000), "{}]}"].concat())).fails_with(&["Falcon said: m"]);
    searched(of_many(r#"{"errors":["#, error, "{}]}")).fails_with(&["JSON of too many small parts"]);
    searched(of_many(r#"{"done":true,"events":[],"filterMatches":["#, "[],", "0]}"))
        .fails_with(&["too many small parts"]);
    searched(whole(200, ["[", &"[],".repeat(300_000), "0]"].concat()))
        .fails_with(&["JSON of another shape than Falcon's"]);
    searched(of_many("[", "[],", "0]")).fails_with(&["JSON of too many small parts"]);
    searched(bomb(400)).fails_with(&["the answer is longer than any of Falcon's: more than 8000 kB"]);
}

#[test]
fn answers_as_long_as_real_ones_are_taken() {
    let fields =
        |n: usize| (0..60).map(move |field| (format!("Field{field}"), json!(format!("value {n} of this field"))));
    let events: Vec<_> = (0..1_500).map(|n| fields(n).collect::<serde_json::Map<_, _>>()).collect();
    let answer = json!({"done": true, "events": events, "metaData": {"eventCount": 1_500}}).to_string();
    assert!((3_000_000..7_900_000).contains(&answer.len()), "{}", answer.len());
    let report = searched(whole(200, answer)).success();
    assert_eq!(report["full"]["details"][0], "1300 events are left out of this report.");
    let long = json!({"done": true, "events": [{"@rawstring": "\u{1}".repeat(1_300_000)}]}).to_string();
    assert_eq!(searched(whole(200, long)).success()["full"]["event_count"], 1);
}

#[test]
fn a_start_that_is_answered_by_many_small_parts_stays_in_bounds() {
    let rows = [(r#"{"id":"#, "[[],[]],", "0}"), (r#"{"a":["#, "{},", r#"{}],"id":"S1"}"#)];
    together(&rows, |(before, part, after)| {
        let falcon = StandIn::in_the_clear().fails(SEARCHES, of_many(before, part, after), usize::MAX);
        bounded(FOR_ANY_ANSWER, text_at(&falcon, observable()))
            .fails_with(&["It is not known whether Falcon started the search"]);
    });
}
