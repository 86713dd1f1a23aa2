//! Why no whole answer came.

use std::error::Error;
use std::fmt;
use std::io;
use std::iter::successors;
use std::time::Duration;

use rustls::CertificateError;

use super::Answer;
use super::connect::{AUTHENTICATION_REQUIRED, ConnectError, NOT_IN_TIME};
use super::proxy::TunnelError;

/// Why no whole answer came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// Our own time was over before the request could be sent.
    OutOfTime {
        /// All the time that there was.
        whole: Duration,
    },
    /// There was no answer.
    NoAnswer {
        /// What happened on the way.
        problem: Problem,
        /// Where it happened.
        peer: Peer,
        /// In the words of the network, which may repeat what the other side sent: not to be shown as it is.
        detail: String,
        /// Whether the wait was shorter than usual, because our own time was nearly over.
        is_cut_short: bool,
    },
    /// An answer began and did not end.
    Broken {
        /// What happened on the way.
        problem: Problem,
        /// Where it happened.
        peer: Peer,
        /// In the words of the network: not to be shown as it is.
        detail: String,
        /// As much as came.
        beginning: Box<Answer>,
        /// Whether the wait was shorter than usual, because our own time was nearly over.
        is_cut_short: bool,
    },
}

/// How far an exchange came that ended without a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No connection: refused, no route, no such name, not in time.
    Connect,
    /// The proxy did not open a tunnel, and gave this status, if any.
    Tunnel(Option<u16>),
    /// A connection, but the certificate is not trusted.
    Certificate,
    /// The same, because by our clock it has expired or is not valid yet.
    CertificateDates,
    /// A connection, but no TLS on it.
    Handshake,
    /// The other side ended TLS with an alert, after the request may have been sent.
    Alert,
    /// No answer in time.
    Timeout,
    /// The connection broke before the answer was whole.
    Cut,
    /// The answer was longer than any that is expected.
    TooLong,
}

impl Trouble {
    /// Returns whether no connection was made in time, for example because a name server was slow.
    pub(crate) fn is_late_connection(&self) -> bool {
        matches!(self, Trouble::NoAnswer { problem: Problem::Connect, detail, .. } if detail == NOT_IN_TIME)
    }
}

impl Problem {
    /// Whether the request may have arrived all the same.
    #[must_use]
    pub fn may_have_arrived(self) -> bool {
        match self {
            Problem::Connect
            | Problem::Tunnel(_)
            | Problem::Certificate
            | Problem::CertificateDates
            | Problem::Handshake => false,
            Problem::Alert | Problem::Timeout | Problem::Cut | Problem::TooLong => true,
        }
    }

    /// Whether another attempt may end otherwise.
    #[must_use]
    pub(crate) fn may_pass(self) -> bool {
        match self {
            Problem::Connect | Problem::Timeout | Problem::Cut => true,
            // Without a status, the connection to the proxy broke; with success, the proxy has opened the tunnel at last.
            Problem::Tunnel(status) => {
                status.is_none_or(|status| matches!(status, 200..300 | 408 | 429 | 500 | 502..=504))
            }
            Problem::Certificate
            | Problem::CertificateDates
            | Problem::Handshake
            | Problem::Alert
            | Problem::TooLong => false,
        }
    }
}

/// The two ends of a connection, and at which of them something happened. Its `Display` names the server, and the proxy before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// `host:port` of the server that the request is for.
    pub server: String,
    /// `host:port` of the proxy on the way, if there is one.
    pub proxy: Option<String>,
    /// Whether it happened at the proxy.
    pub is_proxy: bool,
}

impl Peer {
    /// The proxy, if that is where it happened.
    #[must_use]
    pub fn failed_proxy(&self) -> Option<&str> {
        self.proxy.as_deref().filter(|_| self.is_proxy)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proxy {
            Some(proxy) => write!(formatter, "{} through the proxy {proxy}", self.server),
            None => formatter.write_str(&self.server),
        }
    }
}

/// What an error of the network comes down to.
#[derive(Debug, PartialEq)]
pub(super) struct Cause {
    pub(super) problem: Problem,
    pub(super) detail: String,
    /// Whether it happened between here and the proxy.
    pub(super) is_at_proxy: bool,
    /// Whether the time to connect was shorter than usual.
    pub(super) is_cut_short: bool,
}

impl Cause {
    /// Returns a cause that we found ourselves.
    pub(super) fn here(problem: Problem, detail: String) -> Cause {
        Cause { problem, detail, is_at_proxy: false, is_cut_short: false }
    }

    /// Reads an error and its sources. The innermost is the one that says something.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Cause {
        let causes = || successors(Some(error), |error| cause_of(*error));
        let tls = causes().find_map(|cause| cause.downcast_ref::<rustls::Error>());
        let tunnel = causes().find_map(|cause| cause.downcast_ref::<TunnelError>());
        let own = causes().find_map(|cause| cause.downcast_ref::<ConnectError>());
        let is_unsent = causes().any(is_connecting);
        let is_late = causes().filter_map(|cause| cause.downcast_ref()).any(reqwest::Error::is_timeout);
        let problem = match (tunnel, own) {
            (Some(TunnelError::ProxyAuthRequired), _) | (_, Some(ConnectError::PasswordRefused(_))) => {
                Problem::Tunnel(Some(407))
            }
            (
                Some(
                    TunnelError::TunnelUnsuccessful
                    | TunnelError::TunnelUnexpectedEof
                    | TunnelError::ProxyHeadersTooLong,
                ),
                _,
            ) => Problem::Tunnel(None),
            _ if is_unsent => tls.map_or(Problem::Connect, problem_of_tls),
            _ if matches!(tls, Some(rustls::Error::AlertReceived(_))) => Problem::Alert,
            _ if is_late => Problem::Timeout,
            _ => Problem::Cut,
        };
        let detail = match problem {
            Problem::Connect if is_late => NOT_IN_TIME.to_owned(),
            _ => detail(tunnel, causes().last().unwrap_or(error)),
        };
        Cause {
            problem,
            detail,
            is_at_proxy: tunnel.is_some() || matches!(own, Some(ConnectError::PasswordRefused(_))),
            is_cut_short: matches!(own, Some(ConnectError::TimedOut { is_cut_short: true, .. })),
        }
    }
}

fn detail(tunnel: Option<&TunnelError>, innermost: &(dyn Error + 'static)) -> String {
    match tunnel {
        Some(TunnelError::ProxyAuthRequired) => AUTHENTICATION_REQUIRED.to_owned(),
        Some(TunnelError::TunnelUnexpectedEof) => "it closed the connection".to_owned(),
        _ if innermost.downcast_ref().is_some_and(hyper::Error::is_canceled) => {
            "the connection was closed before the request was sent".to_owned()
        }
        _ => innermost.to_string(),
    }
}

/// Returns whether an error is one of making a connection, or of one that ended before the request was written to it.
fn is_connecting(cause: &(dyn Error + 'static)) -> bool {
    let is_connect = cause.downcast_ref().is_some_and(hyper_util::client::legacy::Error::is_connect);
    is_connect || cause.downcast_ref().is_some_and(hyper::Error::is_canceled)
}

fn problem_of_tls(error: &rustls::Error) -> Problem {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    match error {
        rustls::Error::InvalidCertificate(
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
        ) => Problem::CertificateDates,
        rustls::Error::InvalidCertificate(_) => Problem::Certificate,
        _ => Problem::Handshake,
    }
}

/// An I/O error counts its own content out of its causes.
fn cause_of<'error>(error: &'error (dyn Error + 'static)) -> Option<&'error (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(content) => Some(content),
        None => error.source(),
    }
}
