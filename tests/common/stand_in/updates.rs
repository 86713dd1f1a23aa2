//! The calls for alerts and incidents: both update by action, and take many ids at a time.

use serde_json::{Map, Value};

use super::actions::Actions;
use super::answers::{self, Answer, named};
use super::objects::{NEW_INCIDENT, Objects};
use super::request::{Request, invalid, texts};
use super::strict::Tenant;

/// Whether a request sees the alerts that are hidden in the console, as it does unless it says otherwise.
#[derive(Debug, Clone, Copy)]
pub enum Visibility {
    All,
    Shown,
}

impl Visibility {
    /// Reads `include_hidden`, as Go reads a boolean.
    pub fn parse(include_hidden: Option<&str>) -> Result<Visibility, Answer> {
        match include_hidden {
            None | Some("true" | "True") => Ok(Visibility::All),
            Some("false" | "False") => Ok(Visibility::Shown),
            Some(_) => Err(invalid()),
        }
    }

    fn of(request: &Request) -> Result<Visibility, Answer> {
        match &request.parameters(&["include_hidden"])?[..] {
            [] => Visibility::parse(None),
            [(_, value)] => Visibility::parse(Some(value)),
            _ => Err(invalid()),
        }
    }

    pub fn shows(self, objects: &Objects, id: &str) -> bool {
        match self {
            Visibility::All => true,
            Visibility::Shown => objects.alert(id)["show_in_ui"] != false,
        }
    }
}

impl Tenant {
    pub(super) fn update_alerts(&mut self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["composite_ids", "action_parameters"], &[])?;
        let actions = Actions::in_body(&body)?;
        let (there, missing) = self.find_alerts(request, &body)?;
        let affected = there.iter().filter(|id| self.objects.update_alert(id, &actions)).count();
        Ok(answers::alerts_updated(affected, answers::not_found("alert", &missing)))
    }

    pub(super) fn update_incidents(&mut self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["ids", "action_parameters"], &[])?;
        let status = status_in(&body, &["20", "25", "30", "40"])?;
        let (there, missing) = find(&body, "ids", 5_000, |id| self.objects.exists(id))?;
        let affected = there.iter().filter(|id| self.objects.set(id, status, NEW_INCIDENT)).count();
        Ok(answers::incidents_updated(affected, answers::not_found("incident", &missing)))
    }

    /// Reads alerts, in another order than that of their ids, as Falcon does.
    pub(super) fn read_alerts(&self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["composite_ids"], &[])?;
        let (there, missing) = self.find_alerts(request, &body)?;
        let alerts = there.iter().rev().map(|id| answers::without_empty_lists(self.objects.alert(id)));
        Ok(answers::alerts_read(alerts.collect(), &missing))
    }

    pub(super) fn read_incidents(&self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["ids"], &[])?;
        let (there, missing) = find(&body, "ids", 5_000, |id| self.objects.exists(id))?;
        Ok(answers::incidents_read(there.iter().rev().map(|id| self.objects.incident(id)).collect(), &missing))
    }

    /// The alerts in the body that the request sees, and those that do not exist for it.
    fn find_alerts<'a>(&self, request: &Request, body: &'a Map<String, Value>) -> Result<Found<'a>, Answer> {
        let visibility = Visibility::of(request)?;
        find(body, "composite_ids", 1_000, |id| self.objects.exists(id) && visibility.shows(&self.objects, id))
    }
}

/// The ids in this field that exist, and those that don't.
pub fn find<'a>(
    body: &'a Map<String, Value>,
    field: &str,
    most: usize,
    exists: impl Fn(&str) -> bool,
) -> Result<Found<'a>, Answer> {
    let ids = texts(&body[field])?;
    match ids.len() {
        0 => Err(invalid()),
        count if count > most => Err(named("too-many-ids")),
        _ => Ok(ids.into_iter().partition(|id| exists(id))),
    }
}

/// Ids that exist, and ids that don't.
pub type Found<'a> = (Vec<&'a str>, Vec<&'a str>);

/// The status that the only action sets.
fn status_in<'a>(body: &'a Map<String, Value>, known: &[&str]) -> Result<&'a str, Answer> {
    let actions = body["action_parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let status = match actions {
        [action] if action["name"] == "update_status" => action["value"].as_str(),
        _ => None,
    };
    let status = status.filter(|status| known.contains(status));
    status.ok_or_else(|| answers::refusal(400, "invalid action parameters"))
}
