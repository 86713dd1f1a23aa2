//! The real binary, run as Cortex or a person runs it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Falcon, Job};

/// A run of the binary in the making. It finds nothing of this machine's environment.
pub struct Responder {
    command: Command,
    stdin: Option<Vec<u8>>,
}

impl Responder {
    /// A run without arguments and without input.
    pub fn new() -> Responder {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cortex-falcon"));
        command.env_clear().current_dir(env!("CARGO_MANIFEST_DIR"));
        Responder { command, stdin: None }
    }

    /// A run on this job, from standard input, against this Falcon.
    pub fn on(job: Job, falcon: &Falcon) -> Responder {
        Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string())
    }

    /// A run that gets no more than this address space, in kilobytes.
    pub fn limited_to_memory(kilobytes: u32) -> Responder {
        let mut command = Command::new("/bin/sh");
        let script = format!("ulimit -v {kilobytes} && exec {} \"$@\"", env!("CARGO_BIN_EXE_cortex-falcon"));
        command.args(["-c", &script, "sh"]).env_clear();
        Responder { command, stdin: None }
    }

    pub fn argument(mut self, argument: impl AsRef<Path>) -> Responder {
        self.command.arg(argument.as_ref());
        self
    }

    pub fn variable(mut self, name: &str, value: &str) -> Responder {
        self.command.env(name, value);
        self
    }

    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Responder {
        self.stdin = Some(input.into());
        self
    }

    pub fn run(mut self) -> Ran {
        self.command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child =
            self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary can be started");
        let writer = self.stdin.zip(child.stdin.take()).map(|(input, mut pipe)| {
            // The binary may stop reading a job that is too long; that is its right.
            std::thread::spawn(move || pipe.write_all(&input).ok())
        });
        let output = child.wait_with_output().expect("the binary ends");
        if let Some(writer) = writer {
            writer.join().expect("the writer ends");
        }
        let ran = Ran {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        };
        ran.assert_leaks_nothing();
        ran
    }
}

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Every secret of the suite, or the part that all of its kind share. Each run of each scenario is searched for them.
const SECRETS: [&str; 5] = [
    "Zk8-fixture-only-secret-2Qw",
    "eyJhbGciOiJSUzI1NiJ9.fixture-only-token",
    "strict-token-",
    "shell-secret",
    "w-9xQ",
];

impl Ran {
    fn assert_leaks_nothing(&self) {
        assert_leaks_nothing(&self.stdout);
        assert_leaks_nothing(&self.stderr);
    }

    /// The report on standard output; held against Cortex's rules for one.
    pub fn report(&self) -> Value {
        let report = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no report: {error}: {self:?}"));
        assert_accepted_by_cortex(&report);
        report
    }

    /// The report of a run at a shell that did all it was asked for.
    pub fn success(&self) -> Value {
        let report = self.report();
        assert_eq!(report["success"], true, "{report:#}");
        assert_eq!(self.status, Some(0), "{self:?}");
        report
    }

    /// The message of a run at a shell that did not.
    pub fn failure(&self) -> String {
        let report = self.report();
        assert_eq!(report["success"], false, "{report:#}");
        assert_eq!(self.status, Some(1), "{self:?}");
        report["errorMessage"].as_str().expect("the message is text").to_owned()
    }

    /// As [`Ran::failure`]; each of these is in the message.
    pub fn fails_with(&self, parts: &[&str]) -> String {
        let message = self.failure();
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in:\n{message}");
        }
        message
    }
}

/// Searches a text for every secret of the suite.
pub fn assert_leaks_nothing(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} has leaked: {text}");
    }
}

/// Anything else leaves a job in Cortex in progress for ever.
pub fn assert_accepted_by_cortex(report: &Value) {
    assert_leaks_nothing(&report.to_string());
    match &report["success"] {
        Value::Bool(true) => {
            assert!(report["full"].is_object() && report["full"]["message"].is_string(), "{report:#}");
            let operations = report["operations"].as_array().expect("operations are a list");
            for operation in operations {
                assert!(operation["type"].is_string() && operation["tag"].is_string(), "{report:#}");
            }
        }
        Value::Bool(false) => {
            assert!(report["errorMessage"].as_str().is_some_and(|message| !message.is_empty()), "{report:#}");
            assert!(report["input"].is_object(), "{report:#}");
        }
        other => panic!("success is {other}"),
    }
}
