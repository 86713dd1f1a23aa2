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
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::{ClientConfig, RootCertStore};
use webpki::{EndEntityCert, KeyUsage};

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
        match usable(certificates) {
            Ok((usable, warning)) => {
                given.extend(usable);
                warnings.extend(warning);
            }
            Err(error) => warnings.push(format!("{error:#}.")),
        }
    }
    roots.add_parsable_certificates(given.iter().filter(|certificate| is_authority(certificate)).cloned());
    let roots = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build()?;
    Ok((TrustGiven { roots, given }, warnings))
}

/// Returns the usable certificates, and a warning about the others.
fn usable(certificates: &Certificates) -> Result<(Vec<CertificateDer<'static>>, Option<String>)> {
    let (pem, origin) = match certificates {
        Certificates::File(path) => {
            let origin = path.display().to_string();
            (read(path).with_context(|| format!("The CA certificates in {origin} cannot be read"))?, origin)
        }
        Certificates::Text(pem) => (pem.clone().into_bytes(), "the configuration item cacerts".to_owned()),
    };
    let (usable, others): (Vec<_>, Vec<_>) = CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .partition(|certificate| EndEntityCert::try_from(certificate).is_ok());
    if usable.is_empty() {
        bail!(
            "There is no usable CA certificate in {origin}; expected PEM (-----BEGIN CERTIFICATE-----) of X.509 version 3"
        );
    }
    let warning = format!(
        "Some certificates in {origin} are not used ({} of {}); expected X.509 version 3 without unknown critical extensions.",
        others.len(),
        usable.len() + others.len()
    );
    Ok((usable, (!others.is_empty()).then_some(warning)))
}

/// Returns whether a certificate may sign others (basicConstraints: CA). webpki does not ask that of a root, so without this check the
/// key of any server whose certificate was given could speak for all names. Version 1 cannot state it, and is not parsed here.
fn is_authority(certificate: &CertificateDer<'_>) -> bool {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return false };
    let error = |time| certificate.verify_for_usage(&[], &[], &[], time, KeyUsage::server_auth(), None, None).err();
    let error = match error(UnixTime::now()) {
        // webpki checks the dates first.
        Some(
            webpki::Error::CertExpired { not_after: within, .. }
            | webpki::Error::CertNotValidYet { not_before: within, .. },
        ) => error(within),
        error => error,
    };
    matches!(error, Some(webpki::Error::CaUsedAsEndEntity))
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
