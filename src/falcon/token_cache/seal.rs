//! What makes a kept token of no use to whoever does not have the API client's secret.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;

use super::super::login::{Login, MemberCid};

/// What our keys are for. It changes when the content of the files does.
const PURPOSE: &[u8] = b"cortex-falcon token cache 1";

/// The key and the name of a login's file. Both are made of the secret and of all that decides which token is given, so that
/// nobody finds or reads the token of a login that is not theirs.
pub(super) struct Seal {
    key: LessSafeKey,
    name: String,
}

/// A name has 16 bytes, written in hexadecimal digits.
struct NameLength;

impl KeyType for NameLength {
    fn len(&self) -> usize {
        16
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl Seal {
    /// That of a login.
    pub(super) fn of(login: &Login) -> Result<Seal, Unspecified> {
        let credentials = &login.credentials;
        let scopes: Vec<&str> = credentials.scopes.iter().map(|scope| scope.as_str()).collect();
        let identity = json!([
            credentials.client_id.as_str(),
            login.base_url.join("").as_str(),
            credentials.member_cid.as_ref().map(MemberCid::as_str),
            scopes,
            login.token_url.as_ref().map(url::Url::as_str),
        ]);
        let identity = identity.to_string();
        let of_secret = Salt::new(HKDF_SHA256, PURPOSE).extract(credentials.client_secret.secret().as_bytes());
        let mut name = [0; 16];
        of_secret.expand(&[b"name", identity.as_bytes()], NameLength)?.fill(&mut name)?;
        let key = of_secret.expand(&[b"key", identity.as_bytes()], &AES_256_GCM).map(UnboundKey::from)?;
        Ok(Seal { key: LessSafeKey::new(key), name: format!("{:032x}", u128::from_be_bytes(name)) })
    }

    /// What the login's files are called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A name that no other job has, wherever it runs.
    pub(super) fn new_name() -> Option<String> {
        let mut name = [0; 16];
        SystemRandom::new().fill(&mut name).ok()?;
        Some(format!("{:032x}", u128::from_be_bytes(name)))
    }

    /// Seals a text: the nonce, and behind it what only [`Seal::open`] reads.
    pub(super) fn close(&self, mut text: Vec<u8>) -> Option<Vec<u8>> {
        let mut sealed = [0; NONCE_LEN].to_vec();
        SystemRandom::new().fill(&mut sealed).ok()?;
        let nonce = Nonce::try_assume_unique_for_key(&sealed).ok()?;
        self.key.seal_in_place_append_tag(nonce, Aad::empty(), &mut text).ok()?;
        sealed.append(&mut text);
        Some(sealed)
    }

    /// The text in what was sealed; nothing where that is not whole, or not ours.
    pub(super) fn open<'text>(&self, sealed: &'text mut [u8]) -> Option<&'text [u8]> {
        let (nonce, sealed) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        self.key.open_in_place(nonce, Aad::empty(), sealed).ok().map(|text| &*text)
    }
}
