//! A request as the tenant sees it, and what every call reads out of it: nothing in it may be unknown.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::answers::{Answer, named};

/// A request, as a server sees it.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// What stands behind the question mark, percent-encoded as it came.
    pub query: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    /// Whether it went to this path. It may have a method before it, because reads and updates of cases share one path,
    /// and `*` for any one of its segments, because nobody knows a search's id before it is started.
    pub fn is_to(&self, path: &str) -> bool {
        let path = path.strip_prefix(self.method.as_str()).map_or(path, str::trim_start);
        let (mut asked, mut expected) = (self.path.split('/'), path.split('/'));
        loop {
            match (asked.next(), expected.next()) {
                (None, None) => return true,
                (Some(segment), Some(same)) if same == "*" || same == segment => {}
                _ => return false,
            }
        }
    }

    /// The segments of the path, decoded.
    pub fn segments(&self) -> Vec<String> {
        let decoded = |segment| percent_decode_str(segment).decode_utf8().map(String::from);
        self.path.split('/').skip(1).map(decoded).collect::<Result<_, _>>().unwrap_or_default()
    }

    /// The body, if it is a JSON object of these fields only, all of the required ones among them.
    pub fn object(&self, required: &[&str], optional: &[&str]) -> Result<Map<String, Value>, Answer> {
        let is_json = self.headers.get("content-type").is_some_and(|kind| kind == "application/json");
        let body: Option<Value> = serde_json::from_slice(&self.body).ok().filter(|_| is_json);
        members(body.as_ref().unwrap_or(&Value::Null), required, optional).cloned()
    }

    /// The parameters in the query, in their order, if each is known and is encoded as it should be.
    pub fn parameters(&self, known: &[&str]) -> Result<Vec<(String, String)>, Answer> {
        let behind_percent = self.query.split('%').skip(1);
        let is_code = |rest: &str| rest.get(..2).is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect();
        let are_known = pairs.iter().all(|(name, _)| known.contains(&name.as_str()));
        if are_known && behind_percent.into_iter().all(is_code) { Ok(pairs) } else { Err(invalid()) }
    }
}

/// The value, if it is an object of these fields only, all of the required ones among them.
pub fn members<'a>(value: &'a Value, required: &[&str], optional: &[&str]) -> Result<&'a Map<String, Value>, Answer> {
    let is_known = |field: &String| required.contains(&field.as_str()) || optional.contains(&field.as_str());
    let object = value.as_object().filter(|object| object.keys().all(is_known));
    object.filter(|object| required.iter().all(|field| object.contains_key(*field))).ok_or_else(invalid)
}

/// The texts in a list, none of them empty.
pub fn texts(list: &Value) -> Result<Vec<&str>, Answer> {
    let texts: Option<Vec<&str>> = list.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
    texts.filter(|texts| texts.iter().all(|text| !text.is_empty())).ok_or_else(invalid)
}

/// What the API does not define is refused.
pub fn invalid() -> Answer {
    named("case-field-invalid")
}
