//! The least that a job costs: a plain client of the same crates that sends what the responder sends and does nothing else.
//!
//! `benches/job` holds the responder against it. It is written as anybody would write it, and is to stay so: neither tuned nor
//! slowed down, and without a line of the responder's.
#![expect(clippy::print_stdout, reason = "its report goes there")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context, Result, ensure};
use oauth2::basic::BasicClient;
use oauth2::{AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, TokenResponse, TokenUrl};
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::redirect::Policy;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    // `cargo bench` starts every bench target so; without a job there is nothing to measure.
    if arguments.iter().any(|argument| argument.as_os_str() == "--bench") {
        return Ok(());
    }
    let job = arguments.first().context("a job is needed")?;
    println!("{}", respond(&serde_json::from_slice(&fs::read(job)?)?)?);
    Ok(())
}

/// Does what the job asks for, both calls together.
fn respond(job: &Value) -> Result<Value> {
    let base_url = text(job, "/config/base_url")?;
    let alerts = ids(job, "/data/customFieldValues/csfalcon-alert-id");
    let incidents = ids(job, "/data/customFieldValues/csfalcon-incident-id");
    let client = client()?;
    let token = token(&client, job, base_url)?;
    let alerts_at = client.patch(format!("{base_url}/alerts/entities/alerts/v3")).bearer_auth(&token);
    let incidents_at = client.post(format!("{base_url}/incidents/entities/incident-actions/v1")).bearer_auth(&token);
    thread::scope(|scope| {
        let of_alerts = scope.spawn(|| update(alerts_at, "composite_ids", &alerts, "in_progress"));
        update(incidents_at, "ids", &incidents, "30")?;
        of_alerts.join().ok().context("the thread has panicked")?
    })?;
    let message = format!("{} alerts and {} incidents are in progress.", alerts.len(), incidents.len());
    Ok(json!({"success": true, "full": {"message": message}, "operations": []}))
}

/// Trusts the bundled roots and those of the site.
fn client() -> Result<Client> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(bundle) = env::var_os("REQUESTS_CA_BUNDLE") {
        for certificate in CertificateDer::pem_file_iter(Path::new(&bundle))? {
            roots.add(certificate?)?;
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut tls = builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let builder = Client::builder().tls_backend_preconfigured(tls).user_agent("bare/1.0");
    Ok(builder.timeout(Duration::from_secs(30)).redirect(Policy::none()).build()?)
}

fn token(client: &Client, job: &Value, base_url: &str) -> Result<String> {
    let oauth = BasicClient::new(ClientId::new(text(job, "/config/client_id")?.to_owned()))
        .set_client_secret(ClientSecret::new(text(job, "/config/client_secret")?.to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_token_uri(TokenUrl::new(format!("{base_url}/oauth2/token"))?);
    let response = oauth.exchange_client_credentials().request(&|request| send(client, request))?;
    Ok(response.access_token().secret().clone())
}

/// The oauth2 crate takes 200 and nothing else for success, and Falcon answers 201.
fn send(client: &Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let response = client.execute(request.try_into()?)?.error_for_status()?;
    Ok(HttpResponse::new(response.bytes()?.to_vec()))
}

fn update(request: RequestBuilder, member: &str, ids: &[&str], status: &str) -> Result<()> {
    let body = json!({member: ids, "action_parameters": [{"name": "update_status", "value": status}]});
    let request = request.header("Accept", "application/json").header("Content-Type", "application/json");
    let response = request.body(body.to_string()).send()?;
    ensure!(response.status() == 200, "Falcon answered {}", response.status());
    let answer: Value = serde_json::from_slice(&response.bytes()?)?;
    let errors = answer["errors"].as_array().map_or(0, Vec::len);
    ensure!(errors == 0, "Falcon met {errors} errors");
    Ok(())
}

fn text<'job>(job: &'job Value, pointer: &str) -> Result<&'job str> {
    job.pointer(pointer).and_then(Value::as_str).with_context(|| format!("there is no text at {pointer}"))
}

/// The ids in a custom field, which has one as a text or several in a list.
fn ids<'job>(job: &'job Value, pointer: &str) -> Vec<&'job str> {
    match job.pointer(pointer) {
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(id)) => vec![id],
        _ => Vec::new(),
    }
}
