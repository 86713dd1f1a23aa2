//! Where a job comes from.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::LONGEST_JOB;

/// Where Cortex's Docker runner puts the job; it starts the image without an argument.
const DOCKER_JOB_DIRECTORY: &str = "/job";

/// Where to read a job, and with that, where its report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A job directory of Cortex 3 and later: `input/input.json` in, `output/output.json` out.
    Directory(PathBuf),
    /// A file that holds one job.
    File(PathBuf),
    /// Standard input, as `-` names it.
    Stdin,
    /// Standard input, because no argument names a job and no job directory is mounted: Cortex 2, and a pipe at a shell.
    UnnamedStdin,
}

impl Source {
    /// Finds the job from the command's argument; `None` where there is nothing to read.
    #[must_use]
    pub fn find(argument: Option<&Path>) -> Option<Source> {
        match argument {
            Some(path) if path == Path::new("-") => Some(Source::Stdin),
            Some(path) if path.is_dir() => Some(Source::Directory(path.to_owned())),
            Some(path) => Some(Source::File(path.to_owned())),
            // Where it cannot even be looked for, the mode of the folder is what must be told.
            None if input_of(Path::new(DOCKER_JOB_DIRECTORY)).try_exists().unwrap_or(true) => {
                Some(Source::Directory(DOCKER_JOB_DIRECTORY.into()))
            }
            None if io::stdin().is_terminal() => None,
            None => Some(Source::UnnamedStdin),
        }
    }

    /// The job directory, where there is one.
    #[must_use]
    pub fn job_directory(&self) -> Option<&Path> {
        match self {
            Source::Directory(path) => Some(path),
            Source::File(_) | Source::Stdin | Source::UnnamedStdin => None,
        }
    }

    /// Reads the whole job, [`LONGEST_JOB`] bytes at the most.
    ///
    /// # Errors
    /// Names the file that cannot be read, or says that the job is too long.
    pub fn read(&self) -> Result<Vec<u8>> {
        match self {
            Source::Directory(path) => read_file(&input_of(path)),
            Source::File(path) => read_file(path),
            Source::Stdin => read_stdin(),
            Source::UnnamedStdin => {
                read_stdin().and_then(|bytes| if bytes.trim_ascii().is_empty() { no_job() } else { Ok(bytes) })
            }
        }
    }
}

fn read_stdin() -> Result<Vec<u8>> {
    read_all(io::stdin().lock(), 0).context("cannot read the job from standard input")
}

/// A container whose job folder was not mounted finds nothing. Docker makes an empty folder of a path that the host does not
/// have, so a folder may be mounted, and be the wrong one.
fn no_job<T>() -> Result<T> {
    bail!(
        "there is no job: {} does not exist, where Cortex's Docker runner mounts it, and standard input is empty. If this is a container, \
         Cortex's job folder was not mounted: Cortex's setting job.directory must name a folder that the Docker host has, too, and \
         job.dockerDirectory (docker_job_directory for Cortex's own image) the path of that folder on the Docker host. \
         At a shell, name a job file, a job directory, or - for standard input",
        input_of(Path::new(DOCKER_JOB_DIRECTORY)).display()
    )
}

fn input_of(job_directory: &Path) -> PathBuf {
    job_directory.join("input").join("input.json")
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let read = || {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        read_all(file, length)
    };
    read().with_context(|| {
        format!(
            "cannot read the job from {}; expected a job directory, a job file, or - for standard input",
            path.display()
        )
    })
}

/// `likely` is its length, as far as that is known: of a file, so that it is read at once.
fn read_all(reader: impl Read, likely: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(likely.min(LONGEST_JOB)).unwrap_or_default() + 1);
    reader.take(LONGEST_JOB + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST_JOB {
        bail!("it is longer than {} MB; expected one alert or case as Cortex sends it", LONGEST_JOB / 1_000_000);
    }
    Ok(bytes)
}
