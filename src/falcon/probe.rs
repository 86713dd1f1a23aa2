//! Questions whose answers tell what an API client may do, and that change nothing.

use reqwest::Method;
use reqwest::blocking::Request;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::answer::Answer;
use super::bounded::{Bounded, Object, Text};
use super::call::{Call, CompositeId, Target};
use super::cloud::BaseUrl;
use super::envelope::lacks_scope;

/// A question about one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// What the scope is about.
    pub target: Target,
    /// Reading or writing.
    pub access: Access,
}

/// What a scope allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Asked for by listing one item.
    Read,
    /// Asked for by the update of an id that does not exist.
    Write,
}

/// What the answer to a probe means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The API client has the scope.
    Allowed,
    /// It has not.
    Forbidden,
    /// The API is gone: incidents, since 2026-03-09.
    Retired,
    /// The answer does not tell.
    Unknown,
}

impl Probe {
    /// The scope's name in Falcon's console.
    #[must_use]
    pub fn scope(self) -> &'static str {
        match (self.target, self.access) {
            (Target::Alert, Access::Read) => "Alerts: read",
            (Target::Alert, Access::Write) => "Alerts: write",
            (Target::Incident, Access::Read) => "Incidents: read",
            (Target::Incident, Access::Write) => "Incidents: write",
            (Target::Case, Access::Read) => "Cases: read",
            (Target::Case, Access::Write) => "Cases: write",
        }
    }

    /// The request, but for its headers, and its body.
    pub(super) fn request(self, base_url: &BaseUrl) -> (Request, Option<Value>) {
        match self.access {
            Access::Read => (Request::new(Method::GET, self.list(base_url)), None),
            Access::Write => {
                let call = Call::of_nothing(self.target);
                (Request::new(call.method(), base_url.join(call.path())), Some(call.body()))
            }
        }
    }

    fn list(self, base_url: &BaseUrl) -> Url {
        let mut url = base_url.join(match self.target {
            Target::Alert => "/alerts/queries/alerts/v2",
            Target::Incident => "/incidents/queries/incidents/v1",
            Target::Case => "/cases/queries/cases/v1",
        });
        url.set_query(Some("limit=1"));
        url
    }

    /// What this answer means. An id that does not exist is refused only after the
    /// scope was checked; and an answer that is none of Falcon's tells nothing.
    #[must_use]
    pub fn judge(self, answer: &Answer) -> Finding {
        let gone = self.target == Target::Incident && matches!(answer.status, 404 | 410);
        let empty = answer.says_nothing();
        match (lacks_scope(answer), answer.status) {
            (Some(true), _) => Finding::Forbidden,
            (_, 403) if empty => Finding::Forbidden,
            _ if gone && (empty || self.access == Access::Read) => Finding::Retired,
            (Some(false), 200..300) => Finding::Allowed,
            (Some(false), 400 | 404 | 409 | 422) if self.access == Access::Write => Finding::Allowed,
            _ => Finding::Unknown,
        }
    }
}

/// The CID of the tenant, from the list of its alerts: an alert's id begins with it.
#[must_use]
pub fn tenant(alerts: &Answer) -> Option<String> {
    #[derive(Deserialize)]
    struct Ids {
        resources: Bounded<Text, 1>,
    }
    let Object(ids): Object<Ids> = serde_json::from_slice(&alerts.body).ok()?;
    let id = ids.resources.kept.first()?.as_str()?;
    CompositeId::is_shape_of(id).then(|| id.split(':').next().unwrap_or_default().to_owned())
}
