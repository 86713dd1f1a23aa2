//! Making connections: within a time of their own, and one at a time while a proxy may still refuse the password.
//!
//! A connection has less time than the request that needs it, so a request that runs out of time had one.

use std::error::Error;
use std::iter::successors;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tower_layer::Layer;
use tower_service::Service;

use super::proxy::TunnelError;
use super::retry::Budget;

/// The longest time for one connection: a name server that takes 10 s (two attempts of glibc's) still works.
const MAX_TIME: Duration = Duration::from_secs(15);

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
    /// The proxy has refused the password before, and would count another attempt.
    #[error("407 Proxy Authentication Required")]
    PasswordRefused,
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
    is_password_refused: AtomicBool,
    turn: Mutex<()>,
}

impl Connections {
    /// Returns the state of a client without connections. `sends_password` is about its proxy.
    pub(super) fn new(budget: Arc<Budget>, timeout: Duration, sends_password: bool) -> Connections {
        let (is_any_made, is_password_refused) = (AtomicBool::new(false), AtomicBool::new(false));
        Connections { budget, timeout, sends_password, is_any_made, is_password_refused, turn: Mutex::new(()) }
    }

    /// Returns whether any connection was made. Before that, no request can have been sent.
    pub(super) fn is_any_made(&self) -> bool {
        self.is_any_made.load(Ordering::SeqCst)
    }

    async fn watch<T>(&self, connecting: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
        let _turn = self.turn().await;
        if self.is_password_refused.load(Ordering::SeqCst) {
            return Err(ConnectError::PasswordRefused.into());
        }
        let left = timeout_within(self.budget.left());
        let is_cut_short = left < self.timeout;
        let made = tokio::time::timeout(left.min(self.timeout), connecting)
            .await
            .map_err(|_elapsed| ConnectError::TimedOut { is_cut_short })?;
        match &made {
            Ok(_) => self.is_any_made.store(true, Ordering::SeqCst),
            Err(error) if is_password_refused(&**error) => self.is_password_refused.store(true, Ordering::SeqCst),
            Err(_) => {}
        }
        made
    }

    /// Waits while another connection may be about to show that the proxy refuses the password: several attempts at once
    /// would lock the account.
    async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        if !self.sends_password || self.is_any_made() {
            return None;
        }
        let turn = self.turn.lock().await;
        (!self.is_any_made()).then_some(turn)
    }
}

fn is_password_refused(error: &(dyn Error + 'static)) -> bool {
    let mut causes = successors(Some(error), |error| (*error).source());
    causes.any(|cause| matches!(cause.downcast_ref(), Some(TunnelError::ProxyAuthRequired)))
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
