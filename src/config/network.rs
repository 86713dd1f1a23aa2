//! What Cortex and the environment say of the network: proxies and the certificates of a site.

use anyhow::Result;
use serde_json::{Map, Value};

use crate::environment::Environment;
use crate::falcon::{Certificates, Proxies, ProxyUrl};
use crate::secret::Secrets;

/// The proxies: Cortex's, which it puts in two places, then the environment's.
///
/// Only those for these schemes are looked at, so that one which nobody would use is no reason to fail.
pub(super) fn proxies(
    raw: &Map<String, Value>,
    environment: &Environment,
    secrets: &Secrets,
    schemes: &[String],
) -> Result<Proxies> {
    let proxy =
        |scheme: &str, names: (&'static str, &'static str), variables: &[&'static str]| -> Result<Option<ProxyUrl>> {
            if !schemes.iter().any(|used| used == scheme) {
                return Ok(None);
            }
            let (nested_name, flat_name) = names;
            let nested = || Some((nested_name, raw.get("proxy")?.get(scheme)?.as_str()?));
            let flat = || Some((flat_name, raw.get(flat_name)?.as_str()?));
            let surrounding = || variables.iter().find_map(|name| Some((*name, environment.first(&[name])?)));
            let set = |(_, url): &(&str, &str)| !url.trim().is_empty();
            let Some((item, url)) = nested().filter(set).or_else(|| flat().filter(set)).or_else(surrounding) else {
                return Ok(None);
            };
            secrets.learn_url_password(url);
            ProxyUrl::parse(item, url).map(Some)
        };
    Ok(Proxies {
        https: proxy(
            "https",
            ("proxy.https", "proxy_https"),
            &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        )?,
        http: proxy("http", ("proxy.http", "proxy_http"), &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])?,
        except: environment.first(&["NO_PROXY", "no_proxy"]).map(str::to_owned),
    })
}

/// The certificates to trust beside the bundled roots: those that Cortex lays beside the job or sends in it, and those
/// that the environment names. One file named twice is read once.
pub(super) fn certificates(raw: &Map<String, Value>, environment: &Environment) -> Vec<Certificates> {
    let beside = environment.job_directory.as_ref().map(|directory| directory.join("input").join("cacerts"));
    let beside = beside.filter(|path| path.exists());
    let named = ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"].iter().filter_map(|name| environment.first(&[name]));
    let mut files: Vec<_> = beside.into_iter().chain(named.map(Into::into)).collect();
    let mut seen = std::collections::HashSet::new();
    files.retain(|path| seen.insert(path.clone()));
    let text = raw.get("cacerts").and_then(Value::as_str).filter(|pem| !pem.trim().is_empty());
    files.into_iter().map(Certificates::File).chain(text.map(|pem| Certificates::Text(pem.to_owned()))).collect()
}
