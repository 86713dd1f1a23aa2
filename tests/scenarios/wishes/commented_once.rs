//! A comment is appended, so nothing may append it twice: what may have arrived is looked at, and not sent again.

use std::time::Duration;

use serde_json::{Value, json};

use super::{asked, closed, comments, instead, reads_alert, respond, updates, with};
use crate::common::falcon::{ALERT_READ, ALERTS};
use crate::common::responder::Ran;
use crate::common::{ALERT, Fault, OTHER_ALERT, StandIn, answers, together};

const WORDS: &str = "Closed in TheHive";

/// Closes an alert and comments on it at this tenant.
fn closing(falcon: &StandIn) -> Ran {
    respond(with(closed("TruePositive"), &json!({"comment": WORDS})), falcon)
}

/// A tenant that meets the comment with this fault, and the status without any.
fn with_comments_meeting(fault: Fault) -> StandIn {
    let updated = answers::alerts_updated(1, Vec::new()).body;
    StandIn::in_the_clear().fails(ALERTS, instead(200, &updated, true), 1).fails(ALERTS, fault, 1)
}

fn status(code: u16, is_after_the_deed: bool) -> Fault {
    instead(code, &json!(""), is_after_the_deed)
}

/// The status, the comment once, and so many looks at it.
fn assert_sent_once(falcon: &StandIn, looks: usize) {
    let mut expected = vec![updates(&[("update_status", "closed")]), comments(WORDS)];
    expected.extend(std::iter::repeat_n(reads_alert(), looks));
    assert_eq!(asked(falcon), expected);
}

#[test]
fn what_arrived_is_found_and_not_sent_again() {
    let unreadable = instead(200, &json!("<html>Sign in</html>"), true);
    let none = instead(200, &answers::alerts_updated(0, Vec::new()).body, true);
    let faults =
        [Fault::Lost, status(500, true), status(502, true), status(503, true), status(504, true), unreadable, none];
    together(&faults, |fault| {
        let falcon = with_comments_meeting(fault.clone());
        let report = closing(&falcon).success();
        assert_sent_once(&falcon, 1);
        assert_eq!(falcon.comments_on(ALERT), [WORDS], "{fault:?}");
        assert_eq!(report["full"]["details"][1], "1 alert was commented.");
        assert_eq!(report["full"]["retries"], 0);
    });
}

/// Faults of a comment that may have arrived, and did not; each with the words that a report has for it.
fn lost() -> [(Fault, &'static str); 7] {
    [
        (Fault::Reset, "the connection broke before Falcon's answer was whole"),
        (Fault::CutMidBody, "the connection broke before Falcon's answer was whole"),
        (status(408, false), " answered HTTP 408"),
        (status(500, false), " answered HTTP 500"),
        (status(502, false), " answered HTTP 502"),
        (status(503, false), " answered HTTP 503"),
        (instead(200, &json!("<html>Sign in</html>"), false), "the answer (HTTP 200) is none of Falcon's"),
    ]
}

#[test]
fn what_a_read_shows_to_be_missing_is_sent_once_more() {
    together(&lost(), |(fault, _)| {
        let falcon = with_comments_meeting(fault.clone());
        let report = closing(&falcon).success();
        let sent = [updates(&[("update_status", "closed")]), comments(WORDS)];
        let reads = [reads_alert(), reads_alert(), comments(WORDS)];
        assert_eq!(asked(&falcon), [sent.as_slice(), &reads].concat(), "{fault:?}");
        assert_eq!(falcon.comments_on(ALERT), [WORDS]);
        assert_eq!(
            (&report["full"]["details"][1], &report["full"]["retries"]),
            (&json!("1 alert was commented."), &json!(1))
        );
    });
}

#[test]
fn what_is_missing_after_that_is_a_failure_that_says_so() {
    together(&lost(), |(fault, why)| {
        let falcon = with_comments_meeting(fault.clone()).fails(ALERTS, fault.clone(), 1);
        let told = closing(&falcon).failure();
        let look = [reads_alert(), reads_alert()];
        let expected =
            [&[updates(&[("update_status", "closed")]), comments(WORDS)][..], &look, &[comments(WORDS)], &look]
                .concat();
        assert_eq!(asked(&falcon), expected, "{fault:?}");
        assert!(told.starts_with("1 alert linked to case #42 (Closed in TheHive) was not commented: "), "{told}");
        assert!(told.lines().next().unwrap().contains(why), "{told}");
        assert!(told.contains("; read back a moment later, it still shows no such comment.\nNext: "), "{told}");
        assert!(told.contains("\n1 alert was updated to closed.\n"), "{told}");
        assert!(told.ends_with(&format!("Not commented alert: {ALERT}")), "{told}");
    });
}

#[test]
fn what_arrives_the_second_time_without_an_answer_is_found() {
    let falcon = with_comments_meeting(Fault::Reset).fails(ALERTS, Fault::Lost, 1);
    closing(&falcon).success();
    assert_eq!((falcon.hits(ALERTS), falcon.comments_on(ALERT)), (3, vec![WORDS.to_owned()]));
}

#[test]
fn only_those_that_lack_it_are_commented_once_more() {
    let both = json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT]});
    let job = closed("TruePositive").linked_to(both).with("/data/stage", "Closed");
    let updated = answers::alerts_updated(2, Vec::new()).body;
    let falcon = StandIn::in_the_clear().fails(ALERTS, instead(200, &updated, true), 1).fails(ALERTS, Fault::Reset, 1);
    let shown = answers::put(
        answers::alert(ALERT, "closed"),
        "/comments",
        json!([{"value": WORDS, "timestamp": "2999-01-01T00:00:00Z"}]),
    );
    let read = answers::alerts_read(vec![shown, answers::alert(OTHER_ALERT, "closed")], &[]);
    let falcon = falcon.fails(ALERT_READ, instead(200, &read.body, false), 1);
    respond(with(job, &json!({"comment": WORDS})), &falcon).success();
    assert_eq!((falcon.comments_on(ALERT).len(), falcon.comments_on(OTHER_ALERT).len()), (0, 1));
}

#[test]
fn an_older_comment_with_the_same_words_is_not_taken_for_it() {
    let falcon = with_comments_meeting(Fault::Reset).commented(ALERT, WORDS);
    let told = closing(&falcon).failure();
    assert!(told.contains("it still shows no such comment"), "{told}");
    // It may be the one that was sent, dated by another clock: a second one must not be written.
    assert_sent_once(&falcon, 2);
    let falcon = with_comments_meeting(Fault::Lost).commented(ALERT, WORDS);
    closing(&falcon).success();
    assert_eq!(falcon.comments_on(ALERT), [WORDS, WORDS]);
}

#[test]
fn falcons_clock_alone_tells_which_is_older() {
    let hour = Duration::from_hours(1);
    let clocks: [fn(StandIn, Duration) -> StandIn; 2] = [StandIn::ahead_by, StandIn::behind_by];
    for set in clocks {
        let falcon = set(with_comments_meeting(Fault::Lost), hour);
        closing(&falcon).success();
        assert_sent_once(&falcon, 1);
    }
    let falcon = with_comments_meeting(Fault::Lost).with_changes_at(Value::Null);
    closing(&falcon).fails_with(&["it still shows no such comment"]);
    assert_sent_once(&falcon, 2);
}

#[test]
fn what_cannot_have_arrived_is_sent_again() {
    let limited = answers::named("rate-limited");
    let falcon = with_comments_meeting(instead(429, &limited.body, false));
    let report = closing(&falcon).success();
    let sent = [updates(&[("update_status", "closed")]), comments(WORDS), comments(WORDS)];
    assert_eq!((asked(&falcon), falcon.comments_on(ALERT)), (sent.to_vec(), vec![WORDS.to_owned()]));
    assert_eq!(report["full"]["retries"], 1);
}

#[test]
fn what_cannot_be_looked_at_may_or_may_not_be_there() {
    for (read, why) in [
        (answers::named("scope-missing"), "Falcon answered HTTP 403"),
        (
            answers::alerts_read(
                vec![answers::put(answers::alert(ALERT, "closed"), "/comments", json!("hidden"))],
                &[],
            ),
            "Falcon does not show its newest state yet",
        ),
    ] {
        let falcon = with_comments_meeting(Fault::Lost).fails(ALERT_READ, instead(read.status, &read.body, false), 2);
        let told = closing(&falcon).failure();
        assert!(
            told.starts_with("1 alert linked to case #42 (Closed in TheHive) may or may not have been commented"),
            "{told}"
        );
        assert!(told.contains(why) && told.contains(&format!("\nNot confirmed alert: {ALERT}")), "{told}");
        assert_eq!(falcon.hits(ALERTS), 2);
    }
}

#[test]
fn a_refusal_is_told_and_not_looked_at() {
    let falcon = with_comments_meeting(instead(400, &answers::refusal(400, "comment too long").body, false));
    let told = closing(&falcon).failure();
    assert_sent_once(&falcon, 0);
    assert!(told.contains("was not commented: Falcon answered HTTP 400: comment too long (code 400)."), "{told}");
    assert!(
        told.contains("Next: Correct in TheHive, or in the responder's configuration, what Falcon names"),
        "{told}"
    );
}

#[test]
fn a_status_that_had_to_be_sent_again_is_commented_once() {
    let falcon = StandIn::in_the_clear().loses_answers(ALERTS, 1);
    closing(&falcon).success();
    assert_eq!(falcon.comments_on(ALERT), [WORDS]);
}
