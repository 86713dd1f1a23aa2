//! Stops a Next-Gen SIEM search.

use anyhow::Result;

use super::get_search::asked_for;
use super::searched::REPOSITORY;
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::EVENT_FIELD;
use crate::cortex::Label;
use crate::falcon::Call;
use crate::falcon::search::{self, Search};
use crate::session::Session;
use crate::thehive::Kind;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "stop_search",
    definition: "flavors/CrowdStrikeFalcon_StopSearch.json",
    items: &[EVENT_FIELD, REPOSITORY],
    kinds: &[Kind::Case, Kind::Alert, Kind::Observable],
    plan,
};

struct StopSearch(Search);

fn plan(order: &Order<'_>) -> Result<Plan> {
    Ok(order.plan(StopSearch(asked_for(order)?)))
}

impl Service for StopSearch {
    fn calls(&self) -> Vec<Call> {
        vec![search::stop(&self.0)]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let Search { id, repository } = &self.0;
        let stopped = session.send_one(search::stop(&self.0));
        let is_gone = stopped.is_some_and(|outcome| outcome.done.is_empty());
        Ok(Done {
            message: if is_gone {
                format!("There is no search {id} in {repository} (any more): nothing was to be stopped.")
            } else {
                format!("The search {id} is stopped.")
            },
            label: Some(Label { predicate: "search", value: "stopped".to_owned() }),
            ..Done::default()
        })
    }
}
