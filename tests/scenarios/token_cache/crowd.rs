//! Many jobs that need the same token at once.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

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

/// The lock that this job will want, in our hands. A check makes its file, and keeps no token.
fn held_lock(directory: &Path, job: &Job) -> File {
    Responder::new().argument("check").argument("-").stdin(job.0.to_string()).run();
    let lock = File::open(file(directory, "lock")).expect("a check has made it");
    lock.lock().expect("nobody else has it");
    lock
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
fn whoever_waits_too_long_asks_for_a_token_of_its_own() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path()).with("/config/timeout_seconds", 4);
    let _lock = held_lock(directory.path(), &job);
    let asked = falcon.hits(TOKEN);
    run(&job).success();
    assert_eq!(falcon.hits(TOKEN), asked + 1);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "only whoever has the lock writes");
}

#[test]
fn a_job_that_is_killed_while_it_asks_holds_up_nobody() {
    let falcon = StandIn::in_the_clear().fails(TOKEN, Fault::Silence(Duration::from_hours(1)), 1);
    let directory = cache();
    let job = caching(&falcon, directory.path());
    let first = Responder::new().stdin(job.0.to_string()).start();
    while falcon.hits(TOKEN) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let second = Responder::new().stdin(job.0.to_string()).start();
    first.signal("KILL");
    assert_eq!(first.wait().status, None);
    second.wait().success();
    assert_eq!(falcon.hits(TOKEN), 2);
}

#[test]
fn a_token_that_came_while_the_rate_limit_was_waited_out_is_taken() {
    let limited = Fault::Answer { status: 429, headers: vec![("Retry-After", "2".into())], body: Vec::new() };
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path()).with("/config/timeout_seconds", 8);
    // Somebody has the lock for so long that the first job asks for itself, and is told to come again.
    let lock = held_lock(directory.path(), &job);
    let (falcon, asked) = (falcon.fails(TOKEN, limited, 1), 1);
    let first = Responder::new().stdin(job.0.to_string()).start();
    while falcon.hits(TOKEN) == asked {
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(lock);
    run(&job).success();
    first.wait().success();
    assert_eq!(falcon.hits(TOKEN), asked + 2, "the first has not asked again");
}
