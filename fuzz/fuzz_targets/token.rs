//! Any answer of a token endpoint: what is said of it shows nothing that could be part of a token.
#![no_main]

use cortex_falcon::falcon::token_in;
use cortex_falcon::http::Answer;
use cortex_falcon::secret::Secrets;
use libfuzzer_sys::fuzz_target;

/// As much of a token as nobody may see.
const RUN: usize = 16;

fuzz_target!(|input: (u16, &[u8])| {
    let (status, body) = input;
    let answer = Answer { status: status % 600, body: body.to_vec(), ..Answer::default() };
    let Err(reason) = token_in(&answer, &Secrets::default()) else { return };
    let shown = reason.to_string();
    let mut opaque = 0;
    for c in shown.chars() {
        opaque = if c.is_alphanumeric() || "-_.~+/=%".contains(c) { opaque + 1 } else { 0 };
        assert!(opaque < RUN, "{shown}");
    }
});
