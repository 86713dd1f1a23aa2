//! A cache that cannot be trusted or used: the job goes on without it, and says so.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use super::{cache, caching, file, run};
use crate::common::falcon::TOKEN;
use crate::common::{Responder, StandIn};

/// The warning of a job that went on without its cache.
fn warning(falcon: &StandIn, directory: &Path) -> String {
    let before = falcon.hits(TOKEN);
    let report = run(&caching(falcon, directory)).success();
    assert_eq!(falcon.hits(TOKEN), before + 1, "it asked for a token of its own");
    let warnings = report["full"]["warnings"].as_array().expect("a list").clone();
    assert_eq!(warnings.len(), 1, "{report:#}");
    let warning = warnings[0].as_str().expect("text").to_owned();
    let reason = warning.strip_prefix("The token cache is not used: ").unwrap_or_else(|| panic!("{warning}"));
    let place = format!(" ({}).", directory.display());
    reason.strip_suffix(&place).unwrap_or_else(|| panic!("{warning}")).to_owned()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_directory_that_is_not_ours_alone_is_not_used() {
    let (falcon, parent) = (StandIn::in_the_clear(), cache());
    let at = |name: &str| parent.path().join(name);
    fs::create_dir(at("open")).unwrap();
    set_mode(&at("open"), 0o710);
    assert_eq!(warning(&falcon, &at("open")), "it is open to others (mode 0710); set its mode to 0700");
    let elsewhere = cache();
    symlink(elsewhere.path(), at("link")).unwrap();
    assert_eq!(warning(&falcon, &at("link")), "it is a link; name the directory itself");
    fs::write(at("file"), "").unwrap();
    assert_eq!(warning(&falcon, &at("file")), "it is no directory; name one");
    assert_eq!(
        warning(&falcon, &at("not/there")),
        "it is not there and cannot be made; make it, with mode 0700: No such file or directory (os error 2)"
    );
    assert_eq!(warning(&falcon, Path::new("tokens")), "its path does not begin with a slash; give the whole path");
    for directory in [at("open").as_path(), elsewhere.path()] {
        assert_eq!(fs::read_dir(directory).unwrap().count(), 0, "nothing was written");
    }
}

#[test]
fn a_directory_of_somebody_else_is_not_used() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    // Only root can give it away; for anybody else root's own one is somebody else's.
    let of_others =
        if chown(directory.path(), Some(4321), None).is_ok() { directory.path() } else { Path::new("/usr") };
    let warning = warning(&falcon, of_others);
    assert!(
        warning.starts_with("it belongs to the user ") && warning.contains(", and this responder runs as the user ")
    );
}

#[test]
fn a_file_that_is_not_ours_alone_is_not_used() {
    for kind in ["token", "lock"] {
        let (falcon, directory) = (StandIn::in_the_clear(), cache());
        run(&caching(&falcon, directory.path())).success();
        let path = file(directory.path(), kind);
        // The lock is only looked at by whoever finds no token.
        let other = file(directory.path(), "token");
        if kind == "lock" {
            fs::remove_file(&other).unwrap();
        }
        let name = path.file_name().unwrap().display().to_string();
        set_mode(&path, 0o640);
        let open = format!("{name} in it is open to others (mode 0640); set its mode to 0600");
        assert_eq!(warning(&falcon, directory.path()), open);
        set_mode(&path, 0o600);
        let elsewhere = cache();
        fs::rename(&path, elsewhere.path().join("moved")).unwrap();
        symlink(elsewhere.path().join("moved"), &path).unwrap();
        assert_eq!(warning(&falcon, directory.path()), format!("{name} in it is a link; remove it"));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        set_mode(&path, 0o700);
        assert!(warning(&falcon, directory.path()).starts_with(&format!("{name} in it ")));
    }
}

#[test]
fn what_is_not_whole_is_none_and_is_replaced() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path());
    run(&job).success();
    let path = file(directory.path(), "token");
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[40] ^= 1;
    let damages: [&[u8]; 5] = [b"", &whole[..11], &whole[..whole.len() / 2], &changed, b"{\"access_token\":\"mine\"}"];
    for (count, damaged) in damages.into_iter().enumerate() {
        fs::write(&path, damaged).unwrap();
        for _ in 0..2 {
            let report = run(&job).success();
            assert_eq!(report["full"]["warnings"].as_array().map(Vec::len), Some(0), "{report:#}");
        }
        assert_eq!(falcon.hits(TOKEN), count + 2);
    }
}

#[test]
fn a_token_that_cannot_be_written_is_used_all_the_same() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path());
    let full = || Responder::after("ulimit -f 0").stdin(job.0.to_string()).run().success();
    for _ in 0..2 {
        let warnings = full()["full"]["warnings"].to_string();
        assert!(warnings.contains("the token cannot be written to it: File too large (os error 27)"), "{warnings}");
    }
    assert_eq!(falcon.hits(TOKEN), 2);
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [file(directory.path(), "lock")], "half a token is none");
}

#[test]
fn what_goes_wrong_only_when_a_token_is_renewed_is_told_too() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path());
    run(&job).success();
    falcon.revoke_tokens();
    set_mode(&file(directory.path(), "lock"), 0o644);
    let told = "is open to others (mode 0644); set its mode to 0600";
    let report = run(&job).success();
    assert!(report["full"]["warnings"][0].as_str().is_some_and(|warning| warning.contains(told)), "{report:#}");
    falcon.revoke_tokens();
    let falcon = falcon.fails_before_the_deed(TOKEN, 403, usize::MAX);
    run(&job).fails_with(&["gave no token", told]);
    drop(falcon);
}

#[test]
fn what_came_from_whom_nobody_has_checked_is_not_kept() {
    let (falcon, directory) = (StandIn::in_the_clear(), cache());
    let job = caching(&falcon, directory.path()).with("/config/verify_ssl", false);
    run(&job).success();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_failure_tells_of_it_too() {
    let falcon = StandIn::in_the_clear();
    let job = caching(&falcon, Path::new("tokens")).with("/config/client_secret", "not-the-secret-at-all");
    Responder::new().stdin(job.0.to_string()).run().fails_with(&[
        "invalid client credentials",
        "\nWarning: The token cache is not used: its path does not begin with a slash; give the whole path (tokens).",
    ]);
}
