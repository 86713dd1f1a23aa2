//! Whom the responder believes, where credentials travel, and what never leaves it.

use std::fs;

use serde_json::json;

use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::proxy::Proxy;
use crate::common::{Authority, Fault, Job, Responder, StandIn, job};

/// An alert's job for this URL.
fn alert(base_url: impl Into<serde_json::Value>) -> Job {
    job("thehive5-alert").with("/config/base_url", base_url)
}

/// A run on this job that trusts this authority.
fn trusting(authority: &Authority, job: &Job) -> Responder {
    Responder::new().variable("REQUESTS_CA_BUNDLE", &authority.file().display().to_string()).stdin(job.0.to_string())
}

fn moved_to(region: &str) -> Fault {
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
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("input")).unwrap();
    fs::create_dir(directory.path().join("output")).unwrap();
    fs::write(directory.path().join("input/input.json"), alert(falcon.url()).0.to_string()).unwrap();
    fs::write(directory.path().join("input/cacerts"), pem).unwrap();
    Responder::new().argument(directory.path()).run().success();
}

#[test]
fn certificates_that_cannot_be_used_are_warned_of() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    let garbage = authority.directory().join("garbage.pem");
    fs::write(&garbage, "no certificate").unwrap();
    for (file, part) in
        [("/nowhere/ca.pem", "/nowhere/ca.pem cannot be read"), (garbage.to_str().unwrap(), "no usable CA certificate")]
    {
        let report = trusting(&authority, &alert(falcon.url())).variable("SSL_CERT_FILE", file).run().success();
        assert!(report["full"]["warnings"][0].as_str().unwrap().contains(part), "{report:#}");
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
    assert!(report["full"]["message"].as_str().unwrap().contains("set base_url to us-2"), "{report:#}");
    assert_eq!(report["full"]["falcon"], "api.us-2.crowdstrike.com (us-2)");
    assert_eq!((first.hits(TOKEN), first.hits(ALERTS)), (1, 0));
    assert_eq!((second.hits(TOKEN), second.hits(ALERTS)), (1, 1));
    assert_eq!(proxy.seen(), ["api.crowdstrike.com", "api.us-2.crowdstrike.com"], "the Location was never asked");
}

#[test]
fn a_cloud_that_is_not_in_the_table_is_not_followed() {
    let authority = Authority::new();
    for region in ["us-9", "https://evil.example", "../us-2", ""] {
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
fn what_no_proxy_names_goes_past_the_proxy() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    let proxy = Proxy::start(&[], None);
    let job = alert(falcon.url());
    trusting(&authority, &job)
        .variable("HTTPS_PROXY", &format!("http://{}", proxy.address()))
        .variable("NO_PROXY", "example.org,localhost")
        .run()
        .success();
    assert_eq!(proxy.seen(), [""; 0]);
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
