//! The actions in an update of alerts: what each is, and what all of them together do to an alert.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answers::{Answer, refusal};
use super::objects::{NEW, Objects};

/// The statuses of an alert.
const STATUSES: [&str; 4] = ["new", "in_progress", "reopened", "closed"];

/// What an update of alerts does, by kind: removals go before additions, in whichever order they came.
#[derive(Debug, Default)]
pub struct Actions<'body> {
    status: Option<&'body str>,
    removed: Vec<&'body str>,
    added: Vec<&'body str>,
    comments: Vec<&'body str>,
    assigned_to: Option<&'body str>,
}

impl<'body> Actions<'body> {
    /// Reads the actions: each has a name that is known and a value that is a text, and nothing else.
    pub fn in_body(body: &'body Map<String, Value>) -> Result<Actions<'body>, Answer> {
        let listed = body["action_parameters"].as_array().filter(|actions| !actions.is_empty());
        let mut actions = Actions::default();
        for action in listed.ok_or_else(unknown)? {
            let known = action.as_object().filter(|action| action.len() == 2);
            let text = |member: &str| known?.get(member)?.as_str().filter(|text| !text.is_empty());
            actions.add(text("name").ok_or_else(unknown)?, text("value").ok_or_else(unknown)?)?;
        }
        Ok(actions)
    }

    fn add(&mut self, name: &str, value: &'body str) -> Result<(), Answer> {
        match name {
            "update_status" if STATUSES.contains(&value) && self.status.is_none() => self.status = Some(value),
            "remove_tag" => self.removed.push(value),
            "add_tag" => self.added.push(value),
            "append_comment" => self.comments.push(value),
            "assign_to_user_id" if self.assigned_to.is_none() => self.assigned_to = Some(value),
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

impl Objects {
    /// Does to an alert what an update asks for; whether Falcon counts it as affected.
    pub fn update_alert(&mut self, id: &str, actions: &Actions<'_>) -> bool {
        let before = self.alert(id);
        let Actions { status, removed, added, comments, assigned_to } = actions;
        if let Some(status) = status {
            self.set(id, status, NEW);
        }
        let of_list = |member: &str| before[member].as_array().cloned().unwrap_or_default();
        if !removed.is_empty() || !added.is_empty() {
            let mut tags = of_list("tags");
            tags.retain(|tag| !removed.iter().any(|removed| tag == removed));
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
        if let Some(user) = assigned_to {
            self.have(id, "assigned_to_uid", json!(user));
        }
        !self.counts_only_changes || self.alert(id) != before
    }
}

fn unknown() -> Answer {
    refusal(400, "invalid action parameters")
}
