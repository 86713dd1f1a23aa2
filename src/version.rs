//! Which responder this is.

/// The version, the commit and what speaks TLS: what `--version` says, and every report of success.
pub const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (commit ", env!("CORTEX_FALCON_COMMIT"), ", TLS by rustls with ring)");
