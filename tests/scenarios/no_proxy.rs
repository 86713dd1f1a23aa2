//! `NO_PROXY`: which requests go past the proxy, whatever spelling the list and the base URL have.

use crate::common::proxy::Proxy;
use crate::common::{Authority, StandIn, job, together};
use crate::network::trusting;

/// The hosts that were asked of the proxy, in a run on this base URL with this list.
fn asked_of_proxy(authority: &Authority, base_url: &str, no_proxy: &str, port: u16) -> Vec<String> {
    let proxy = Proxy::start(&[("localhost", port), ("127.0.0.1", port)], None);
    let job = job("thehive5-alert").with("/config/base_url", base_url);
    let run = trusting(authority, &job).variable("HTTPS_PROXY", &format!("http://{}", proxy.address()));
    run.variable("NO_PROXY", no_proxy).run().success();
    proxy.seen()
}

#[test]
fn what_no_proxy_names_goes_past_the_proxy_and_all_else_through_it() {
    let authority = Authority::new();
    let falcon = StandIn::with_tls(&authority);
    let (name, port) = (falcon.url(), falcon.port());
    let address = name.replace("localhost", "127.0.0.1");
    let (with_port, other_port) = (format!("localhost:{port}"), format!("localhost:{}", port ^ 1));
    let (address_and_port, address_and_other) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{}", port ^ 1));
    let rows = [
        (&name, "*", true),
        (&address, "*", true),
        (&address, "example.org, *", true),
        (&name, "example.org,localhost", true),
        (&name, "LOCALHOST", true),
        (&name, &with_port, true),
        (&name, &other_port, false),
        (&address, "127.0.0.1", true),
        (&address, &address_and_port, true),
        (&address, &address_and_other, false),
        (&address, "127.0.0.0/8", true),
        (&address, "10.0.0.0/8", false),
        (&address, "localhost", false),
        (&name, "127.0.0.1", false),
        (&name, "example.org", false),
    ];
    together(&rows, |(base_url, no_proxy, is_past)| {
        let asked = asked_of_proxy(&authority, base_url, no_proxy, port);
        assert_eq!(asked.is_empty(), *is_past, "{base_url} {no_proxy}: {asked:?}");
    });
}
