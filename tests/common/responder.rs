//! The real binary, run as Cortex or a person runs it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use super::job_directory::assert_output_leaks_nothing;
use super::leaks::assert_leaks_nothing;
use super::{Falcon, Job};

const BINARY: &str = env!("CARGO_BIN_EXE_cortex-falcon");

/// A run of the binary in the making. It finds nothing of this machine's environment.
pub struct Responder {
    command: Command,
    stdin: Input,
    stdout: Stdio,
    arguments: Vec<PathBuf>,
}

/// What the binary finds on its standard input.
enum Input {
    Nothing,
    Bytes(Vec<u8>),
    /// A pipe into which nobody writes.
    Silence,
}

impl Responder {
    /// A run without arguments and without input.
    pub fn new() -> Responder {
        let mut command = Command::new(BINARY);
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        Responder::of(command)
    }

    fn of(mut command: Command) -> Responder {
        command.env_clear();
        Responder { command, stdin: Input::Nothing, stdout: Stdio::piped(), arguments: Vec::new() }
    }

    /// A run on this job, from standard input, against this Falcon.
    pub fn on(job: Job, falcon: &Falcon) -> Responder {
        Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string())
    }

    /// A run that gets no more than this address space, in kilobytes.
    pub fn limited_to_memory(kilobytes: u32) -> Responder {
        Responder::after(&format!("ulimit -v {kilobytes}"))
    }

    /// A run after these commands of a shell, in the same process.
    pub fn after(commands: &str) -> Responder {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("{commands} && exec {BINARY} \"$@\""), "sh"]);
        Responder::of(command)
    }

    /// A run at a terminal, with these arguments: script(1), which every Linux has, gives it one.
    pub fn at_a_terminal(arguments: &str) -> Responder {
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &format!("{BINARY} {arguments}"), "/dev/null"]);
        Responder::of(command).variable("PATH", "/usr/bin:/bin").variable("TERM", "xterm-256color")
    }

    pub fn argument(mut self, argument: impl AsRef<Path>) -> Responder {
        self.command.arg(argument.as_ref());
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub fn variable(mut self, name: &str, value: &str) -> Responder {
        self.command.env(name, value);
        self
    }

    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Responder {
        self.stdin = Input::Bytes(input.into());
        self
    }

    /// A run whose standard input stays open and silent.
    pub fn silent_stdin(mut self) -> Responder {
        self.stdin = Input::Silence;
        self
    }

    /// A run whose standard output is this file. What it writes there is not searched.
    pub fn stdout(mut self, file: File) -> Responder {
        self.stdout = file.into();
        self
    }

    pub fn run(self) -> Ran {
        self.start().wait()
    }

    /// Starts the run and does not wait for its end.
    pub fn start(mut self) -> Running {
        let has_pipe = !matches!(self.stdin, Input::Nothing);
        self.command.stdin(if has_pipe { Stdio::piped() } else { Stdio::null() });
        let mut child =
            self.command.stdout(self.stdout).stderr(Stdio::piped()).spawn().expect("the binary can be started");
        let mut pipe = child.stdin.take();
        let writer = match self.stdin {
            // The binary may stop reading a job that is too long; that is its right.
            Input::Bytes(input) => pipe.take().map(|mut pipe| std::thread::spawn(move || drop(pipe.write_all(&input)))),
            Input::Nothing | Input::Silence => None,
        };
        Running { child, writer, pipe, arguments: self.arguments }
    }
}

/// A run that has been started.
pub struct Running {
    child: Child,
    writer: Option<JoinHandle<()>>,
    /// Open until the end, so that the binary waits for more.
    pipe: Option<ChildStdin>,
    arguments: Vec<PathBuf>,
}

impl Running {
    /// Sends a signal: `TERM`, `INT`, `KILL`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("/bin/sh").args(["-c", &kill]).status().expect("a shell").success(), "{kill}");
    }

    /// Returns once the run waits for something: for a while, none of its threads has had anything to do. A thread that
    /// only waits for its turn on a busy machine has.
    pub fn until_it_waits(&self) {
        let mut looks_in_a_row = 0;
        for _ in 0..3_000 {
            std::thread::sleep(Duration::from_millis(20));
            looks_in_a_row = if self.threads().all(|state| state == 'S') { looks_in_a_row + 1 } else { 0 };
            if looks_in_a_row == 10 {
                return;
            }
        }
        panic!("the run does not wait");
    }

    /// The state of each thread, as `/proc` has it.
    fn threads(&self) -> impl Iterator<Item = char> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the run has not been waited for");
        let stat = threads.map(|thread| fs::read_to_string(thread.expect("a thread").path().join("stat")));
        // The state follows the name, which is in parentheses. A thread that has ended meanwhile has no file.
        stat.map_while(Result::ok).filter_map(|stat| stat.rsplit(") ").next()?.chars().next())
    }

    /// Waits for the end, and searches all that was left behind: both outputs, and those of a job directory.
    pub fn wait(self) -> Ran {
        let Running { child, writer, pipe, arguments } = self;
        let output = child.wait_with_output().expect("the binary ends");
        drop(pipe);
        if let Some(writer) = writer {
            writer.join().expect("the writer ends");
        }
        let ran = Ran {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        };
        assert_leaks_nothing(&ran.stdout);
        assert_leaks_nothing(&ran.stderr);
        for directory in arguments {
            assert_output_leaks_nothing(&directory);
        }
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

impl Ran {
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

/// Anything else leaves a job in Cortex in progress for ever.
pub fn assert_accepted_by_cortex(report: &Value) {
    assert_leaks_nothing(&report.to_string());
    match &report["success"] {
        Value::Bool(true) => {
            assert!(report["full"].is_object() && report["full"]["message"].is_string(), "{report:#}");
            let operations = report["operations"].as_array().expect("operations are a list");
            for operation in operations {
                assert!(is_accepted_by_thehive(operation), "{report:#}");
            }
        }
        Value::Bool(false) => {
            assert!(report["errorMessage"].as_str().is_some_and(|message| !message.is_empty()), "{report:#}");
            assert!(report["input"].is_object(), "{report:#}");
        }
        other => panic!("success is {other}"),
    }
}

/// Whether an operation has all that TheHive needs for it, each a text.
fn is_accepted_by_thehive(operation: &Value) -> bool {
    let members: &[&str] = match operation["type"].as_str() {
        Some("AddTagToAlert" | "AddTagToCase" | "AddTagToArtifact") => &["tag"],
        Some("AddCustomFields") => &["name", "tpe", "value"],
        _ => return false,
    };
    members.iter().all(|member| operation[member].is_string())
}
