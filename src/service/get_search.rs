//! Shows how far a Next-Gen SIEM search has got, and what it has found.

use anyhow::{Result, bail};
use serde_json::Value;

use super::search::{REPOSITORY, found, repository, setback, shown};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::EVENT_FIELD;
use crate::falcon::search::{self, Search};
use crate::session::Session;
use crate::text::counted;
use crate::thehive::Kind;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "get_search",
    definition: "flavors/CrowdStrikeFalcon_GetSearch.json",
    items: &[EVENT_FIELD, REPOSITORY],
    kinds: &[Kind::Case, Kind::Alert, Kind::Observable],
    plan,
};

struct GetSearch(Search);

fn plan(order: &Order<'_>) -> Result<Plan> {
    Ok(order.plan(GetSearch(asked_for(order)?)))
}

/// The search whose id the job's parameters name.
///
/// # Errors
/// Says that they name none.
pub(super) fn asked_for(order: &Order<'_>) -> Result<Search> {
    const LONGEST: usize = 1_024;
    let id = order.parameters.get("search_id").and_then(Value::as_str).map(str::trim);
    let sound =
        |id: &&str| !id.is_empty() && id.len() <= LONGEST && !id.chars().any(|c| c.is_control() || c.is_whitespace());
    let Some(id) = id.filter(sound) else {
        bail!("{}: the job's parameters name no search_id; give the id of a search that runs", order.entity.label);
    };
    // A path of its own, whatever the rest of it is encoded to.
    if matches!(id, "." | "..") {
        bail!("{}: the job's search_id is no id of a search", order.entity.label);
    }
    Ok(Search { repository: repository(order)?, id: id.to_owned() })
}

impl Service for GetSearch {
    fn scopes(&self) -> Vec<&'static str> {
        vec![search::READ]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let GetSearch(asked_for) = self;
        let state = session.read(search::look_at(asked_for)).map_err(|unread| setback(unread, asked_for))?;
        let state = found(asked_for, state)?;
        let is = if state.is_done { "is done, and found" } else { "still runs, and has found" };
        let count = usize::try_from(state.event_count).unwrap_or(usize::MAX);
        let message = format!("The search {} {is} {}.", asked_for.id, counted(count, "event"));
        Ok(shown(message, asked_for, state, usize::MAX))
    }
}
