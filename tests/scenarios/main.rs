//! Scenarios against the real binary: given this job and this Falcon, expect these requests and this report.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends by a panic")]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod bounds;
mod configuration;
mod confirmation;
mod cortex;
mod definition;
mod documents;
mod doubles;
mod faults;
mod input;
mod installation;
mod judgement;
mod judgement_of_cases;
mod lost_answers;
mod naming;
mod network;
mod own_words;
mod properties;
mod refusals;
mod secrets;
mod shell;
mod shutdown;
mod sync;
mod tokens;
mod tries;
mod words;
