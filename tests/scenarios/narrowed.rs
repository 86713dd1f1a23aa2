//! A request that Falcon refuses as a whole is narrowed down until the refused IDs are known; all others are updated.

mod extras;
mod memory;
mod named;
mod reads;
mod tenants;

use std::time::Duration;

use serde_json::{Value, json};

use super::confirmation::{asked, instead, respond};
use crate::common::answers::{self, Answer, named};
use crate::common::falcon::{ALERTS, INCIDENTS};
use crate::common::kinds::{AN_ALERT, AN_INCIDENT, Kind};
use crate::common::messages::{CHECK_THE_IDS, message, not_updated, updated};
use crate::common::stand_in::Disturbance;
use crate::common::{ALERT, Fault, INCIDENT, Job, OTHER_ALERT, Responder, StandIn, job, together};

const TRACE: &str = "5f2b9c1e-0000-4000-8000-0000000000c0";
const WHY: &str = "Falcon answered HTTP 400: invalid element in the request (code 400)";

/// So many IDs of this kind.
fn many(kind: &Kind, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{}{number}", kind.id)).collect()
}

fn linked(kind: &Kind, ids: &[String]) -> Job {
    job("thehive5-case").linked_to(json!({kind.field: ids}))
}

/// `2 alerts to in_progress`
fn what(kind: &Kind, count: usize) -> String {
    let one = kind.what.strip_prefix("1 ").unwrap();
    let (noun, to) = one.split_once(' ').unwrap();
    if count == 1 { kind.what.to_owned() } else { format!("{count} {noun}s {to}") }
}

fn refusing(ids: &[&String]) -> StandIn {
    ids.iter().fold(StandIn::in_the_clear(), |falcon, id| falcon.refusing(id))
}

fn statuses<'a>(falcon: &StandIn, ids: impl IntoIterator<Item = &'a String>) -> Vec<bool> {
    ids.into_iter().map(|id| falcon.status_of(id).is_some()).collect()
}

#[test]
fn one_refused_id_keeps_no_other_from_being_updated() {
    let rows: Vec<(Kind, usize)> =
        [AN_ALERT, AN_INCIDENT].into_iter().flat_map(|kind| (0..3).map(move |n| (kind, n))).collect();
    together(&rows, |(kind, refused)| {
        let ids = many(kind, 3);
        let falcon = refusing(&[&ids[*refused]]);
        let told = respond(linked(kind, &ids), &falcon).failure();
        let others: Vec<&str> = ids.iter().map(String::as_str).filter(|id| *id != ids[*refused]).collect();
        let lines = [
            updated(&what(kind, 2), &others.join(", "), TRACE),
            not_updated(kind.what, &ids[*refused], TRACE, WHY, CHECK_THE_IDS),
        ];
        assert_eq!(sorted_ids(&told), sorted_ids(&message(&lines)));
        let requests = asked(&falcon);
        assert!(requests.len() <= 5 && requests.iter().all(|asked| asked.starts_with(kind.update)), "{requests:?}");
    });
}

/// The message, with the IDs of each line in the order of the alphabet: a report does not promise their order.
fn sorted_ids(told: &str) -> Vec<String> {
    let line = |line: &str| match line.split_once(": ") {
        Some((head, rest)) if head.starts_with("Updated") || head.starts_with("Not") => {
            let (ids, traces) = rest.split_once(';').unwrap_or((rest, ""));
            let mut ids: Vec<&str> = ids.split(", ").collect();
            ids.sort_unstable();
            format!("{head}: {};{traces}", ids.join(", "))
        }
        _ => line.to_owned(),
    };
    told.lines().map(line).collect()
}

#[test]
fn whatever_is_refused_all_else_is_updated_and_every_id_is_told_once() {
    let seeds: Vec<u64> = (0..24).collect();
    together(&seeds, |seed| {
        let mut random = fastrand::Rng::with_seed(*seed);
        let ids = many(&AN_ALERT, random.usize(2..60));
        let refused: Vec<&String> = ids.iter().filter(|_| random.f64() < 0.06).collect();
        let falcon = refusing(&refused);
        let ran = respond(linked(&AN_ALERT, &ids), &falcon);
        let good: Vec<&String> = ids.iter().filter(|id| !refused.contains(id)).collect();
        assert!(statuses(&falcon, good.iter().copied()).iter().all(|done| *done), "{ids:?}");
        assert!(falcon.hits(ALERTS) <= 65, "{}", falcon.hits(ALERTS));
        if refused.is_empty() {
            assert_eq!(falcon.hits(ALERTS), 1);
            return drop(ran.success());
        }
        let told = ran.failure();
        let named = told.lines().find(|line| line.starts_with("Not updated")).expect("a line with the refused IDs");
        let mut named: Vec<&str> = named.split_once(": ").unwrap().1.split(';').next().unwrap().split(", ").collect();
        let mut expected: Vec<&str> = refused.iter().map(|id| id.as_str()).collect();
        named.sort_unstable();
        expected.sort_unstable();
        assert_eq!(named, expected, "{told}");
    });
}

#[test]
fn after_sixty_four_extra_requests_the_rest_is_refused_and_not_narrowed_down() {
    let ids = many(&AN_ALERT, 1_000);
    let refused: Vec<&String> = ids.iter().step_by(20).collect();
    let falcon = refusing(&refused);
    let told = respond(linked(&AN_ALERT, &ids), &falcon).failure();
    assert_eq!(falcon.hits(ALERTS), 65);
    let because = "it refused these ids together, and which of them it means was not narrowed down";
    assert!(told.contains(&format!("{WHY}; {because}.")), "{told}");
    assert!(told.contains(CHECK_THE_IDS), "{told}");
    let updated = statuses(&falcon, &ids).iter().filter(|done| **done).count();
    let of_all: usize =
        told.lines().filter_map(|line| line.split_once(" alerts")?.0.rsplit(' ').next()?.parse::<usize>().ok()).sum();
    assert!(updated < 1_000 && of_all == 1_000, "{updated} {of_all} {told}");
}

/// Refusals that no ID is behind.
fn of_no_id() -> Vec<(Kind, Answer)> {
    let with_status = |status| Answer { status, ..answers::refusal(status, "no") };
    let empty = |status| Answer { status, headers: Vec::new(), body: Value::String(String::new()) };
    let page = |status| Answer { body: Value::String("<html>no</html>".to_owned()), ..empty(status) };
    let proxys = Answer { body: json!({"error": "no such route"}), ..empty(404) };
    let for_both = [
        named("scope-missing"),
        named("gateway-no-such-path"),
        with_status(409),
        with_status(418),
        empty(400),
        empty(404),
        page(400),
        page(404),
        page(422),
        proxys,
    ];
    let for_both = for_both.into_iter().flat_map(|answer| [AN_ALERT, AN_INCIDENT].map(|kind| (kind, answer.clone())));
    for_both.chain([(AN_INCIDENT, named("incidents-retired"))]).collect()
}

#[test]
fn what_is_no_refusal_of_the_ids_is_not_split() {
    together(&of_no_id(), |(kind, answer)| {
        let falcon = StandIn::in_the_clear().fails(kind.update, instead(answer), usize::MAX);
        respond(linked(kind, &many(kind, 3)), &falcon).failure();
        assert_eq!(asked(&falcon).len(), 1, "{answer:?}");
    });
    let falcon = StandIn::in_the_clear().fails(ALERTS, instead(&named("bearer-refused")), usize::MAX);
    respond(linked(&AN_ALERT, &many(&AN_ALERT, 3)), &falcon).failure();
    assert!(falcon.requests().iter().filter(|request| request.is_to(ALERTS)).all(|request| request.body.len() > 200));
}

#[test]
fn what_is_too_much_for_one_request_is_halved() {
    for kind in [AN_ALERT, AN_INCIDENT] {
        let ids = many(&kind, 10);
        let falcon = StandIn::in_the_clear().accepting_ids(3);
        let report = respond(linked(&kind, &ids), &falcon).success();
        let (noun, to) = kind.what[2..].split_once(' ').unwrap();
        assert_eq!(report["full"]["details"], json!([format!("10 {noun}s were updated {to}.")]));
        assert!(statuses(&falcon, &ids).iter().all(|done| *done));
        assert_eq!(report["full"]["retries"], 0);
    }
    // A proxy says so with a page.
    let page = Fault::Answer { status: 413, headers: Vec::new(), body: "<html>413</html>".into() };
    let falcon = StandIn::in_the_clear().fails(ALERTS, page, 1);
    respond(linked(&AN_ALERT, &many(&AN_ALERT, 4)), &falcon).success();
    assert_eq!(falcon.hits(ALERTS), 3);
}

#[test]
fn the_ids_in_the_report_keep_the_order_of_the_job() {
    let ids = many(&AN_ALERT, 9);
    let told = respond(linked(&AN_ALERT, &ids), &refusing(&[&ids[5], &ids[7]])).failure();
    let line = |head: &str| told.lines().find(|line| line.starts_with(head)).expect(head).to_owned();
    let of = |ids: &[&String]| ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    assert!(line("Updated alerts").contains(&format!("{} +4 more", of(&[&ids[0], &ids[1], &ids[2]]))), "{told}");
    assert!(line("Not updated alerts").contains(&of(&[&ids[5], &ids[7]])), "{told}");
}

#[test]
fn what_is_too_much_for_one_request_is_halved_however_many_requests_that_takes() {
    let ids = many(&AN_ALERT, 200);
    let falcon = StandIn::in_the_clear().accepting_ids(2);
    respond(linked(&AN_ALERT, &ids), &falcon).success();
    assert!(falcon.hits(ALERTS) > 65 && statuses(&falcon, &ids).iter().all(|done| *done));
}

#[test]
fn a_request_of_one_id_that_is_too_long_is_not_about_the_number_of_ids() {
    let page = Fault::Answer { status: 413, headers: Vec::new(), body: "<html>413</html>".into() };
    let behind_a_proxy = StandIn::in_the_clear().fails(ALERTS, page, usize::MAX);
    for falcon in [StandIn::in_the_clear().accepting_ids(0), behind_a_proxy] {
        let told = respond(linked(&AN_ALERT, &many(&AN_ALERT, 2)), &falcon).failure();
        assert!(told.contains("\nNext: The request itself is too long, not the number of its ids: "), "{told}");
        assert!(!told.contains("fewer ids"), "{told}");
    }
}

#[test]
fn a_refusal_that_names_an_id_is_about_that_one_and_the_others_are_sent_again() {
    for status in [400, 404, 422] {
        let error = json!({"code": status, "message": "no such alert", "id": OTHER_ALERT});
        let answer = answers::refusal(status, "").with("/errors", json!([error]));
        let third = format!("{ALERT}:3");
        let falcon = StandIn::in_the_clear().fails(ALERTS, instead(&answer), 1);
        let ids = [ALERT.to_owned(), OTHER_ALERT.to_owned(), third.clone()];
        let told = respond(linked(&AN_ALERT, &ids), &falcon).failure();
        let why = format!("Falcon answered HTTP {status}: no such alert (code {status})");
        let lines = [
            updated(&what(&AN_ALERT, 2), &format!("{ALERT}, {third}"), TRACE),
            not_updated(AN_ALERT.what, OTHER_ALERT, TRACE, &why, CHECK_THE_IDS),
        ];
        assert_eq!(told, message(&lines));
        assert_eq!(
            asked(&falcon),
            [format!("PATCH {ALERTS} {}", ids.join(", ")), format!("PATCH {ALERTS} {ALERT}, {third}")]
        );
    }
}

#[test]
fn each_part_survives_what_a_whole_request_survives() {
    let busy = Fault::Answer { status: 429, headers: vec![("retry-after", "1".to_owned())], body: Vec::new() };
    for (fault, retries) in [(busy, 1), (Fault::Lost, 0), (Fault::Reset, 1)] {
        let mut requests = 0;
        let falcon = StandIn::in_the_clear().refusing(OTHER_ALERT).disturbed(move |request| {
            requests += usize::from(request.is_to(ALERTS));
            let is_first_part = request.is_to(ALERTS) && requests == 2;
            Disturbance { fault: is_first_part.then(|| fault.clone()), ..Disturbance::default() }
        });
        let ids = [ALERT.to_owned(), OTHER_ALERT.to_owned()];
        let told = respond(linked(&AN_ALERT, &ids), &falcon).failure();
        assert!(told.contains("\n1 alert was updated to in_progress."), "{told}");
        assert_eq!(told.contains("One call had to be sent again."), retries == 1, "{told}");
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));
    }
}

#[test]
fn what_is_left_when_the_time_is_over_or_the_job_is_stopped_is_told() {
    let slow = || {
        let mut requests = 0;
        StandIn::in_the_clear().refusing(OTHER_ALERT).disturbed(move |request| {
            requests += usize::from(request.is_to(ALERTS));
            let is_part = request.is_to(ALERTS) && requests > 1;
            let fault = is_part.then_some(Fault::Silence(Duration::from_hours(1)));
            Disturbance { fault, ..Disturbance::default() }
        })
    };
    let job = linked(&AN_ALERT, &[ALERT.to_owned(), OTHER_ALERT.to_owned()]);
    let falcon = slow();
    let told = respond(job.clone().with("/config/timeout_seconds", 4), &falcon).failure();
    assert!(
        told.contains(ALERT) && told.contains(OTHER_ALERT) && told.contains("no answer from Falcon in time"),
        "{told}"
    );

    let falcon = slow();
    let running = Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string()).start();
    while falcon.hits(ALERTS) < 3 {
        std::thread::sleep(Duration::from_millis(10));
    }
    running.signal("TERM");
    let told = running.wait().failure();
    assert!(
        told.starts_with("2 alerts linked to case #42 (InProgress in TheHive) may or may not have been updated"),
        "{told}"
    );
    assert!(told.contains("SIGTERM stopped the responder while it waited"), "{told}");
}

#[test]
fn incidents_of_a_retired_api_are_asked_for_once() {
    let falcon = StandIn::in_the_clear().without_incidents().refusing(INCIDENT);
    respond(linked(&AN_INCIDENT, &many(&AN_INCIDENT, 5)), &falcon).fails_with(&["incidents API is retired"]);
    assert_eq!(falcon.hits(INCIDENTS), 1);
}
