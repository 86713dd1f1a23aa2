//! What a tenant refuses, and all else in the same request with it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::StandIn;
use super::answers::{Answer, named, refusal};
use super::request::Request;

/// What a tenant refuses, and all else in the same request with it.
#[derive(Debug, Default)]
pub struct Refuses {
    /// IDs that no list may hold.
    ids: BTreeSet<String>,
    users: BTreeSet<String>,
    tags: BTreeSet<String>,
    /// Whether an unknown user is an internal error.
    fails_for_users: bool,
    /// The most IDs that a list may hold, if they are fewer than usual.
    most: Option<usize>,
}

impl Refuses {
    /// Refuses the whole request if there is something in it that the tenant does not accept.
    pub fn check(&self, request: &Request) -> Result<(), Answer> {
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else { return Ok(()) };
        let ids = body["composite_ids"].as_array().or(body["ids"].as_array()).map_or(&[][..], Vec::as_slice);
        if self.most.is_some_and(|most| ids.len() > most) {
            return Err(named("too-many-ids"));
        }
        if ids.iter().filter_map(Value::as_str).any(|id| self.ids.contains(id)) {
            return Err(named("alerts-refused-whole"));
        }
        body["action_parameters"].as_array().into_iter().flatten().try_for_each(|action| self.check_action(action))
    }

    fn check_action(&self, action: &Value) -> Result<(), Answer> {
        let value = action["value"].as_str().unwrap_or_default();
        match action["name"].as_str() {
            Some("assign_to_uuid" | "assign_to_user_id") if self.users.contains(value) => Err(self.unknown_user()),
            Some("add_tag") if self.tags.contains(value) => Err(refusal(400, &format!("tag {value} is not allowed"))),
            _ => Ok(()),
        }
    }

    fn unknown_user(&self) -> Answer {
        if self.fails_for_users { refusal(500, "internal error") } else { named("alerts-assignee-unknown") }
    }
}

impl StandIn {
    /// A tenant that refuses every request with this ID in a list as a whole, without naming it.
    pub fn refusing(self, id: &str) -> StandIn {
        self.state().tenant.refuses.ids.insert(id.to_owned());
        self
    }

    /// A tenant that accepts so many IDs in a request.
    pub fn accepting_ids(self, most: usize) -> StandIn {
        self.state().tenant.refuses.most = Some(most);
        self
    }

    /// A tenant without this user.
    pub fn without_user(self, user: &str) -> StandIn {
        self.state().tenant.refuses.users.insert(user.to_owned());
        self
    }

    /// A tenant without this user, for which it answers with an internal error.
    pub fn failing_for_user(self, user: &str) -> StandIn {
        self.state().tenant.refuses.fails_for_users = true;
        self.without_user(user)
    }

    /// A tenant that refuses every update of alerts that adds this tag.
    pub fn refusing_tag(self, tag: &str) -> StandIn {
        self.state().tenant.refuses.tags.insert(tag.to_owned());
        self
    }
}
