//! An API client that lacks a scope: the stand-in refuses what needs it and nothing else.

use crate::common::stand_in::scopes::SCOPES;
use crate::common::{ALERT, CASE, INCIDENT, Responder, StandIn, job};

/// A case's job against this Falcon.
fn case_at(falcon: &StandIn) -> Responder {
    Responder::new().stdin(job("thehive5-case").with("/config/base_url", falcon.url()).0.to_string())
}

#[test]
fn a_check_misses_the_scope_that_falcon_lacks_and_no_other() {
    for (lacking, _) in SCOPES {
        let falcon = StandIn::in_the_clear().without_scope(lacking);
        let shown = case_at(&falcon).argument("check").argument("-").run().stdout;
        for (scope, _) in SCOPES {
            let told = format!("{scope}: {}", if scope == lacking { "missing" } else { "allowed" });
            assert!(shown.contains(&told), "{told:?} without {lacking} is not in:\n{shown}");
        }
    }
}

#[test]
fn a_job_without_a_scope_to_write_does_the_rest_and_names_it() {
    for (lacking, id) in [("Alerts: write", ALERT), ("Incidents: write", INCIDENT), ("Cases: write", CASE)] {
        let falcon = StandIn::in_the_clear().without_scope(lacking);
        let said = "access denied, scope not permitted (code 403)";
        case_at(&falcon).run().fails_with(&["HTTP 403", said, &format!("the scope \"{lacking}\""), id]);
        for other in [ALERT, INCIDENT, CASE] {
            assert_eq!(falcon.status_of(other).is_none(), other == id, "{other} without {lacking}");
        }
    }
}

#[test]
fn a_scope_to_read_is_not_needed_where_falcon_is_clear() {
    let falcon = SCOPES.iter().map(|(name, _)| *name).filter(|name| name.ends_with("read"));
    let falcon = falcon.fold(StandIn::in_the_clear(), StandIn::without_scope);
    case_at(&falcon).run().success();
}
