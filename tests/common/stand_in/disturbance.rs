//! What comes between the arrival of a request, its effect, and the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::StandIn;
use super::fault::Fault;
use super::request::Request;

/// What comes between the arrival of a request, its effect, and the answer; and what goes wrong.
#[derive(Debug, Clone, Default)]
pub struct Disturbance {
    /// So long it takes until the effect.
    pub delay: Duration,
    /// And longer, until this is so.
    pub until: Option<Arc<AtomicBool>>,
    /// So long it takes from there to the answer.
    pub answer_delay: Duration,
    /// This in the place of the answer. Faults that a scenario has promised for the path come first.
    pub fault: Option<Fault>,
}

/// Decides on the disturbance of each request, at its arrival.
pub type Disturb = Box<dyn FnMut(&Request) -> Disturbance + Send>;

impl Disturbance {
    /// Waits for the moment of the effect.
    pub async fn pass(&self) {
        tokio::time::sleep(self.delay).await;
        while self.until.as_ref().is_some_and(|until| !until.load(Ordering::Relaxed)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl StandIn {
    /// A tenant in which this comes between a request and its answer.
    pub fn disturbed(self, disturb: impl FnMut(&Request) -> Disturbance + Send + 'static) -> StandIn {
        self.state().disturb = Some(Box::new(disturb));
        self
    }
}
