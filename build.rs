//! Tells the program which commit it was built from, for `--version`.

use std::process::Command;

fn main() {
    let named = std::env::var("CORTEX_FALCON_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = named.or_else(head).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=CORTEX_FALCON_COMMIT={commit}");
    println!("cargo::rerun-if-env-changed=CORTEX_FALCON_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    // Named only where it is there: a file that is not makes cargo build again each time.
    if std::path::Path::new(".git/logs/HEAD").exists() {
        println!("cargo::rerun-if-changed=.git/logs/HEAD");
    }
}

fn head() -> Option<String> {
    let output = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).output().ok()?;
    let commit = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !commit.is_empty()).then_some(commit)
}
