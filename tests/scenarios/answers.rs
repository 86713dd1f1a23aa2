//! Every answer of `fixtures/falcon/`, through the real binary: as the answer to the call it belongs to, to each update, and
//! to the request for a token.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::common::answers::{Answer, named, put};
use crate::common::falcon::CREDENTIALS;
use crate::common::kinds::{A_CASE, AN_ALERT, AN_INCIDENT, KINDS, Kind};
use crate::common::messages::{beginning, message, not_confirmed, not_updated, unreadable, updated};
use crate::common::strict::{ALERT_LIST, CASE_LIST};
use crate::common::{ALERT, CID, Falcon, Fault, INCIDENT, Job, OTHER_ALERT, Responder, StandIn, job};

/// One file, the call it belongs to, how often an update with such an answer is tried, and how it ends for two alerts, an
/// incident and a case.
struct Row(&'static str, Belongs, usize, [End; 3]);

/// The call to which a file is the answer.
#[derive(Clone, Copy)]
enum Belongs {
    /// One of the updates, or any call: the ends of its row say all.
    Update,
    /// The request for a token, with the reason that there is none.
    Token(Option<&'static str>),
    Read(Kind),
    /// The list by which `check` asks for a scope, and what it then says.
    List(&'static str, &'static str),
    /// A call that this responder does not make yet.
    NoCallYet,
}

/// How an update ends, where nothing can be read back.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Done,
    Not(&'static str),
    /// Nobody knows, for this reason.
    Open(&'static str),
    /// Nobody knows, because it was JSON of somebody else's.
    Foreign,
    /// The first of two alerts is done, and the second ends like this.
    FirstDone(&'static End),
}

use Belongs::{List, NoCallYet, Read, Token, Update};
use End::{Done, FirstDone, Foreign, Not, Open};

/// So many tries as fit into the job's time.
const SOME: usize = 0;

const UNCOUNTED: End = Open("Falcon took the call and does not say how many it updated");
const NOT_SHOWN: End = Open("Falcon took the call, but its answer does not show what became of it");
const STILL_NEW: End = Open("Falcon took the call, but its answer shows the status new");
const NONE_OF_2: End = Open("Falcon says it updated 0 of 2 and does not say which");
const NONE_OF_1: End = Open("Falcon says it updated 0 of 1 and does not say which");
const ONE_OF_2: End = Open("Falcon says it updated 1 of 2 and does not say which");
const NOT_FOUND: End = Not("Falcon said: alert not found (code 404)");
const OTHER_GONE: End = Open("Falcon says it updated 1 of 1 and does not say which: alert not found (code 404)");
const CASE_GONE: End = Open("Falcon answered with errors and does not say for which ids: case not found (code 404)");
const WORDLESS: End = Open("Falcon answered with errors and does not say for which ids: an error without words");
const UNAUTHORIZED: End = Not("Falcon answered HTTP 401: access denied, invalid bearer token (code 401), at HOST");
const FULL: End = Not("Falcon answered HTTP 400: evidence: 100 items is the most a case can hold (code 400)");
const INVALID: End = Not("Falcon answered HTTP 400: the request does not match the API's definition (code 400)");
const INVALID_ELEMENT: End = Not("Falcon answered HTTP 400: invalid element in the request (code 400)");
const UNKNOWN_USER: End = Not("Falcon answered HTTP 400: user not found (code 400)");
const UNKNOWN: End = Not("Falcon answered HTTP 404: case not found (code 404)");
const CONFLICT: End = Not("Falcon answered HTTP 409: the case has another version by now (code 409)");
const NO_SCOPE: End = Not("Falcon answered HTTP 403: access denied, scope not permitted (code 403)");
const DENIED: End = Not("Falcon answered HTTP 403: access denied, authorization failed (code 403)");
const TOO_MANY: End = Not("Falcon answered HTTP 413: too many ids (code 413)");
const LIMITED: End = Not("Falcon's rate limit is used up (HTTP 429) until the end of this job's time");
const BAD_TOKENS: End = Not(
    "Falcon refuses the token and answers no more requests with refused tokens from this address (HTTP 429) until the end of this job's time",
);
const RETIRED: End =
    Not("Falcon answered HTTP 404: its incidents API is retired (CrowdStrike switched it off on 2026-03-09)");
const NO_PATH: End = Not("Falcon answered HTTP 404: 404: Page Not Found (code 404)");
const EMPTY_404: End = Not("Falcon answered HTTP 404: an empty body");
const EMPTY_200: End = Open("the answer (HTTP 200) is none of Falcon's: no JSON; an empty body");
const EMPTY_204: End =
    Open("the answer (HTTP 204) is none of Falcon's: a status that is neither success nor failure; an empty body");
const ELSEWHERE: End = Not("the answer (HTTP 308) points to the cloud eu-1, and credentials don't follow it");

#[rustfmt::skip]
const ROWS: [Row; 50] = [
    Row("alerts-assignee-unknown", Update, 1, [UNKNOWN_USER; 3]),
    Row("alerts-listed", List(ALERT_LIST, "Alerts: read: allowed"), 1, [UNCOUNTED, UNCOUNTED, NOT_SHOWN]),
    Row("alerts-read", Read(AN_ALERT), 1, [FirstDone(&STILL_NEW), NOT_SHOWN, NOT_SHOWN]),
    Row("alerts-read-empty-lists-missing", NoCallYet, 1, [NOT_SHOWN; 3]),
    Row("alerts-refused-whole", Update, 1, [INVALID_ELEMENT; 3]),
    Row("alerts-updated", Update, 1, [Done, Done, NOT_SHOWN]),
    Row("alerts-updated-in-part", Update, 1, [FirstDone(&NOT_FOUND), OTHER_GONE, OTHER_GONE]),
    Row("alerts-updated-in-part-unnamed", Update, 1, [ONE_OF_2, Done, NOT_SHOWN]),
    Row("alerts-updated-none-affected", Update, 1, [NONE_OF_2, NONE_OF_1, NOT_SHOWN]),
    Row("alerts-updated-null-errors", Update, 1, [Done, Done, NOT_SHOWN]),
    Row("bearer-limit", Update, SOME, [BAD_TOKENS; 3]),
    Row("bearer-refused", Update, 2, [UNAUTHORIZED; 3]),
    Row("case-created", NoCallYet, 1, [NOT_SHOWN, NOT_SHOWN, STILL_NEW]),
    Row("case-evidence-added", NoCallYet, 1, [NOT_SHOWN, NOT_SHOWN, Done]),
    Row("case-evidence-full", NoCallYet, 1, [FULL; 3]),
    Row("case-field-invalid", Update, 1, [INVALID; 3]),
    Row("case-not-changed", Update, 1, [NOT_SHOWN, NOT_SHOWN, STILL_NEW]),
    Row("case-tags-added", NoCallYet, 1, [NOT_SHOWN, NOT_SHOWN, Done]),
    Row("case-tags-removed", NoCallYet, 1, [NOT_SHOWN, NOT_SHOWN, Done]),
    Row("case-unknown", Update, 1, [UNKNOWN; 3]),
    Row("case-updated", Update, 1, [NOT_SHOWN, NOT_SHOWN, Done]),
    Row("case-updated-bare", Update, 1, [NOT_SHOWN, NOT_SHOWN, Done]),
    Row("case-version-conflict", Update, 1, [CONFLICT; 3]),
    Row("cases-listed", List(CASE_LIST, "Cases: read: allowed"), 1, [UNCOUNTED, UNCOUNTED, NOT_SHOWN]),
    Row("cases-listed-none", List(CASE_LIST, "Cases: read: allowed"), 1, [UNCOUNTED, UNCOUNTED, NOT_SHOWN]),
    Row("cases-read", Read(A_CASE), 1, [NOT_SHOWN, NOT_SHOWN, Done]),
    Row("cases-read-evidence-forms", NoCallYet, 1, [NOT_SHOWN; 3]),
    Row("cases-read-in-part", Read(A_CASE), 1, [CASE_GONE; 3]),
    Row("gateway-no-such-path", Update, 1, [NO_PATH, RETIRED, NO_PATH]),
    Row("incidents-read", Read(AN_INCIDENT), 1, [NOT_SHOWN, Done, NOT_SHOWN]),
    Row("incidents-retired", Update, 1, [EMPTY_404, RETIRED, EMPTY_404]),
    Row("incidents-updated", Update, 1, [ONE_OF_2, Done, NOT_SHOWN]),
    Row("rate-limited", Update, SOME, [LIMITED; 3]),
    Row("scope-missing", Update, 1, [NO_SCOPE; 3]),
    Row("search-cancelled", NoCallYet, 2, [Foreign; 3]),
    Row("search-done", NoCallYet, 2, [Foreign; 3]),
    Row("search-done-count-zero", NoCallYet, 2, [Foreign; 3]),
    Row("search-done-more", NoCallYet, 2, [Foreign; 3]),
    Row("search-done-nothing", NoCallYet, 2, [Foreign; 3]),
    Row("search-gone", NoCallYet, 1, [EMPTY_404, RETIRED, EMPTY_404]),
    Row("search-running", NoCallYet, 2, [Foreign; 3]),
    Row("search-started", NoCallYet, 2, [Foreign; 3]),
    Row("search-stopped-empty", NoCallYet, 6, [EMPTY_200; 3]),
    Row("search-stopped-envelope", NoCallYet, 1, [WORDLESS; 3]),
    Row("search-stopped-no-content", NoCallYet, 2, [EMPTY_204; 3]),
    Row("search-warned", NoCallYet, 2, [Foreign; 3]),
    Row("token", Token(None), 2, [Foreign; 3]),
    Row("token-other-cloud", Token(Some("the answer (HTTP 308) points to the cloud eu-1")), 1, [ELSEWHERE; 3]),
    Row("token-refused", Token(Some("Falcon answered HTTP 403: access denied, authorization failed")), 1, [DENIED; 3]),
    Row("too-many-ids", Update, 1, [TOO_MANY; 3]),
];

/// Plays each of these, side by side, because some wait between their tries; says which went otherwise than expected.
fn play_all<T: Sync>(all: &[T], name: impl Fn(&T) -> String + Sync, play: impl Fn(&T) + Sync) {
    let (next, wrong) = (Mutex::new(all.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while let Some(one) = { next.lock().unwrap().next() } {
                    if catch_unwind(AssertUnwindSafe(|| play(one))).is_err() {
                        wrong.lock().unwrap().push(name(one));
                    }
                }
            });
        }
    });
    assert_eq!(wrong.into_inner().unwrap(), Vec::<String>::new());
}

#[test]
fn every_file_has_a_row() {
    let rows: BTreeSet<String> = ROWS.iter().map(|Row(file, ..)| format!("{file}.json")).collect();
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/falcon")).unwrap();
    let files: BTreeSet<String> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(rows, files);
}

#[test]
fn each_file_is_the_answer_to_each_update() {
    let of_row = |row: &'static Row| KINDS.into_iter().zip(row.3).map(move |(kind, end)| (row, kind, end));
    let all: Vec<(&Row, Kind, End)> = ROWS.iter().flat_map(of_row).collect();
    play_all(
        &all,
        |(Row(file, ..), kind, _)| format!("{file} as the answer to {}", kind.update),
        |(Row(file, _, tries, _), kind, end)| play_update(&named(file), *tries, *kind, *end),
    );
}

/// Falcon gives this answer so often, refuses one read before the second try and one where the last leaves something open,
/// and expects nothing else.
fn play_update(answer: &Answer, tries: usize, kind: Kind, end: End) {
    let (method, path) = kind.update.split_once(' ').unwrap();
    let (job, ids, body) = update(kind);
    let mut falcon = Falcon::start().gives(method, path, body.clone(), answer, tries);
    // A refusal that names no ID is narrowed down.
    let is_refusal = matches!(answer.status, 400 | 404 | 413 | 422) && !answer.text().is_empty();
    if is_refusal && end != NO_PATH && ids.len() > 1 {
        let alone = |id: &&str| put(body.clone(), "/composite_ids", json!([id]));
        falcon = ids.iter().map(alone).fold(falcon, |falcon, body| falcon.gives(method, path, body, answer, tries));
    }
    if answer.status == 401 || answer.headers.contains(&("X-Ratelimit-Limit".into(), "15".into())) {
        falcon = falcon.gives_token(CREDENTIALS);
    }
    // A new token comes without a wait; nobody looks before it is used.
    let is_sent_again = tries != 1 && answer.status != 401;
    let is_open = matches!(end, Open(_) | Foreign | FirstDone(Open(_)));
    for _ in [is_sent_again, is_open].into_iter().filter(|is_read| *is_read) {
        falcon = falcon.refuses_reads(kind.read.split_once(' ').unwrap().1);
    }
    let timeout = if tries == SOME { 3 } else { 120 };
    let ran = Responder::on(job.with("/config/timeout_seconds", timeout), &falcon).run();
    if let Done = end {
        assert_eq!(ran.success()["full"]["targets"][0]["ids"], json!(ids));
    } else {
        let told = ran.failure().replace(falcon.url().trim_start_matches("http://"), "HOST");
        assert_told(&told, answer, kind, &ids, end);
    }
}

/// The case that is linked to two alerts, or to one incident or case; their ids, and the body of their update.
fn update(kind: Kind) -> (Job, Vec<&'static str>, Value) {
    let actions = |status: &str| json!([{"name": "update_status", "value": status}]);
    let ids = if kind.id == ALERT { vec![ALERT, OTHER_ALERT] } else { vec![kind.id] };
    let body = match kind.id {
        ALERT => json!({"composite_ids": ids, "action_parameters": actions("in_progress")}),
        INCIDENT => json!({"ids": ids, "action_parameters": actions("30")}),
        id => json!({"id": id, "fields": {"status": "in_progress"}}),
    };
    (job("thehive5-case").linked_to(json!({kind.field: ids})), ids, body)
}

/// The message begins with the cause, and tells what was done and what was not.
fn assert_told(told: &str, answer: &Answer, kind: Kind, ids: &[&str], end: End) {
    let trace_id = trace_id(answer);
    let (first, rest, end) = match end {
        FirstDone(end) => (Some(ids[0]), &ids[1..], *end),
        end => (None, ids, end),
    };
    let what = if rest.len() == 1 { kind.what } else { "2 alerts to in_progress" };
    let ids = rest.join(", ");
    let line = match end {
        Done | FirstDone(_) => unreachable!("somebody was not updated"),
        Not(why) => not_updated(what, &ids, trace_id, why, ""),
        Open(why) => not_confirmed(what, &ids, trace_id, &unreadable(why), ""),
        Foreign => not_confirmed(what, &ids, trace_id, &unreadable(&foreign(answer)), ""),
    };
    let expected = beginning(&line);
    assert!(told.starts_with(&expected), "{told}\ndoes not begin with\n{expected}");
    let last = message(&[line]);
    let last = last.lines().last().unwrap();
    assert!(told.ends_with(last), "{told}\ndoes not end with\n{last}");
    let done = first.map(|id| message(&[updated(kind.what, id, trace_id)]));
    assert_eq!(told.contains("\nUpdated "), done.is_some(), "{told}");
    assert!(done.iter().flat_map(|done| done.lines()).all(|line| told.contains(line)), "{told}");
}

/// Why JSON without anything of Falcon's is no answer, with its beginning.
fn foreign(answer: &Answer) -> String {
    const SHOWN: usize = 300;
    let text = answer.text().replace("eyJhbGciOiJSUzI1NiJ9.fixture-only-token.c2lnbmF0dXJl", "REMOVED");
    let cut = if text.chars().count() > SHOWN { "…" } else { "" };
    let text: String = text.chars().take(SHOWN).collect();
    let problem = "JSON without any of meta, errors and resources";
    format!("the answer (HTTP {}) is none of Falcon's: {problem}; \"{text}{cut}\"", answer.status)
}

fn trace_id(answer: &Answer) -> &str {
    let header = answer.headers.iter().find(|(name, _)| name == "X-Cs-Traceid").map(|(_, value)| value.as_str());
    header.or(answer.body["meta"]["trace_id"].as_str()).unwrap_or_default()
}

#[test]
fn each_file_is_the_answer_to_its_own_call() {
    play_all(
        &ROWS,
        |Row(file, ..)| (*file).to_owned(),
        |Row(file, belongs, ..)| match *belongs {
            Update | NoCallYet => {}
            Token(refused) => play_token(&named(file), refused),
            Read(kind) => play_read(&named(file), kind),
            List(path, said) => play_list(&named(file), path, said),
        },
    );
}

fn play_token(answer: &Answer, refused: Option<&str>) {
    let falcon = Falcon::silent().answers_token(answer, 1);
    let Some(why) = refused else {
        let falcon = falcon.updates_alerts(&[ALERT], "in_progress");
        return drop(Responder::on(AN_ALERT.job(), &falcon).run().success());
    };
    let told = Responder::on(AN_ALERT.job(), &falcon).run().failure();
    let line = not_updated(AN_ALERT.what, ALERT, "", &format!("Falcon gave no token: {why}"), "");
    assert!(told.starts_with(&beginning(&line)), "{told}");
}

/// After an update of which nobody knows anything, Falcon shows this: an incident or case in progress, and of two alerts
/// only the first.
fn play_read(answer: &Answer, kind: Kind) {
    let (method, path) = kind.update.split_once(' ').unwrap();
    let (job, ids, body) = update(kind);
    let asked = if kind.id == ALERT { "composite_ids" } else { "ids" };
    let (read_method, read_path) = kind.read.split_once(' ').unwrap();
    let read = |falcon: Falcon, ids: &[&str]| falcon.gives(read_method, read_path, json!({asked: ids}), answer, 1);
    let falcon = read(Falcon::start().gives(method, path, body, &named("search-stopped-envelope"), 1), &ids);
    if kind.id != ALERT {
        return drop(Responder::on(job, &falcon).run().success());
    }
    let told = Responder::on(job, &read(falcon, &ids[1..])).run().failure();
    assert!(told.contains(&format!("\nUpdated alert: {ALERT}")), "{told}");
    assert!(told.contains(&format!("\nNot updated alert: {OTHER_ALERT}")), "{told}");
    assert!(told.contains("read back a moment later, it still shows the status new"), "{told}");
}

fn play_list(answer: &Answer, path: &str, said: &str) {
    let list = Fault::Answer { status: answer.status, headers: Vec::new(), body: answer.text().into() };
    let falcon = StandIn::in_the_clear().fails(path, list, 1);
    let job = job("thehive5-case").with("/config/base_url", falcon.url());
    let ran = Responder::new().argument("check").argument("-").stdin(job.0.to_string()).run();
    assert!(ran.stdout.contains(said) && ran.stdout.contains(&format!("tenant: {CID}")), "{}", ran.stdout);
    assert_eq!((ran.status, falcon.hits(path)), (Some(0), 1));
}

#[test]
fn no_file_but_one_is_a_token() {
    let others: Vec<&Row> = ROWS.iter().filter(|Row(file, ..)| *file != "token").collect();
    play_all(
        &others,
        |Row(file, ..)| format!("{file} as the answer to the request for a token"),
        |Row(file, _, tries, _)| {
            let answer = named(file);
            let tries = match (answer.status, *tries) {
                (401, _) => 1,
                // Falcon has said why there is none.
                (200 | 201, _) if answer.body["errors"][0]["message"].is_string() => 1,
                // Whatever it is, it is JSON without a token, and will most likely be the same the next time.
                // A blank response, or one without a token, will most likely be the same the next time.
                _ if *file == "search-stopped-empty" => 2,
                (200 | 201, 1) => 2,
                (_, tries) => tries,
            };
            let falcon = Falcon::silent().answers_token(&answer, tries);
            let timeout = if tries == SOME { 3 } else { 120 };
            let ran = Responder::on(AN_ALERT.job().with("/config/timeout_seconds", timeout), &falcon).run();
            let told = ran.failure();
            let line = not_updated(AN_ALERT.what, ALERT, "", "Falcon gave no token: ", "");
            assert!(told.starts_with(&beginning(&line)), "{told}");
        },
    );
}
