//! The list of a tenant's cases: filtered, sorted, and a page at a time.

use super::answers::Answer;
use super::case::Case;
use super::lists::Parameters;
use super::request::{Request, invalid};
use super::strict::{CID, Tenant};

/// The fields that a filter can name.
const FIELDS: [&str; 6] = ["cid", "id", "name", "reference_id", "status", "tags"];

impl Tenant {
    pub(super) fn list_cases(&mut self, request: &Request) -> Result<Answer, Answer> {
        let parameters = Parameters::of(request, &[])?;
        let filter = parameters.filter(&FIELDS)?;
        let sort = parameters.get("sort").map(Sort::parse).transpose()?;
        let text = parameters.get("q").unwrap_or_default();
        let mut cases = self.objects.cases.list();
        cases.retain(|case| {
            self.objects.exists(&case.id) && filter.matches(|field| values(case, field)) && mentions(case, text)
        });
        if let Some(sort) = sort {
            sort.apply(&mut cases);
        }
        parameters.page(&cases.iter().map(|case| &*case.id).collect::<Vec<_>>(), 10_000)
    }
}

fn values(case: &Case, field: &str) -> Vec<String> {
    match field {
        "cid" => vec![CID.to_owned()],
        "id" => vec![case.id.clone()],
        "name" => vec![case.name.clone()],
        "reference_id" => vec![case.reference_id.clone()],
        "status" => vec![case.status.clone()],
        _ => case.tags.clone(),
    }
}

/// Whether any text of the case holds this one, in whichever case its letters are.
fn mentions(case: &Case, text: &str) -> bool {
    let texts = [&case.id, &case.reference_id, &case.name, &case.description, &case.status];
    let text = text.to_lowercase();
    texts.into_iter().chain(&case.tags).any(|member| member.to_lowercase().contains(&text))
}

/// By what a list is sorted: `status|desc`.
struct Sort {
    key: fn(&Case) -> String,
    is_descending: bool,
}

impl Sort {
    fn parse(text: &str) -> Result<Sort, Answer> {
        let (field, direction) = text.split_once('|').ok_or_else(invalid)?;
        let key: fn(&Case) -> String = match field {
            // All cases are of the same time; the order in which they came tells.
            "created_timestamp" => |_| String::new(),
            "name" => |case| case.name.clone(),
            "severity" => |case| format!("{:03}", case.severity),
            "status" => |case| case.status.clone(),
            _ => return Err(invalid()),
        };
        match direction {
            "asc" => Ok(Sort { key, is_descending: false }),
            "desc" => Ok(Sort { key, is_descending: true }),
            _ => Err(invalid()),
        }
    }

    /// Sorts cases that come the latest first.
    fn apply(&self, cases: &mut [Case]) {
        cases.reverse();
        cases.sort_by_key(self.key);
        if self.is_descending {
            cases.reverse();
        }
    }
}
