//! Which certificates are trusted, and that no other is asked for twice.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, IsCa, date_time_ymd};

use crate::common::falcon::TOKEN;
use crate::common::stand_in::certificates::HOSTS;
use crate::common::wire::serving;
use crate::common::{Authority, Job, Responder, StandIn, job, together};
use crate::network::trusting;

/// What a scenario does to a certificate.
type Change = fn(&mut CertificateParams);

const AS_IT_IS: Change = |_| ();
const EXPIRED: Change = |params| {
    (params.not_before, params.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
};
const NOT_VALID_YET: Change = |params| {
    (params.not_before, params.not_after) = (date_time_ymd(2190, 1, 1), date_time_ymd(2191, 1, 1));
};

fn ours() -> Vec<String> {
    HOSTS.map(str::to_owned).into()
}

fn another() -> Vec<String> {
    vec!["other.example".to_owned()]
}

/// A certificate as `openssl req -x509` makes it: self-signed, and a CA.
fn openssl(hosts: Vec<String>, change: Change) -> Authority {
    Authority::self_signed(hosts, IsCa::Ca(BasicConstraints::Unconstrained), change)
}

/// A self-signed certificate that is no CA.
fn plain(hosts: Vec<String>, change: Change) -> Authority {
    Authority::self_signed(hosts, IsCa::NoCa, change)
}

/// A server's certificate whose issuer the responder does not know.
fn leaf(hosts: Vec<String>, change: Change) -> Authority {
    Authority::signing(hosts, change).given_without_issuer()
}

fn alert(falcon: &StandIn) -> Job {
    job("thehive5-alert").with("/config/base_url", falcon.url())
}

#[test]
fn a_certificate_that_was_given_is_trusted_itself() {
    together(
        &[
            openssl(ours(), AS_IT_IS),
            plain(ours(), AS_IT_IS),
            Authority::self_signed(ours(), IsCa::ExplicitNoCa, AS_IT_IS),
            leaf(ours(), AS_IT_IS),
        ],
        |authority| {
            let falcon = StandIn::with_tls(authority);
            trusting(authority, &alert(&falcon)).run().success();
            let pem = std::fs::read_to_string(authority.file()).unwrap();
            Responder::new().stdin(alert(&falcon).with("/config/cacerts", pem).0.to_string()).run().success();
        },
    );
}

#[test]
fn its_name_its_dates_and_its_key_are_still_verified() {
    const CLOCK: &str = "Check the clock of Cortex's machine";
    let mut rows = vec![(Authority::signing(ours(), EXPIRED), "certificate expired", CLOCK)];
    for kind in [openssl, plain, leaf] {
        rows.push((kind(ours(), EXPIRED), "certificate expired", CLOCK));
        rows.push((kind(ours(), NOT_VALID_YET), "certificate not valid yet", CLOCK));
        rows.push((kind(another(), AS_IT_IS), "not valid for name \"localhost\"", "give Cortex its CA"));
        rows.push((kind(ours(), AS_IT_IS).with_a_stolen_certificate(), "BadSignature", "give Cortex its CA"));
    }
    together(&rows, |(authority, why, next)| {
        let falcon = StandIn::with_tls(authority);
        let ran = trusting(authority, &alert(&falcon)).run();
        let message = ran.fails_with(&["Falcon's certificate is not trusted (localhost:", why, next]);
        assert!(!message.contains("sent again"), "{message}");
        assert_eq!(falcon.hits(TOKEN), 0);
        let checked = trusting(authority, &alert(&falcon)).argument("check").argument("-").run().stdout;
        assert!(checked.contains(why) && checked.contains(next), "{checked}");
    });
}

#[test]
fn another_certificate_of_the_same_names_is_not_trusted() {
    let falcon = StandIn::with_tls(&openssl(ours(), AS_IT_IS));
    for given in [openssl(ours(), AS_IT_IS), plain(ours(), AS_IT_IS), Authority::new()] {
        trusting(&given, &alert(&falcon)).run().fails_with(&["Falcon's certificate is not trusted (localhost:"]);
    }
    assert_eq!(falcon.hits(TOKEN), 0);
}

#[test]
fn a_servers_certificate_that_was_given_signs_no_other() {
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let authority = Authority::signed_by_a_server(ours(), is_ca);
        let falcon = StandIn::with_tls(&authority);
        let why = ["Falcon's certificate is not trusted (localhost:", "UnknownIssuer"];
        trusting(&authority, &alert(&falcon)).run().fails_with(&why);
        let pem = std::fs::read_to_string(authority.file()).unwrap();
        let job = alert(&falcon).with("/config/cacerts", pem);
        Responder::new().stdin(job.0.to_string()).run().fails_with(&why);
        assert_eq!(falcon.hits(TOKEN), 0);
    }
    let authority = Authority::signed_by_a_server(ours(), IsCa::Ca(BasicConstraints::Unconstrained));
    trusting(&authority, &alert(&StandIn::with_tls(&authority))).run().success();
}

/// Version 1, as `openssl x509 -req -signkey` of OpenSSL 3.0 makes it.
const VERSION_1: &str = "-----BEGIN CERTIFICATE-----
MIIBJTCBzQIUWb5R2FnUrM7eSKzXyg0E7+GrHgwwCgYIKoZIzj0EAwIwFTETMBEG
A1UEAwwKdjEuZXhhbXBsZTAgFw0yNjExMjgxMjQ3NDRaGA8yMTI2MTEwNDEyNDc0
NFowFTETMBEGA1UEAwwKdjEuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABDQRwBxtK8BNg2fP9Kw6oFNcZkGGqkKravmSFWqajz1Pl87+s8fQHgWebmJs
voVVEcp8o2uC+wCvLT/YHDDfvyswCgYIKoZIzj0EAwIDRwAwRAIgKWdCHxoHY5K8
B3IwrKKh77QrJGy4Ayf2H3tAnpzRZO8CIBsBlPIs5K+IvyMRyunZAGmnlsL/h4Lx
+9EZQXg/fCNl
-----END CERTIFICATE-----
";

#[test]
fn a_certificate_that_cannot_state_whether_it_is_a_ca_is_left_out_with_a_warning() {
    const NONE: &str = "There is no usable CA certificate in the configuration item cacerts";
    const SOME: &str = "Some certificates in the configuration item cacerts are not used (1 of 2)";
    for (valid, expected) in [("", NONE), (&std::fs::read_to_string(Authority::new().file()).unwrap(), SOME)] {
        let falcon = StandIn::in_the_clear();
        let job = alert(&falcon).with("/config/cacerts", format!("{VERSION_1}{valid}"));
        let report = Responder::new().stdin(job.0.to_string()).run().success();
        let warnings = report["full"]["warnings"].to_string();
        assert!(warnings.contains(expected) && warnings.contains("X.509 version 3"), "{warnings}");
    }
}

/// A server that answers the first bytes of each connection with these; its URL, and how many connections there were.
pub fn answering(bytes: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let seen = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&seen);
    let url = serving(move |mut connection| {
        counted.fetch_add(1, Ordering::SeqCst);
        let _ = connection.read(&mut [0; 4_096]).ok()?;
        connection.write_all(bytes).ok()?;
        // Closed at once, the answer would be lost with what was not read.
        while connection.read(&mut [0; 4_096]).ok()? > 0 {}
        Some(())
    });
    (url.replace("http://", "https://"), seen)
}

#[test]
fn an_alert_or_an_answer_that_is_no_tls_is_final() {
    for (bytes, why) in [
        (&b"\x15\x03\x03\x00\x02\x02\x28"[..], "received fatal alert: HandshakeFailure"),
        (b"\x15\x03\x03\x00\x02\x02\x46", "received fatal alert: ProtocolVersion"),
        (b"\x15\x03\x03\x00\x02\x02\x2a", "received fatal alert: BadCertificate"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "received corrupt message"),
        (b"SSH-2.0-OpenSSH_10.0\r\n", "received corrupt message"),
    ] {
        let (url, seen) = answering(bytes);
        let job = job("thehive5-alert").with("/config/base_url", url.as_str());
        let told = format!("no TLS with Falcon ({}): {why}", url.trim_start_matches("https://"));
        let message = Responder::new().stdin(job.0.to_string()).run().fails_with(&[&told, "TLS 1.2 or newer"]);
        assert!(!message.contains("sent again"), "{message}");
        assert_eq!(seen.load(Ordering::SeqCst), 1, "{why}");
    }
}
