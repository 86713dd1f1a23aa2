//! A Cortex responder that makes CrowdStrike Falcon follow TheHive.
//!
//! When an analyst moves an alert or case on in TheHive, Cortex runs this responder with a job. The responder updates what
//! the alert or case is linked to in Falcon, and answers with a report. There is one way through the house, and only
//! its edges touch the world:
//!
//! ```text
//! bytes ─▶ Job ─▶ Plan ─▶ Service over a Session ─▶ [Outcome] ─▶ Report ─▶ bytes
//!         cortex  service (pure)   falcon, http                  cortex
//! ```
//!
//! [`Run::respond`] is that way, and [`Run::rehearse`] its first half:
//!
//! ```
//! use cortex_falcon::{Run, environment::Environment};
//!
//! let job = r#"{
//!     "dataType": "thehive:alert",
//!     "data": {"_id": "~8360", "stage": "Closed", "customFieldValues": {
//!         "csfalcon-alert-id": "8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:17219-10357-8210"
//!     }},
//!     "config": {"service": "sync", "base_url": "eu-1"}
//! }"#;
//! let rehearsal = Run::new(Environment::empty()).rehearse(|| Ok(job.into())).expect("a sound job");
//! assert_eq!(rehearsal.calls[0]["url"], "https://api.eu-1.crowdstrike.com/alerts/entities/alerts/v3");
//! assert_eq!(rehearsal.calls[0]["body"]["action_parameters"][0]["value"], "closed");
//! assert!(rehearsal.report.message().starts_with("Falcon follows alert ~8360"));
//! ```
//!
//! | module | what it knows |
//! | --- | --- |
//! | [`cortex`] | where a job comes from, TLP and PAP, the report |
//! | [`thehive`] | alerts and cases of TheHive 3, 4 and 5 |
//! | [`falcon`] | Falcon's API: calls, ids, clouds, tokens, and what an answer means |
//! | [`http`] | transport: one client, one budget, retries, TLS, proxies; no product |
//! | `session` | one job's way to Falcon, and the ledger of what it wrote |
//! | [`service`] | both sides: what to ask of Falcon, and what to tell Cortex |
//! | [`config`], [`environment`], [`secret`] | the configuration, what surrounds the job, and what is never shown |
//! | [`check`](mod@check) | whether a job would work, or what must be done first |
//!
//! [`cortex`] and [`thehive`] never name Falcon, [`falcon`] never names them, and [`http`] names none of them.
//!
//! Facts about the wire come from Cortex 4.1 and cortexutils 2.2 (jobs and reports), from jobs of each TheHive version, and from
//! CrowdStrike's published SDKs and their issue trackers (falconpy, gofalcon, falcon-mcp). Each stands where it is used.

#![warn(unreachable_pub)]

pub mod check;
pub mod config;
pub mod cortex;
pub mod environment;
pub mod falcon;
pub mod http;
mod run;
pub mod secret;
pub mod service;
mod session;
mod text;
pub mod thehive;
mod version;

pub use run::{Rehearsal, Run};
pub use version::VERSION;
