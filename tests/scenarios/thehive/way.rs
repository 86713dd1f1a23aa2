//! The way to TheHive: plain http, TLS, no proxy, and a key that nobody sees.

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::{CASE_ID, alert, case, linked, respond, start, updated};
use crate::common::proxy::{Proxy, copy};
use crate::common::the_hive::{API_KEY, QUERY, Version, page};
use crate::common::wire::serving;
use crate::common::{ALERT, Authority, Fault, OTHER_ALERT, Responder, StandIn, TheHive};

fn with_alert(hive: TheHive) -> TheHive {
    hive.with_case(CASE_ID, 42, "InProgress").with_alert_in(CASE_ID, "~1", "det-1", linked(OTHER_ALERT))
}

#[test]
fn plain_http_is_warned_of_unless_it_stays_on_this_machine() {
    let hive = with_alert(TheHive::five());
    let port = hive.url().rsplit_once(':').unwrap().1.to_owned();
    // Of all addresses that lead to this machine, only 0.0.0.0 is none of loopback's.
    for (host, is_warned_of) in [("localhost", false), ("127.0.0.2", false), ("0.0.0.0", true)] {
        // Nothing answers at the second: that is a note in the report on an alert.
        let job =
            alert("InProgress", linked(ALERT), &hive).with("/config/thehive_url", format!("http://{host}:{port}"));
        let report = respond(job, &StandIn::in_the_clear()).success();
        let warning = format!(
            "TheHive at {host}:{port} is asked over plain http: the API key and what TheHive tells can be read on the way."
        );
        let expected = if is_warned_of { json!([warning]) } else { json!([]) };
        assert_eq!(report["full"]["warnings"], expected);
    }
}

#[test]
fn it_may_be_below_a_path_and_behind_the_jobs_certificates() {
    let authority = Authority::new();
    let hive = with_alert(TheHive::start(Version::Five, Some(&authority))).below("/thehive");
    let job = case("InProgress", linked(ALERT), &hive);
    let pem = fs::read_to_string(authority.file()).unwrap();
    let report = respond(job.clone().with("/config/cacerts", pem), &StandIn::in_the_clear()).success();
    assert_eq!(updated(&report, "alert"), [ALERT, OTHER_ALERT]);
    assert_eq!(hive.asked().len(), 3);
    respond(job, &StandIn::in_the_clear()).fails_with(&["the certificate of TheHive at localhost:", "is not trusted"]);
    assert_eq!(hive.asked().len(), 3, "no key went to a server that nobody vouches for");
}

#[test]
fn a_connection_that_is_not_made_in_time_is_tried_once_more() {
    let authority = Authority::new();
    let hive = with_alert(TheHive::start(Version::Five, Some(&authority)));
    let port: u16 = hive.url().rsplit_once(':').unwrap().1.parse().unwrap();
    let connections = AtomicUsize::new(0);
    let url = serving(move |mut connection| {
        if connections.fetch_add(1, Ordering::SeqCst) == 0 {
            while connection.read(&mut [0; 4_096]).ok()? > 0 {}
            return None;
        }
        let server = TcpStream::connect(("127.0.0.1", port)).ok()?;
        let (from_server, to_client) = (server.try_clone().ok()?, connection.try_clone().ok()?);
        thread::spawn(move || copy(from_server, to_client));
        copy(connection, server);
        Some(())
    });
    let job = case("InProgress", linked(ALERT), &hive)
        .with("/config/thehive_url", url.replace("http://127.0.0.1", "https://localhost"))
        .with("/config/cacerts", fs::read_to_string(authority.file()).unwrap())
        .with("/config/timeout_seconds", 24);
    let report = respond(job, &StandIn::in_the_clear()).success();
    assert_eq!(updated(&report, "alert"), [ALERT, OTHER_ALERT]);
}

#[test]
fn the_proxy_to_falcon_is_not_used_for_it() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    let hive = with_alert(TheHive::start(Version::Five, Some(&authority)));
    let proxy = Proxy::start(&[("localhost", falcon.port())], None);
    let pem = fs::read_to_string(authority.file()).unwrap();
    let job = case("InProgress", linked(ALERT), &hive)
        .with("/config/proxy_https", format!("http://{}", proxy.address()))
        .with("/config/proxy_http", format!("http://{}", proxy.address()))
        .with("/config/cacerts", pem);
    let report = respond(job, &falcon).success();
    assert_eq!(updated(&report, "alert"), [ALERT, OTHER_ALERT]);
    assert_eq!((proxy.seen().len(), hive.asked().len()), (1, 3), "one tunnel, to Falcon");
}

#[test]
fn the_key_stands_nowhere_whatever_comes_back() {
    let echo = Fault::Answer { status: 400, headers: Vec::new(), body: format!("key {API_KEY}").into() };
    let said = Fault::Answer { status: 403, headers: Vec::new(), body: json!({"message": API_KEY}).to_string().into() };
    let elsewhere = crate::common::the_hive::redirect(&format!("http://{API_KEY}.example/"));
    for fault in [Fault::Echo, echo, said, elsewhere, page(200)] {
        let hive =
            with_alert(TheHive::five()).fails("/api/v1/query", fault.clone(), 9).fails("/api/v1/case/*", fault, 9);
        let job = case("InProgress", linked(ALERT), &hive).with("/data/title", format!("key {API_KEY}"));
        let ran = start(job, &StandIn::in_the_clear().without(ALERT)).argument("-vv").argument("-").run();
        ran.failure();
        let sent: Vec<String> =
            hive.requests().iter().map(|request| request.headers["authorization"].clone()).collect();
        assert!(!sent.is_empty() && sent.iter().all(|sent| *sent == format!("Bearer {API_KEY}")), "{sent:?}");
    }
}

#[test]
fn a_key_that_a_page_breaks_into_lines_is_redacted_in_reports_and_check() {
    let (first, rest) = API_KEY.split_at(10);
    let (second, third) = rest.split_at(11);
    for (before, after) in [("<p>Authorization: Bearer ", "</p>"), ("Authorization: Bearer ", "\nmore")] {
        let body = format!("{before}{first}\n{second}\r\n{third}{after}").into();
        let fault = Fault::Answer { status: 502, headers: Vec::new(), body };
        let hive =
            with_alert(TheHive::five()).fails(QUERY, fault.clone(), usize::MAX).fails("/api/v1/*", fault, usize::MAX);
        let job = case("InProgress", linked(ALERT), &hive);
        let quoted = "answered HTTP 502: \"Authorization: Bearer REMOVED\"";
        let falcon = StandIn::in_the_clear();
        respond(job.clone(), &falcon).fails_with(&[quoted]);
        let checked = start(job, &falcon).argument("check").argument("-").run().stdout;
        assert!(checked.contains(quoted), "{checked}");
    }
}

#[test]
fn one_item_without_the_other_is_refused_before_anything_is_sent() {
    let (hive, falcon) = (with_alert(TheHive::five()), StandIn::in_the_clear());
    for (set, missing) in [("thehive_url", "thehive_api_key"), ("thehive_api_key", "thehive_url")] {
        let job = case("InProgress", linked(ALERT), &hive).with(&format!("/config/{missing}"), "");
        respond(job, &falcon)
            .fails_with(&[&format!("The configuration item {missing} is missing"), &format!("or empty {set}")]);
    }
    assert!(falcon.requests().is_empty() && hive.asked().is_empty());
}

#[test]
fn a_url_that_is_none_is_refused_before_anything_is_sent() {
    let (hive, falcon) = (with_alert(TheHive::five()), StandIn::in_the_clear());
    for url in ["ftp://thehive", "http://user:w-9xQ@thehive", "http://thehive/?organisation=soc", "http://"] {
        let job = case("InProgress", linked(ALERT), &hive).with("/config/thehive_url", url);
        respond(job, &falcon).fails_with(&["The thehive_url "]);
    }
    assert!(falcon.requests().is_empty() && hive.asked().is_empty());
}

#[test]
fn a_dry_run_asks_neither() {
    let (hive, falcon) = (with_alert(TheHive::five()), StandIn::in_the_clear());
    for (fields, message) in [
        (linked(ALERT), "Falcon follows case #42, which is InProgress in TheHive: 1 alert."),
        (json!({}), "Falcon follows case #42, which is InProgress in TheHive."),
    ] {
        let job = case("InProgress", fields, &hive).with("/config/base_url", falcon.url());
        let ran = Responder::new().argument("--dry-run").argument("-").stdin(job.0.to_string()).run();
        assert_eq!(ran.status, Some(0), "{ran:?}");
        for told in [message, "TheHive was not asked for the alerts of the case, whose ids are updated, too."] {
            assert!(ran.stdout.contains(told), "{ran:?}");
        }
    }
    let job = alert("New", linked(ALERT), &hive).with("/config/base_url", falcon.url());
    let ran = Responder::new().argument("--dry-run").argument("-").stdin(job.0.to_string()).run();
    assert!(ran.status == Some(0) && !ran.stdout.contains("TheHive was not asked"), "{ran:?}");
    assert!(falcon.requests().is_empty() && hive.asked().is_empty());
}
