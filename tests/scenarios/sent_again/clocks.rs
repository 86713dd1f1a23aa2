//! Whether something was changed after the first try, or before it, is told by Falcon's clock alone.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{answer, busy, left_alone, statuses};
use crate::common::falcon::ALERTS;
use crate::common::kinds::{AN_ALERT, KINDS};
use crate::common::messages::message;
use crate::common::{ALERT, StandIn, together};
use crate::confirmation::{asked, in_turn, respond};

/// Tenants whose clocks are far from ours; each sets its clock before anything else happens.
const CLOCKS: [fn(StandIn) -> StandIn; 5] = [
    |falcon| falcon,
    |falcon| falcon.ahead_by(Duration::from_hours(3)),
    |falcon| falcon.ahead_by(Duration::from_hours(24 * 1_000)),
    |falcon| falcon.behind_by(Duration::from_hours(3)),
    |falcon| falcon.behind_by(Duration::from_hours(24 * 1_000)),
];

#[test]
fn what_was_changed_after_the_first_try_is_left_alone_whatever_time_it_is_there() {
    let rows: Vec<_> = KINDS.iter().flat_map(|kind| CLOCKS.map(|clock| (kind, clock))).collect();
    together(&rows, |(kind, clock)| {
        let (_, status) = statuses(kind);
        let falcon = clock(busy(kind)).changed_later_than(kind.update, kind.id, status);
        let told = respond(kind.job(), &falcon).failure();
        assert_eq!(told, message(&[left_alone(&falcon, kind.id, kind.what, status, "")]));
        assert_eq!(asked(&falcon), in_turn(kind, "ur"));
    });
}

#[test]
fn what_was_changed_before_the_first_try_is_sent_again_whatever_time_it_is_there() {
    let rows: Vec<_> = KINDS.iter().flat_map(|kind| CLOCKS.map(|clock| (kind, clock))).collect();
    together(&rows, |(kind, clock)| {
        let falcon = clock(busy(kind)).changed_before(kind.id, statuses(kind).1, Duration::from_secs(10));
        respond(kind.job(), &falcon).success();
        assert_eq!(asked(&falcon), in_turn(kind, "uru"));
    });
}

#[test]
fn a_change_at_no_time_or_at_a_strange_one_keeps_nothing_from_being_sent_again() {
    let times = [
        Value::Null,
        json!(""),
        json!("yesterday"),
        json!("Wed, 20 May 2026 08:41:17 GMT"),
        json!("zzzz-zz-zzTzz:zz:zzZ"),
        json!("0001-01-01T00:00:00Z"),
        json!("9999-12-31T23:59:59.999Z"),
        json!(1_779_266_477_602_u64),
        json!({"seconds": 1_779_266_477_u64}),
    ];
    let rows: Vec<_> = KINDS.iter().flat_map(|kind| times.iter().map(move |time| (kind, time))).collect();
    together(&rows, |(kind, time)| {
        let falcon = busy(kind).with_changes_at((*time).clone()).changed_later_than(kind.update, kind.id, "40");
        respond(kind.job(), &falcon).success();
        assert_eq!(asked(&falcon), in_turn(kind, "uru"), "{time}");
    });
}

#[test]
fn a_tenant_that_does_not_know_the_time_is_served_all_the_same() {
    together(&["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"], |date| {
        let falcon = busy(&AN_ALERT).dated(date).changed_later_than(ALERTS, ALERT, "closed");
        respond(AN_ALERT.job(), &falcon).success();
        assert_eq!(asked(&falcon), in_turn(&AN_ALERT, "uru"), "{date}");
    });
}

#[test]
fn where_no_answer_tells_the_time_our_own_clock_counts() {
    let falcon = busy(&AN_ALERT).dated("soon").changed_later_than(ALERTS, ALERT, "closed");
    let told = respond(AN_ALERT.job(), &falcon).failure();
    assert_eq!(told, message(&[left_alone(&falcon, ALERT, AN_ALERT.what, "closed", "")]));
    let falcon = busy(&AN_ALERT).dated("soon").changed_before(ALERT, "closed", Duration::from_secs(10));
    respond(AN_ALERT.job(), &falcon).success();
}

#[test]
fn the_clock_of_a_proxy_that_answers_instead_does_not_count() {
    let now = SystemTime::now();
    together(&[now - Duration::from_hours(1), now + Duration::from_hours(1)], |time| {
        let from_proxy = || {
            let date = httpdate::fmt_http_date(*time);
            StandIn::in_the_clear().fails(ALERTS, answer(503, &[("date", &date)]), 1)
        };
        let falcon = from_proxy().changed_later_than(ALERTS, ALERT, "closed");
        respond(AN_ALERT.job(), &falcon).fails_with(&["it was changed in Falcon at"]);
        let falcon = from_proxy().changed_before(ALERT, "closed", Duration::from_secs(10));
        respond(AN_ALERT.job(), &falcon).success();
        assert_eq!(asked(&falcon), in_turn(&AN_ALERT, "uru"));
    });
}
