//! What to do about each failure: the one place with hints for people.

use super::call::{Call, Target};
use super::outcome::{Problem, Reason};

/// The next step, as a sentence for an analyst or the admin whom they call.
#[must_use]
pub fn advice(reason: &Reason, call: &Call) -> String {
    match reason {
        Reason::Refused { status, message } => refused(*status, message, call),
        Reason::Named { .. } | Reason::Unclear { .. } => format!(
            "Check in Falcon that each of these {}s exists in this tenant and correct the custom field, then run the responder again.",
            call.target()
        ),
        Reason::Unchanged { .. } => "Run the responder again; if it stays so, set the status in Falcon by hand and ask CrowdStrike's support with the trace id.".into(),
        Reason::Retired { .. } => "Set the status in Falcon by hand. Put the id of the NG-SIEM case that replaces the incident into the custom field for NG-SIEM cases, and clear the one for incidents.".into(),
        Reason::Unreadable { .. } => "Something between Cortex and Falcon answers instead of it: check base_url and the proxy, then run the responder again.".into(),
        Reason::Redirected { .. } => "Set base_url in Cortex to the cloud or host of your tenant, then run the responder again.".into(),
        Reason::NoAnswer { problem, .. } => no_answer(*problem).into(),
        Reason::RateLimited { .. } => "Run the responder again after that; if it happens often, ask who else uses this tenant's API.".into(),
        Reason::OutOfTime { .. } => "Run the responder again, or raise timeout_seconds in Cortex.".into(),
        Reason::NoToken(reason) => no_token(reason, call),
        Reason::Setup { .. } => "Correct the responder's configuration in Cortex, then run the responder again.".into(),
        Reason::Unsendable => "Look the detection up in Falcon, put its composite id into the custom field, then run the responder again.".into(),
        Reason::Stopped { .. } => "Run the responder again; if Cortex stops it again, raise its job timeout there.".into(),
    }
}

/// The scope that a call needs, as Falcon's console names it.
fn scope(target: Target) -> &'static str {
    match target {
        Target::Alert => "Alerts: write",
        Target::Incident => "Incidents: write",
        Target::Case => "Cases: write",
    }
}

fn refused(status: u16, message: &str, call: &Call) -> String {
    let target = call.target();
    match status {
        401 => "Check in Falcon that the API client still exists and that base_url in Cortex names its cloud.".into(),
        403 if message.contains("authorization failed") => format!(
            "Give the API client the scope \"{}\" in Falcon, and check that Cortex's address is on the tenant's allowlist.",
            scope(target)
        ),
        403 => format!("Give the API client the scope \"{}\" in Falcon (Support and resources → API clients and keys).", scope(target)),
        404 if looks_like_reference(call) => "This looks like the case's reference for people (ABC-1234); the custom field needs the case's id, which is in its URL in Falcon.".into(),
        400 | 404 | 422 => format!("Check in Falcon that each of these {target}s exists in this tenant and correct the custom field, then run the responder again."),
        407 => "The proxy wants a user and a password: set them in Cortex's proxy URL.".into(),
        409 => "Somebody changed it in Falcon at the same moment: look at it there, then run the responder again if the change is still wanted.".into(),
        413 => "Falcon takes fewer ids in one call than it used to: report this with the trace id to the responder's maintainers.".into(),
        500..=599 | 408 => "Falcon has trouble of its own (status.crowdstrike.com): run the responder again later.".into(),
        _ => "Ask CrowdStrike's support with the trace id.".into(),
    }
}

/// A case's `reference_id` (`ABC-1234`), which the API does not take.
fn looks_like_reference(call: &Call) -> bool {
    let Call::UpdateCase { id, .. } = call else { return false };
    id.as_str().split_once('-').is_some_and(|(letters, digits)| {
        !letters.is_empty()
            && !digits.is_empty()
            && letters.len() <= 10
            && letters.chars().all(|c| c.is_ascii_uppercase())
            && digits.chars().all(|c| c.is_ascii_digit())
    })
}

fn no_token(reason: &Reason, call: &Call) -> String {
    match reason {
        Reason::Refused { message, .. } if message.contains("authorization failed") => {
            "Put Cortex's address on the IP allowlist of the tenant in Falcon, then run the responder again.".into()
        }
        Reason::Refused { status: 400 | 401 | 403, .. } => {
            "Check client_id, client_secret and base_url in Cortex (Organization → Responders): the API client must exist in the cloud that base_url names.".into()
        }
        other => advice(other, call),
    }
}

fn no_answer(problem: Problem) -> &'static str {
    match problem {
        Problem::Connect => {
            "Check base_url, the proxy and the firewall between Cortex and Falcon, then run the responder again."
        }
        Problem::Certificate => {
            "If a proxy inspects TLS, give Cortex its CA certificate (cacerts); if not, somebody else answers for Falcon."
        }
        Problem::Timeout | Problem::Cut => "Run the responder again; if it stays so, check the proxy and the firewall.",
        Problem::TooLong => {
            "Something between Cortex and Falcon answers instead of it: check base_url and the proxy, then run the responder again."
        }
    }
}
