//! Making connections: within a time of their own, and one at a time while a proxy may still refuse the password.
//!
//! A connection has less time than the request that needs it, so a request that runs out of time had one.

use std::error::Error;
use std::iter::successors;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tower_layer::Layer;
use tower_service::Service;

use super::proxy::TunnelError;
use super::retry::Budget;

/// The longest time for one connection: a name server that takes 10 s (two attempts of glibc's) still works.
const MAX_TIME: Duration = Duration::from_secs(15);

/// What is reported of a proxy that demands a user and a password, or others than it was given.
pub(super) const AUTHENTICATION_REQUIRED: &str = "407 Proxy Authentication Required";

/// What is reported of a connection that took too long.
pub(super) const NOT_IN_TIME: &str = "no connection in time";

type BoxError = Box<dyn Error + Send + Sync>;

/// Why no connection was made, where that was our own decision.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum ConnectError {
    /// It took too long.
    #[error("{NOT_IN_TIME}")]
    TimedOut {
        /// Whether the time was shorter than usual, because the job's time was nearly over.
        is_cut_short: bool,
    },
    /// The proxy has refused the password before, in these words, and would count another attempt.
    #[error("{0}")]
    PasswordRefused(String),
}

/// The time for a connection that serves a request with this timeout.
pub(super) fn timeout_within(request_timeout: Duration) -> Duration {
    MAX_TIME.min(request_timeout.mul_f64(0.75))
}

/// What is known of the connections of one client.
#[derive(Debug)]
pub(super) struct Connections {
    budget: Arc<Budget>,
    timeout: Duration,
    sends_password: bool,
    is_any_made: AtomicBool,
    /// How the proxy refused the password, if it did.
    refusal: OnceLock<String>,
    turn: Arc<Mutex<()>>,
    /// The turn of a connection that the proxy refused, until it is known why.
    kept_turn: std::sync::Mutex<Option<OwnedMutexGuard<()>>>,
}

impl Connections {
    /// Returns the state of a client without connections. `sends_password` is about its proxy.
    pub(super) fn new(budget: Arc<Budget>, timeout: Duration, sends_password: bool) -> Connections {
        let (is_any_made, refusal) = (AtomicBool::new(false), OnceLock::new());
        Connections {
            budget,
            timeout,
            sends_password,
            is_any_made,
            refusal,
            turn: Arc::default(),
            kept_turn: std::sync::Mutex::default(),
        }
    }

    /// Returns whether any connection was made. Before that, no request can have been sent.
    pub(super) fn is_any_made(&self) -> bool {
        self.is_any_made.load(Ordering::SeqCst)
    }

    /// Makes no further connection: the proxy has refused the password, in these words.
    pub(super) fn give_up(&self, refusal: &str) {
        self.refusal.get_or_init(|| refusal.to_owned());
    }

    /// Lets the next connection be made, as far as it waits for the reason why the proxy refused one.
    pub(super) fn go_on(&self) {
        drop(self.keep_turn(None));
    }

    fn keep_turn(&self, turn: Option<OwnedMutexGuard<()>>) -> Option<OwnedMutexGuard<()>> {
        std::mem::replace(&mut *self.kept_turn.lock().unwrap_or_else(PoisonError::into_inner), turn)
    }

    async fn watch<T>(&self, connecting: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
        let turn = self.turn().await;
        if let Some(refusal) = self.refusal.get() {
            return Err(ConnectError::PasswordRefused(refusal.clone()).into());
        }
        let left = timeout_within(self.budget.left());
        let is_cut_short = left < self.timeout;
        let made = tokio::time::timeout(left.min(self.timeout), connecting)
            .await
            .map_err(|_elapsed| ConnectError::TimedOut { is_cut_short })?;
        match made.as_ref().map_err(|error| tunnel_error(&**error)) {
            Ok(_) => self.is_any_made.store(true, Ordering::SeqCst),
            Err(Some(TunnelError::ProxyAuthRequired)) => self.give_up(AUTHENTICATION_REQUIRED),
            Err(Some(TunnelError::TunnelUnsuccessful)) => drop(self.keep_turn(turn)),
            Err(_) => {}
        }
        made
    }

    /// Waits while another connection may be about to show that the proxy refuses the password: several attempts at once
    /// would lock the account.
    async fn turn(&self) -> Option<OwnedMutexGuard<()>> {
        if !self.sends_password || self.is_any_made() {
            return None;
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        (!self.is_any_made()).then_some(turn)
    }
}

fn tunnel_error<'error>(error: &'error (dyn Error + 'static)) -> Option<&'error TunnelError> {
    successors(Some(error), |error| (*error).source()).find_map(|cause| cause.downcast_ref())
}

/// Puts [`Connections`] before the making of each connection.
#[derive(Debug, Clone)]
pub(super) struct ConnectLayer(pub(super) Arc<Connections>);

impl<S> Layer<S> for ConnectLayer {
    type Service = WatchedConnector<S>;

    fn layer(&self, inner: S) -> WatchedConnector<S> {
        WatchedConnector { inner, connections: Arc::clone(&self.0) }
    }
}

#[derive(Debug, Clone)]
pub(super) struct WatchedConnector<S> {
    inner: S,
    connections: Arc<Connections>,
}

impl<S, Target> Service<Target> for WatchedConnector<S>
where
    S: Service<Target, Error = BoxError>,
    S::Response: Send,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, target: Target) -> Self::Future {
        let (connecting, connections) = (self.inner.call(target), Arc::clone(&self.connections));
        Box::pin(async move { connections.watch(connecting).await })
    }
}
