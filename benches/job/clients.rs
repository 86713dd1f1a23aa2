//! The two executables.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The responder, and the bare client that it is held against.
pub struct Clients {
    pub responder: &'static Path,
    pub bare: PathBuf,
}

impl Clients {
    /// Both, as cargo has built them for this run.
    pub fn find() -> Clients {
        Clients { responder: Path::new(env!("CARGO_BIN_EXE_cortex-falcon")), bare: bare() }
    }
}

/// How the variables begin that cargo sets for this program. Build scripts, ring's and ours, would take them for news and have
/// all compiled again.
const OF_CARGO: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CORTEX_FALCON_COMMIT", "OUT_DIR"];

/// Only cargo knows where a bench target is: there is a hash in its name.
fn bare() -> PathBuf {
    let told = String::from_utf8(cargo().output().expect("cargo can be started").stdout).expect("cargo tells text");
    let artifacts = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut found = artifacts.filter(|artifact| artifact["target"]["name"] == "bare");
    let artifact = found.next().expect("cargo builds the bare client");
    artifact["executable"].as_str().expect("it can be run").into()
}

fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["bench", "--no-run", "--locked", "--quiet", "--bench", "bare", "--message-format=json"]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit());
    for (name, _) in env::vars_os() {
        if OF_CARGO.iter().any(|begin| name.as_encoded_bytes().starts_with(begin.as_bytes())) {
            cargo.env_remove(name);
        }
    }
    cargo
}
