//! Scenarios against the real binary: given this job and this Falcon, expect these requests and this report.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends by a panic")]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod autodiscover;
mod bounds;
mod causes;
mod certificates;
mod check;
mod completions;
mod configuration;
mod confirmation;
mod connections;
mod cortex;
mod definition;
mod documents;
mod doubles;
mod faults;
mod from_creation_to_close;
mod id_fields;
mod input;
mod installation;
mod items;
mod judgement;
mod judgement_of_cases;
mod limits;
mod lost_answers;
mod manual;
mod naming;
mod network;
mod no_proxy;
mod notifications;
mod own_words;
mod pictures;
mod properties;
mod proxies;
mod references;
mod refusals;
mod report_limit;
mod reports;
mod scopes;
mod searching;
mod secrets;
mod sent_again;
mod services;
mod shell;
mod shutdown;
mod stopped_anywhere;
mod sync;
mod thehive;
mod token_cache;
mod tokens;
mod tries;
mod wishes;
mod words;
