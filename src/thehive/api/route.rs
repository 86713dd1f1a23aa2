//! The ways to send a request: by which API, and in which organisation. What one of them does not show, another may.

use super::error::{Failure, Unreached};
use super::question::Generation;

/// One way to send a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) generation: Generation,
    pub(super) acting: Acting,
}

/// In which organisation the user acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acting {
    /// The one that the job names, in the header `X-Organisation`.
    InNamed,
    /// The user's default organisation.
    InDefault,
}

impl Route {
    /// Returns the ways for a user who can act like this, the one that worked before first.
    pub(super) fn all(acting: &[Acting], worked: Option<Route>) -> Vec<Route> {
        let of = |generation| acting.iter().map(move |acting| Route { generation, acting: *acting });
        let others = Generation::ALL.into_iter().flat_map(of).filter(|route| Some(*route) != worked);
        worked.into_iter().chain(others).collect()
    }
}

/// How the ways that were tried were refused.
#[derive(Debug, Default)]
pub(super) struct Refusals(Vec<Refusal>);

#[derive(Debug)]
struct Refusal {
    route: Route,
    status: u16,
    subject: Subject,
    error: Unreached,
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// TheHive has no such alert or case, or does not show it.
    Entity,
    /// Anything else, such as the path or the user.
    Other,
}

impl Refusals {
    pub(super) fn add(&mut self, route: Route, status: u16, subject: Subject, error: Unreached) {
        self.0.push(Refusal { route, status, subject, error });
    }

    /// Returns whether this way is worth a request. A user who is refused may be admitted to the other organisation. The other API is
    /// tried after a 404 only, whatever its body says: a gateway may have rewritten it.
    pub(super) fn leave_open(&self, route: Route) -> bool {
        let same_api = || self.0.iter().any(|refusal| refusal.route.generation == route.generation);
        let was_missing = || self.0.iter().any(|refusal| refusal.status == 404);
        match self.0.last() {
            None => true,
            Some(Refusal { status: 401 | 403 | 404, .. }) => same_api() || was_missing(),
            Some(_) => false,
        }
    }

    /// Returns the refusal that explains most.
    pub(super) fn into_failure(self) -> Failure {
        let has_no_api = self.0.iter().all(|refusal| refusal.status == 404 && refusal.subject == Subject::Other);
        let is_telling = |refusal: &Refusal| refusal.subject == Subject::Entity;
        let place = self.0.iter().position(is_telling);
        let place = place.or_else(|| self.0.iter().rposition(|refusal| refusal.status != 404)).unwrap_or_default();
        match self.0.into_iter().nth(place) {
            Some(Refusal { status: 400, error, .. }) => Failure::BadRequest(error),
            Some(Refusal { error, .. }) if has_no_api => Failure::Other(error.without_api()),
            Some(Refusal { error, .. }) => Failure::Other(error),
            None => Failure::Other(Unreached::unavailable("TheHive was not asked")),
        }
    }
}
