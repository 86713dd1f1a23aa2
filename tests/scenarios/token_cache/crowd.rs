//! Many jobs that need the same token at once.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{cache, caching, file, run};
use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::stand_in::Disturbance;
use crate::common::{Fault, Job, Responder, StandIn, together};

const CROWD: [(); 20] = [(); 20];

/// A tenant that takes a while to give a token.
fn slow() -> StandIn {
    let slowly = Disturbance { delay: Duration::from_millis(300), ..Disturbance::default() };
    StandIn::in_the_clear()
        .disturbed(move |request| if request.is_to(TOKEN) { slowly.clone() } else { Disturbance::default() })
}

/// The lock that this job will want, in our hands. A job that is refused a token makes its file, and keeps none.
fn held_lock(directory: &Path, job: &Job) -> File {
    run(&job.clone()).failure();
    let lock = File::options().write(true).open(file(directory, "lock")).expect("the job has made it");
    lock.lock().expect("nobody else has it");
    // It tells that waiting is of no use.
    lock.set_len(0).expect("it is ours");
    lock
}

/// Waits until Falcon was asked for so many tokens.
fn wait_for_tokens(falcon: &StandIn, count: usize) {
    while falcon.hits(TOKEN) < count {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A tenant that refuses the first token.
fn refusing_the_first() -> StandIn {
    StandIn::in_the_clear().fails_before_the_deed(TOKEN, 403, 1)
}

#[test]
fn of_twenty_jobs_one_asks_and_the_others_wait() {
    let (falcon, directory) = (slow(), cache());
    let job = caching(&falcon, directory.path());
    together(&CROWD, |()| {
        run(&job).success();
    });
    assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (1, CROWD.len()));
}

#[test]
fn of_twenty_jobs_with_a_token_that_is_refused_one_replaces_it() {
    let (falcon, directory) = (slow(), cache());
    let job = caching(&falcon, directory.path());
    run(&job).success();
    falcon.revoke_tokens();
    together(&CROWD, |()| {
        run(&job).success();
    });
    assert_eq!(falcon.hits(TOKEN), 2);
}

#[test]
fn thirty_jobs_with_an_ended_token_replace_it_although_falcon_limits_bad_tokens() {
    let (falcon, directory) = (slow(), cache());
    // No job has the time to wait until Falcon's minute is over.
    let job = caching(&falcon, directory.path()).with("/config/timeout_seconds", 50);
    run(&job).success();
    falcon.revoke_tokens();
    falcon.uses_up_bad_bearers();
    together(&[(); 30], |()| {
        run(&job).success();
    });
    assert_eq!(falcon.hits(TOKEN), 2);
    assert!(falcon.bad_bearers().refused > 0, "some jobs had the ended token");
}

#[test]
fn no_job_begins_with_a_token_that_another_one_is_replacing() {
    let limited = Fault::Answer { status: 429, headers: vec![("Retry-After", "3".into())], body: Vec::new() };
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path());
    run(&job).success();
    falcon.revoke_tokens();
    let falcon = falcon.fails(TOKEN, limited, 1);
    let first = Responder::new().stdin(job.0.to_string()).start();
    wait_for_tokens(&falcon, 2);
    together(&CROWD, |()| {
        run(&job).success();
    });
    first.wait().success();
    assert_eq!(falcon.hits(TOKEN), 3);
    assert_eq!(falcon.hits(ALERTS), 1 + 2 + CROWD.len(), "the first alone was refused");
}

#[test]
fn whoever_waits_too_long_asks_for_a_token_of_its_own() {
    let (falcon, directory) = (refusing_the_first(), cache());
    let job = caching(&falcon, directory.path()).with("/config/timeout_seconds", 4);
    let _lock = held_lock(directory.path(), &job);
    for _ in 0..2 {
        run(&job).success();
    }
    assert_eq!(falcon.hits(TOKEN), 2, "and keeps it for the others");
}

#[test]
fn where_no_token_can_be_kept_nobody_waits_for_one() {
    let (falcon, directory) = (slow().giving_tokens_for(60), cache());
    let job = caching(&falcon, directory.path());
    together(&CROWD, |()| {
        run(&job).success();
    });
    assert_eq!(falcon.hits(TOKEN), CROWD.len());
    let told = || fs::read_to_string(file(directory.path(), "lock")).unwrap();
    assert_eq!(told(), "in vain");
    // An hour later the token is one that can be kept.
    let falcon = falcon.giving_tokens_for(1_799);
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    File::options().write(true).open(file(directory.path(), "lock")).unwrap().set_modified(hour_ago).unwrap();
    run(&job).success();
    run(&job).success();
    assert_eq!((falcon.hits(TOKEN), told().as_str()), (CROWD.len() + 1, ""));
}

#[test]
fn whoever_waits_can_be_stopped() {
    let (falcon, directory) = (refusing_the_first(), cache());
    let job = caching(&falcon, directory.path());
    let _lock = held_lock(directory.path(), &job);
    let waiting = Responder::new().stdin(job.0.to_string()).start();
    waiting.until_it_waits();
    waiting.signal("TERM");
    waiting.wait().fails_with(&["SIGTERM stopped the responder before"]);
    assert_eq!(falcon.hits(TOKEN), 1, "it was waiting");
}

#[test]
fn a_job_that_is_killed_while_it_asks_holds_up_nobody() {
    let falcon = StandIn::in_the_clear().fails(TOKEN, Fault::Silence(Duration::from_hours(1)), 1);
    let directory = cache();
    let job = caching(&falcon, directory.path());
    let first = Responder::new().stdin(job.0.to_string()).start();
    wait_for_tokens(&falcon, 1);
    let second = Responder::new().stdin(job.0.to_string()).start();
    first.signal("KILL");
    assert_eq!(first.wait().status, None);
    second.wait().success();
    assert_eq!(falcon.hits(TOKEN), 2);
}

#[test]
fn a_token_that_came_while_the_rate_limit_was_waited_out_is_taken() {
    let limited = Fault::Answer { status: 429, headers: vec![("Retry-After", "5".into())], body: Vec::new() };
    let (falcon, directory) = (refusing_the_first().fails(TOKEN, limited, 1), cache());
    // Somebody has the lock for so long that the first job asks for itself, and is told to come again.
    let job = caching(&falcon, directory.path()).with("/config/timeout_seconds", 24);
    let lock = held_lock(directory.path(), &job);
    let first = Responder::new().stdin(job.0.to_string()).start();
    wait_for_tokens(&falcon, 2);
    drop(lock);
    run(&job).success();
    let report = first.wait().success();
    assert_eq!((falcon.hits(TOKEN), &report["full"]["retries"]), (3, &0.into()), "the first has not asked again");
}
