//! What surrounds a job: environment variables and the job directory. Read once, at the edge.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The environment variables that the program knows, by name.
const KNOWN: [&str; 15] = [
    "FALCON_CLIENT_ID",
    "FALCON_CLIENT_SECRET",
    "FALCON_CLOUD",
    "FALCON_BASE_URL",
    "FALCON_MEMBER_CID",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
];

/// What a job finds around it.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<&'static str, String>,
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
        let variables = KNOWN.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?))).collect();
        Environment { variables, job_directory }
    }

    /// The first of these variables that is set and not blank, without the blanks around it.
    #[must_use]
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            let value = self.variables.get(*name)?.trim();
            (!value.is_empty()).then_some(value)
        })
    }
}
