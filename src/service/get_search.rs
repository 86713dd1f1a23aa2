//! Shows how far a Next-Gen SIEM search has got, and what it has found.

use anyhow::{Result, bail};
use serde_json::Value;

use super::search::repository;
use super::searched::{REPOSITORY, counted_events, found, setback, shown};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::EVENT_FIELD;
use crate::falcon::search::{self, Search};
use crate::secret::Secrets;
use crate::session::Session;
use crate::thehive::Kind;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "get_search",
    definition: "flavors/CrowdStrikeFalcon_GetSearch.json",
    items: &[EVENT_FIELD, REPOSITORY],
    kinds: &[Kind::Case, Kind::Alert, Kind::Observable],
    plan,
};

struct GetSearch {
    asked_for: Search,
    secrets: Secrets,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    Ok(order.plan(GetSearch { asked_for: asked_for(order)?, secrets: order.secrets.clone() }))
}

/// The search whose id the job's parameters name.
///
/// # Errors
/// Says that they name none.
pub(super) fn asked_for(order: &Order<'_>) -> Result<Search> {
    let label = &order.entity.label;
    let id = match order.parameters.get("search_id") {
        None | Some(Value::Null) => bail!("{label}: the job's parameters name no search_id; {EXPECTED}"),
        Some(id) => id.as_str().map(str::trim).filter(|id| search::is_segment(id)),
    };
    let Some(id) = id else {
        bail!("{label}: the search_id among the job's parameters is no id of a search; {EXPECTED}")
    };
    Ok(Search { repository: repository(order)?, id: id.to_owned() })
}

const EXPECTED: &str = "give the id of a search as text, as the report of the search has it";

impl Service for GetSearch {
    fn scopes(&self) -> Vec<&'static str> {
        vec![search::READ]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let GetSearch { asked_for, secrets } = self;
        let state = session.read(search::look_at(asked_for)).map_err(|unread| setback(&unread, asked_for))?;
        if session.is_rehearsed() {
            let message = format!("The search {} in {} would be looked at.", asked_for.id, asked_for.repository);
            return Ok(Done { message, ..Done::default() });
        }
        let state = found(asked_for, state)?;
        let is = if state.is_done { "is done, and found" } else { "still runs, and has found" };
        let message = format!("The search {} {is} {}.", asked_for.id, counted_events(&state));
        Ok(shown(message, asked_for, state, usize::MAX, secrets))
    }
}
