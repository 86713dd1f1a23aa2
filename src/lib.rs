//! A Cortex responder that makes CrowdStrike Falcon follow TheHive.
//!
//! One way through the house, and only the edges touch the world:
//!
//! ```text
//! bytes ─▶ Job ─▶ Plan ─▶ [Call] ─▶ send ─▶ [Outcome] ─▶ Report ─▶ bytes
//!         cortex  service (pure)    falcon               cortex
//! ```
//!
//! [`Run::respond`] is that way. [`cortex`] and [`thehive`] know nothing of Falcon, [`falcon`] nothing of them;
//! [`service`] alone knows both sides.

pub mod check;
pub mod config;
pub mod cortex;
pub mod environment;
pub mod falcon;
mod run;
pub mod secret;
pub mod service;
pub mod thehive;

pub use run::{Rehearsal, Run};
