//! How long a kept token is used, by whose clock, and what becomes of one that Falcon refuses.

use std::time::Duration;

use serde_json::{Value, json};

use super::{cache, caching, file, run};
use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::{StandIn, answers, job, together};
use crate::confirmation::instead;

/// How many tokens two jobs ask for, one after the other.
fn tokens_of_two_jobs(falcon: &StandIn) -> usize {
    let directory = cache();
    for _ in 0..2 {
        run(&caching(falcon, directory.path())).success();
    }
    falcon.hits(TOKEN)
}

#[test]
fn a_token_is_used_until_a_minute_before_its_end() {
    let rows = [(json!(1), 2), (json!(60), 2), (json!(600), 1), (json!("600"), 1), (json!(1_799), 1)];
    together(&rows, |(seconds, tokens)| {
        let falcon = StandIn::in_the_clear().giving_tokens_for(seconds.clone());
        assert_eq!(tokens_of_two_jobs(&falcon), *tokens, "{seconds}");
    });
}

#[test]
fn a_lifetime_that_nobody_tells_is_the_usual_one() {
    let rows = [Value::Null, json!("soon"), json!(-1), json!(0), json!(1799.5), json!([30]), json!(u64::MAX)];
    together(&rows, |seconds| {
        let falcon = StandIn::in_the_clear().giving_tokens_for(seconds.clone());
        assert_eq!(tokens_of_two_jobs(&falcon), 1, "{seconds}");
    });
}

#[test]
fn falcons_clock_may_be_any() {
    let hours = Duration::from_hours(3);
    let falcons = [StandIn::in_the_clear().ahead_by(hours), StandIn::in_the_clear().behind_by(hours)];
    let dated = ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "yesterday"];
    let falcons: Vec<StandIn> =
        falcons.into_iter().chain(dated.map(|date| StandIn::in_the_clear().dated(date))).collect();
    together(&falcons, |falcon| assert_eq!(tokens_of_two_jobs(falcon), 1));
}

#[test]
fn a_token_that_falcon_refuses_is_replaced_once_and_for_all() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path());
    run(&job).success();
    falcon.revoke_tokens();
    let report = run(&job).success();
    assert_eq!(report["full"]["retries"], 1);
    assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (2, 3));
    run(&job).success();
    assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (2, 4), "all others use the new one");
}

#[test]
fn where_the_new_one_is_refused_too_there_is_no_third() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, instead(&answers::named("bearer-refused")), usize::MAX);
    let directory = cache();
    let job = caching(&falcon, directory.path());
    run(&job).fails_with(&["HTTP 401"]);
    assert_eq!(falcon.hits(TOKEN), 2);
    run(&job).fails_with(&["HTTP 401"]);
    assert_eq!(falcon.hits(TOKEN), 3, "the kept one was refused, and replaced once");
}

#[test]
#[ignore = "a minute passes in it"]
fn where_a_scope_is_missing_another_token_is_asked_for_once_a_minute() {
    let (falcon, directory) = (StandIn::in_the_clear().without_scope("Alerts: write"), cache());
    let job = caching(&falcon, directory.path());
    for _ in 0..2 {
        run(&job).fails_with(&["HTTP 403"]);
    }
    assert_eq!(falcon.hits(TOKEN), 1, "nobody asks again at once");
    std::thread::sleep(Duration::from_secs(62));
    for _ in 0..2 {
        run(&job).fails_with(&["HTTP 403"]);
    }
    assert_eq!((falcon.hits(TOKEN), falcon.hits(ALERTS)), (2, 5), "a new one was asked for, and kept");
}

#[test]
#[ignore = "a minute passes in it"]
fn a_missing_scope_is_told_even_where_no_other_token_is_to_be_had() {
    let (falcon, directory) = (StandIn::in_the_clear().without_scope("Alerts: write"), cache());
    let base = caching(&falcon, directory.path()).0["config"].clone();
    let job = job("thehive5-case").with("/config", base);
    let told = ["Falcon answered HTTP 403", "Alerts: write", "1 incident was updated", "1 case was updated"];
    run(&job).fails_with(&told);
    std::thread::sleep(Duration::from_secs(62));
    let falcon = falcon.fails_before_the_deed(TOKEN, 429, usize::MAX);
    run(&job).fails_with(&told);
    assert_eq!(falcon.hits(TOKEN), 2);
    // Nobody has refused the token, and other jobs go on with it.
    file(directory.path(), "token");
}
