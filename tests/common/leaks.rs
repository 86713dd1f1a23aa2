//! The search for leaks: no part of a secret or a token may stand in anything that a run leaves behind.

use std::collections::HashSet;
use std::sync::{LazyLock, PoisonError, RwLock};

use super::stand_in::tokens::tokens_given;

/// Every secret of the suite, or the part that all of its kind share.
const SECRETS: [&str; 9] = [
    "Zk8-fixture-only-secret-2Qw",
    "eyJhbGciOiJSUzI1NiJ9.fixture-only-token.c2lnbmF0dXJl",
    "shell-secret",
    "not-the-secret",
    "abcd-efgh",
    "proxy-pw",
    "w-9xQ",
    "w-9xQ-never-used",
    super::the_hive::API_KEY,
];

/// So many consecutive bytes of a secret are a leak; secrets that are shorter, whole.
const RUN: usize = 16;
/// The part of a run that is looked for first. Every run has such a part that begins at a multiple of `STEP`, so most of a
/// text need not be looked up: some are megabytes long.
const PART: usize = 8;
const STEP: usize = RUN - PART + 1;

/// What is searched for. Kept, and only added to, because cutting a thousand tokens to pieces for each search takes long.
#[derive(Default)]
struct Known {
    runs: HashSet<[u8; RUN]>,
    parts: HashSet<[u8; PART]>,
    tokens: usize,
}

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(|| {
    let mut known = Known::default();
    for secret in SECRETS {
        known.add(secret);
    }
    RwLock::new(known)
});

impl Known {
    fn add(&mut self, secret: &str) {
        let secret = secret.as_bytes();
        self.runs.extend(secret.windows(RUN).filter_map(|run| <[u8; RUN]>::try_from(run).ok()));
        self.parts.extend(secret.windows(PART).filter_map(|part| <[u8; PART]>::try_from(part).ok()));
    }

    fn find(&self, text: &str) -> Option<String> {
        let short = SECRETS.iter().find(|secret| secret.len() < RUN && text.contains(**secret));
        let run = || Some(String::from_utf8_lossy(self.find_run(text.as_bytes())?).into_owned());
        short.map(|secret| (*secret).to_owned()).or_else(run)
    }

    fn find_run<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        let parts = text.windows(PART).enumerate().step_by(STEP).filter(|(_, part)| self.parts.contains(*part));
        let around = parts.map(|(at, _)| &text[at.saturating_sub(STEP - 1)..text.len().min(at + RUN)]);
        around.flat_map(|around| around.windows(RUN)).find(|run| self.runs.contains(*run))
    }
}

/// Searches a text for every part of every secret of the suite, and of every token that a stand-in has given.
pub fn assert_leaks_nothing(text: &str) {
    let leaked = leak_in(text);
    assert!(leaked.is_none(), "{leaked:?} of a secret has leaked: {text}");
}

/// The first part of a secret or a token in a text, if there is one.
pub fn leak_in(text: &str) -> Option<String> {
    let count = KNOWN.read().unwrap_or_else(PoisonError::into_inner).tokens;
    if !tokens_given(count).is_empty() {
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        for token in tokens_given(known.tokens) {
            known.add(&token);
            known.tokens += 1;
        }
    }
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).find(text)
}
