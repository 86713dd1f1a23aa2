//! An API client that lacks a scope: the stand-in refuses what needs it and nothing else.

use cortex_falcon::service::FLAVORS;

use crate::common::stand_in::scopes::SCOPES;
use crate::common::strict::SEARCH;
use crate::common::{ALERT, CASE, Fault, INCIDENT, Job, Ran, Responder, StandIn, answers, job};
use crate::searching::{at, searching};

/// A case's job against this Falcon.
fn case_at(falcon: &StandIn) -> Responder {
    at(falcon, job("thehive5-case"))
}

/// The check of this job, where the API client lacks this scope.
fn check_without(lacking: &str, job: Job) -> Ran {
    let falcon = StandIn::in_the_clear().without_scope(lacking);
    at(&falcon, job).argument("check").argument("-").run()
}

/// The scopes that the services of this part of Falcon need.
fn scopes_of(part: fn(&str) -> bool) -> impl Iterator<Item = &'static str> {
    SCOPES.iter().map(|(name, _)| *name).filter(move |name| part(name))
}

fn is_of_searches(scope: &str) -> bool {
    scope.starts_with("NGSIEM: ")
}

#[test]
fn a_check_misses_the_scope_that_falcon_lacks_and_no_other() {
    for (lacking, _) in SCOPES {
        for (job, is_asked) in [
            (job("thehive5-case"), (|scope| !is_of_searches(scope)) as fn(&str) -> bool),
            (searching(job("thehive5-case"), "a"), |_| true),
        ] {
            let shown = check_without(lacking, job).stdout;
            for (scope, _) in SCOPES {
                let told = format!("{scope}: {}", if scope == lacking { "missing" } else { "allowed" });
                assert_eq!(shown.contains(&told), is_asked(scope), "{told:?} without {lacking}:\n{shown}");
            }
        }
    }
}

/// The scopes that the jobs of a service cannot do without.
fn needed(service: &str) -> &'static [&'static str] {
    match service {
        "sync" => &["Alerts: write", "Incidents: write", "Cases: write"],
        "create_case" | "update_case" | "add_evidence" | "add_tags" | "remove_tags" => &["Cases: read", "Cases: write"],
        "get_case" | "list_cases" => &["Cases: read"],
        "search" => &["NGSIEM: read", "NGSIEM: write"],
        "get_search" => &["NGSIEM: read"],
        "stop_search" => &["NGSIEM: write"],
        other => panic!("{other} has no row here"),
    }
}

#[test]
fn a_check_fails_for_the_scopes_that_the_service_cannot_do_without() {
    let rows: Vec<_> = FLAVORS.iter().flat_map(|flavor| SCOPES.map(|(scope, _)| (flavor.name, scope))).collect();
    for (service, lacking) in rows {
        let job = searching(job("thehive5-case"), "a").with("/config/service", service);
        let ran = check_without(lacking, job.with("/parameters/search_id", "S1"));
        let is_needed = needed(service).contains(&lacking);
        assert_eq!(ran.status, Some(i32::from(is_needed)), "{service} without {lacking}: {}", ran.stdout);
        assert_eq!(ran.stdout.contains(&format!("✗ {lacking}: missing. Next: Give the API client")), is_needed);
    }
}

#[test]
fn a_check_of_searches_changes_nothing_and_asks_for_no_more_than_the_job_needs() {
    for (service, methods) in
        [("search", vec!["DELETE", "GET"]), ("get_search", vec!["GET"]), ("stop_search", vec!["DELETE"])]
    {
        let falcon = StandIn::in_the_clear().with_search("search-all", "S1");
        let job =
            searching(job("observable"), "a").with("/config/service", service).with("/parameters/search_id", "S1");
        let shown = at(&falcon, job).argument("check").argument("-").run().stdout;
        assert!(shown.contains("✓ job: observable 192.0.2.1") && shown.contains("This job would work."), "{shown}");
        let requests = falcon.requests();
        let asked = requests.iter().filter(|request| request.path.starts_with("/humio/"));
        let mut asked: Vec<&str> = asked.map(|request| request.method.as_str()).collect();
        asked.sort_unstable();
        assert_eq!(asked, methods, "{service}");
        assert_eq!(
            (falcon.searches().len(), falcon.searches()[0].polls, falcon.searches()[0].is_stopped),
            (1, 0, false)
        );
    }
}

#[test]
fn without_a_job_the_scopes_of_searches_are_told_and_are_no_failure() {
    for scope in scopes_of(is_of_searches) {
        let falcon = StandIn::in_the_clear().without_scope(scope);
        let config = job("thehive5-case").with("/config/base_url", falcon.url()).0["config"].take();
        let ran = Responder::new().argument("check").argument("-").stdin(config.to_string()).run();
        assert!(
            ran.stdout.contains(&format!("· {scope}: missing; only searches need it. Next: Give")),
            "{}",
            ran.stdout
        );
        assert_eq!(ran.status, Some(0));
    }
}

#[test]
fn an_answer_that_is_none_of_the_search_api_tells_nothing_of_its_scopes() {
    let whole = |status, body: String| Fault::Answer { status, headers: Vec::new(), body: body.into() };
    let proxy = "a proxy or another server answers in Falcon's place";
    for (fault, told) in [
        (whole(404, "<html>Not here</html>".into()), proxy.to_owned()),
        (whole(200, "<html>Not here</html>".into()), proxy.to_owned()),
        (
            whole(404, answers::named("gateway-no-such-path").text()),
            "Falcon's answer (HTTP 404) does not tell".to_owned(),
        ),
        (whole(500, String::new()), "Falcon's answer (HTTP 500) does not tell".to_owned()),
        (whole(403, String::new()), "missing".to_owned()),
    ] {
        let falcon = StandIn::in_the_clear().fails(SEARCH, fault, usize::MAX);
        let ran = at(&falcon, searching(job("observable"), "a")).argument("check").argument("-").run();
        for scope in scopes_of(is_of_searches) {
            assert!(ran.stdout.contains(&format!("✗ {scope}: {told}")), "{told}: {}", ran.stdout);
        }
        assert_eq!(ran.status, Some(1));
    }
    for fault in [whole(204, String::new()), whole(404, answers::refusal(404, "query job not found").text())] {
        let falcon = StandIn::in_the_clear().fails(SEARCH, fault, usize::MAX);
        let ran = at(&falcon, searching(job("observable"), "a")).argument("check").argument("-").run();
        assert!(ran.stdout.contains("✓ NGSIEM: write: allowed") && ran.status == Some(0), "{}", ran.stdout);
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
