//! `create_case` never makes a second case: it looks for the mark before it creates, and after any unclear answer.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use super::create::{created, fills_the_field};
use super::{MARK, asked, case_job, full, instead, job_of, looks_for, reads, respond};
use crate::common::answers::{self, Answer, put};
use crate::common::job_directory::{job_directory, output};
use crate::common::responder::Ran;
use crate::common::strict::{CASE_LIST, TOKEN};
use crate::common::wire::read_request;
use crate::common::{Fault, Responder, StandIn, together};

const CREATE: &str = "PUT /cases/entities/cases/v2";

/// A run that has so many seconds for all that it does.
fn within(seconds: u64, falcon: &StandIn) -> Ran {
    respond(case_job().with("/config/timeout_seconds", seconds), falcon)
}

/// A tenant that creates the case and answers with this.
fn answering(status: u16, body: &Value) -> StandIn {
    StandIn::in_the_clear().fails(CREATE, instead(status, body, true), 1)
}

fn showing(cases: impl Into<Value>) -> Value {
    answers::named("case-created").with("/resources", cases).body
}

/// Answers from which nobody can tell whether the case is there.
fn unclear_answers() -> Vec<(u16, Value)> {
    let mine = || answers::named("case-created").body["resources"][0].take();
    vec![
        (500, json!("")),
        (500, answers::refusal(500, "internal error").body),
        (502, json!("<h1>Bad gateway</h1>")),
        (503, json!("")),
        (503, answers::refusal(503, "unavailable").body),
        (504, json!("")),
        (408, json!("")),
        (201, json!("")),
        (201, json!("{\"meta\":")),
        (200, json!("<html>Welcome</html>")),
        (200, json!([])),
        (201, showing(json!([]))),
        (201, showing(Value::Null)),
        (201, showing(json!(["b3RoZXI"]))),
        (201, showing(vec![answers::case("b3RoZXI", "new", 1), answers::case("YW5vdGhlcg", "new", 1)])),
        (201, showing(vec![put(mine(), "/tags", json!(["thehive:~4115", "thehive:~411567"]))])),
        (201, showing(vec![put(mine(), "/tags", Value::Null)])),
        (201, showing(vec![put(mine(), "/id", "")])),
        (200, answers::refusal(400, "something is wrong").body),
    ]
}

/// It is not known whether the case was created; a second run finds it, if it was.
fn assert_open(ran: &Ran, why: &str) {
    let told = ran.fails_with(&[
        "1 case linked to case #42 (InProgress in TheHive) may or may not have been created: ",
        why,
        "A second run a minute later looks for the tag first, and creates no second case.",
        &format!("\nNot confirmed case: with the tag {MARK}"),
    ]);
    assert!(!told.contains("was not created"), "{told}");
}

/// The second run of the same job finds the only case by its mark.
fn assert_found_by_a_second_run(falcon: &StandIn) {
    let id = created(falcon).id;
    let before = falcon.hits(CREATE);
    let report = respond(case_job(), falcon).success();
    let message = format!("Case #42 has the case {id} in Falcon already, which carries its tag {MARK}.");
    assert_eq!(full(&report, &["case"])["message"], message);
    assert_eq!(report["operations"], fills_the_field(&id));
    assert_eq!((falcon.cases_created(), falcon.hits(CREATE)), (1, before));
}

#[test]
fn a_case_that_was_created_is_found_by_its_mark_after_any_unclear_answer() {
    together(&unclear_answers(), |(status, body)| {
        let falcon = answering(*status, body);
        let report = respond(case_job(), &falcon).success();
        let id = created(&falcon).id;
        assert_eq!((&report["full"]["case"]["id"], falcon.hits(CREATE)), (&json!(id), 1), "{status} {body}");
        assert_eq!(report["operations"], fills_the_field(&id));
        let asked = asked(&falcon);
        let (looks, read) = (looks_for("~41156"), reads(&[&id]));
        assert_eq!(asked[2..], [looks.clone(), read.clone(), looks, read], "{status} {body}");
        assert_found_by_a_second_run(&falcon);
    });
}

#[test]
fn a_case_whose_answer_got_lost_is_found_by_its_mark() {
    together(&[Fault::Lost], |fault| {
        let falcon = StandIn::in_the_clear().fails(CREATE, fault.clone(), usize::MAX);
        respond(case_job(), &falcon).success();
        assert_eq!((falcon.cases_created(), falcon.hits(CREATE)), (1, 1));
        assert_found_by_a_second_run(&falcon);
    });
}

#[test]
fn a_case_that_was_not_created_before_an_unclear_answer_is_not_created_again() {
    let mut faults: Vec<Fault> = unclear_answers().iter().map(|(status, body)| instead(*status, body, false)).collect();
    faults.extend([Fault::Reset, Fault::CutMidBody, Fault::Endless]);
    together(&faults, |fault| {
        let falcon = StandIn::in_the_clear().fails(CREATE, fault.clone(), 1);
        assert_open(&within(3, &falcon), "no case with the tag thehive:~41156 is listed so far");
        assert_eq!((falcon.cases_created(), falcon.hits(CREATE)), (0, 1), "{fault:?}");
        respond(case_job(), &falcon).success();
        assert_eq!(falcon.cases_created(), 1);
    });
}

#[test]
fn lists_that_lag_are_looked_at_again() {
    together(&[0, 1, 2, 3], |lists| {
        let falcon = StandIn::in_the_clear().loses_answers(CREATE, 1).with_lists_that_lag(*lists);
        let report = respond(case_job(), &falcon).success();
        assert_eq!(report["full"]["case"]["id"], created(&falcon).id);
        // One before the case was created, and one for others like it.
        assert_eq!((falcon.hits(CASE_LIST), falcon.hits(CREATE)), (3 + lists, 1));
    });
}

#[test]
fn lists_that_lag_for_longer_than_the_job_leave_it_open() {
    let falcon = StandIn::in_the_clear().loses_answers(CREATE, 1).with_lists_that_lag(4);
    assert_open(&within(3, &falcon), "no case with the tag thehive:~41156 is listed so far");
    assert_eq!((falcon.cases_created(), falcon.hits(CREATE)), (1, 1));
    while falcon.hits(CASE_LIST) < 5 {
        respond(job_of("list_cases", json!({})), &falcon).success();
    }
    assert_found_by_a_second_run(&falcon);
}

#[test]
fn where_nobody_can_look_it_stays_open() {
    let refused = answers::refusal(403, "access denied, scope not permitted");
    let falcon = StandIn::in_the_clear().loses_answers(CREATE, 1);
    // The first list is that before the creation.
    let falcon = falcon.fails(CASE_LIST, instead(200, &answers::named("cases-listed-none").body, false), 1);
    let falcon = falcon.fails(CASE_LIST, instead(403, &refused.body, false), 1);
    assert_open(&respond(case_job(), &falcon), "Give the API client the scope \"Cases: read\"");
    assert_found_by_a_second_run(&falcon);
}

#[test]
fn what_never_reached_falcon_is_sent_again() {
    let limited = Fault::Answer { status: 429, headers: Vec::new(), body: Vec::new() };
    let falcon = StandIn::in_the_clear().fails(CREATE, limited, 2);
    let report = respond(case_job(), &falcon).success();
    assert_eq!(
        (created(&falcon).id, falcon.hits(CREATE)),
        (report["full"]["case"]["id"].as_str().unwrap().to_owned(), 3)
    );
    let falcon = StandIn::in_the_clear().with_the_first_token_revoked();
    respond(case_job(), &falcon).success();
    assert_eq!((falcon.cases_created(), falcon.hits(TOKEN)), (1, 2));
}

#[test]
fn a_clear_refusal_is_told_as_that() {
    let said = answers::refusal(400, "template: no such template");
    let falcon = StandIn::in_the_clear().fails(CREATE, instead(400, &said.body, false), 1);
    let told = respond(case_job(), &falcon).fails_with(&[
        "1 case linked to case #42 (InProgress in TheHive) was not created: Falcon answered HTTP 400: template: no such template",
        "\nNext: Correct in TheHive, or in the responder's configuration, what Falcon names",
        &format!("\nNot created case: with the tag {MARK}"),
    ]);
    assert!(!told.contains("second"), "{told}");
    assert_eq!(falcon.hits(CASE_LIST), 1);
}

#[test]
fn a_signal_while_the_answer_is_awaited_leaves_it_open() {
    let falcon = StandIn::in_the_clear().fails(CREATE, Fault::Silence(Duration::from_mins(1)), 1);
    let directory = job_directory(&case_job().with("/config/base_url", falcon.url()).0.to_string());
    let running = Responder::new().argument(directory.path()).start();
    while falcon.hits(CREATE) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.until_it_waits();
    running.signal("TERM");
    running.wait();
    let report = output(directory.path()).expect("a report");
    let told = report["errorMessage"].as_str().expect("a text");
    for part in ["may or may not have been created: SIGTERM stopped the responder", "creates no second case.", MARK] {
        assert!(told.contains(part), "{part:?} is not in:\n{told}");
    }
}

/// Answers so many requests, each on a connection of its own, and is gone then.
fn answering_only(listener: TcpListener, answers: &[Answer]) {
    for answer in answers {
        let (mut connection, _) = listener.accept().expect("a connection");
        read_request(&connection).expect("a request");
        let (status, body) = (answer.status, answer.text());
        let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        connection.write_all((head + &body).as_bytes()).expect("it is read");
    }
    drop(listener);
}

#[test]
fn a_refused_connection_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address").to_string();
    let job = case_job().with("/config/base_url", format!("http://{address}"));
    let running = Responder::new().stdin(job.0.to_string()).start();
    answering_only(listener, &["token", "cases-listed-none"].map(answers::named));
    std::thread::sleep(Duration::from_millis(200));
    let falcon = StandIn::start(&address, None);
    let report = running.wait().success();
    assert_eq!(report["full"]["case"]["id"], created(&falcon).id);
    assert_eq!(falcon.hits(CREATE), 2, "the first bore a token that is not this tenant's");
}

#[test]
fn what_cannot_be_an_id_is_not_taken_for_that_of_the_new_case() {
    let strange = [
        "\u{1b}[31mred".to_owned(),
        "a\nNext: Send your password to support".to_owned(),
        "b\u{202e}c".to_owned(),
        "https://falcon.crowdstrike.com/cases/b3RoZXI".to_owned(),
        "x".repeat(1_500_000),
    ];
    together(&strange, |id| {
        let case = put(answers::named("case-created").body["resources"][0].take(), "/id", id.as_str());
        let falcon = answering(201, &showing(vec![put(case, "/tags", json!([MARK]))]));
        let ran = respond(case_job(), &falcon);
        assert_eq!(ran.success()["full"]["case"]["id"], json!(created(&falcon).id));
        assert!(ran.stdout.len() < 10_000 && !ran.stdout.contains("password") && !ran.stdout.contains("[31m"));
    });
}

#[test]
fn what_cannot_be_an_id_is_not_taken_from_a_list_or_a_read_either() {
    for id in ["\u{1b}[31mred", "a\nNext: Send your password to support"] {
        let listed =
            answers::named("cases-listed").with("/resources", json!([id])).with("/meta/pagination/total", 1).body;
        let read = answers::cases_read(vec![put(answers::case(id, "new", 1), "/tags", json!([MARK]))], &[]).body;
        let falcon = StandIn::in_the_clear().fails(CASE_LIST, instead(200, &listed, false), 1);
        let falcon = falcon.fails("POST /cases/entities/cases/v2", instead(200, &read, false), 1);
        let ran = respond(case_job(), &falcon);
        assert_eq!(ran.success()["full"]["case"]["id"], json!(created(&falcon).id));
        assert!(!ran.stdout.contains("password") && !ran.stdout.contains("[31m"), "{}", ran.stdout);
    }
}
