//! A certificate authority of a site's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tempfile::TempDir;

/// Falcon's hosts, as far as scenarios pretend to be them, and our own.
pub const HOSTS: [&str; 7] = [
    "localhost",
    "127.0.0.1",
    "falcon.test",
    "silent.falcon.test",
    "api.crowdstrike.com",
    "api.us-2.crowdstrike.com",
    "api.eu-1.crowdstrike.com",
];

/// An authority, and a certificate of it for some hosts.
pub struct Authority {
    directory: TempDir,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// What its servers offer to speak, the best first.
    protocols: &'static [&'static str],
}

impl Authority {
    /// An authority that vouches for [`HOSTS`].
    pub fn new() -> Authority {
        Authority::for_hosts(HOSTS.map(str::to_owned))
    }

    /// An authority that vouches for these hosts.
    pub fn for_hosts(hosts: impl Into<Vec<String>>) -> Authority {
        Authority::signing(hosts, |_| ())
    }

    /// An authority that vouches for these hosts, and changes the certificate that it signs.
    pub fn signing(hosts: impl Into<Vec<String>>, change: impl FnOnce(&mut CertificateParams)) -> Authority {
        Authority::signing_as(authority_params(), hosts, change)
    }

    /// A server's certificate for these hosts, signed with the key of another server's certificate, which is in the file.
    pub fn signed_by_a_server(hosts: impl Into<Vec<String>>, is_ca: IsCa) -> Authority {
        let mut params = server_params(vec!["thehive.example".to_owned()]);
        params.distinguished_name.push(DnType::CommonName, "TheHive");
        params.use_authority_key_identifier_extension = false;
        params.is_ca = is_ca;
        Authority::signing_as(params, hosts, |_| ())
    }

    /// An authority whose own certificate is made from `params`.
    fn signing_as(
        params: CertificateParams,
        hosts: impl Into<Vec<String>>,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Authority {
        let authority_key = KeyPair::generate().expect("a key");
        let authority = params.self_signed(&authority_key).expect("a certificate");
        let issuer = Issuer::new(params, authority_key);
        let key = KeyPair::generate().expect("a key");
        let mut params = server_params(hosts.into());
        change(&mut params);
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        Authority::of(&authority.pem(), &certificate, &key)
    }

    /// A certificate that only vouches for itself; it is in the authority's file.
    pub fn self_signed(
        hosts: impl Into<Vec<String>>,
        is_ca: IsCa,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Authority {
        let mut params = CertificateParams::new(hosts).expect("params");
        params.is_ca = is_ca;
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Authority::of(&certificate.pem(), &certificate, &key)
    }

    fn of(trusted: &str, certificate: &Certificate, key: &KeyPair) -> Authority {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("ca.pem"), trusted).expect("a file");
        Authority {
            directory,
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
            protocols: &["h2", "http/1.1"],
        }
    }

    /// The same, with the server's certificate in the file in place of the authority's.
    pub fn given_without_issuer(self) -> Authority {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.encode(&self.chain[0]);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        std::fs::write(self.file(), pem).expect("a file");
        self
    }

    /// The same certificate, on a server that has another key.
    pub fn with_a_stolen_certificate(self) -> Authority {
        Authority { key: Authority::new().key, ..self }
    }

    /// An authority whose certificate is also in this directory, as `ca.pem`.
    pub fn in_directory(directory: &Path) -> Authority {
        let authority = Authority::new();
        std::fs::create_dir_all(directory).expect("the directory can be made");
        std::fs::copy(authority.file(), directory.join("ca.pem")).expect("the CA certificate can be written");
        authority
    }

    /// An authority whose servers know nothing newer than HTTP/1.1.
    pub fn without_http_2(self) -> Authority {
        Authority { protocols: &["http/1.1"], ..self }
    }

    /// The authority's certificate, in PEM.
    pub fn file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A directory for whatever else a scenario needs.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn server_config(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS");
        let key = any_supported_type(&self.key).expect("a key");
        // Whether they belong together is the client's business.
        let certified = SingleCertAndKey::from(CertifiedKey::new(self.chain.clone(), key));
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(certified));
        config.alpn_protocols = self.protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}

/// Two certificates of one name are one authority to OpenSSL, which then takes the server's for self-signed.
fn named(name: &str, hosts: Vec<String>, usage: KeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::new(hosts).expect("params");
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![usage];
    params
}

fn authority_params() -> CertificateParams {
    let mut params = named("Authority of the mock Falcon", Vec::new(), KeyUsagePurpose::KeyCertSign);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn server_params(hosts: Vec<String>) -> CertificateParams {
    let mut params = named("Mock Falcon", hosts, KeyUsagePurpose::DigitalSignature);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params
}
