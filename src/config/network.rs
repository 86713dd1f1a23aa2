//! What Cortex and the environment say of the network: proxies and the certificates of a site.

use anyhow::Result;
use serde_json::{Map, Value};

use crate::environment::Environment;
use crate::http::network::{Certificates, Proxies, ProxyUrl};
use crate::http::no_proxy::NoProxy;
use crate::secret::{Secrets, UrlContext};

/// The proxies: Cortex's, which it puts in two places, then the environment's.
///
/// Only those for these schemes are looked at, so that one which nobody would use is no reason to fail.
pub(super) fn proxies(
    raw: &Map<String, Value>,
    environment: &Environment,
    secrets: &Secrets,
    schemes: &[&str],
) -> Result<Proxies> {
    let proxy = |scheme: &str, variables: &[&str]| -> Result<Option<ProxyUrl>> {
        let is_used = schemes.contains(&scheme);
        let named = is_used.then(|| named(raw, environment, scheme, variables)).flatten();
        let Some((name, url)) = named else { return Ok(None) };
        secrets.learn_url_credentials(&url, UrlContext::Proxy);
        ProxyUrl::parse(&name, &url, secrets).map(Some)
    };
    let https = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let http = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    Ok(Proxies {
        https: proxy("https", &https)?,
        http: proxy("http", &http)?,
        except: NoProxy::parse(&environment.first(&["NO_PROXY", "no_proxy"]).unwrap_or_default()),
    })
}

/// Returns the two items of the proxy for a scheme, by their names. The first that is set is used.
fn proxy_items<'raw>(raw: &'raw Map<String, Value>, scheme: &str) -> [(String, Option<&'raw Value>); 2] {
    let flat = format!("proxy_{scheme}");
    let value = raw.get(&flat);
    [(format!("proxy.{scheme}"), raw.get("proxy").and_then(|proxy| proxy.get(scheme))), (flat, value)]
}

/// The first proxy that somebody named, and where.
fn named(
    raw: &Map<String, Value>,
    environment: &Environment,
    scheme: &str,
    variables: &[&str],
) -> Option<(String, String)> {
    let text = |value: Option<&Value>| value?.as_str().map(str::to_owned).filter(|url| !url.trim().is_empty());
    let in_job = proxy_items(raw, scheme).map(|(name, value)| (name, text(value)));
    let around = variables.iter().map(|name| ((*name).to_owned(), environment.first(&[name])));
    in_job.into_iter().chain(around).find_map(|(name, url)| Some((name, url?)))
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

/// Returns a warning for each network item with a value of the wrong type. Cortex's form stores texts only, but a job can come
/// from another program.
pub(super) fn warnings(raw: &Map<String, Value>) -> Vec<String> {
    let proxy = raw.get("proxy");
    let proxies = ["https", "http"].into_iter().flat_map(|scheme| proxy_items(raw, scheme));
    let proxies = proxies.map(|(name, value)| (name, value, "a URL such as http://proxy.example:3128"));
    let certificates = ("cacerts".to_owned(), raw.get("cacerts"), "CA certificates in PEM as one text");
    let is_wrong = |value: &Value| !value.is_null() && !value.is_string();
    let wrong = proxies
        .chain([certificates])
        .filter(|(_, value, _)| value.is_some_and(is_wrong))
        .map(|(name, _, expected)| (name, expected));
    let is_no_proxy = proxy.is_some_and(|proxy| !proxy.is_null() && !proxy.is_object());
    let no_proxy = is_no_proxy.then(|| ("proxy".to_owned(), "an object with the members http and https"));
    let warning = |(name, expected)| {
        format!(
            "The configuration item {name} has a value of the wrong kind and is not used; expected {expected}. Correct it in Cortex."
        )
    };
    no_proxy.into_iter().chain(wrong).map(warning).collect()
}
