//! What surrounds a job: environment variables and the job directory.

use std::path::PathBuf;

/// What a job finds around it.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    has_variables: bool,
    /// The job directory, where Cortex made one: it may hold `input/cacerts`.
    pub job_directory: Option<PathBuf>,
}

impl Environment {
    /// An environment in which no variable is set.
    #[must_use]
    pub fn empty() -> Environment {
        Environment::default()
    }

    /// The environment of this process.
    #[must_use]
    pub fn of_this_process(job_directory: Option<PathBuf>) -> Environment {
        Environment { has_variables: true, job_directory }
    }

    /// The first of these variables that is set and not blank, without the blanks around it.
    #[must_use]
    pub fn first(&self, names: &[&str]) -> Option<String> {
        let values = names.iter().filter(|_| self.has_variables).filter_map(|name| std::env::var(name).ok());
        values.map(|value| value.trim().to_owned()).find(|value| !value.is_empty())
    }
}
