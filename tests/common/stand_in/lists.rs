//! What the lists of alerts, incidents and cases have in common: their parameters, and pages of ids.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answers::{Answer, named};
use super::fql::Filter;
use super::objects::Objects;
use super::request::{Request, invalid};
use super::strict::Tenant;
use super::updates::Visibility;

/// The number of ids in a page unless the request says it.
const DEFAULT_LIMIT: usize = 100;

/// The parameters of a list, each given once.
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub fn of(request: &Request, more: &[&str]) -> Result<Parameters, Answer> {
        let pairs = request.parameters(&[&["filter", "q", "sort", "limit", "offset"], more].concat())?;
        let count = pairs.len();
        let parameters: BTreeMap<String, String> = pairs.into_iter().collect();
        if parameters.len() < count { Err(invalid()) } else { Ok(Parameters(parameters)) }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn filter(&self, fields: &[&str]) -> Result<Filter, Answer> {
        Filter::parse(self.get("filter").unwrap_or_default(), fields).ok_or_else(invalid)
    }

    /// The page of these ids that the request asks for.
    pub fn page(&self, ids: &[&str], max_limit: usize) -> Result<Answer, Answer> {
        let (limit, offset) = (self.number("limit", DEFAULT_LIMIT)?, self.number("offset", 0)?);
        if !(1..=max_limit).contains(&limit) {
            return Err(invalid());
        }
        let page: Vec<&str> = ids.iter().skip(offset).take(limit).copied().collect();
        let file = if page.is_empty() { "cases-listed-none" } else { "cases-listed" };
        let answer = named(file).with("/meta/pagination/offset", offset).with("/meta/pagination/limit", limit);
        Ok(answer.with("/meta/pagination/total", ids.len()).with("/resources", page))
    }

    fn number(&self, name: &str, otherwise: usize) -> Result<usize, Answer> {
        self.get(name).map_or(Ok(otherwise), |said| said.parse().map_err(|_| invalid()))
    }
}

impl Tenant {
    pub(super) fn list_alerts(&mut self, request: &Request) -> Result<Answer, Answer> {
        let parameters = Parameters::of(request, &["include_hidden"])?;
        let visibility = Visibility::parse(parameters.get("include_hidden"))?;
        let fields =
            ["cid", "composite_id", "status", "tags", "assigned_to_uid", "assigned_to_uuid", "assigned_to_name"];
        let alerts = self.objects.known_alerts().into_iter().filter(|id| visibility.shows(&self.objects, id));
        listed(
            &alerts.map(|id| self.objects.alert(&id)).collect::<Vec<_>>(),
            "composite_id",
            &parameters,
            &fields,
            10_000,
        )
    }

    pub(super) fn list_incidents(&mut self, request: &Request) -> Result<Answer, Answer> {
        let parameters = Parameters::of(request, &[])?;
        let incidents: Vec<Value> = self.objects.known_incidents().iter().map(|id| self.objects.incident(id)).collect();
        listed(&incidents, "incident_id", &parameters, &["cid", "incident_id", "status"], 500)
    }
}

/// A page of the ids of those objects that the request asks for.
fn listed(
    objects: &[Value],
    id: &str,
    parameters: &Parameters,
    fields: &[&str],
    max_limit: usize,
) -> Result<Answer, Answer> {
    let filter = parameters.filter(fields)?;
    let text = parameters.get("q").unwrap_or_default().to_lowercase();
    let is_asked_for = |object: &&Value| {
        filter.matches(|field| texts_of(&object[field])) && object.to_string().to_lowercase().contains(&text)
    };
    let mut found: Vec<&Value> = objects.iter().filter(is_asked_for).collect();
    sort(&mut found, parameters.get("sort"))?;
    parameters.page(&found.iter().filter_map(|object| object[id].as_str()).collect::<Vec<_>>(), max_limit)
}

/// Sorts by a member: `status|asc`. If the objects lack it, they stay in their order.
fn sort(objects: &mut [&Value], by: Option<&str>) -> Result<(), Answer> {
    let Some(by) = by else { return Ok(()) };
    let (field, direction) = by.split_once('|').ok_or_else(invalid)?;
    objects.sort_by_key(|object| texts_of(&object[field]));
    match direction {
        "asc" => {}
        "desc" => objects.reverse(),
        _ => return Err(invalid()),
    }
    Ok(())
}

/// The texts of a member: its own, or those in its list.
fn texts_of(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().map(text).collect(),
        value => vec![text(value)],
    }
}

impl Objects {
    /// The ids of the fixtures' alerts and of those that were changed, without those that are missing.
    fn known_alerts(&self) -> Vec<String> {
        self.known("alerts-read", "composite_id", |id| id.contains(':') && !id.starts_with("inc:"))
    }

    /// The ids of the fixtures' incidents and of those that were changed, without those that are missing.
    fn known_incidents(&self) -> Vec<String> {
        self.known("incidents-read", "incident_id", |id| id.starts_with("inc:"))
    }

    fn known(&self, file: &str, member: &str, is_of_this_kind: impl Fn(&str) -> bool) -> Vec<String> {
        let resources = named(file).body["resources"].take();
        let of_the_fixtures = resources.as_array().into_iter().flatten().filter_map(|object| object[member].as_str());
        let mut ids: Vec<String> = of_the_fixtures.map(str::to_owned).collect();
        ids.extend(self.changed_ids().filter(|id| is_of_this_kind(id)).map(str::to_owned));
        let mut seen = std::collections::BTreeSet::new();
        ids.retain(|id| self.exists(id) && seen.insert(id.clone()));
        ids
    }
}
