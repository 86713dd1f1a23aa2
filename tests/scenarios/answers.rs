//! Every answer of `fixtures/falcon/`.
