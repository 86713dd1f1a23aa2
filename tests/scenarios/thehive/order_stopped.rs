//! A signal while Falcon follows TheHive.

use std::time::Duration;

use super::{CASE_ID, case, linked, start};
use crate::common::falcon::ALERTS;
use crate::common::stand_in::Disturbance;
use crate::common::{ALERT, Fault, StandIn, TheHive};
use crate::shutdown::wait_for;

#[test]
fn a_signal_while_the_newest_stage_is_sent_tells_of_that() {
    let hive = TheHive::five().with_case(CASE_ID, 42, "New").moving_on(CASE_ID, &["InProgress", "Closed"]);
    let mut updates = 0;
    let falcon = StandIn::in_the_clear().disturbed(move |request| {
        updates += usize::from(request.is_to(ALERTS));
        let silence = Fault::Silence(Duration::from_mins(1));
        Disturbance { fault: (request.is_to(ALERTS) && updates == 2).then_some(silence), ..Default::default() }
    });
    let running = start(case("InProgress", linked(ALERT), &hive), &falcon).start();
    wait_for("the second update", || falcon.hits(ALERTS) == 2);
    running.signal("TERM");
    let told = running.wait().failure();
    let cause = "1 alert linked to case #42 (Closed in TheHive) may or may not have been updated to closed: SIGTERM";
    assert!(told.starts_with(cause) && told.ends_with(&format!("\nNot confirmed alert: {ALERT}")), "{told}");
}

#[test]
fn a_signal_between_two_sendings_does_not_say_that_nothing_was_sent() {
    let stages = ["InProgress", "Closed"].repeat(20);
    let hive = TheHive::five().with_case(CASE_ID, 42, "New").moving_on(CASE_ID, &stages);
    let falcon = StandIn::in_the_clear();
    let running = start(case("InProgress", linked(ALERT), &hive), &falcon).start();
    // The alerts, the case, and the case once more after each of three answers: then it waits.
    wait_for("the wait", || hive.asked().len() == 5);
    running.until_it_waits();
    running.signal("TERM");
    let told = running.wait().failure();
    assert!(told.starts_with("SIGTERM stopped the responder before all was done (case #42)."), "{told}");
    assert!(told.contains("\n1 alert was updated to in_progress.\n"), "{told}");
}
