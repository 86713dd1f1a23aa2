//! The documents, run: every command in them, and every table that repeats what the code knows.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use cortex_falcon::service::FLAVORS;
use serde_json::Value;

use crate::common::StandIn;
use crate::common::leaks::assert_leaks_nothing;

const DOCUMENTS: [&str; 11] = [
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs/configuration.md",
    "docs/design.md",
    "docs/install.md",
    "docs/reports.md",
    "docs/security.md",
    "docs/services.md",
    "docs/sync.md",
    "docs/thehive.md",
];

/// Commands that need what this test has not, and what runs them instead.
const ELSEWHERE: [(&str, &str); 15] = [
    (".ci/run", "CI runs it (.github/workflows/ci.yml)"),
    (".ci/release", "a release runs it (.github/workflows/release.yml)"),
    ("cargo run --example demo", ".ci/run runs it"),
    ("cargo test", "you are looking at it"),
    (
        "cargo build --release --locked",
        "the Dockerfile and .ci/build run it; the binary here is what cargo test has built",
    ),
    (
        "cargo +nightly fuzz run job -- -max_total_time=60",
        "needs a nightly toolchain; .ci/run checks that the targets compile",
    ),
    ("cargo run --example falcon", "a Falcon of this test stands in for it, from the same code"),
    ("docker build -t cortex-falcon .", "tests/runners/run builds the image"),
    ("docker save cortex-falcon | gzip > cortex-falcon.tar.gz", "needs the engine; tests/runners/run runs it"),
    ("docker load < cortex-falcon.tar.gz", "needs the engine; tests/runners/run runs it"),
    ("docker image prune --force --filter label=cortex-falcon.stage=build", "tests/runners/run runs it"),
    ("mkdir -p .cargo", "tests/runners/run runs it"),
    ("cargo vendor --locked .cargo/vendor > .cargo/config.toml", "tests/runners/run runs it"),
    (
        "docker build -t cortex-falcon --network none --build-arg RUST_IMAGE=registry.example/rust:1.95.0 .",
        "tests/runners/run runs it with a toolchain of this machine",
    ),
    (
        "docker run --rm -e FALCON_CLIENT_ID -e FALCON_CLIENT_SECRET -e FALCON_CLOUD cortex-falcon check",
        "tests/runners/run runs it, on its network",
    ),
];

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The commands of a document: the lines after a prompt, in its console blocks.
fn commands(document: &str) -> Vec<String> {
    let text = text(document);
    let blocks = text.split("```console\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

/// A place that looks like a fresh clone, with the binary where the documents have it.
fn clone() -> tempfile::TempDir {
    let clone = tempfile::tempdir().unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in [".ci", "fixtures", "flavors", "responder.json"] {
        symlink(here.join(name), clone.path().join(name)).unwrap();
    }
    let target = clone.path().join("target/release");
    fs::create_dir_all(&target).unwrap();
    // A link: a copy cannot be run while another thread's child still has it open for writing.
    symlink(env!("CARGO_BIN_EXE_cortex-falcon"), target.join("cortex-falcon")).unwrap();
    clone
}

#[test]
fn every_command_in_the_documents_works() {
    let mut seen = 0;
    for document in DOCUMENTS {
        let falcon = StandIn::in_the_clear();
        let clone = clone();
        let responders = clone.path().join("opt");
        let lines: Vec<String> = commands(document)
            .into_iter()
            .filter(|line| !ELSEWHERE.iter().any(|(elsewhere, _)| line == elsewhere))
            .map(|line| line.replace("http://127.0.0.1:8080", &falcon.url()))
            .map(|line| line.replace("/opt/cortex/responders", &responders.display().to_string()))
            .collect();
        seen += lines.len();
        let path = format!("{}:/usr/bin:/bin", clone.path().join("target/release").display());
        let mut shell = Command::new("bash");
        shell.args(["-euxo", "pipefail", "-c", &lines.join("\n")]).current_dir(clone.path());
        let output = shell.env_clear().env("PATH", path).env("HOME", clone.path()).output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{document}: {stderr}");
        assert_leaks_nothing(&stdout);
        // The shell repeats each command after a plus sign; one of them sets the secret.
        stderr.lines().filter(|line| !line.starts_with('+')).for_each(assert_leaks_nothing);
        if let Ok(definition) = fs::read(responders.join("CrowdstrikeFalcon/CrowdStrikeFalcon_Sync.json")) {
            let definition: Value = serde_json::from_slice(&definition).unwrap();
            let command = definition["command"].as_str().unwrap();
            assert!(responders.join(command).is_file(), "{document}: the folder is one that Cortex lists");
            assert!(definition.get("dockerImage").is_none(), "{document}: no other runner can take the job");
        }
        if document == "README.md" {
            assert!(!falcon.requests().is_empty(), "the newcomer's check and job have reached Falcon");
        }
        if document == "docs/services.md" {
            for flavor in &FLAVORS[1..] {
                let name = Path::new(flavor.definition).file_name().unwrap();
                assert!(responders.join("CrowdstrikeFalcon").join(name).is_file(), "{}", flavor.definition);
            }
            assert_eq!((falcon.cases_created(), falcon.searches().len()), (1, 1));
        }
    }
    assert!(seen > 10, "only {seen} commands were found");
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    for document in DOCUMENTS {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        for link in text(document).split("](").skip(1).filter_map(|rest| rest.split(')').next().map(str::to_owned)) {
            let file = link.split('#').next().unwrap_or_default();
            let known = file.is_empty() || file.starts_with("http") || here.parent().unwrap().join(file).exists();
            assert!(known, "{document} links to {link}");
        }
    }
}

#[test]
fn every_message_in_the_reference_is_one_that_the_program_has() {
    let sources: String = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    // Source lines are wrapped and quotes escaped; messages are not.
    let plain =
        |text: &str| text.replace("\\\n", "").split_whitespace().collect::<Vec<_>>().join(" ").replace("\\\"", "\"");
    let sources = plain(&sources);
    let mut rows = 0;
    for row in text("docs/reports.md").lines().filter(|line| line.starts_with("| `")) {
        let message = row.split('`').nth(1).unwrap();
        for part in message.split('…').map(str::trim).filter(|part| !part.is_empty()) {
            assert!(sources.contains(part), "{part:?} is in no message");
        }
        rows += 1;
    }
    assert!(rows > 20, "only {rows} messages were found");
}

fn sources(folder: &Path) -> String {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let code =
        |text: String| text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    paths.map(|path| if path.is_dir() { sources(&path) } else { code(fs::read_to_string(path).unwrap()) }).collect()
}
