//! Whom the responder believes, where credentials travel, and what never leaves it.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::json;

use crate::common::answers::{self, Answer};
use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::job_directory::job_directory;
use crate::common::proxy::Proxy;
use crate::common::wire::sending_away;
use crate::common::{Authority, Fault, Job, Responder, StandIn, job};

/// An alert's job for this URL.
fn alert(base_url: impl Into<serde_json::Value>) -> Job {
    job("thehive5-alert").with("/config/base_url", base_url)
}

/// A run on this job that trusts this authority.
pub fn trusting(authority: &Authority, job: &Job) -> Responder {
    Responder::new().variable("REQUESTS_CA_BUNDLE", &authority.file().display().to_string()).stdin(job.0.to_string())
}

pub fn moved_to(region: &str) -> Fault {
    let headers = vec![("x-cs-region", region.to_owned()), ("location", "https://localhost:1/oauth2/token".to_owned())];
    Fault::Answer { status: 308, headers, body: Vec::new() }
}

#[test]
fn http_2_is_spoken_over_one_connection_where_it_is_offered() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    trusting(&authority, &job("thehive5-case").with("/config/base_url", falcon.url())).run().success();
    assert_eq!(falcon.protocols(), [hyper::Version::HTTP_2; 4]);
    let falcon = StandIn::in_the_clear();
    Responder::new().stdin(alert(falcon.url()).0.to_string()).run().success();
    assert_eq!(falcon.protocols(), [hyper::Version::HTTP_11; 2]);
}

#[test]
fn a_certificate_of_nobody_we_trust_ends_it_before_a_secret_is_sent() {
    let falcon = StandIn::with_tls(&Authority::new());
    Responder::new().stdin(alert(falcon.url()).0.to_string()).run().fails_with(&[
        "certificate is not trusted",
        "UnknownIssuer",
        "cacerts",
    ]);
    assert_eq!(falcon.hits(TOKEN), 0);
}

#[test]
fn a_certificate_for_another_host_is_not_trusted() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    let proxy = Proxy::start(&[("api.us-3.crowdstrike.com", falcon.port())], None);
    let job = alert("us-3").with("/config/proxy_https", format!("http://{}", proxy.address()));
    trusting(&authority, &job).run().fails_with(&["certificate is not trusted", "not valid for name"]);
    assert_eq!(falcon.hits(TOKEN), 0);
}

#[test]
fn a_site_gives_its_certificates_in_any_of_four_ways() {
    let authority = Authority::new();
    let pem = fs::read_to_string(authority.file()).unwrap();
    let file = authority.file().display().to_string();
    let falcon = StandIn::with_tls(&authority);
    for variable in ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"] {
        Responder::new().variable(variable, &file).stdin(alert(falcon.url()).0.to_string()).run().success();
    }
    let in_the_job = alert(falcon.url()).with("/config/cacerts", pem.as_str());
    Responder::new().stdin(in_the_job.0.to_string()).run().success();
    let directory = job_directory(&alert(falcon.url()).0.to_string());
    fs::write(directory.path().join("input/cacerts"), pem).unwrap();
    Responder::new().argument(directory.path()).run().success();
}

#[test]
fn certificates_that_cannot_be_used_are_warned_of_and_never_waited_for() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    let place = |name: &str| authority.directory().join(name);
    fs::write(place("garbage.pem"), "no certificate").unwrap();
    fs::File::create(place("endless.pem")).unwrap().set_len(2 << 30).unwrap();
    assert!(Command::new("mkfifo").arg(place("pipe.pem")).status().unwrap().success());
    for (file, why) in [
        (place("garbage.pem"), "There is no usable CA certificate in"),
        (place("endless.pem"), "cannot be read: it is longer than 4 MB"),
        (place("pipe.pem"), "cannot be read: it is no regular file"),
        ("/dev/zero".into(), "cannot be read: it is no regular file"),
        ("/nowhere/ca.pem".into(), "cannot be read: No such file or directory"),
    ] {
        let named = trusting(&authority, &alert(falcon.url())).variable("SSL_CERT_FILE", file.to_str().unwrap());
        assert_warns(named, &[file.to_str().unwrap(), why]);
        let directory = job_directory(&alert(falcon.url()).0.to_string());
        symlink(&file, directory.path().join("input/cacerts")).unwrap();
        if file.exists() {
            let beside = Responder::new().argument(directory.path());
            assert_warns(beside.variable("SSL_CERT_FILE", authority.file().to_str().unwrap()), &["input/cacerts", why]);
        }
    }
}

/// Runs to success, with a warning that says this.
fn assert_warns(responder: Responder, parts: &[&str]) {
    let report = responder.run().success();
    let warning = report["full"]["warnings"][0].as_str().unwrap_or_default();
    assert!(parts.iter().all(|part| warning.contains(part)), "{parts:?}: {report:#}");
}

#[test]
fn a_certificate_for_many_names_is_told_in_a_line() {
    let authority =
        Authority::for_hosts((0..890).map(|n| format!("{n:04}-{}.example", "n".repeat(48))).collect::<Vec<_>>());
    let falcon = StandIn::with_tls(&authority);
    let job = alert(falcon.url()).with("/config/timeout_seconds", 2);
    let ran = trusting(&authority, &job).argument("-vv").argument("-").run();
    let message = ran.fails_with(&["certificate is not trusted", "not valid for name \"localhost\""]);
    let check = trusting(&authority, &job).argument("check").argument("-").run();
    for text in [&message, &ran.stderr, &check.stdout] {
        assert!(text.lines().all(|line| line.chars().count() < 1_200), "{text}");
    }
}

#[test]
fn the_words_of_a_farewell_are_told_in_a_line_without_secrets() {
    let authority = Authority::new();
    let words = "go away \u{1b}[31m\u{202e} Zk8-fixture-only-secret-2Qw ".repeat(300);
    let url = sending_away(&authority, words.as_bytes());
    let tokens = StandIn::in_the_clear();
    let job = alert(url).with("/config/timeout_seconds", 2);
    for job in [job.clone(), job.with("/config/token_url", format!("{}{TOKEN}", tokens.url()))] {
        let ran = trusting(&authority, &job).argument("-vv").argument("-").run();
        let message = ran.fails_with(&[
            "the connection broke before Falcon's answer was whole: ",
            r#"(b"go away \x1b[31m\xe2\x80\xae REMOVED go away"#,
        ]);
        for text in [&message, &ran.stderr] {
            assert!(text.lines().all(|line| line.chars().count() < 1_200), "{text}");
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
        }
    }
}

#[test]
fn verification_can_be_switched_off_with_a_warning() {
    let falcon = StandIn::with_tls(&Authority::new());
    let job = alert(falcon.url()).with("/config/verify_ssl", false);
    let report = Responder::new().stdin(job.0.to_string()).run().success();
    assert!(report["full"]["warnings"][0].as_str().unwrap().contains("verify_ssl is off"));
}

#[test]
fn a_wrong_cloud_is_left_by_name_and_the_report_says_which_is_right() {
    let authority = Authority::new();
    let first = StandIn::with_tls(&authority).fails(TOKEN, moved_to("us-2"), usize::MAX);
    let second = StandIn::with_tls(&authority).in_region("us-2");
    let proxy =
        Proxy::start(&[("api.crowdstrike.com", first.port()), ("api.us-2.crowdstrike.com", second.port())], None);
    let job = alert("US-1").with("/config/proxy", json!({"https": format!("http://{}", proxy.address())}));
    let report = trusting(&authority, &job).run().success();
    assert!(report["full"]["details"].to_string().contains("set base_url to us-2"), "{report:#}");
    assert_eq!(report["full"]["falcon"], "api.us-2.crowdstrike.com (us-2)");
    assert_eq!((first.hits(TOKEN), first.hits(ALERTS)), (1, 0));
    assert_eq!((second.hits(TOKEN), second.hits(ALERTS)), (1, 1));
    assert_eq!(proxy.seen(), ["api.crowdstrike.com", "api.us-2.crowdstrike.com"], "the Location was never asked");
}

#[test]
fn a_cloud_that_is_not_in_the_table_is_not_followed() {
    let authority = Authority::new();
    for region in ["us-9", "https://evil.example", "../us-2", "autodiscover", ""] {
        let first = StandIn::with_tls(&authority).fails(TOKEN, moved_to(region), usize::MAX);
        let proxy = Proxy::start(&[("api.crowdstrike.com", first.port())], None);
        let job = alert("us-1").with("/config/proxy_https", format!("http://{}", proxy.address()));
        trusting(&authority, &job).run().fails_with(&["points to", "credentials don't follow", "Set base_url"]);
        assert_eq!(proxy.seen(), ["api.crowdstrike.com"], "{region}");
    }
}

#[test]
fn two_clouds_that_point_to_each_other_are_no_carousel() {
    let authority = Authority::new();
    let first = StandIn::with_tls(&authority).fails(TOKEN, moved_to("us-2"), usize::MAX);
    let second = StandIn::with_tls(&authority).fails(TOKEN, moved_to("us-1"), usize::MAX);
    let proxy =
        Proxy::start(&[("api.crowdstrike.com", first.port()), ("api.us-2.crowdstrike.com", second.port())], None);
    let job = alert("us-1").with("/config/proxy_https", format!("http://{}", proxy.address()));
    trusting(&authority, &job).run().fails_with(&["points to the cloud us-1"]);
    assert_eq!((first.hits(TOKEN), second.hits(TOKEN)), (1, 1));
}

#[test]
fn a_gateway_is_never_left_whatever_the_region_says() {
    let falcon = StandIn::in_the_clear().fails(TOKEN, moved_to("us-2"), usize::MAX);
    Responder::new().stdin(alert(falcon.url()).0.to_string()).run().fails_with(&["points to the cloud us-2"]);
    let falcon = StandIn::in_the_clear().in_region("us-2");
    let report = Responder::new().stdin(alert(falcon.url()).0.to_string()).run().success();
    assert_eq!(report["full"]["falcon"], falcon.url().trim_start_matches("http://"));
}

/// A tenant that updates alerts whoever comes: here, with a token that another one gave.
pub fn trusting_tenant(authority: &Authority) -> StandIn {
    let Answer { status, body, .. } = answers::alerts_updated(1, Vec::new());
    let updated = Fault::Answer { status, headers: Vec::new(), body: body.to_string().into() };
    StandIn::with_tls(authority).fails(ALERTS, updated, usize::MAX)
}

#[test]
fn the_cloud_that_a_token_names_gets_the_calls() {
    let authority = Authority::new();
    let first = StandIn::with_tls(&authority).in_region("US-2");
    let second = trusting_tenant(&authority);
    let proxy =
        Proxy::start(&[("api.crowdstrike.com", first.port()), ("api.us-2.crowdstrike.com", second.port())], None);
    let job = alert("us-1").with("/config/proxy_https", format!("http://{}", proxy.address()));
    let report = trusting(&authority, &job).run().success();
    assert!(report["full"]["details"].to_string().contains("set base_url to us-2"), "{report:#}");
    assert_eq!(report["full"]["falcon"], "api.us-2.crowdstrike.com (us-2)");
    assert_eq!((first.hits(TOKEN), first.hits(ALERTS)), (1, 0));
    assert_eq!((second.hits(TOKEN), second.hits(ALERTS)), (0, 1));
}

#[test]
fn a_cloud_that_takes_no_token_is_named() {
    let authority = Authority::new();
    for (region, host) in [("us-2", "api.us-2.crowdstrike.com (us-2)"), ("us-1", "api.crowdstrike.com (us-1)")] {
        let first = StandIn::with_tls(&authority).in_region(region);
        let refusal = answers::named("bearer-refused").body.to_string();
        let refusing = || Fault::Answer { status: 401, headers: Vec::new(), body: refusal.clone().into() };
        let first = first.fails(ALERTS, refusing(), usize::MAX);
        let second = StandIn::with_tls(&authority).fails(ALERTS, refusing(), usize::MAX);
        let proxy =
            Proxy::start(&[("api.crowdstrike.com", first.port()), ("api.us-2.crowdstrike.com", second.port())], None);
        let job = alert("us-1").with("/config/proxy_https", format!("http://{}", proxy.address()));
        trusting(&authority, &job).run().fails_with(&[
            &format!("HTTP 401: access denied, invalid bearer token (code 401), at {host}.\nNext: "),
            &format!("base_url in Cortex names its cloud (it was asked at {host})."),
        ]);
        let (asked, other) = if region == "us-2" { (&second, &first) } else { (&first, &second) };
        assert_eq!(
            (first.hits(TOKEN), asked.hits(ALERTS), other.hits(ALERTS)),
            (2, 2, 0),
            "one new token, one more try"
        );
    }
}

#[test]
fn a_token_that_names_no_cloud_of_the_table_or_comes_from_elsewhere_moves_nothing() {
    let authority = Authority::new();
    let falcon = trusting_tenant(&authority).in_region("moon-1");
    let proxy = Proxy::start(&[("api.crowdstrike.com", falcon.port())], None);
    let job = alert("us-1").with("/config/proxy_https", format!("http://{}", proxy.address()));
    trusting(&authority, &job).run().success();
    let elsewhere = StandIn::in_the_clear().in_region("us-2");
    trusting(&authority, &job.with("/config/token_url", format!("{}{TOKEN}", elsewhere.url()))).run().success();
    assert_eq!(elsewhere.hits(TOKEN), 1);
    assert_eq!(proxy.seen(), ["api.crowdstrike.com"; 2]);
}

#[test]
fn a_proxy_is_taken_from_each_place_that_names_one() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    // Ym9iOnAmIHctOXhR is bob:p& w-9xQ.
    let proxy = Proxy::start(&[("api.crowdstrike.com", falcon.port())], Some("Basic Ym9iOnAmIHctOXhR"));
    let url = format!("http://bob:p%26%20w-9xQ@{}", proxy.address());
    let job = alert("https://api.crowdstrike.com");
    trusting(&authority, &job.clone().with("/config/proxy", json!({"https": url}))).run().success();
    trusting(&authority, &job.clone().with("/config/proxy_https", url.as_str())).run().success();
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        trusting(&authority, &job).variable(variable, &url).run().success();
    }
    assert_eq!(proxy.seen().len(), 5);
}

#[test]
fn plain_http_never_leaves_the_machine_not_even_to_a_proxy() {
    let falcon = StandIn::in_the_clear();
    let job = alert(falcon.url()).with("/config/proxy", json!({"http": "http://proxy.example:3128"}));
    Responder::new().stdin(job.0.to_string()).run().success();
}

#[test]
fn nothing_but_the_contract_is_sent() {
    let falcon = StandIn::in_the_clear();
    Responder::new().stdin(alert(falcon.url()).0.to_string()).run().success();
    for request in falcon.requests() {
        let names: Vec<&str> = request.headers.keys().map(String::as_str).collect();
        let allowed =
            ["accept", "accept-encoding", "authorization", "content-length", "content-type", "host", "user-agent"];
        assert!(names.iter().all(|name| allowed.contains(name)), "{names:?}");
    }
}
