//! What the responder can do: one `Service` a flavor, each in a file of its own and a row of [`FLAVORS`].

mod links;
mod plan;
mod summary;
mod sync;

use anyhow::{Result, bail};
use serde_json::Value;

pub(crate) use plan::{Done, Order, Plan, Service, Setback};
pub(crate) use summary::{failure, report, stopped};

use crate::config::Item;
use crate::thehive::Kind;

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

/// Every service; a job that names none gets the first.
pub const FLAVORS: &[Flavor] = &[sync::FLAVOR];

/// Plans what the service of this name, a job's `config.service`, is to do.
///
/// # Errors
/// Says why there is nothing to do, or what is wrong with the job.
pub(crate) fn plan(name: &Value, order: &Order<'_>) -> Result<Plan> {
    let flavor = named(name)?;
    let kind = order.entity.kind;
    if !flavor.kinds.contains(&kind) {
        let kinds: Vec<&str> = flavor.kinds.iter().map(|kind| kind.name()).collect();
        bail!("the service {} does not run on an {}; run it on one of: {}", flavor.name, kind.name(), kinds.join(", "));
    }
    (flavor.plan)(order)
}

fn named(name: &Value) -> Result<&'static Flavor> {
    let found = match name {
        Value::Null => FLAVORS.first(),
        name => FLAVORS.iter().find(|flavor| name == flavor.name),
    };
    let Some(flavor) = found else {
        let names: Vec<String> = FLAVORS.iter().map(|flavor| format!("{:?}", flavor.name)).collect();
        bail!(
            "the job's config.service names no service of this responder; expected {}. Correct the config of responder.json.",
            names.join(" or ")
        )
    };
    Ok(flavor)
}
