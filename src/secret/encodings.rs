//! Other forms in which a secret can come back whole: in lower case, as in the name of a host, in hexadecimal digits, in Base64.

use std::fmt::Write;

use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine};

/// The shortest secret that is searched for in another form, in bytes: a shorter one could be any word.
const MIN_LENGTH: usize = 8;

/// Returns the other forms of a secret.
pub(super) fn encodings(secret: &str) -> Vec<String> {
    if secret.len() < MIN_LENGTH {
        return Vec::new();
    }
    let hexadecimal = secret.bytes().fold(String::with_capacity(2 * secret.len()), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    let mut forms = vec![hexadecimal.to_uppercase(), hexadecimal, BASE64_STANDARD.encode(secret)];
    forms.extend([BASE64_STANDARD_NO_PAD.encode(secret), BASE64_URL_SAFE_NO_PAD.encode(secret)]);
    forms.extend((0..3).flat_map(|start| inside_base64(&secret.as_bytes()[start..])));
    let lower = secret.to_lowercase();
    if lower != secret {
        forms.push(lower);
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// Returns what these bytes are in Base64 if others follow them, in both alphabets: without the last character unless it is all
/// of their own.
fn inside_base64(bytes: &[u8]) -> [String; 2] {
    [BASE64_STANDARD_NO_PAD.encode(bytes), BASE64_URL_SAFE_NO_PAD.encode(bytes)].map(|mut text| {
        text.truncate(bytes.len() * 8 / 6);
        text
    })
}
