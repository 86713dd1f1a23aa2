//! Reasons that lie in the transport.

use ::url::Url;

use super::Reason;
use crate::falcon::cloud::BaseUrl;
use crate::falcon::headers;
use crate::http::url::host_and_port;
use crate::http::{Answer, NoClient, Trouble};
use crate::secret::Secrets;
use crate::text::without_opaque_words;

impl Reason {
    /// Why no whole answer came. Nothing of what came before it broke off is quoted.
    pub(in crate::falcon) fn of_trouble(trouble: Trouble, secrets: &Secrets) -> Reason {
        match trouble {
            Trouble::OutOfTime { whole } => Reason::OutOfTime { budget: whole },
            Trouble::NoAnswer { problem, peer, detail, is_cut_short } => {
                Reason::NoAnswer { problem, peer, detail: secrets.quote(&detail), is_cut_short }
            }
            Trouble::Broken { problem, peer, detail, beginning, is_cut_short } => {
                let detail = format!("{} (HTTP {})", secrets.quote(&detail), beginning.status);
                Reason::NoAnswer { problem, peer, detail, is_cut_short }
            }
        }
    }

    /// Returns why there is no client to send anything with.
    pub(in crate::falcon) fn of_no_client(error: &anyhow::Error, secrets: &Secrets) -> Reason {
        let problem = secrets.quote(&format!("{error:#}"));
        match error.downcast_ref() {
            Some(NoClient::NoThread(_)) => Reason::NoThread { problem },
            Some(NoClient::Other(_)) | None => Reason::Setup { problem },
        }
    }

    /// Where an answer points, where it points elsewhere.
    pub(in crate::falcon) fn of_redirect(answer: &Answer, secrets: &Secrets) -> Option<Reason> {
        if !answer.is_redirect() {
            return None;
        }
        let region = headers::region(answer);
        let named = region.map(|region| format!("the cloud {}", secrets.quote(&without_opaque_words(region))));
        // Scrubbed before it is parsed: a host is in small letters then, and a secret in it no longer recognised.
        let host = || Some(secrets.quote(&host_and_port(&Url::parse(&secrets.scrub(answer.location()?)).ok()?)));
        Some(Reason::Redirected {
            status: answer.status,
            to: named.or_else(host).unwrap_or_else(|| "an unnamed place".into()),
            cloud: region.and_then(BaseUrl::of_cloud).map(Box::new),
        })
    }
}
