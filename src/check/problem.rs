//! Why there is no answer of Falcon's, and what to do, in the words of a check.

use crate::falcon::{Asked, BaseUrl, Login, Reason, advice};
use crate::http::Problem;
use crate::http::url::host_and_port;

/// Where answers come from, and which configuration item names that place.
#[derive(Debug, Clone)]
pub(super) struct Place {
    host: String,
    item: &'static str,
}

impl Place {
    /// Where tokens come from.
    pub(super) fn of_tokens(login: &Login) -> Place {
        match &login.token_url {
            Some(url) => Place { host: host_and_port(url), item: "token_url" },
            None => Place::of_api(&login.base_url),
        }
    }

    /// Where all else comes from.
    pub(super) fn of_api(base_url: &BaseUrl) -> Place {
        Place { host: base_url.host(), item: "base_url" }
    }

    /// What to do about a reason.
    pub(super) fn next(&self, reason: &Reason, scope: &str) -> String {
        let cause = reason.underlying();
        self.next_on_the_way(cause).unwrap_or_else(|| advice(reason, Asked { scope, change: None }))
    }

    /// What to do where something between here and Falcon answers, or may have answered. Whoever checks a configuration can
    /// have the way cleared; a job's report has other readers.
    pub(super) fn next_on_the_way(&self, reason: &Reason) -> Option<String> {
        let Place { host, item } = self;
        Some(match reason {
            Reason::Unreadable { .. } => {
                format!("Have the proxy let this machine through to {host}, or correct {item}.")
            }
            Reason::Refused { by, status, .. } if by.is_gateway(*status) => format!(
                "If that gateway is a proxy of yours, have it let this machine through to {host}; if it is Falcon's own, check again later (status.crowdstrike.com)."
            ),
            Reason::Redirected { cloud: None, .. } => format!(
                "If a proxy wants a sign-in there, have it let this machine through to {host} without one; if not, set {item} to the cloud or host of your tenant."
            ),
            Reason::NoAnswer { problem: Problem::Timeout | Problem::Cut, .. } => {
                format!("Check again; if it stays so, look at the proxy and the firewall on the way to {host}.")
            }
            _ => return None,
        })
    }
}

/// What happened.
pub(super) fn told(reason: &Reason) -> String {
    let cause = reason.underlying();
    if matches!(cause, Reason::Unreadable { .. }) {
        format!("a proxy or another server answers in Falcon's place: {reason}")
    } else {
        reason.to_string()
    }
}
