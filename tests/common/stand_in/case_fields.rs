//! The members of a case that calls may set, and what each may hold.

use serde_json::{Map, Value};

use super::answers::Answer;
use super::case::Case;
use super::request::{invalid, members, texts};

/// What the body of a new case may hold, beside its name.
pub const AT_CREATION: [&str; 7] =
    ["description", "severity", "status", "tags", "evidence", "assigned_to_user_uuid", "template"];
/// What an update may hold.
pub const IN_AN_UPDATE: [&str; 9] = [
    "name",
    "description",
    "severity",
    "status",
    "assigned_to_user_uuid",
    "remove_user_assignment",
    "template",
    "slas_active",
    "custom_fields",
];

/// So many items of evidence a case can hold.
pub const MOST_EVIDENCE: usize = 100;
/// So many characters a case's tags can have, combined.
const LONGEST_TAGS: usize = 128;

/// The case with these members.
pub fn with_members(mut case: Case, fields: &Map<String, Value>) -> Result<Case, Answer> {
    for (name, value) in fields {
        match name.as_str() {
            "name" => case.name = text(value, 1, 256)?,
            "description" => case.description = text(value, 0, 2_048)?,
            "severity" => case.severity = value.as_u64().filter(|n| (1..=100).contains(n)).ok_or_else(invalid)?,
            "status" => case.status = status(value)?,
            "tags" => case = with_tags(Case { tags: Vec::new(), ..case }, &texts(value)?)?,
            "evidence" => case = with_evidence(case, value)?,
            "assigned_to_user_uuid" => case.assigned_to = Some(uuid(value)?),
            "remove_user_assignment" => {
                let is_removed = value.as_bool().ok_or_else(invalid)?;
                case.assigned_to =
                    case.assigned_to.filter(|_| !is_removed || fields.contains_key("assigned_to_user_uuid"));
            }
            "slas_active" => case.slas_active = Some(value.as_bool().ok_or_else(invalid)?),
            "custom_fields" => case.custom_fields.extend(custom_fields(value)?),
            "template" => case.template = Some(text(&members(value, &["id"], &[])?["id"], 1, 1_024)?),
            _ => return Err(invalid()),
        }
    }
    Ok(case)
}

/// The case with these tags, too, if that many fit.
pub fn with_tags(mut case: Case, tags: &[&str]) -> Result<Case, Answer> {
    add(&mut case.tags, tags);
    let length: usize = case.tags.iter().map(|tag| tag.chars().count()).sum();
    if length > LONGEST_TAGS { Err(invalid()) } else { Ok(case) }
}

/// Adds these to a list that has nothing twice.
pub fn add(list: &mut Vec<String>, more: &[&str]) {
    for one in more {
        if !list.iter().any(|known| known == one) {
            list.push((*one).to_owned());
        }
    }
}

/// The ids in a list of `{"id": …}`.
pub fn ids_in(list: &Value) -> Result<Vec<&str>, Answer> {
    let objects = list.as_array().ok_or_else(invalid)?;
    let id = |object| members(object, &["id"], &[])?["id"].as_str().filter(|id| !id.is_empty()).ok_or_else(invalid);
    objects.iter().map(id).collect()
}

fn with_evidence(mut case: Case, evidence: &Value) -> Result<Case, Answer> {
    for (kind, list) in members(evidence, &[], &["alerts", "events", "leads"])? {
        let ids = ids_in(list)?;
        match kind.as_str() {
            "alerts" => add(&mut case.alerts, &ids),
            "events" => add(&mut case.events, &ids),
            _ => add(&mut case.leads, &ids),
        }
    }
    if case.evidence() > MOST_EVIDENCE { Err(invalid()) } else { Ok(case) }
}

/// A text of so many bytes.
fn text(value: &Value, shortest: usize, longest: usize) -> Result<String, Answer> {
    let text = value.as_str().filter(|text| (shortest..=longest).contains(&text.len()));
    text.map(str::to_owned).ok_or_else(invalid)
}

fn status(value: &Value) -> Result<String, Answer> {
    let status = value.as_str().filter(|status| ["new", "in_progress", "closed", "reopened"].contains(status));
    status.map(str::to_owned).ok_or_else(invalid)
}

fn uuid(value: &Value) -> Result<String, Answer> {
    value.as_str().filter(|text| is_uuid(text)).map(str::to_owned).ok_or_else(invalid)
}

pub fn is_uuid(text: &str) -> bool {
    let is_hex = text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    is_hex && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// The values of each field in a list of `{"id": …, "values": […]}`.
fn custom_fields(list: &Value) -> Result<Vec<(String, Vec<String>)>, Answer> {
    let field = |object| {
        let field = members(object, &["id", "values"], &[])?;
        let values = texts(&field["values"])?.into_iter().map(str::to_owned).collect();
        Ok((text(&field["id"], 1, 1_024)?, values))
    };
    list.as_array().ok_or_else(invalid)?.iter().map(field).collect()
}
