//! What is read of TheHive's responses: the members that have a use, and no more memory than they need.

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess};
use serde_json::{Map, Value, json};

use crate::http::Answer;
use crate::http::json::walk::{Bounded, Budget, Shallow, Walk, Walked, walk};

/// The memory, in bytes, for the custom fields of one alert, and for those of all alerts in one response. To read IDs out of them takes
/// a hundred times as much, if each is a few characters long.
const MAX_FIELDS_OF_ALERT: usize = 1_000_000;
const MAX_FIELDS_OF_PAGE: usize = 20_000_000;

/// The memory, in bytes, that a row of custom fields takes beside its value: an object with two members, and their names.
const ROW: usize = 450;

/// The memory, in bytes, for another member of an alert.
const MAX_MEMBER: usize = 4_000;

/// The members of an alert beside its custom fields.
const ALERT_MEMBERS: [&str; 5] = ["_id", "id", "sourceRef", "tlp", "pap"];

/// The members of an alert or case that tell its state, and what a comment can quote.
const ENTITY_MEMBERS: [&str; 13] = [
    "_id",
    "id",
    "number",
    "caseId",
    "case",
    "title",
    "summary",
    "stage",
    "status",
    "extendedStatus",
    "resolutionStatus",
    "owner",
    "assignee",
];

/// A page of alerts.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    /// How many items it had, of whatever shape.
    pub(super) length: usize,
    /// How long the response was.
    pub(super) bytes: usize,
    /// Those items that are objects.
    pub(super) alerts: Vec<MergedAlert>,
    /// Whether the custom fields of all alerts together are too long to be kept.
    pub(super) is_cut: bool,
}

/// An alert that was merged into a case: its id, its source, its TLP and PAP, and the custom fields that have a use.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct MergedAlert {
    /// The alert in the shape of a job's data.
    pub(crate) data: Value,
    /// Whether its custom fields are too long to be kept.
    pub(crate) is_cut: bool,
}

impl MergedAlert {
    /// Returns its id in TheHive.
    pub(crate) fn id(&self) -> Option<String> {
        id_in(&self.data).map(str::to_owned)
    }
}

/// Returns the id in TheHive of an alert or case.
pub(super) fn id_in(data: &Value) -> Option<&str> {
    ["_id", "id"].iter().find_map(|key| data[*key].as_str())
}

/// Returns the alerts in a response, with the custom fields of these names; `None` if it is not a list.
pub(super) fn page_in(answer: &Answer, fields: &[&str], most: usize) -> Option<Page> {
    let read = walk(&answer.body, || Alerts { fields, most })?;
    read.map(|page| Page { bytes: answer.body.len(), ..page })
}

/// Returns the alert or case in a response, with the members that have a use; `None` if it is not an object.
pub(super) fn entity_in(answer: &Answer) -> Option<Value> {
    walk(&answer.body, || EntityMembers)?
}

/// Returns the id of the first alert in a list that may break off anywhere.
pub(super) fn first_id(list: &[u8]) -> Option<String> {
    let mut id = None;
    // It ends in an error, because the list does.
    let _ends = Walked(FirstId(&mut id)).deserialize(&mut serde_json::Deserializer::from_slice(list));
    id.filter(|id| id.len() <= MAX_MEMBER)
}

struct Alerts<'job> {
    fields: &'job [&'job str],
    most: usize,
}

impl<'de> Walk<'de> for Alerts<'_> {
    type Output = Option<Page>;

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Output, A::Error> {
        let mut page = Page { length: 0, bytes: 0, alerts: Vec::new(), is_cut: false };
        let mut left = MAX_FIELDS_OF_PAGE;
        while page.alerts.len() < self.most && !page.is_cut {
            let alert = Alert { fields: self.fields, left: &mut left };
            let Some(alert) = list.next_element_seed(Walked(alert))? else { return Ok(Some(page)) };
            page.length += 1;
            page.alerts.extend(alert);
            page.is_cut = left < MAX_FIELDS_OF_ALERT;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            page.length += 1;
        }
        Ok(Some(page))
    }
}

struct Alert<'job> {
    fields: &'job [&'job str],
    left: &'job mut usize,
}

impl<'de> Walk<'de> for Alert<'_> {
    type Output = Option<MergedAlert>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Output, A::Error> {
        let (mut data, mut rows) = (Map::new(), Vec::new());
        let mut budget = Budget::new(MAX_FIELDS_OF_ALERT);
        while let Some(key) = object.next_key::<String>()? {
            if ["customFields", "customFieldValues"].contains(&key.as_str()) {
                object.next_value_seed(Walked(Fields { names: self.fields, rows: &mut rows, budget: &mut budget }))?;
            } else if ALERT_MEMBERS.contains(&key.as_str()) {
                let mut budget = Budget::new(MAX_MEMBER);
                data.insert(key, object.next_value_seed(Walked(Bounded::new(&mut budget)))?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        let is_cut = budget.is_exceeded();
        if is_cut {
            // Its ids would be some of them only.
            rows.clear();
        } else {
            *self.left = self.left.saturating_sub(MAX_FIELDS_OF_ALERT - budget.left());
        }
        data.insert("customFields".to_owned(), Value::Array(rows));
        Ok(Some(MergedAlert { data: Value::Object(data), is_cut }))
    }
}

/// Custom fields: rows in TheHive 5, values by name in 3 and 4 and in `customFieldValues`.
struct Fields<'a> {
    names: &'a [&'a str],
    rows: &'a mut Vec<Value>,
    budget: &'a mut Budget,
}

impl<'de> Walk<'de> for Fields<'_> {
    type Output = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Fields { names, rows, budget } = self;
        while list.next_element_seed(Walked(Row { names, rows: &mut *rows, budget: &mut *budget }))?.is_some() {}
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(name) = object.next_key::<String>()? {
            if self.names.contains(&name.as_str()) {
                let value = object.next_value_seed(Walked(Bounded::new(self.budget)))?;
                if self.budget.take(ROW) {
                    self.rows.push(json!({"name": name, "value": value}));
                }
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// One row of custom fields. Its value may stand before its name.
struct Row<'a> {
    names: &'a [&'a str],
    rows: &'a mut Vec<Value>,
    budget: &'a mut Budget,
}

impl<'de> Walk<'de> for Row<'_> {
    type Output = ();

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let (mut name, mut value) = (Value::Null, None);
        // The value of another field takes nothing from the budget.
        let mut own = Budget::new(self.budget.left());
        while let Some(key) = object.next_key::<String>()? {
            match key.as_str() {
                "name" => name = object.next_value_seed(Walked(Shallow))?,
                "value" => value = Some(object.next_value_seed(Walked(Bounded::new(&mut own)))?),
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        if let Some(value) = value.filter(|_| name.as_str().is_some_and(|name| self.names.contains(&name))) {
            if own.take(ROW) {
                self.rows.push(json!({"name": name, "value": value}));
            }
            *self.budget = own;
        }
        Ok(())
    }
}

struct EntityMembers;

impl<'de> Walk<'de> for EntityMembers {
    type Output = Option<Value>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Output, A::Error> {
        let mut data = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            if ENTITY_MEMBERS.contains(&key.as_str()) {
                data.insert(key, object.next_value_seed(Walked(Shallow))?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some(Value::Object(data)))
    }
}

/// Keeps the id of an alert, or of the first alert in a list, as soon as it is read.
struct FirstId<'a>(&'a mut Option<String>);

impl<'de> Walk<'de> for FirstId<'_> {
    type Output = ();

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.0.is_none() && list.next_element_seed(Walked(FirstId(&mut *self.0)))?.is_some() {}
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            if ["_id", "id"].contains(&key.as_str()) {
                *self.0 = object.next_value_seed(Walked(Shallow))?.as_str().map(str::to_owned);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 2] = ["csfalcon-alert-id", "csfalcon-case-id"];

    fn page(body: &str) -> Option<Page> {
        page_in(&Answer { status: 200, body: body.into(), ..Answer::default() }, &FIELDS, 3)
    }

    fn alerts(body: &str) -> Vec<Value> {
        page(body).unwrap().alerts.into_iter().map(|alert| alert.data).collect()
    }

    #[test]
    fn only_items_that_are_alerts_are_kept_and_all_are_counted() {
        let bare = json!({"customFields": []});
        assert_eq!(
            alerts(r#"[{"_id": "~1"}, null, "a", 7, [{}], {}]"#),
            [json!({"_id": "~1", "customFields": []}), bare.clone()]
        );
        assert_eq!(page("[]").unwrap(), Page { length: 0, bytes: 2, alerts: Vec::new(), is_cut: false });
        let many = page("[0,{},{},{},{},0,{}]").unwrap();
        assert_eq!((many.length, many.alerts.len()), (7, 3));
        for body in ["null", "{}", "7", "[{}", "[] []", ""] {
            assert_eq!(page(body), None, "{body}");
        }
    }

    #[test]
    fn of_an_alert_only_the_members_that_have_a_use_are_kept() {
        let body = r#"[{"_id": "~1", "title": "x", "description": [[["y"]]], "tlp": 3, "customFields": [
            {"value": ["a", {"b": 1}], "name": "csfalcon-alert-id", "order": 0}, {"name": "other", "value": "c"}, 7, {"name": "csfalcon-case-id"}
        ], "customFieldValues": {"csfalcon-case-id": null, "other": {}}}]"#;
        let rows = json!([{"name": FIELDS[0], "value": ["a", {"b": 1}]}, {"name": FIELDS[1], "value": null}]);
        assert_eq!(alerts(body), [json!({"_id": "~1", "tlp": 3, "customFields": rows})]);
        let older = r#"[{"id": "~1", "customFields": {"csfalcon-alert-id": {"string": "a", "order": 0}, "other": {"string": "b"}}}]"#;
        let rows = json!([{"name": FIELDS[0], "value": {"string": "a", "order": 0}}]);
        assert_eq!(alerts(older), [json!({"id": "~1", "customFields": rows})]);
    }

    #[test]
    fn custom_fields_that_are_too_long_or_too_deep_are_cut_and_that_is_noted() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        for (value, is_cut) in [
            (format!("\"{}\"", "x".repeat(999_000)), false),
            (format!("\"{}\"", "x".repeat(1_000_000)), true),
            (format!("[{}0]", "[],".repeat(11_000)), true),
            (nested(16), false),
            (nested(17), true),
            (nested(1_000), true),
        ] {
            for (name, is_cut) in [(FIELDS[0], is_cut), ("other", false)] {
                let row = format!(r#"[{{"customFields": [{{"name": "{name}", "value": {value}}}]}}, {{"_id": "~2"}}]"#);
                let page = page(&row).unwrap();
                assert_eq!((page.length, page.alerts[0].is_cut), (2, is_cut), "{name} {value:.20}");
                assert_eq!(page.alerts[1].id().as_deref(), Some("~2"));
            }
        }
    }

    #[test]
    fn each_row_of_custom_fields_counts_with_the_memory_that_it_takes() {
        let of_rows = |rows: &[String]| format!("[{}]", rows.join(","));
        let of_names = |rows: &[String]| format!("{{{}}}", rows.join(","));
        for (count, is_cut) in [(1_500, false), (2_000, true)] {
            let rows = of_rows(&vec![format!(r#"{{"name": "{}", "value": 1}}"#, FIELDS[0]); count]);
            let names = of_names(&vec![format!(r#""{}": 1"#, FIELDS[0]); count]);
            for fields in [rows, names] {
                let page = page(&format!(r#"[{{"customFields": {fields}}}]"#)).unwrap();
                let kept = page.alerts[0].data["customFields"].as_array().map(Vec::len);
                assert_eq!((page.alerts[0].is_cut, kept), (is_cut, Some(if is_cut { 0 } else { count })));
            }
        }
    }

    #[test]
    fn of_an_alert_or_case_lists_and_objects_are_kept_without_what_is_in_them() {
        let body = r#"{"_id": "~1", "stage": "New", "number": 42, "case": {"_id": "~2"}, "caseId": [1], "status": null, "tags": ["a"]}"#;
        let answer = |body: &str| Answer { status: 200, body: body.into(), ..Answer::default() };
        let entity = json!({"_id": "~1", "stage": "New", "number": 42, "case": {}, "caseId": [], "status": null});
        assert_eq!(entity_in(&answer(body)), Some(entity));
        assert_eq!(entity_in(&answer("[{}]")), None);
    }

    #[test]
    fn the_id_of_an_alert_is_found_in_a_list_that_breaks_off() {
        for (list, id) in [
            (r#"[{"_id": "~1", "title": "x"#, Some("~1")),
            (r#"[{"title": {"_id": "~2"}, "id": "~1", "#, Some("~1")),
            (r#"[{"title": "x"#, None),
            (r#"[{"_id": "~"#, None),
            ("", None),
        ] {
            assert_eq!(first_id(list.as_bytes()).as_deref(), id, "{list}");
        }
    }
}
