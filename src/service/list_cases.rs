//! Lists the Next-Gen SIEM cases that match a filter, whole.

use std::collections::HashSet;

use anyhow::{Context, Result};

use super::get_case::shown;
use super::template::{Language, filled};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::{EVENT_FIELD, optional};
use crate::config::{DefaultValue, Item};
use crate::falcon::{CaseId, cases};
use crate::secret::Secrets;
use crate::session::Session;
use crate::text::counted;
use crate::thehive::Kind;

const CASE_FILTER: Item = optional("case_filter", DefaultValue::Text("tags:'{{dedup_tag}}'"));
const MAX_CASES: Item = optional("max_cases", DefaultValue::Number(100));
/// More would not fit into a report.
const MOST: u64 = 10_000;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "list_cases",
    definition: "flavors/CrowdStrikeFalcon_ListCases.json",
    items: &[EVENT_FIELD, CASE_FILTER, MAX_CASES],
    kinds: &[Kind::Case, Kind::Alert],
    plan,
};

struct ListCases {
    filter: String,
    shown_filter: String,
    most: usize,
    secrets: Secrets,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    let template = order.config.text(CASE_FILTER)?.unwrap_or_default();
    let filter = filled(&template, Language::Fql, order)
        .with_context(|| format!("{}: the configuration item case_filter", order.entity.label))?;
    let most = usize::try_from(order.config.number(MAX_CASES, MOST)?)?;
    let (shown_filter, secrets) = (order.secrets.quote(&filter), order.secrets.clone());
    Ok(order.plan(ListCases { filter, shown_filter, most, secrets }))
}

impl Service for ListCases {
    fn scopes(&self) -> Vec<&'static str> {
        vec!["Cases: read"]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let (ids, total) = self.list(session)?;
        if session.is_rehearsed() {
            let message = format!("Falcon would be asked for the cases that match {}.", self.shown_filter);
            return Ok(Done { message, ..Done::default() });
        }
        let shown = shown(session, &ids, &self.secrets)?;
        let count = counted(shown.count, "case");
        let details = match total.filter(|total| *total > ids.len() as u64) {
            Some(total) => vec![format!("{total} cases match in all; max_cases is {}.", self.most)],
            None => Vec::new(),
        };
        let found = match shown.count {
            0 => "no case that matches".to_owned(),
            _ if !details.is_empty() => format!("the first {count} that match"),
            1 => "1 case that matches".to_owned(),
            _ => format!("{count} that match"),
        };
        Ok(shown.done(format!("Falcon has {found} {}.", self.shown_filter), details))
    }
}

impl ListCases {
    /// Page by page, until there are no more or enough.
    fn list(&self, session: &Session<'_>) -> Result<(Vec<CaseId>, Option<u64>), Setback> {
        let (mut ids, mut offset, mut all) = (Vec::new(), 0, None);
        // A case that is created meanwhile moves others to the next page.
        let mut seen = HashSet::new();
        loop {
            let limit = (self.most - offset).min(cases::MOST_LISTED);
            let page = session.read(cases::list(&self.filter, offset, limit))?;
            offset += page.ids.len();
            all = page.total.or(all);
            let is_last = page.ids.is_empty() || all.map_or(page.ids.len() < limit, |all| offset as u64 >= all);
            let new = page.ids.into_iter().take(limit).filter(|id| seen.insert(id.clone()));
            ids.extend(new.filter_map(|id| CaseId::new(&id).ok()));
            if is_last || offset >= self.most || session.is_rehearsed() {
                return Ok((ids, all));
            }
        }
    }
}
