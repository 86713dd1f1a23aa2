//! A client of the doubles, as bare as it can be.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::common::CASE;
use crate::common::answers;
use crate::common::falcon::{ALERTS, CASES, TOKEN};

pub const JSON: &str = "application/json";
const CREDENTIALS: &str = "grant_type=client_credentials&client_id=5d41402abc4b2a76b9719d911017c592&client_secret=Zk8-fixture-only-secret-2Qw";

/// A client with a token.
pub struct Client {
    pub address: String,
    pub token: String,
}

impl Client {
    pub fn of(url: &str) -> Client {
        let mut client = Client { address: url.trim_start_matches("http://").to_owned(), token: String::new() };
        let (status, answer) = client.send("POST", TOKEN, "application/x-www-form-urlencoded", CREDENTIALS).unwrap();
        assert_eq!(status, 201);
        answer["access_token"].as_str().unwrap().clone_into(&mut client.token);
        client
    }

    /// The status and the body of the answer, if one came. An empty body is null.
    pub fn send(&self, method: &str, path: &str, kind: &str, body: &str) -> Option<(u16, Value)> {
        let (Client { address, token }, length) = (self, body.len());
        let mut connection = TcpStream::connect(address).unwrap();
        write!(
            connection,
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: cortex-falcon/0\r\nauthorization: Bearer {token}\r\n\
             content-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_str(body).unwrap_or_default()))
    }

    /// Asks with this body; a null one is left out.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, path, JSON, &body).expect("an answer")
    }

    pub fn update_alerts(&self, ids: &[&str], status: &str) -> Value {
        let actions = json!([{"name": "update_status", "value": status}]);
        self.ask("PATCH", ALERTS, &json!({"composite_ids": ids, "action_parameters": actions})).1
    }

    pub fn update_case(&self, status: &str) -> Value {
        self.ask("PATCH", CASES, &json!({"id": CASE, "fields": {"status": status}})).1
    }

    pub fn read_case(&self) -> Value {
        self.ask("POST", CASES, &json!({"ids": [CASE]})).1["resources"][0].clone()
    }
}

/// The members of an answer, at any depth, without their values.
pub fn shape(answer: &Value) -> BTreeSet<String> {
    let inside = |name: &str, value: &Value| {
        shape(value).iter().map(|rest| format!("{name}/{rest}")).chain([name.to_owned()]).collect::<Vec<_>>()
    };
    match answer {
        Value::Object(members) => members.iter().flat_map(|(name, value)| inside(name, value)).collect(),
        Value::Array(items) => items.iter().flat_map(|item| inside("*", item)).collect(),
        _ => BTreeSet::new(),
    }
}

pub fn assert_whole(answer: &Value, name: &str) {
    assert_eq!(shape(answer), shape(&answers::named(name).body), "{name}");
}
