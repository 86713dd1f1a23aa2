//! The list of a tenant's cases: filtered, sorted, and a page at a time.

use std::collections::BTreeMap;

use super::answers::{Answer, named};
use super::case::Case;
use super::fql::Filter;
use super::request::{Request, invalid};
use super::strict::Tenant;

/// So many ids a page can hold.
const MOST_LISTED: usize = 10_000;

impl Tenant {
    pub(super) fn list_cases(&mut self, request: &Request) -> Result<Answer, Answer> {
        let pairs = request.parameters(&["filter", "q", "sort", "limit", "offset"])?;
        let parameters: BTreeMap<&str, &str> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        let said = |name: &str| parameters.get(name).copied();
        let number =
            |name: &str, otherwise: usize| said(name).map_or(Ok(otherwise), |said| said.parse().map_err(|_| invalid()));
        let (limit, offset) = (number("limit", 100)?, number("offset", 0)?);
        let filter = Filter::parse(said("filter").unwrap_or_default()).ok_or_else(invalid)?;
        let sort = said("sort").map(Sort::parse).transpose()?;
        if parameters.len() < pairs.len() || !(1..=MOST_LISTED).contains(&limit) {
            return Err(invalid());
        }
        let mut cases = self.objects.cases.list();
        cases.retain(|case| {
            self.objects.exists(&case.id) && filter.matches(case) && mentions(case, said("q").unwrap_or_default())
        });
        if let Some(sort) = sort {
            sort.apply(&mut cases);
        }
        let page: Vec<&str> = cases.iter().skip(offset).take(limit).map(|case| &*case.id).collect();
        let file = if page.is_empty() { "cases-listed-none" } else { "cases-listed" };
        let answer = named(file).with("/meta/pagination/offset", offset).with("/meta/pagination/limit", limit);
        Ok(answer.with("/meta/pagination/total", cases.len()).with("/resources", page))
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
