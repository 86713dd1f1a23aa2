//! `verify`: what Falcon says it has done is looked at until it shows.

use serde_json::{Value, json};

use super::{asked, closed, instead, linked, respond, with};
use crate::common::answers::{self, Answer};
use crate::common::falcon::{ALERT_READ, ALERTS};
use crate::common::kinds::{A_CASE, AN_ALERT, KINDS, Kind};
use crate::common::{ALERT, CASE, Fault, INCIDENT, Job, OTHER_ALERT, StandIn, together};

const TRACE: &str = "5f2b9c1e-0000-4000-8000-0000000000c0";

fn verified(job: Job, seconds: u64) -> Job {
    with(job, &json!({"verify": true, "timeout_seconds": seconds}))
}

/// What a read shows of one that nobody has taken up.
fn still_new(kind: &Kind) -> Answer {
    match kind.id {
        CASE => answers::cases_read(vec![answers::case(CASE, "new", 1)], &[]),
        INCIDENT => answers::incidents_read(vec![answers::incident(INCIDENT, "20")], &[]),
        _ => answers::alerts_read(vec![answers::alert(ALERT, "new")], &[]),
    }
}

/// Reads lag behind, so many times.
fn lagging(kind: &Kind, reads: usize) -> StandIn {
    StandIn::in_the_clear().fails(kind.read, instead(200, &still_new(kind).body, false), reads)
}

fn reads_of(falcon: &StandIn, kind: &Kind) -> usize {
    asked(falcon).iter().filter(|asked| asked.starts_with(kind.read)).count()
}

#[test]
fn what_shows_its_status_at_once_costs_one_read() {
    for kind in KINDS {
        let falcon = StandIn::in_the_clear();
        let report = respond(verified(kind.job(), 20), &falcon).success();
        assert_eq!((asked(&falcon).len(), reads_of(&falcon, &kind)), (2, 1));
        assert_eq!(report["full"]["targets"][0]["trace_id"], TRACE);
        assert_eq!(report["full"]["retries"], 0);
    }
}

#[test]
fn what_shows_it_later_is_waited_for() {
    let rows: Vec<(Kind, usize)> = KINDS.into_iter().zip([3, 1, 2]).collect();
    together(&rows, |(kind, lag)| {
        let falcon = lagging(kind, *lag);
        respond(verified(kind.job(), 20), &falcon).success();
        assert_eq!(reads_of(&falcon, kind), lag + 1);
    });
}

#[test]
fn what_never_shows_it_is_a_failure_that_names_it() {
    together(&KINDS, |kind| {
        let falcon = lagging(kind, usize::MAX);
        let told = respond(verified(kind.job(), 3), &falcon).failure();
        let (count, to) = kind.what.split_once(" to ").unwrap();
        let shown = if kind.id == INCIDENT { "20" } else { "new" };
        let first = format!(
            "{count} linked to case #42 (InProgress in TheHive) was not updated to {to}: Falcon took the call; read back a moment later, it still shows the status {shown}."
        );
        assert!(told.starts_with(&first), "{told}");
        assert!(
            told.contains("Next: Run the responder again; if it stays so, set the status in Falcon by hand"),
            "{told}"
        );
        assert!(told.ends_with(&format!("Not updated {}: {}; trace id {TRACE}", &count[2..], kind.id)), "{told}");
        assert_eq!(reads_of(&falcon, kind), 3, "as often as there is time");
    });
}

#[test]
fn a_read_that_ends_with_the_time_does_not_forget_what_was_seen() {
    let silent = Fault::Silence(std::time::Duration::from_secs(9));
    let falcon = lagging(&AN_ALERT, 2).fails(ALERT_READ, silent, usize::MAX);
    let told = respond(verified(AN_ALERT.job(), 3), &falcon).failure();
    assert!(told.contains("it still shows the status new"), "{told}");
}

#[test]
fn those_that_show_it_are_told_apart_from_those_that_do_not() {
    let both = vec![answers::alert(ALERT, "in_progress"), answers::alert(OTHER_ALERT, "closed")];
    let other = vec![answers::alert(OTHER_ALERT, "closed")];
    let shown = |alerts: Vec<Value>| instead(200, &answers::alerts_read(alerts, &[]).body, false);
    let falcon = StandIn::in_the_clear().fails(ALERT_READ, shown(both), 1).fails(ALERT_READ, shown(other), usize::MAX);
    let told = respond(verified(linked(json!({"csfalcon-alert-id": [ALERT, OTHER_ALERT]})), 3), &falcon).failure();
    assert!(
        told.contains("1 alert was updated to in_progress.") && told.contains("it still shows the status closed"),
        "{told}"
    );
    assert!(told.ends_with(&format!("Not updated alert: {OTHER_ALERT}; trace id {TRACE}")), "{told}");
    assert_eq!(asked(&falcon)[2], format!(r#"POST {ALERT_READ} {{"composite_ids":["{OTHER_ALERT}"]}}"#));
}

#[test]
fn without_the_scope_to_read_nothing_is_confirmed() {
    for kind in KINDS {
        let falcon = StandIn::in_the_clear().without_scope(kind.scope);
        let told = respond(verified(kind.job(), 3), &falcon).failure();
        let (count, to) = kind.what.split_once(" to ").unwrap();
        let first = format!(
            "{count} linked to case #42 (InProgress in TheHive) may or may not have been updated to {to}: Falcon took the call; to read it back did not work, either: Falcon answered HTTP 403"
        );
        assert!(told.starts_with(&first), "{told}");
        assert!(told.contains(&format!("Give the API client the scope \"{}\"", kind.scope)), "{told}");
        assert_eq!(reads_of(&falcon, &kind), 1);
    }
}

#[test]
fn a_case_that_lags_behind_its_own_version_is_waited_for() {
    let falcon = StandIn::in_the_clear().with_lag(1);
    respond(verified(A_CASE.job(), 20), &falcon).success();
    assert_eq!(reads_of(&falcon, &A_CASE), 2);
}

#[test]
fn what_falcon_refuses_is_not_looked_at() {
    let falcon = StandIn::in_the_clear().without(ALERT);
    respond(verified(AN_ALERT.job(), 3), &falcon).fails_with(&["not found (code 404)"]);
    assert_eq!(falcon.hits(ALERT_READ), 0);
}

#[test]
fn the_tags_of_a_verdict_are_looked_at_and_a_comment_comes_after_all_that() {
    let bare = answers::alerts_read(vec![answers::alert(ALERT, "closed")], &[]);
    let falcon = StandIn::in_the_clear().fails(ALERT_READ, instead(200, &bare.body, false), 1);
    let items = json!({"sync_verdict": true, "comment": "done"});
    respond(verified(with(closed("TruePositive"), &items), 20), &falcon).success();
    let order: Vec<String> = asked(&falcon).iter().map(|asked| asked.split(" {").next().unwrap().to_owned()).collect();
    let (update, read) = (format!("PATCH {ALERTS}"), format!("POST {ALERT_READ}"));
    assert_eq!(order, [&update, &read, &read, &update].map(String::as_str));
}

#[test]
fn what_never_shows_it_leaves_time_for_a_comment_on_the_others() {
    let other = answers::alerts_read(vec![answers::alert(ALERT, "closed"), answers::alert(OTHER_ALERT, "new")], &[]);
    let falcon = StandIn::in_the_clear().fails(ALERT_READ, instead(200, &other.body, false), usize::MAX);
    let job = closed("").with("/data/customFieldValues/csfalcon-alert-id", json!([ALERT, OTHER_ALERT]));
    let told = respond(verified(with(job, &json!({"comment": "done"})), 5), &falcon).failure();
    assert!(told.contains("1 alert was commented."), "{told}");
    assert_eq!((falcon.comments_on(ALERT).len(), falcon.comments_on(OTHER_ALERT).len()), (1, 0));
}
