//! Configuration items, the environment, TLP and PAP.

use cortex_falcon::config::Config;
use cortex_falcon::environment::Environment;
use cortex_falcon::secret::Secrets;
use serde_json::{Value, json};

use crate::common::{ALERT, CASE, Falcon, INCIDENT, Responder, job};

#[test]
fn custom_fields_go_by_the_configured_names() {
    let falcon = Falcon::start()
        .updates_alerts(&[ALERT], "in_progress")
        .updates_incidents(&[INCIDENT], "30")
        .updates_case(CASE, "in_progress");
    let links = json!({"cs-alert": ALERT, "cs-incident": INCIDENT, "cs-case": CASE, "csfalcon-alert-id": "not-this"});
    let job = job("thehive5-case")
        .linked_to(links)
        .with("/config/custom_field_name_alert_id", "cs-alert")
        .with("/config/custom_field_name_incident_id", " cs-incident ")
        .with("/config/custom_field_name_case_id", "cs-case");
    Responder::on(job, &falcon).run().success();
}

#[test]
fn defaults_serve_where_only_credentials_are_set() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let least = json!({
        "service": "sync",
        "client_id": "5d41402abc4b2a76b9719d911017c592",
        "client_secret": "Zk8-fixture-only-secret-2Qw",
    });
    Responder::on(job("thehive5-alert").with("/config", least), &falcon).run().success();
}

#[test]
fn a_child_tenant_and_scopes_are_asked_for() {
    let form = "client_id=5d41402abc4b2a76b9719d911017c592&client_secret=Zk8-fixture-only-secret-2Qw\
                &member_cid=00112233445566778899aabbccddeeff&scope=alerts%3Awrite+cases%3Awrite";
    let falcon = Falcon::silent().gives_token(form).updates_alerts(&[ALERT], "new");
    let job = job("thehive5-alert")
        .with("/config/member_cid", "00112233445566778899aabbccddeeff")
        .with("/config/scope", json!([null, "alerts:write", "", "cases:write", null]));
    Responder::on(job, &falcon).run().success();
}

#[test]
fn the_token_may_come_from_elsewhere() {
    let falcon = Falcon::silent().updates_alerts(&[ALERT], "new");
    let tokens = Falcon::start();
    let job = job("thehive5-alert").with("/config/token_url", format!("{}/oauth2/token", tokens.url()));
    Responder::on(job, &falcon).run().success();
}

#[test]
fn a_url_may_be_pasted_with_blanks_and_slashes() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let job = job("thehive5-alert").with("/config/base_url", format!("  {}/ ", falcon.url()));
    Responder::new().stdin(job.0.to_string()).run().success();
}

#[test]
fn a_government_cloud_goes_by_its_short_name_too() {
    for (name, host) in [("gov1", "api.laggar.gcw.crowdstrike.com"), ("GOV-2", "api.us-gov-2.crowdstrike.mil")] {
        let job = job("thehive5-alert").with("/config/base_url", name);
        let shown = Responder::new().argument("--dry-run").argument("-").stdin(job.0.to_string()).run().stdout;
        assert!(shown.contains(&format!("https://{host}/alerts/")), "{name}: {shown}");
    }
}

#[test]
fn at_a_shell_the_environment_has_the_credentials() {
    for cloud in ["FALCON_CLOUD", "FALCON_BASE_URL"] {
        let form = "client_id=from-the-shell&client_secret=shell-secret&member_cid=ffeeddccbbaa99887766554433221100";
        let falcon = Falcon::silent().gives_token(form).updates_alerts(&[ALERT], "new");
        let job = job("thehive5-alert").with("/config", json!({"service": "sync"}));
        Responder::new()
            .variable("FALCON_CLIENT_ID", "from-the-shell")
            .variable("FALCON_CLIENT_SECRET", "shell-secret")
            .variable("FALCON_MEMBER_CID", "ffeeddccbbaa99887766554433221100")
            .variable(cloud, &falcon.url())
            .stdin(job.0.to_string())
            .run()
            .success();
    }
}

#[test]
fn a_jobs_credentials_are_its_own() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    Responder::on(job("thehive5-alert"), &falcon)
        .variable("FALCON_CLIENT_ID", "from-the-shell")
        .variable("FALCON_CLIENT_SECRET", "shell-secret")
        .variable("FALCON_MEMBER_CID", "ffeeddccbbaa99887766554433221100")
        .variable("FALCON_CLOUD", "us-2")
        .run()
        .success();
}

#[test]
fn each_wrong_item_is_named_with_what_was_expected() {
    for (item, value, parts) in [
        ("client_id", json!(""), ["client_id is missing", "Cortex"]),
        ("client_secret", json!(null), ["client_secret is missing", "Cortex"]),
        ("client_id", json!(17), ["client_id", "expected a string"]),
        ("base_url", json!("us-9"), ["us-9", "us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2"]),
        ("base_url", json!("http://falcon.example.com"), ["base_url is plain http", "https://"]),
        ("base_url", json!("https://falcon.us-2.crowdstrike.com"), ["console", "https://api.us-2.crowdstrike.com"]),
        ("token_url", json!("http://tokens.example.com"), ["token_url is plain http", "https://"]),
        ("verify_ssl", json!("perhaps"), ["verify_ssl", "true or false"]),
        ("scope", json!([1]), ["scope", "a list of strings"]),
        ("timeout_seconds", json!(u64::MAX), ["timeout_seconds", "from 1 to 86400"]),
        ("check_tlp", json!("yes"), ["check_tlp", "neither true nor false"]),
        ("max_tlp", json!("NaN"), ["max_tlp", "no number"]),
        ("base_url", json!("Zk9-some-secret-in-the-wrong-field"), ["the base_url is none", "us-1"]),
        ("timeout_seconds", json!(0), ["timeout_seconds", "from 1 to 86400"]),
        ("timeout_seconds", json!(-1), ["timeout_seconds", "from 1 to 86400"]),
        ("timeout_seconds", json!("soon"), ["timeout_seconds", "from 1 to 86400"]),
        ("sync_tag", json!(["a"]), ["sync_tag", "expected a string"]),
        ("custom_field_name_case_id", json!({}), ["custom_field_name_case_id", "expected a string"]),
        ("service", json!("reboot"), ["config.service", "expected \"sync\""]),
    ] {
        let job = job("thehive5-case").with(&format!("/config/{item}"), value);
        Responder::new().stdin(job.0.to_string()).run().fails_with(&parts);
    }
}

#[test]
fn all_credentials_that_are_missing_are_named_and_both_ways_to_give_them() {
    let told = |config: Value| {
        let job = job("thehive5-alert").with("/config", config).with("/config/service", "sync");
        Responder::new().stdin(job.0.to_string()).run().failure()
    };
    assert_eq!(
        told(json!({})),
        "Nothing was sent to Falcon for alert ~81920: the configuration items client_id and client_secret are missing; \
         set them in Cortex (Organization → Responders), or at a shell the environment variables FALCON_CLIENT_ID and FALCON_CLIENT_SECRET."
    );
    assert_eq!(told(json!({"client_id": "", "client_secret": null})), told(json!({})));
    // A job with half of its credentials gets no other half from the environment.
    for (has, lacks) in [("client_id", "client_secret"), ("client_secret", "client_id")] {
        assert_eq!(
            told(json!({has: "5d41402abc4b2a76b9719d911017c592"})),
            format!(
                "Nothing was sent to Falcon for alert ~81920: the configuration item {lacks} is missing; \
                 set it in Cortex (Organization → Responders)."
            )
        );
    }
}

#[test]
fn half_of_the_credentials_in_the_environment_are_none() {
    let job = job("thehive5-alert").with("/config", json!({"service": "sync"}));
    let told = Responder::new().variable("FALCON_CLIENT_ID", "from-the-shell").stdin(job.0.to_string()).run();
    told.fails_with(&[
        "the configuration item client_secret is missing; set it in Cortex",
        "or at a shell the environment variable FALCON_CLIENT_SECRET.",
    ]);
}

#[test]
fn debug_output_shows_no_secret() {
    let job = job("thehive5-case").with("/config/proxy", json!({"https": "http://bob:p-w-9xQ@proxy.example:3128"}));
    let environment = Environment::empty();
    let secrets = Secrets::default();
    let config = Config::new(job.0["config"].as_object().unwrap(), &environment);
    let login = config.login(&secrets).unwrap();
    let shown = format!("{login:#?} {:#?} {secrets:?}", config.network(&login, &secrets).unwrap());
    assert!(shown.contains("proxy.example:3128"), "{shown}");
    for secret in ["Zk8-fixture-only-secret-2Qw", "p-w-9xQ"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_job_above_the_allowed_tlp_or_pap_is_refused_before_anything_is_sent() {
    let falcon = Falcon::silent();
    Responder::on(job("case-tlp-red"), &falcon).run().fails_with(&[
        "Not sent: TLP 3 (AMBER+STRICT; RED before TheHive 5.2) exceeds the limit TLP:AMBER (2) set for this responder.",
        "Lower the TLP in TheHive, or raise the responder's max TLP in Cortex",
    ]);
    let pap = job("thehive5-case").with("/pap", 3);
    Responder::on(pap, &falcon)
        .run()
        .fails_with(&["Not sent: PAP 3 (RED) exceeds the limit PAP:AMBER (2) set for this responder."]);
    for unclear in ["red", "NaN", "inf", ""] {
        let job = job("thehive5-case").with("/tlp", unclear);
        Responder::on(job, &falcon).run().fails_with(&["tlp is no number"]);
    }
}

#[test]
fn tlp_and_pap_count_as_cortexutils_counts_them() {
    let case = || job("case-tlp-red").with("/data/stage", "Closed");
    for job in [
        case().with("/config/max_tlp", 3),
        case().with("/config/check_tlp", false),
        case().without("/config/check_tlp"),
        case().without("/tlp"),
        case().with("/tlp", 2).with("/pap", 2).without("/config/max_tlp").without("/config/max_pap"),
    ] {
        let falcon = Falcon::start().updates_alerts(&[ALERT], "closed");
        Responder::on(job, &falcon).run().success();
    }
}

#[test]
fn switched_off_verification_is_warned_of_in_every_report() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let unverified = |name: &str| job(name).with("/config/verify_ssl", false);
    let report = Responder::on(unverified("thehive5-alert"), &falcon).run().success();
    assert!(report["full"]["details"].to_string().contains("Warning: verify_ssl is off"), "{report:#}");
    assert_eq!(report["full"]["warnings"].as_array().unwrap().len(), 1);
    for name in ["case-tlp-red", "observable", "alert-not-from-falcon"] {
        Responder::on(unverified(name), &Falcon::silent()).run().fails_with(&["Warning: verify_ssl is off"]);
    }
}

#[test]
fn a_proxy_that_nobody_would_use_is_no_obstacle() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let job = job("thehive5-alert").with("/config/proxy", json!({"https": "socks5://proxy.example"}));
    Responder::on(job, &falcon).variable("HTTPS_PROXY", "nonsense://").run().success();
}

#[test]
fn a_network_item_of_the_wrong_type_is_warned_of_and_not_used() {
    for (item, value, name) in [
        ("cacerts", json!(["-----BEGIN CERTIFICATE-----"]), "cacerts"),
        ("cacerts", json!(true), "cacerts"),
        ("proxy", json!("http://proxy.example:3128"), "proxy"),
        ("proxy", json!(["http://proxy.example:3128"]), "proxy"),
        ("proxy", json!({"https": ["http://proxy.example:3128"]}), "proxy.https"),
        ("proxy", json!({"http": 3128}), "proxy.http"),
        ("proxy_https", json!({"url": "http://proxy.example:3128"}), "proxy_https"),
        ("proxy_http", json!(3128), "proxy_http"),
    ] {
        let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
        let report =
            Responder::on(job("thehive5-alert").with(&format!("/config/{item}"), value), &falcon).run().success();
        let warnings = report["full"]["warnings"].as_array().unwrap();
        let said = format!("The configuration item {name} has a value of the wrong kind and is not used; expected ");
        assert!(warnings.len() == 1 && warnings[0].as_str().unwrap().starts_with(&said), "{item}: {warnings:?}");
    }
    for unset in [json!(null), json!({"http": null, "https": ""})] {
        let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
        let report = Responder::on(job("thehive5-alert").with("/config/proxy", unset), &falcon).run().success();
        assert_eq!(report["full"]["warnings"], json!([]));
    }
}
