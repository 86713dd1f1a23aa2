//! What one run of a client costs, from its start to its exit.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// With this argument, a program and a job, this program measures one run.
pub const ARGUMENT: &str = "--measure";

/// What a run takes.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub wall: Duration,
    /// Its own and the system's for it.
    pub cpu: Duration,
    /// The most memory that it had at any time, in bytes.
    pub memory: u64,
}

impl Cost {
    /// Measures a run of this program on a job, which must succeed; it trusts these certificates and finds nothing else of this
    /// machine's environment.
    ///
    /// A new process starts it. Linux counts what a process has in memory as its child's, until the child is another program;
    /// and this one has a whole tenant there.
    pub fn of(program: &Path, job: &Path, certificates: &Path) -> Cost {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.env_clear().env("REQUESTS_CA_BUNDLE", certificates);
        command.arg(ARGUMENT).arg(program).arg(job).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = command.output().expect("this program can be started");
        assert!(output.status.success(), "a run that fails is no measurement");
        Cost::parse(&output.stdout).expect("the measurement can be read")
    }

    fn parse(told: &[u8]) -> Option<Cost> {
        let figures: Vec<u64> =
            str::from_utf8(told).ok()?.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        let &[wall, cpu, memory] = figures.as_slice() else { return None };
        Some(Cost { wall: Duration::from_nanos(wall), cpu: Duration::from_micros(cpu), memory })
    }
}

/// Measures a run and tells its figures: nanoseconds, microseconds and bytes.
pub fn tell(program: &str, job: &str) {
    let mut command = Command::new(program);
    command.arg(job).stdin(Stdio::null()).stdout(Stdio::null());
    let started = Instant::now();
    let status = command.status().expect("the program can be started");
    let wall = started.elapsed().as_nanos();
    assert!(status.success(), "{program} {job}: {status}");
    // It is the only child.
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("Linux tells it");
    let cpu = usage.user_time() + usage.system_time();
    println!("{wall} {} {}", cpu.num_microseconds(), usage.max_rss() * 1_024);
}
