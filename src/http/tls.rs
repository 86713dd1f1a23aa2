//! TLS 1.2 or newer, against the bundled roots and those of the site.

mod verifier;

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::network::{Certificates, Trust};
use verifier::{TrustAnyone, TrustGiven};

/// The longest bundle of certificates that is read, in bytes. Those of whole distributions stay below one megabyte.
const LONGEST_BUNDLE: u64 = 4_000_000;

/// The TLS configuration, and warnings about certificates that could not be used.
///
/// # Errors
/// Where the TLS library itself refuses to work.
pub(super) fn client_config(trust: &Trust) -> Result<(ClientConfig, Vec<String>)> {
    let provider = Arc::new(ring::default_provider());
    let (verifier, warnings): (Arc<dyn ServerCertVerifier>, Vec<String>) = if trust.verify {
        let (verifier, warnings) = verifier(&trust.extra, &provider)?;
        (Arc::new(verifier), warnings)
    } else {
        (Arc::new(TrustAnyone(Arc::clone(&provider))), Vec::new())
    };
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    // Both verify the signatures of a handshake, as the default does.
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((config, warnings))
}

/// Returns what trusts the bundled roots, which are parsed already, and the site's certificates. A bundle that cannot be read is no
/// reason to give up: a certificate that needs it will fail by itself.
fn verifier(extra: &[Certificates], provider: &Arc<CryptoProvider>) -> Result<(TrustGiven, Vec<String>)> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let (mut given, mut warnings) = (Vec::new(), Vec::new());
    for certificates in extra {
        match add(&mut roots, certificates) {
            Ok(added) => given.extend(added),
            Err(error) => warnings.push(format!("{error:#}.")),
        }
    }
    let roots = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build()?;
    Ok((TrustGiven { roots, given }, warnings))
}

fn add(roots: &mut RootCertStore, certificates: &Certificates) -> Result<Vec<CertificateDer<'static>>> {
    let (pem, origin) = match certificates {
        Certificates::File(path) => {
            let origin = path.display().to_string();
            (read(path).with_context(|| format!("The CA certificates in {origin} cannot be read"))?, origin)
        }
        Certificates::Text(pem) => (pem.clone().into_bytes(), "the configuration item cacerts".to_owned()),
    };
    let parsed: Vec<_> = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
    let (added, _) = roots.add_parsable_certificates(parsed.iter().cloned());
    if added == 0 {
        bail!("There is no usable CA certificate in {origin}; expected PEM (-----BEGIN CERTIFICATE-----)");
    }
    Ok(parsed)
}

/// Reads a regular file: a pipe may keep its reader waiting, and a device may never end.
fn read(path: &Path) -> Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        bail!("it is no regular file");
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(LONGEST_BUNDLE))? + 1);
    File::open(path)?.take(LONGEST_BUNDLE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST_BUNDLE {
        bail!("it is longer than {} MB", LONGEST_BUNDLE / 1_000_000);
    }
    Ok(bytes)
}
