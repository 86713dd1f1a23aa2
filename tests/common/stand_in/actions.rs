//! The actions in an update of alerts: what each is, and what all of them together do to an alert.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answers::{Answer, refusal};
use super::case_fields::is_uuid;
use super::objects::{NEW, Objects};

/// The statuses of an alert.
const STATUSES: [&str; 4] = ["new", "in_progress", "reopened", "closed"];

/// What an update of alerts does, by kind: removals go before additions, in whichever order they came.
#[derive(Debug, Default)]
pub struct Actions<'body> {
    status: Option<&'body str>,
    removed: Vec<Removal<'body>>,
    added: Vec<&'body str>,
    comments: Vec<&'body str>,
    assignee: Option<Assignee<'body>>,
    is_shown: Option<bool>,
}

/// Which tags are removed.
#[derive(Debug)]
enum Removal<'body> {
    Tag(&'body str),
    Prefix(&'body str),
}

/// Who gets the alert.
#[derive(Debug)]
enum Assignee<'body> {
    Uuid(&'body str),
    UserId(&'body str),
    Name(&'body str),
    Nobody,
}

impl<'body> Actions<'body> {
    /// Reads the actions: each has a name that is known and a value that is a text, and nothing else.
    pub fn in_body(body: &'body Map<String, Value>) -> Result<Actions<'body>, Answer> {
        let listed = body["action_parameters"].as_array().filter(|actions| !actions.is_empty());
        let mut actions = Actions::default();
        for action in listed.ok_or_else(unknown)? {
            let known = action.as_object().filter(|action| action.len() == 2);
            let text = |member: &str| known?.get(member)?.as_str();
            actions.add(text("name").ok_or_else(unknown)?, text("value").ok_or_else(unknown)?)?;
        }
        Ok(actions)
    }

    fn add(&mut self, name: &str, value: &'body str) -> Result<(), Answer> {
        match (name, value) {
            ("unassign", _) => return self.assign(Assignee::Nobody),
            ("show_in_ui", "" | "true") => self.is_shown = Some(true),
            ("show_in_ui", "false") => self.is_shown = Some(false),
            (_, "") => return Err(unknown()),
            ("update_status", _) if STATUSES.contains(&value) && self.status.is_none() => self.status = Some(value),
            ("remove_tag", _) => self.removed.push(Removal::Tag(value)),
            ("remove_tags_by_prefix", _) => self.removed.push(Removal::Prefix(value)),
            ("add_tag", _) => self.added.push(value),
            ("append_comment", _) => self.comments.push(value),
            ("assign_to_uuid", _) if is_uuid(value) => return self.assign(Assignee::Uuid(value)),
            ("assign_to_user_id", _) => return self.assign(Assignee::UserId(value)),
            ("assign_to_name", _) => return self.assign(Assignee::Name(value)),
            _ => return Err(unknown()),
        }
        Ok(())
    }

    /// Only one of the actions can say who gets the alert.
    fn assign(&mut self, assignee: Assignee<'body>) -> Result<(), Answer> {
        if self.assignee.replace(assignee).is_none() { Ok(()) } else { Err(unknown()) }
    }
}

impl Removal<'_> {
    fn is_of(&self, tag: &Value) -> bool {
        let tag = tag.as_str().unwrap_or_default();
        match self {
            Removal::Tag(removed) => tag == *removed,
            Removal::Prefix(prefix) => tag.starts_with(prefix),
        }
    }
}

impl Assignee<'_> {
    /// The three members of an alert that name the user.
    fn members(&self) -> [(&'static str, Value); 3] {
        let [mut uuid, mut user_id, mut name] = [Value::Null, Value::Null, Value::Null];
        match self {
            Assignee::Uuid(value) => uuid = json!(value),
            Assignee::UserId(value) => user_id = json!(value),
            Assignee::Name(value) => name = json!(value),
            Assignee::Nobody => {}
        }
        [("assigned_to_uuid", uuid), ("assigned_to_uid", user_id), ("assigned_to_name", name)]
    }
}

impl Objects {
    /// Does to an alert what an update asks for; whether Falcon counts it as affected.
    pub fn update_alert(&mut self, id: &str, actions: &Actions<'_>) -> bool {
        let before = self.alert(id);
        let Actions { status, removed, added, comments, assignee, is_shown } = actions;
        if let Some(status) = status {
            self.set(id, status, NEW);
        }
        let of_list = |member: &str| before[member].as_array().cloned().unwrap_or_default();
        if !removed.is_empty() || !added.is_empty() {
            let mut tags = of_list("tags");
            tags.retain(|tag| !removed.iter().any(|removal| removal.is_of(tag)));
            for tag in added.iter().map(|tag| json!(tag)) {
                if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
            self.have(id, "tags", tags.into());
        }
        if !comments.is_empty() {
            let time = self.clock.time_of_change(Duration::ZERO);
            let comment = |words| json!({"falcon_user_id": "api-client:5d414", "timestamp": time, "value": words});
            self.have(id, "comments", of_list("comments").into_iter().chain(comments.iter().map(comment)).collect());
        }
        for (member, value) in assignee.iter().flat_map(Assignee::members) {
            self.have(id, member, value);
        }
        if let Some(is_shown) = is_shown {
            self.have(id, "show_in_ui", json!(is_shown));
        }
        !self.counts_only_changes || self.alert(id) != before
    }
}

fn unknown() -> Answer {
    refusal(400, "invalid action parameters")
}
