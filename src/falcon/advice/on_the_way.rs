//! What to do if the network, a proxy or another server is in the way.

use std::time::SystemTime;

use crate::falcon::reason::{Reason, RefusedBy, date};
use crate::http::{Peer, Problem};

/// The next step if no answer of Falcon's came from the host that this configuration item names.
pub(super) fn on_the_way(reason: &Reason, item: &str) -> String {
    match reason {
        Reason::Redirected { .. } => {
            format!("Set {item} in Cortex to the cloud or host of your tenant, then run the responder again.")
        }
        Reason::NoAnswer { problem, peer, .. } => no_answer(*problem, peer, item),
        _ => something_in_between(item),
    }
}

/// The next step after a server error. `item` is the configuration item with the address.
pub(super) fn server_error(by: RefusedBy, status: u16, retry_after: Option<SystemTime>, item: &str) -> String {
    let when = retry_after.and_then(date).map_or_else(|| "later".to_owned(), |date| format!("after {date}"));
    if by.is_gateway(status) {
        format!(
            "This gateway is one of Falcon's own (status.crowdstrike.com), or it stands between Cortex and Falcon: run the responder again {when}; if it stays so, check {item} and the proxy."
        )
    } else {
        format!("Falcon has trouble of its own (status.crowdstrike.com): run the responder again {when}.")
    }
}

fn something_in_between(item: &str) -> String {
    format!(
        "Something between Cortex and Falcon answers instead of it: check {item} and the proxy, then run the responder again."
    )
}

fn no_answer(problem: Problem, peer: &Peer, item: &str) -> String {
    match (problem, peer.failed_proxy()) {
        (Problem::Tunnel(status), _) => refused_tunnel(status, &peer.server),
        (Problem::Connect, Some(_)) => {
            "Correct the proxy in Cortex (proxy_https), or have the proxy started, then run the responder again.".into()
        }
        (Problem::Connect, None) => {
            format!("Check {item}, the proxy and the firewall between Cortex and Falcon, then run the responder again.")
        }
        (Problem::Certificate, Some(_)) => {
            "Give Cortex the CA certificate that the proxy's own is from (cacerts), then run the responder again.".into()
        }
        (Problem::Certificate, None) => {
            "If a proxy inspects TLS, give Cortex its CA certificate (cacerts); if not, somebody else answers for Falcon.".into()
        }
        (Problem::CertificateDates, _) => {
            "Check the clock of Cortex's machine; if it is right, have the certificate renewed.".into()
        }
        (Problem::Handshake | Problem::Alert, _) => format!(
            "Check {item}: the server must speak TLS 1.2 or newer there, and demand no client certificate. The documentation has what is not supported (Upgrade)."
        ),
        (Problem::Timeout | Problem::Cut, _) => {
            "Run the responder again; if it stays so, check the proxy and the firewall.".into()
        }
        (Problem::TooLong, _) => something_in_between(item),
    }
}

const WANTS_PASSWORD: &str = "The proxy wants a user and a password: set or correct them in Cortex's proxy URL.";

fn refused_tunnel(status: Option<u16>, server: &str) -> String {
    match status {
        Some(407) => format!(
            "{WANTS_PASSWORD} They were not sent again, because a directory locks an account after several wrong passwords."
        ),
        // This status is known only from a second request, with the same password.
        Some(401) => WANTS_PASSWORD.into(),
        Some(400..500) => {
            format!("Have the proxy let this machine through to {server}, then run the responder again.")
        }
        _ => format!("Check that the proxy itself reaches {server}, then run the responder again."),
    }
}
