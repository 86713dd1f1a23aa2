//! What a scenario says of a stand-in's alerts, and what it asks of them.

use serde_json::{Value, json};

use super::StandIn;

impl StandIn {
    /// A tenant in which somebody commented on this alert, long ago.
    pub fn commented(self, id: &str, words: &str) -> StandIn {
        let comment =
            json!({"falcon_user_id": "analyst@soc.example", "timestamp": "2026-05-20T08:41:17.602Z", "value": words});
        self.state().tenant.objects.have(id, "comments", json!([comment]));
        self
    }

    /// The whole alert, as it is.
    pub fn alert(&self, id: &str) -> Value {
        self.state().tenant.objects.alert(id)
    }

    /// The tags of an alert.
    pub fn tags_of(&self, id: &str) -> Vec<String> {
        serde_json::from_value(self.alert(id)["tags"].take()).expect("tags are texts")
    }

    /// The words of the comments on an alert, but for the one that each has in the fixtures.
    pub fn comments_on(&self, id: &str) -> Vec<String> {
        let alert = self.alert(id);
        let comments = alert["comments"].as_array().expect("comments are a list");
        let words = comments.iter().map(|comment| comment["value"].as_str().expect("words").to_owned());
        words.filter(|words| words != "taken up in TheHive").collect()
    }
}
