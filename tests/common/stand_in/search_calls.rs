//! The calls for NG-SIEM searches. Repository and id are segments of the path.

use serde_json::Value;

use super::answers::{Answer, named};
use super::request::{Request, invalid};
use super::search_fields;
use super::strict::Tenant;

impl Tenant {
    pub(super) fn start_search(&mut self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["queryString"], &search_fields::OPTIONAL)?;
        search_fields::check(&body)?;
        let (repository, _) = segments(request)?;
        if !self.objects.exists(&repository) {
            return Err(named("search-gone"));
        }
        let query = body["queryString"].as_str().ok_or_else(invalid)?;
        let member = |name: &str| body.get(name).cloned().unwrap_or(Value::Null);
        Ok(self.searches.start(repository, query, member("start"), member("end")))
    }

    pub(super) fn search_state(&mut self, request: &Request) -> Result<Answer, Answer> {
        request.parameters(&[])?;
        let (repository, id) = segments(request)?;
        self.searches.poll(&repository, &id)
    }

    pub(super) fn stop_search(&mut self, request: &Request) -> Result<Answer, Answer> {
        let (repository, id) = segments(request)?;
        self.searches.stop(&repository, &id)
    }
}

/// The repository, and the search's id where the path has one.
fn segments(request: &Request) -> Result<(String, String), Answer> {
    match &request.segments()[..] {
        [_, _, _, _, repository, _, id @ ..] if !repository.is_empty() => {
            Ok((repository.clone(), id.first().cloned().unwrap_or_default()))
        }
        _ => Err(invalid()),
    }
}
