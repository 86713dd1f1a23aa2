//! Questions whose answers tell what an API client may do, and that change nothing.

use super::call::{Request, Status, Target};
use super::envelope::{Envelope, first_listed_id};
use super::id::{CaseId, CompositeId, IncidentId};
use super::reason::Reason;
use super::refusal::{no_envelope, refused};
use super::search::Search;
use super::{alerts, cases, incidents, search};
use crate::http::Answer;
use crate::secret::Secrets;

/// A question about one scope: a list of one item asks for reading, the update of an id that no tenant has for writing. Of
/// searches there is no list: both ask for one that no tenant has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Probe {
    /// What the scope is about.
    pub target: Target,
    /// Reading or writing.
    pub access: Access,
    /// The question itself.
    pub request: Request,
}

/// What a scope allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Asked for by listing one item, or by a look at what does not exist.
    Read,
    /// Asked for by the update, or the end, of what does not exist.
    Write,
}

/// What the answer to a probe means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
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
    /// All questions about a job that needs these scopes, or about jobs of any kind, in the order in which they are told.
    /// Searches are asked about only where they are needed.
    #[must_use]
    pub(crate) fn all(scopes: Option<&[&str]>) -> Vec<Probe> {
        let is_needed = |probe: &Probe| {
            probe.target != Target::Search || scopes.is_none_or(|scopes| scopes.contains(&probe.request.scope))
        };
        Probe::each().filter(is_needed).collect()
    }

    fn each() -> impl Iterator<Item = Probe> {
        let write_alerts = alerts::update(&[CompositeId::of_nothing()], Status::New).request;
        let write_incidents = incidents::update(&[IncidentId::of_nothing()], Status::New).request;
        let write_cases = cases::update(&CaseId::of_nothing(), Status::New).request;
        [
            (Target::Alert, alerts::list_one(), write_alerts),
            (Target::Incident, incidents::list_one(), write_incidents),
            (Target::Case, cases::list_one(), write_cases),
            (
                Target::Search,
                search::look_at(&Search::of_nothing()).request,
                search::stop(&Search::of_nothing()).request,
            ),
        ]
        .into_iter()
        .flat_map(|(target, read, write)| {
            [(Access::Read, read), (Access::Write, write)].map(|(access, request)| Probe { target, access, request })
        })
    }

    /// What this answer means. An id that does not exist is refused only after the scope was checked; and an answer that is
    /// none of Falcon's tells nothing.
    #[must_use]
    pub(crate) fn judge(&self, answer: &Answer) -> Finding {
        let envelope = Envelope::read(&answer.body).ok();
        let empty = answer.says_nothing();
        let no_page = empty || envelope.as_ref().is_some_and(Envelope::knows_no_such_page);
        // A page that leads nowhere is none of the search API's.
        let no_search =
            self.target == Target::Search && matches!(answer.status, 200..300 | 404 | 410) && (empty || !no_page);
        let gone = self.target == Target::Incident && matches!(answer.status, 404 | 410) && no_page;
        match (envelope.map(|envelope| lacks_scope(answer, &envelope)), answer.status) {
            (Some(true), _) => Finding::Forbidden,
            (_, 403) if empty => Finding::Forbidden,
            _ if gone => Finding::Retired,
            (told, _) if self.target == Target::Search => {
                if no_search && (empty || told == Some(false)) {
                    Finding::Allowed
                } else {
                    Finding::Unknown
                }
            }
            (Some(false), 200..300) => Finding::Allowed,
            (Some(false), 400 | 404 | 409 | 422) if self.access == Access::Write => Finding::Allowed,
            _ => Finding::Unknown,
        }
    }
}

/// Why an answer that tells nothing tells nothing.
#[must_use]
pub(crate) fn why_unknown(answer: &Answer, secrets: &Secrets) -> Reason {
    match Envelope::read(&answer.body) {
        Err(problem) if answer.is_success() => no_envelope(answer, problem, secrets),
        envelope => refused(answer, envelope.ok().as_ref(), secrets),
    }
}

/// Whether an answer of Falcon's refuses for want of a scope.
fn lacks_scope(answer: &Answer, envelope: &Envelope) -> bool {
    answer.status == 403 || envelope.has_code("403")
}

/// The CID of the tenant, from the list of its alerts: an alert's id begins with it.
#[must_use]
pub(crate) fn tenant(alerts: &Answer) -> Option<String> {
    let id = first_listed_id(&alerts.body)?;
    CompositeId::new(&id).is_ok().then(|| id.split(':').next().unwrap_or_default().to_owned())
}
