//! What the responder can do: one `Service` a flavor, each in a file of its own and a row of [`FLAVORS`].

mod add_evidence;
mod add_tags;
mod bounds;
mod create_case;
mod dedup_tag;
mod duplicates;
mod get_case;
mod get_search;
pub mod id_field;
mod linked;
mod links;
mod list_cases;
mod plan;
mod remove_tags;
mod search;
mod searched;
mod stop_search;
mod summary;
mod sync;
mod template;
mod update_case;

use anyhow::{Result, bail};
use serde_json::Value;

pub(crate) use plan::{Done, Order, Plan, Service, Setback};
pub(crate) use summary::{failure, report, stopped};

use crate::config::item::EVENT_FIELD;
use crate::config::{Config, Item};
use crate::cortex::Job;
use crate::secret::Secrets;
use crate::thehive::{Entity, Kind};

/// A service, as Cortex knows it: a definition file of its own, with another `config.service`.
#[derive(Debug, Clone, Copy)]
pub struct Flavor {
    /// What `config.service` calls it.
    pub name: &'static str,
    /// Its definition file.
    pub definition: &'static str,
    /// The configuration items that it has beside those that all services share.
    pub items: &'static [Item],
    /// What it runs on.
    pub kinds: &'static [Kind],
    /// Plans what is to be done for an alert or case. Pure.
    pub(crate) plan: fn(&Order<'_>) -> Result<Plan>,
}

/// Every service. A job that names none is refused.
pub const FLAVORS: &[Flavor] = &[
    sync::FLAVOR,
    create_case::FLAVOR,
    update_case::FLAVOR,
    add_evidence::FLAVOR,
    add_tags::FLAVOR,
    remove_tags::FLAVOR,
    get_case::FLAVOR,
    list_cases::FLAVOR,
    search::FLAVOR,
    get_search::FLAVOR,
    stop_search::FLAVOR,
];

/// Plans what a job asks for.
///
/// # Errors
/// Says why there is nothing to do, or what is wrong with the job.
pub(crate) fn plan(job: &Job, config: &Config<'_>, secrets: &Secrets) -> Result<Plan> {
    let flavor = named(config.service())?;
    let kind = Kind::parse(job.data_type(), flavor.kinds, secrets)?;
    let entity = Entity::parse(kind, job.data(), secrets)?;
    check_shared_items(flavor, config)?;
    let limits = job.limits()?;
    (flavor.plan)(&Order { entity: &entity, config, parameters: job.parameters(), limits: &limits, secrets })
}

/// Not every service needs every item that it shares with others; a wrong value is told by each that has the item.
fn check_shared_items(flavor: &Flavor, config: &Config<'_>) -> Result<()> {
    config.fields()?;
    config.tag()?;
    config.thehive_instance()?;
    if flavor.items.contains(&EVENT_FIELD) {
        config.event_field()?;
    }
    Ok(())
}

fn named(name: &Value) -> Result<&'static Flavor> {
    if name.as_str().map_or(name.is_null(), |name| name.trim().is_empty()) {
        // The job may be any service's: sync would close alerts that were only meant to get a tag.
        bail!(
            "the job names no service: config.service is missing. Nothing was sent to Falcon. Cortex takes it from the responder's \
             definition, which it loses if a catalogue in responder.urls did not answer: check that each one answers, press \
             Organization → Responders → Refresh responders in Cortex, and run the responder again. In a job of your own, set \
             config.service, for example to \"sync\""
        )
    }
    let Some(flavor) = FLAVORS.iter().find(|flavor| name == flavor.name) else {
        let names: Vec<String> = FLAVORS.iter().map(|flavor| format!("{:?}", flavor.name)).collect();
        bail!(
            "the job's config.service names no service of this responder; expected {}. Correct the config of its definition file.",
            names.join(" or ")
        )
    };
    Ok(flavor)
}
