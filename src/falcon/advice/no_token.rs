//! What to do if there is no token.

use super::on_the_way::{on_the_way, server_error};
use super::{Asked, after_that, next_step};
use crate::falcon::login::TokenItems;
use crate::falcon::reason::Reason;

/// The next step if a token request failed for this reason.
pub(super) fn no_token(reason: &Reason, items: TokenItems, asked: Asked<'_>) -> String {
    match reason {
        Reason::RateLimited { until } => format!(
            "Run the responder again {}. Many jobs at once can share a token: see token_cache in Cortex, if it is not set.",
            after_that(*until)
        ),
        Reason::Refused { by, status: status @ (408 | 500..), retry_after, .. } => {
            server_error(*by, *status, *retry_after, items.endpoint())
        }
        Reason::Refused { status: 404 | 405 | 410, .. } | Reason::Unreadable { status: 404 | 405 | 410, .. } => {
            check_the_endpoint()
        }
        Reason::Refused { status: 407, .. } => next_step(reason, asked),
        // Falcon has the same words for all of them.
        Reason::Refused { .. } | Reason::Named { .. } => check_the_credentials(items),
        Reason::Unreadable { .. } | Reason::Redirected { .. } | Reason::NoAnswer { .. } => {
            on_the_way(reason, items.endpoint())
        }
        other => next_step(other, asked),
    }
}

fn check_the_endpoint() -> String {
    "There is no token endpoint at that address: check base_url and token_url in Cortex (Organization → Responders), then run the responder again.".into()
}

/// Names everything that a refused token can be due to, most likely first.
fn check_the_credentials(items: TokenItems) -> String {
    let child = if items.member_cid { "member_cid (a child tenant's CID, not the parent's own), " } else { "" };
    let scope = if items.scope { " and scope" } else { "" };
    let names = if items.token_url { "base_url and token_url name" } else { "base_url names" };
    format!(
        "In Cortex (Organization → Responders), check {child}client_id (the API client's ID, not a CID), client_secret{scope}, and that {names} the API client's cloud; in Falcon, check that the tenant's IP allowlist has Cortex's address."
    )
}
