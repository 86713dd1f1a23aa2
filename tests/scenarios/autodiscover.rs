//! A cloud that nobody names: us-1 is asked, and what it answers leads to the API client's own.

use serde_json::{Value, json};

use super::network::{moved_to, trusting, trusting_tenant};
use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::proxy::Proxy;
use crate::common::{Authority, Job, Responder, StandIn, job};

/// The clouds us-1 and us-2, behind a proxy.
pub struct Clouds {
    authority: Authority,
    pub first: StandIn,
    pub second: StandIn,
    proxy: Proxy,
}

impl Clouds {
    fn new(first: impl FnOnce(StandIn) -> StandIn, second: impl FnOnce(&Authority) -> StandIn) -> Clouds {
        let authority = Authority::new();
        let (first, second) = (first(StandIn::with_tls(&authority)), second(&authority));
        let hosts = [("api.crowdstrike.com", first.port()), ("api.us-2.crowdstrike.com", second.port())];
        Clouds { proxy: Proxy::start(&hosts, None), authority, first, second }
    }

    /// us-1 sends the API client away with a 308.
    pub fn with_308() -> Clouds {
        Clouds::new(
            |first| first.fails(TOKEN, moved_to("us-2"), usize::MAX),
            |authority| StandIn::with_tls(authority).in_region("us-2"),
        )
    }

    /// An alert's job whose configuration holds no more than this.
    fn job(&self, configuration: Value) -> Job {
        let job = job("thehive5-alert").with("/config", configuration).with("/config/service", "sync");
        job.with("/config/proxy_https", format!("http://{}", self.proxy.address()))
    }

    /// A run whose environment has the credentials and this cloud.
    fn around(&self, cloud: &str) -> Responder {
        trusting(&self.authority, &self.job(json!({})))
            .variable("FALCON_CLIENT_ID", "5d41402abc4b2a76b9719d911017c592")
            .variable("FALCON_CLIENT_SECRET", "Zk8-fixture-only-secret-2Qw")
            .variable("FALCON_CLOUD", cloud)
    }

    /// A run whose job has the credentials and asks for the cloud to be found.
    fn in_the_job(&self) -> Responder {
        self.in_the_job_with("/config/base_url", "Autodiscover")
    }

    /// The same with another item set.
    pub fn in_the_job_with(&self, item: &str, value: &str) -> Responder {
        let job = job("thehive5-alert").with("/config/base_url", "Autodiscover").with(item, value);
        trusting(&self.authority, &self.job(job.0["config"].clone()))
    }
}

/// Runs to success without a warning; the place that the report names.
fn found(responder: Responder) -> String {
    let report = responder.run().success();
    assert_eq!(report["full"].get("warnings").unwrap_or(&json!([])), &json!([]), "{report:#}");
    assert!(!report.to_string().contains("base_url to"), "nothing is wrong: {report:#}");
    report["full"]["falcon"].as_str().unwrap().to_owned()
}

#[test]
fn us_1_is_asked_and_its_308_leads_to_the_cloud() {
    let clouds = Clouds::with_308();
    for (run, responder) in [clouds.around("autodiscover"), clouds.in_the_job()].into_iter().enumerate() {
        assert_eq!(found(responder), "api.us-2.crowdstrike.com (us-2)");
        assert_eq!((clouds.first.hits(TOKEN), clouds.first.hits(ALERTS)), (run + 1, 0));
        assert_eq!((clouds.second.hits(TOKEN), clouds.second.hits(ALERTS)), (run + 1, run + 1));
    }
}

#[test]
fn the_cloud_that_the_token_of_us_1_names_gets_the_calls() {
    let clouds = Clouds::new(|first| first.in_region("us-2"), trusting_tenant);
    assert_eq!(found(clouds.around("autodiscover")), "api.us-2.crowdstrike.com (us-2)");
    assert_eq!((clouds.first.hits(TOKEN), clouds.first.hits(ALERTS)), (1, 0));
    assert_eq!((clouds.second.hits(TOKEN), clouds.second.hits(ALERTS)), (0, 1));
}

#[test]
fn an_api_client_of_us_1_stays_there() {
    let clouds = Clouds::new(|first| first, trusting_tenant);
    assert_eq!(found(clouds.around("autodiscover")), "api.crowdstrike.com (us-1)");
    assert_eq!((clouds.first.hits(ALERTS), clouds.second.hits(ALERTS)), (1, 0));
}

#[test]
fn a_cloud_that_somebody_named_is_told_to_be_wrong_all_the_same() {
    let clouds = Clouds::with_308();
    let report = clouds.around("us-1").run().success();
    assert!(report["full"].to_string().contains("set base_url to us-2"), "{report:#}");
}

#[test]
fn us_1_that_names_itself_or_an_unknown_cloud_is_asked_once() {
    for region in ["us-1", "us-9"] {
        let clouds = Clouds::new(|first| first.fails(TOKEN, moved_to(region), usize::MAX), trusting_tenant);
        clouds.around("autodiscover").run().fails_with(&["points to", "Set base_url"]);
        assert_eq!((clouds.first.hits(TOKEN), clouds.second.hits(TOKEN)), (1, 0), "{region}");
    }
}

#[test]
fn a_check_names_the_cloud_that_was_found_and_warns_of_nothing() {
    let clouds = Clouds::with_308();
    let shown = clouds.around("autodiscover").argument("check").argument("-").run().stdout;
    assert!(shown.contains("✓ credentials: accepted by api.us-2.crowdstrike.com (us-2)"), "{shown}");
    assert!(!shown.contains("belongs to the cloud"), "{shown}");
}

#[test]
fn a_dry_run_shows_where_the_search_would_begin() {
    let clouds = Clouds::with_308();
    let shown = clouds.around("autodiscover").argument("--dry-run").run().stdout;
    assert!(shown.contains(&format!("https://api.crowdstrike.com{ALERTS}")), "{shown}");
    assert_eq!(clouds.proxy.seen(), [""; 0]);
}
