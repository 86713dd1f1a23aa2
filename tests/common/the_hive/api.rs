//! The API of either version, as strict as it can be: what it does not define is refused.

use serde_json::{Value, json};

use super::API_KEY;
use super::answers::{bad_request, named, no_such_path, not_found, told};
use super::entity::{Entity, Kind, Version};
use crate::common::stand_in::answers::Answer;
use crate::common::stand_in::request::{Request, members};

/// As many as a search of TheHive 4 gives unless it is told a range.
const UNASKED_RANGE: usize = 10;

/// What TheHive keeps.
#[derive(Debug)]
pub struct Content {
    pub version: Version,
    /// The path below which the API is; mostly none.
    pub prefix: String,
    pub entities: Vec<Entity>,
}

impl Content {
    pub fn answer(&mut self, request: &Request) -> Answer {
        self.route(request).unwrap_or_else(|refusal| refusal)
    }

    fn route(&mut self, request: &Request) -> Result<Answer, Answer> {
        let nowhere = || no_such_path(&request.path);
        let segments = request.segments();
        let prefix = self.prefix.split('/').filter(|segment| !segment.is_empty());
        let mut segments = segments.iter().map(String::as_str);
        if !prefix.into_iter().all(|segment| segments.next() == Some(segment)) {
            return Err(nowhere());
        }
        let segments: Vec<&str> = segments.collect();
        match (self.version, request.method.as_str(), segments.as_slice()) {
            (Version::Five, "POST", ["api", "v1", "query"]) => {
                admit(request)?;
                self.query(request)
            }
            (Version::Four, "POST", ["api", "alert", "_search"]) => {
                admit(request)?;
                self.search(request)
            }
            (Version::Five, "GET", ["api", "v1", kind, id]) | (Version::Four, "GET", ["api", kind, id]) => {
                let kind = Kind::parse(kind).ok_or_else(nowhere)?;
                admit(request)?;
                self.show(kind, id, request)
            }
            _ => Err(nowhere()),
        }
    }

    /// TheHive 5: a page of a case's alerts.
    fn query(&self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["query"], &[]).map_err(|_| bad_request())?;
        let steps = body["query"].as_array().map_or(&[][..], Vec::as_slice);
        let [case, alerts, page] = steps else { return Err(bad_request()) };
        let case = step(case, "getCase", &["_name", "idOrName"])?["idOrName"].as_str().ok_or_else(bad_request)?;
        step(alerts, "alerts", &["_name"])?;
        let page = step(page, "page", &["_name", "from", "to"])?;
        let place = |name: &str| page[name].as_u64().and_then(|at| usize::try_from(at).ok()).ok_or_else(bad_request);
        let (from, to) = (place("from")?, place("to")?);
        if from >= to || !request.query.is_empty() {
            return Err(bad_request());
        }
        let is_it = |entity: &&Entity| entity.id == case || entity.number.to_string() == case;
        let case = self.all(Kind::Case).find(is_it).ok_or_else(|| not_found("Case"))?;
        Ok(self.list(self.alerts_in(&case.id).skip(from).take(to - from)))
    }

    /// TheHive 4: all alerts of a case, or the first of them. It does not ask whether there is such a case.
    fn search(&self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["query"], &[]).map_err(|_| bad_request())?;
        let query = members(&body["query"], &["_field", "_value"], &[]).map_err(|_| bad_request())?;
        let case = query["_value"].as_str().filter(|_| query["_field"] == "case").ok_or_else(bad_request)?;
        match request.query.as_str() {
            "range=all" => Ok(self.list(self.alerts_in(case))),
            "" => Ok(self.list(self.alerts_in(case).take(UNASKED_RANGE))),
            _ => Err(bad_request()),
        }
    }

    fn show(&mut self, kind: Kind, id: &str, request: &Request) -> Result<Answer, Answer> {
        if !request.query.is_empty() || !request.body.is_empty() {
            return Err(bad_request());
        }
        let version = self.version;
        let mut entities = self.entities.iter_mut();
        match entities.find(|entity| entity.kind == kind && entity.id == id) {
            Some(entity) => Ok(told(entity.read(version))),
            None => Err(not_found(kind.name())),
        }
    }

    fn all(&self, kind: Kind) -> impl Iterator<Item = &Entity> {
        self.entities.iter().filter(move |entity| entity.kind == kind)
    }

    fn alerts_in(&self, case: &str) -> impl Iterator<Item = &Entity> {
        self.all(Kind::Alert).filter(move |alert| alert.case.as_deref() == Some(case))
    }

    fn list<'a>(&self, entities: impl Iterator<Item = &'a Entity>) -> Answer {
        told(entities.map(|entity| entity.whole(self.version)).collect())
    }
}

/// Whoever comes without the key is refused.
fn admit(request: &Request) -> Result<(), Answer> {
    let authorization = request.headers.get("authorization");
    let is_known = authorization.is_some_and(|value| *value == format!("Bearer {API_KEY}"));
    if is_known { Ok(()) } else { Err(named("5-refused")) }
}

/// A step of a query, if it is the one of this name with these members and no others.
fn step<'a>(step: &'a Value, name: &str, known: &[&str]) -> Result<&'a serde_json::Map<String, Value>, Answer> {
    let step = members(step, known, &[]).map_err(|_| bad_request())?;
    if step["_name"] == json!(name) { Ok(step) } else { Err(bad_request()) }
}
