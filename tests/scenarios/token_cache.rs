//! Tokens that are kept for other jobs: asked for once, used by all who may, and no reason for a job to fail.

mod broken;
mod crowd;
mod lifetime;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;

use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::leaks::leak_in;
use crate::common::{Job, Ran, Responder, StandIn, answers, job};
use crate::confirmation::instead;

/// A directory in which tokens can be kept.
fn cache() -> TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().expect("a directory")
}

/// An alert's job that keeps its token there.
fn caching(falcon: &StandIn, directory: &Path) -> Job {
    let job = job("thehive5-alert").with("/config/base_url", falcon.url());
    job.with("/config/token_cache", directory.to_str().expect("UTF-8"))
}

fn run(job: &Job) -> Ran {
    Responder::new().stdin(job.0.to_string()).run()
}

/// The cache's only file of this kind.
fn file(directory: &Path, kind: &str) -> PathBuf {
    let files = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    let files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == kind)).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn the_second_job_asks_for_no_token() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    for _ in 0..2 {
        let report = run(&caching(&falcon, directory.path())).success();
        assert_eq!(report["full"]["warnings"], json!([]), "{report:#}");
        assert_eq!(report["full"]["retries"], 0);
    }
    assert_eq!((falcon.hits(TOKEN), falcon.requests().len()), (1, 3));
}

#[test]
fn the_directory_is_made_and_what_is_in_it_is_ours_alone() {
    let (falcon, parent) = (StandIn::in_the_clear(), cache());
    let directory = parent.path().join("tokens");
    run(&caching(&falcon, &directory).with("/config/token_cache", format!("{}/", directory.display()))).success();
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(["token", "lock"].map(|kind| mode(&file(&directory, kind))), [0o600; 2]);
}

#[test]
fn a_token_of_other_letters_is_kept_too() {
    let directory = cache();
    let falcon = StandIn::in_the_clear().fails(TOKEN, instead(&answers::token("tökén-of-a-gateway")), 1);
    let falcon = falcon.fails(ALERTS, instead(&answers::alerts_updated(1, Vec::new())), usize::MAX);
    for _ in 0..2 {
        let report = run(&caching(&falcon, directory.path())).success();
        assert_eq!(report["full"]["warnings"], json!([]), "{report:#}");
    }
    assert_eq!(falcon.hits(TOKEN), 1);
}

#[test]
fn nothing_is_kept_in_the_clear() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    run(&caching(&falcon, directory.path())).success();
    let kept = fs::read(file(directory.path(), "token")).unwrap();
    assert!(kept.len() > falcon.tokens()[0].len());
    assert_eq!(leak_in(&String::from_utf8_lossy(&kept)), None);
    let name = file(directory.path(), "token").display().to_string();
    assert!(!name.contains("5d41402abc4b2a76b9719d911017c592"), "{name}");
}

#[test]
fn whoever_asks_for_another_token_gets_another() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path());
    let others = [
        ("/config/member_cid", json!("0123456789abcdef0123456789abcdef")),
        ("/config/scope", json!(["alerts:write"])),
        ("/config/token_url", json!(format!("{}{TOKEN}", falcon.url()))),
        ("/config/base_url", json!(falcon.url().replace("localhost", "127.0.0.1"))),
    ];
    let jobs: Vec<Job> =
        std::iter::once(job.clone()).chain(others.map(|(place, value)| job.clone().with(place, value))).collect();
    for _ in 0..2 {
        for job in &jobs {
            run(job).success();
        }
        assert_eq!(falcon.hits(TOKEN), jobs.len());
    }
}

#[test]
fn a_token_is_not_for_whoever_has_another_secret() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path());
    run(&job).success();
    run(&job.with("/config/client_secret", "not-the-secret-at-all")).fails_with(&["invalid client credentials"]);
}

#[test]
fn without_the_item_nothing_is_kept() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path());
    run(&job.clone().without("/config/token_cache")).success();
    run(&job.with("/config/token_cache", " ")).success();
    assert_eq!((falcon.hits(TOKEN), fs::read_dir(directory.path()).unwrap().count()), (2, 0));
}

#[test]
fn a_dry_run_keeps_nothing_and_a_refused_job_neither() {
    let (falcon, parent) = (StandIn::in_the_clear(), cache());
    let directory = parent.path().join("tokens");
    let job = caching(&falcon, &directory);
    let rehearsed = Responder::new().argument("--dry-run").argument("-").stdin(job.0.to_string()).run();
    assert_eq!(rehearsed.status, Some(0), "{rehearsed:?}");
    run(&job.with("/config/check_tlp", true).with("/tlp", 4)).failure();
    assert!(!directory.exists() && falcon.requests().is_empty());
}

#[test]
fn the_cloud_that_a_token_is_for_is_kept_with_it() {
    let directory = cache();
    let clouds = crate::autodiscover::Clouds::with_308();
    for _ in 0..2 {
        clouds.in_the_job_with("/config/token_cache", directory.path().to_str().unwrap()).run().success();
    }
    assert_eq!((clouds.first.hits(TOKEN), clouds.second.hits(TOKEN)), (1, 1));
    assert_eq!(clouds.second.hits(ALERTS), 2);
}

#[test]
fn a_check_asks_for_a_token_of_its_own_and_looks_at_the_cache() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path());
    run(&job).success();
    let check = || Responder::new().argument("check").argument("-").stdin(job.0.to_string()).run();
    let told = check();
    assert!(told.stdout.contains(&format!("token cache: {}\n", directory.path().display())), "{told:?}");
    assert_eq!((told.status, falcon.hits(TOKEN)), (Some(0), 2));
    for (path, wrong, right) in [(directory.path(), 0o750, 0o700), (&file(directory.path(), "token"), 0o640, 0o600)] {
        fs::set_permissions(path, fs::Permissions::from_mode(wrong)).unwrap();
        let told = check();
        let advice = format!("is open to others (mode {wrong:04o}); set its mode to {right:04o}");
        assert!(told.stdout.contains("token cache: The token cache is not used: "), "{told:?}");
        assert!(told.stdout.contains(&advice), "{told:?}");
        assert_eq!(told.status, Some(0), "jobs work without it");
        fs::set_permissions(path, fs::Permissions::from_mode(right)).unwrap();
    }
}

#[test]
fn a_check_makes_nothing() {
    let (falcon, parent) = (StandIn::in_the_clear(), cache());
    for (below, told) in [("tokens", "token cache: /"), ("not/there", "it is not there and cannot be made")] {
        let job = caching(&falcon, &parent.path().join(below));
        let checked = Responder::new().argument("check").argument("-").stdin(job.0.to_string()).run();
        assert!(checked.stdout.contains(told) && checked.status == Some(0), "{checked:?}");
    }
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}
