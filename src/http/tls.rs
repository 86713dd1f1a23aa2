//! TLS 1.2 or newer, against the bundled roots and those of the site.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::network::{Certificates, Trust};

/// The longest bundle of certificates that is read, in bytes. Those of whole distributions stay below one megabyte.
const LONGEST_BUNDLE: u64 = 4_000_000;

/// The TLS configuration, and warnings about certificates that could not be used.
///
/// # Errors
/// Where the TLS library itself refuses to work.
pub(super) fn client_config(trust: &Trust) -> Result<(ClientConfig, Vec<String>)> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let (mut config, warnings) = if trust.verify {
        let (roots, warnings) = roots(&trust.extra);
        (builder.with_root_certificates(roots).with_no_client_auth(), warnings)
    } else {
        let verifier = Arc::new(TrustAnyone(provider));
        (builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth(), Vec::new())
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((config, warnings))
}

/// The bundled roots, which are parsed already, and the site's. A bundle that cannot be read is no reason to give
/// up: a certificate that needs it will fail by itself.
fn roots(extra: &[Certificates]) -> (RootCertStore, Vec<String>) {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let warnings = extra.iter().filter_map(|certificates| add(&mut roots, certificates).err());
    let warnings = warnings.map(|error| format!("{error:#}.")).collect();
    (roots, warnings)
}

fn add(roots: &mut RootCertStore, certificates: &Certificates) -> Result<()> {
    let (pem, origin) = match certificates {
        Certificates::File(path) => {
            let origin = path.display().to_string();
            (read(path).with_context(|| format!("The CA certificates in {origin} cannot be read"))?, origin)
        }
        Certificates::Text(pem) => (pem.clone().into_bytes(), "the configuration item cacerts".to_owned()),
    };
    let parsed = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
    let (added, _) = roots.add_parsable_certificates(parsed);
    if added == 0 {
        bail!("There is no usable CA certificate in {origin}; expected PEM (-----BEGIN CERTIFICATE-----)");
    }
    Ok(())
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

/// What `verify_ssl: false` asks for: any certificate will do, as long as its holder can sign with it.
#[derive(Debug)]
struct TrustAnyone(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
