//! The pictures of the documents, made from real runs at a terminal. Where they are stale, this makes them anew:
//! `UPDATE_PICTURES=1 cargo test --test scenarios pictures`

use std::path::Path;

use crate::common::falcon::CASES;
use crate::common::{Responder, StandIn, picture};

/// Holds a picture against what these arguments show at a terminal, with the README's sample job and this Falcon.
fn picture_is_up_to_date(name: &str, arguments: &str, falcon: &StandIn) {
    let job = tempfile::NamedTempFile::new().unwrap();
    let sample = Responder::new().argument("init").argument("case").run().stdout;
    std::fs::write(job.path(), sample).unwrap();
    let shown = Responder::at_a_terminal(&arguments.replace("job.json", &job.path().display().to_string()))
        .variable("FALCON_CLIENT_ID", "5d41402abc4b2a76b9719d911017c592")
        .variable("FALCON_CLIENT_SECRET", "Zk8-fixture-only-secret-2Qw")
        .variable("FALCON_CLOUD", &falcon.url())
        .run()
        .stdout;
    let command = format!("cortex-falcon {arguments}");
    let screen = format!("\u{1b}[2m$\u{1b}[0m {command}\n{}", folded(&same_every_time(&shown, falcon)));
    let made = picture::svg(&command, &screen);
    assert!(made.len() < 30_000, "{name} has {} bytes", made.len());

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures").join(name);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/pictures/{name} shows what the program showed once; this is what it shows now, and the first lines of {} say how to make the picture anew:\n{screen}",
        file!()
    );
}

/// What no two runs share, as a newcomer's first run would show it.
fn same_every_time(shown: &str, falcon: &StandIn) -> String {
    let shown = shown.replace(&format!("localhost:{}", falcon.port()), "127.0.0.1:8080");
    let shown = shown.replace(concat!("commit ", env!("CORTEX_FALCON_COMMIT")), "commit 0123456789ab");
    let seconds_of =
        |line: &str| line.contains("clock").then(|| line.split_once(" s from Falcon's")).flatten().is_some();
    let lines = shown.lines().map(|line| match line.rsplit_once(": ") {
        Some((before, _)) if seconds_of(line) => format!("{before}: 0 s from Falcon's"),
        _ => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

/// The longest parts of a report, closed: the echo of the job, and what machines read.
fn folded(shown: &str) -> String {
    let mut lines = shown.lines();
    let mut kept = Vec::new();
    while let Some(line) = lines.next() {
        let (indent, content) = line.split_at(line.len() - line.trim_start().len());
        let close = match content {
            "\"input\": {" => "}",
            "\"targets\": [" => "]",
            _ => {
                kept.push(line.to_owned());
                continue;
            }
        };
        let end = lines.find(|line| line.strip_prefix(indent).is_some_and(|end| end.starts_with(close)));
        kept.push(format!("{line} \u{1b}[2m…\u{1b}[0m {}", end.expect("it is closed").trim_start()));
    }
    kept.join("\n")
}

#[test]
fn check() {
    picture_is_up_to_date("check.svg", "check job.json", &StandIn::in_the_clear().without_scope_for(CASES));
}

#[test]
fn a_job_that_succeeds() {
    picture_is_up_to_date("success.svg", "job.json", &StandIn::in_the_clear());
}

#[test]
fn a_job_that_fails() {
    picture_is_up_to_date("failure.svg", "job.json", &StandIn::in_the_clear().without_incidents());
}
