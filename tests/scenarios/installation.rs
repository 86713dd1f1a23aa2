//! What an admin lays beside Cortex: settings, the catalog of all responders, and the place that everything names.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use hocon::Config;
use serde_json::Value;

/// What Cortex and its packages have set before `application.conf` ends.
const CORTEXS_OWN: &str = r#"
    job { runners = [kubernetes, docker, process] }
    responder { urls = ["https://download.thehive-project.org/responders.json"] }
"#;

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The settings that docs/install.md shows, each block as it stands.
fn settings() -> Vec<String> {
    let document = text("docs/install.md");
    let blocks = document.split("```hocon\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.map(str::to_owned).collect()
}

/// What Cortex makes of its own settings followed by these.
fn read(settings: &str) -> Config {
    let application_conf = format!("{CORTEXS_OWN}\n{settings}");
    hocon::parse_with_env(&application_conf, &HashMap::new()).unwrap_or_else(|error| panic!("{settings}: {error}"))
}

fn list(settings: &Config, path: &str) -> Vec<String> {
    settings.get_as(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn each_setting_in_the_documents_leaves_cortexs_catalog_and_puts_ours_last() {
    let settings = settings();
    assert!(settings.len() >= 5, "only {} settings were found", settings.len());
    let mut ours = 0;
    for settings in settings {
        let read = read(&settings);
        let urls = list(&read, "responder.urls");
        assert_eq!(urls[0], "https://download.thehive-project.org/responders.json", "{settings}");
        if settings.contains("responder.urls") {
            ours += 1;
            let last = urls.last().unwrap();
            assert!(urls.len() == 2, "{settings}: {urls:?}");
            assert!(["/opt/cortex/responders", "https://intranet.example/responders.json"].contains(&last.as_str()));
        }
        let runners = list(&read, "job.runners");
        let known = ["kubernetes", "docker", "process"];
        assert!(runners.iter().all(|runner| known.contains(&runner.as_str())), "{runners:?}");
        if settings.contains("docker.autoUpdate") {
            assert!(!read.get_bool("docker.autoUpdate").unwrap());
        }
    }
    assert!(ours >= 3, "each runner's way to list our definition");
}

#[test]
fn a_replaced_list_loses_what_was_in_it() {
    let urls = list(&read(r#"responder.urls = ["/opt/cortex/responders"]"#), "responder.urls");
    assert_eq!(urls, ["/opt/cortex/responders"], "so the documents add to it");
    let undone = format!("responder.urls += \"/opt/cortex/responders\"\n{CORTEXS_OWN}");
    assert_eq!(list(&read(&undone), "responder.urls").len(), 1, "so the documents say: at the end");
}

fn catalog(arguments: &[&str]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/catalog");
    let output = Command::new(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_catalog_has_every_definition_without_its_command() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let flavors = fs::read_dir(here.join("flavors")).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = flavors.filter(|path| path.extension().is_some_and(|name| name == "json")).collect();
    paths.sort();
    paths.insert(0, here.join("responder.json"));
    let mut wanted: Vec<Value> =
        paths.iter().map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()).collect();
    for definition in &mut wanted {
        assert!(definition.as_object_mut().unwrap().remove("command").is_some());
    }
    assert_eq!(catalog(&[]), wanted);
    for definition in &mut wanted {
        definition["dockerImage"] = "registry.example/cortex-falcon:1.0.0".into();
    }
    assert_eq!(catalog(&["--image", "registry.example/cortex-falcon:1.0.0"]), wanted);
}

/// The text between two marks, wherever they stand in a file.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
}

#[test]
fn everything_names_the_place_that_the_manifest_names() {
    let place = env!("CARGO_PKG_REPOSITORY");
    for definition in catalog(&[]) {
        assert_eq!(definition["url"], place, "{}", definition["name"]);
    }
    for dockerfile in ["Dockerfile", ".ci/release.Dockerfile"] {
        assert_eq!(between(&text(dockerfile), "image.source=\"", "\""), [place], "{dockerfile}");
    }
}

#[test]
fn everything_names_one_version_of_ours_and_one_of_rust() {
    for dockerfile in ["Dockerfile", ".ci/release.Dockerfile"] {
        assert_eq!(between(&text(dockerfile), "image.version=\"", "\""), [env!("CARGO_PKG_VERSION")], "{dockerfile}");
    }
    assert!(text("CHANGELOG.md").contains(concat!("\n## ", env!("CARGO_PKG_VERSION"), " (")), "the changelog has it");
    let dockerfile = text("Dockerfile");
    let rust = between(&dockerfile, "/rust:", "-");
    for workflow in ["ci", "release"] {
        let workflow = text(&format!(".github/workflows/{workflow}.yml"));
        assert_eq!(between(&workflow, "RUSTUP_TOOLCHAIN: ", "\n"), rust);
    }
}

/// A machine on which no virtual environment can be made, and on which pip downloads with this exit status.
fn without_venv(pip_download: i32) -> tempfile::TempDir {
    let machine = tempfile::tempdir().unwrap();
    for file in [".ci/tool", ".ci/reaches-pypi", "tests/clients/run"] {
        let to = machine.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), to).unwrap();
    }
    let python = format!(
        "#!/bin/sh\ncase $3 in\n--version) exit 0 ;;\ndownload) exit {pip_download} ;;\nesac\necho 'ensurepip is not available' >&2\nexit 1\n"
    );
    let program = machine.path().join("python3");
    fs::write(&program, python).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    machine
}

#[test]
fn only_a_package_index_that_is_not_reached_excuses_clients_that_are_not_installed() {
    for (pip_download, status, said) in
        [(1, 0, "skip: PyPI was not reached"), (0, 1, "The clients were not installed, though PyPI was reached")]
    {
        let machine = without_venv(pip_download);
        let path = format!("{}:/usr/bin:/bin", machine.path().display());
        let ran =
            Command::new("bash").arg(machine.path().join("tests/clients/run")).env("PATH", path).output().unwrap();
        let told = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(ran.status.code(), Some(status), "{told}");
        assert!(told.contains(said) && told.contains("ensurepip is not available"), "{told}");
    }
}

/// A static executable loads the NSS modules of the host's glibc into its own, and crashes: it is for the image alone.
#[test]
fn hosts_get_an_executable_that_uses_their_own_glibc() {
    for document in ["README.md", "docs/install.md", "CONTRIBUTING.md"] {
        let text = text(document);
        assert!(!text.contains("crt-static"), "{document} makes a static executable");
        assert!(!text.contains("any Linux"), "{document} promises more than an executable with glibc can do");
    }
    let build = text(".ci/build");
    let oldest = between(&build, "oldest_glibc=", "\n")[0];
    assert!(text("docs/install.md").contains(&format!("need glibc {oldest} or later")), "{oldest}");
    let for_hosts = between(&build, "\nhosts() {", "\n}")[0];
    assert!(for_hosts.contains("needed_glibc") && !for_hosts.contains("crt-static"), "{for_hosts}");
    for script in [".ci/release", "tests/runners/run"] {
        assert!(text(script).contains("build hosts"), "{script} has what hosts get");
    }
}
