//! The API of either version, as strict as it can be: what it does not define is refused.

use std::ops::Range;

use serde_json::{Value, json};

use super::super::stand_in::answers::Answer;
use super::super::stand_in::request::{Request, members, texts};
use super::API_KEY;
use super::answers::{bad_request, named, no_such_path, not_found, not_your_organisation, told};
use super::entity::{Entity, Kind, Version};

/// As many as a search of TheHive 4 gives unless it is told a range.
const UNASKED_RANGE: usize = 10;

/// What TheHive keeps.
#[derive(Debug)]
pub struct Content {
    pub version: Version,
    /// The path below which the API is; mostly none.
    pub prefix: String,
    pub entities: Vec<Entity>,
    pub user: User,
    /// Whether it knows `excludeFields`, which is documented for 5.7.3.
    pub knows_exclude_fields: bool,
    /// How TheHive 5 lists the alerts of a case that the user does not see.
    pub unseen: Unseen,
}

/// The list of the alerts of a case that the user does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    /// HTTP 404.
    NotFound,
    /// An empty list.
    Empty,
}

/// The user of the API key.
#[derive(Debug)]
pub struct User {
    /// The organisations that the user belongs to, the default one first.
    pub organisations: Vec<String>,
    /// The HTTP status of a request in the name of another organisation.
    pub refusal: u16,
    /// Whether the user sees restricted cases.
    pub sees_restricted: bool,
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
                let organisation = self.admit(request)?;
                self.query(request, &organisation)
            }
            (Version::Four, "POST", ["api", "alert", "_search"]) => {
                let organisation = self.admit(request)?;
                self.search(request, &organisation)
            }
            (Version::Five, "GET", ["api", "v1", kind, id]) | (Version::Four, "GET", ["api", kind, id]) => {
                let kind = Kind::parse(kind).ok_or_else(nowhere)?;
                let organisation = self.admit(request)?;
                self.show(kind, id, request, &organisation)
            }
            _ => Err(nowhere()),
        }
    }

    /// Returns the organisation in which the user acts; without the key, or in an organisation of others, there is none.
    fn admit(&self, request: &Request) -> Result<String, Answer> {
        let authorization = request.headers.get("authorization");
        if authorization.is_none_or(|value| *value != format!("Bearer {API_KEY}")) {
            return Err(named("5-refused"));
        }
        let mine = &self.user.organisations;
        match request.headers.get("x-organisation") {
            None => Ok(mine[0].clone()),
            Some(name) if mine.contains(name) => Ok(name.clone()),
            Some(_) => Err(not_your_organisation(self.user.refusal)),
        }
    }

    /// TheHive 5: a page of a case's alerts.
    fn query(&self, request: &Request, organisation: &str) -> Result<Answer, Answer> {
        let optional: &[&str] = if self.knows_exclude_fields { &["excludeFields"] } else { &[] };
        let body = request.object(&["query"], optional).map_err(|_| bad_request())?;
        let excluded = body.get("excludeFields").map_or_else(|| Ok(Vec::new()), texts).map_err(|_| bad_request())?;
        let steps = body["query"].as_array().map_or(&[][..], Vec::as_slice);
        let [case, alerts, page] = steps else { return Err(bad_request()) };
        let case = step(case, "getCase", &["_name", "idOrName"], &[])?["idOrName"].as_str().ok_or_else(bad_request)?;
        step(alerts, "alerts", &["_name"], &[])?;
        let page = step(page, "page", &["_name", "from", "to"], &["extraData"])?;
        let place = |name: &str| page[name].as_u64().and_then(|at| usize::try_from(at).ok()).ok_or_else(bad_request);
        let (from, to) = (place("from")?, place("to")?);
        // The API lets a client give its query a name, for the server's log.
        if from >= to || request.parameters(&["name"]).is_err() {
            return Err(bad_request());
        }
        let is_it = |entity: &&Entity| entity.id == case || entity.number.to_string() == case;
        let case = match (self.all(Kind::Case, organisation).find(is_it), self.unseen) {
            (Some(case), _) => case,
            (None, Unseen::NotFound) => return Err(not_found("Case")),
            (None, Unseen::Empty) => return Ok(told(json!([]))),
        };
        let alerts = self.alerts_in(&case.id, organisation).skip(from).take(to - from);
        Ok(without(self.list(alerts), &excluded))
    }

    /// TheHive 4: all alerts of a case, or some of them. It does not ask whether there is such a case.
    fn search(&self, request: &Request, organisation: &str) -> Result<Answer, Answer> {
        let body = request.object(&["query"], &[]).map_err(|_| bad_request())?;
        let query = members(&body["query"], &["_field", "_value"], &[]).map_err(|_| bad_request())?;
        let case = query["_value"].as_str().filter(|_| query["_field"] == "case").ok_or_else(bad_request)?;
        let is_seen = self.all(Kind::Case, organisation).any(|entity| entity.id == case);
        let range = range(&request.query).ok_or_else(bad_request)?;
        let alerts = self.alerts_in(case, organisation).filter(|_| is_seen);
        Ok(self.list(alerts.skip(range.start).take(range.len())))
    }

    fn show(&mut self, kind: Kind, id: &str, request: &Request, organisation: &str) -> Result<Answer, Answer> {
        if !request.query.is_empty() || !request.body.is_empty() {
            return Err(bad_request());
        }
        let (version, user) = (self.version, &self.user);
        let mut entities = self.entities.iter_mut().filter(|entity| user.sees(entity, organisation));
        match entities.find(|entity| entity.kind == kind && entity.id == id) {
            Some(entity) => Ok(told(entity.read(version))),
            None => Err(not_found(kind.name())),
        }
    }

    fn all(&self, kind: Kind, organisation: &str) -> impl Iterator<Item = &Entity> {
        self.entities.iter().filter(move |entity| entity.kind == kind && self.user.sees(entity, organisation))
    }

    fn alerts_in(&self, case: &str, organisation: &str) -> impl Iterator<Item = &Entity> {
        self.all(Kind::Alert, organisation).filter(move |alert| alert.case.as_deref() == Some(case))
    }

    fn list<'a>(&self, entities: impl Iterator<Item = &'a Entity>) -> Answer {
        told(entities.map(|entity| entity.whole(self.version)).collect())
    }
}

impl User {
    fn sees(&self, entity: &Entity, organisation: &str) -> bool {
        entity.organisation == organisation && (self.sees_restricted || !entity.is_restricted)
    }
}

/// The range of a search of TheHive 4, of which the end is no part.
fn range(query: &str) -> Option<Range<usize>> {
    match query {
        "" => Some(0..UNASKED_RANGE),
        "range=all" => Some(0..usize::MAX),
        _ => {
            let (from, to) = query.strip_prefix("range=")?.split_once('-')?;
            let range = from.parse().ok()?..to.parse().ok()?;
            (!range.is_empty()).then_some(range)
        }
    }
}

/// The list without these members of its items.
fn without(mut list: Answer, members: &[&str]) -> Answer {
    for item in list.body.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        item.retain(|name, _| !members.contains(&name.as_str()));
    }
    list
}

/// A step of a query, if it is the one of this name with these members and no others.
fn step<'a>(
    step: &'a Value,
    name: &str,
    required: &[&str],
    optional: &[&str],
) -> Result<&'a serde_json::Map<String, Value>, Answer> {
    let step = members(step, required, optional).map_err(|_| bad_request())?;
    if step["_name"] == json!(name) { Ok(step) } else { Err(bad_request()) }
}
