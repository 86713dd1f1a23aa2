//! Whatever ends a job while its search runs, the tenant sees the end of the search.

use std::time::Duration;

use super::{FIRST, at, observable, text_at, whole};
use crate::common::job_directory::{job_directory, output};
use crate::common::responder::{Ran, Running};
use crate::common::stand_in::searches::Stopped;
use crate::common::strict::{SEARCH, SEARCHES, TOKEN};
use crate::common::{Fault, Responder, StandIn, answers, together};
use crate::shutdown::wait_for;

const NEVER: Fault = Fault::Silence(Duration::from_hours(1));

fn stop() -> String {
    format!("DELETE {SEARCH}")
}

fn look() -> String {
    format!("GET {SEARCH}")
}

/// A tenant whose searches run for ever.
fn busy() -> StandIn {
    StandIn::in_the_clear().with_searches_running(usize::MAX).polled_after(100)
}

/// A run of a job directory, ended by this signal once that has happened; the message of its report.
fn ended_by(signal: &str, falcon: &StandIn, happened: impl Fn() -> bool) -> String {
    let directory = job_directory(&text_at(falcon, observable()));
    let running: Running = Responder::new().argument(directory.path()).start();
    wait_for("what is waited for", happened);
    running.signal(signal);
    let Ran { status, .. } = running.wait();
    let report = output(directory.path()).expect("a report");
    assert_eq!((status, &report["success"]), (Some(0), &false.into()), "Kubernetes is not to run it again");
    report["errorMessage"].as_str().unwrap().to_owned()
}

#[test]
fn a_search_that_outlasts_the_job_is_stopped() {
    together(&[Stopped::Empty, Stopped::NoContent, Stopped::Envelope], |how| {
        // The last look comes long before the end of the job's time: a busy machine has seconds for it.
        let falcon = busy().polled_after(6_000).saying_stopped(*how);
        let said = at(&falcon, observable().with("/config/timeout_seconds", 10)).run().failure();
        let cause = format!("The search {FIRST} did not end within the job's time (10 s) (observable 192.0.2.1).");
        let next = "Next: Narrow the query or the time that it searches, or raise timeout_seconds in Cortex, and run";
        assert!(said.starts_with(&format!("{cause}\n{next}")), "{said}");
        assert!(said.contains("\n1 search was stopped.\n"), "{said}");
        assert!(falcon.searches()[0].is_stopped && falcon.hits(&look()) > 1);
        assert_eq!(falcon.hits(&stop()), 1);
    });
}

#[test]
fn a_search_whose_next_look_would_come_too_late_is_stopped() {
    let falcon = busy().polled_after(50_000);
    let said = at(&falcon, observable().with("/config/timeout_seconds", 30)).run().failure();
    assert!(said.contains("did not end within the job's time (30 s)"), "{said}");
    assert_eq!((falcon.hits(&look()), falcon.searches()[0].is_stopped), (1, true));
}

#[test]
fn a_look_that_is_never_answered_leaves_time_to_stop_the_search() {
    let falcon = busy().fails(&look(), NEVER, usize::MAX);
    let said = at(&falcon, observable().with("/config/timeout_seconds", 5)).run().failure();
    assert!(said.starts_with("Falcon did not show the search: "), "{said}");
    assert!(said.contains("\n1 search was stopped.\n") && falcon.searches()[0].is_stopped, "{said}");
}

#[test]
fn a_signal_stops_the_search_and_is_told() {
    for signal in ["TERM", "INT"] {
        let falcon = busy();
        let said = ended_by(signal, &falcon, || falcon.hits(&look()) > 1);
        let cause = format!("SIG{signal} stopped the responder before all was done (observable 192.0.2.1).\nNext: ");
        assert!(said.starts_with(&cause), "{said}");
        assert!(said.contains("\n1 search was stopped.\n") && said.ends_with(FIRST), "{said}");
        assert_eq!((falcon.searches().len(), falcon.hits(&stop())), (1, 1));
        assert!(falcon.searches()[0].is_stopped);
    }
}

#[test]
fn a_signal_in_a_long_wait_or_in_a_look_stops_the_search() {
    let waits = busy().polled_after(60_000);
    let looks = busy().fails(&look(), NEVER, usize::MAX);
    for falcon in [waits, looks] {
        let said = ended_by("TERM", &falcon, || falcon.hits(&look()) == 1);
        assert!(said.starts_with("SIGTERM stopped the responder before all was done"), "{said}");
        assert!(said.contains("\n1 search was stopped.\n") && falcon.searches()[0].is_stopped, "{said}");
    }
}

#[test]
fn a_stop_that_is_never_answered_holds_up_no_report_and_is_told_as_unknown() {
    let falcon = busy().fails(&stop(), NEVER, usize::MAX);
    let said = ended_by("TERM", &falcon, || falcon.hits(&look()) > 1);
    assert!(said.starts_with("SIGTERM stopped the responder before all was done"), "{said}");
    assert!(said.contains("\n1 search may or may not have been stopped: "), "{said}");
    assert!(said.ends_with(&format!("Not confirmed search: {FIRST}")), "{said}");
    assert_eq!(falcon.hits(&stop()), 1);
}

#[test]
fn a_stop_that_fails_for_good_is_told() {
    let missing = answers::named("scope-missing").text();
    let falcon = busy().fails(&stop(), whole(403, missing), usize::MAX);
    let said = ended_by("TERM", &falcon, || falcon.hits(&look()) > 1);
    assert!(said.starts_with("SIGTERM stopped the responder before all was done"), "{said}");
    assert!(said.contains("\n1 search was not stopped: Falcon answered HTTP 403"), "{said}");
    assert!(said.contains("the scope \"NGSIEM: write\""), "{said}");
}

#[test]
fn a_signal_while_a_new_token_is_waited_for_gets_a_report() {
    let refused = answers::named("bearer-refused").text();
    let falcon = busy().fails(&look(), whole(401, refused), usize::MAX);
    let directory = job_directory(&text_at(&falcon, observable().with("/config/timeout_seconds", 3_000)));
    // The first token is given, and no other.
    let running = Responder::new().argument(directory.path()).start();
    wait_for("the search", || falcon.hits(SEARCHES) == 1);
    let falcon = falcon.fails(TOKEN, NEVER, usize::MAX);
    wait_for("the second token", || falcon.hits(TOKEN) == 2);
    running.signal("TERM");
    assert_eq!(running.wait().status, Some(0));
    let report = output(directory.path()).expect("a report");
    let said = report["errorMessage"].as_str().unwrap();
    assert!(said.contains("was not stopped: SIGTERM stopped the responder before this was sent"), "{said}");
}

#[test]
fn a_signal_before_the_search_is_there_tells_that_nothing_was_changed() {
    let falcon = StandIn::in_the_clear().fails(SEARCHES, NEVER, usize::MAX);
    let said = ended_by("TERM", &falcon, || falcon.hits(SEARCHES) == 1);
    let cause = "SIGTERM stopped the responder before anything was changed in Falcon (observable 192.0.2.1).";
    assert!(said.starts_with(cause), "{said}");
    assert_eq!(falcon.hits(&stop()), 0);
}

#[test]
fn what_a_signal_has_stopped_is_not_started_anew() {
    for _ in 0..5 {
        let slow = Fault::AppliedThen { status: 200, headers: Vec::new(), body: Vec::new() };
        let falcon = busy().polled_after(0).fails(&stop(), slow, usize::MAX);
        let said = ended_by("TERM", &falcon, || falcon.hits(&look()) > 1);
        assert!(said.contains("1 search was stopped."), "{said}");
        assert_eq!(falcon.searches().len(), 1, "the search that is gone was stopped");
    }
}
