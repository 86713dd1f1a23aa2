//! Takes TheHive's tags off the linked Next-Gen SIEM cases.

use anyhow::Result;

use super::add_tags::{TAG_PREFIX, tags};
use super::bounds::few_tags;
use super::linked::{Linked, named};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::EVENT_FIELD;
use crate::cortex::Label;
use crate::falcon::{CaseId, cases};
use crate::secret::Secrets;
use crate::session::Session;
use crate::thehive::Kind;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "remove_tags",
    definition: "flavors/CrowdStrikeFalcon_RemoveTags.json",
    items: &[EVENT_FIELD, TAG_PREFIX],
    kinds: &[Kind::Case, Kind::Alert],
    plan,
};

struct RemoveTags {
    subject: String,
    linked: Linked,
    tags: Vec<String>,
    /// The sentence on tags that may not be removed.
    left_alone: Option<String>,
    secrets: Secrets,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    let (subject, linked) = (order.entity.label.clone(), Linked::of(order)?);
    let tags = tags(order)?;
    let left_alone = tags.left_alone(order.secrets);
    Ok(order.plan(RemoveTags { subject, linked, tags: tags.allowed, left_alone, secrets: order.secrets.clone() }))
}

impl Service for RemoveTags {
    fn scopes(&self) -> Vec<&'static str> {
        vec!["Cases: read", "Cases: write"]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        if self.tags.is_empty() {
            return Ok(Done {
                message: format!("There was nothing to do: {} has no tag to take off.", self.subject),
                details: self.left_alone.iter().cloned().collect(),
                ..Done::default()
            });
        }
        // Never sent: a report names its tags.
        let few = few_tags(&self.tags, &self.secrets);
        let linked = self.linked.read(session, |id| vec![cases::remove_tags(id, &few)])?;
        let mut calls = Vec::new();
        for (id, case) in &linked {
            // A case that does not show its tags may have any of them.
            let may_have = |tag: &&String| case.tags.as_ref().is_none_or(|tags| tags.contains(tag));
            let there: Vec<String> = self.tags.iter().filter(may_have).cloned().collect();
            if !there.is_empty() {
                calls.push(cases::remove_tags(id, &there));
            }
        }
        let ids: Vec<CaseId> = linked.into_iter().map(|(id, _)| id).collect();
        session.send(calls);
        Ok(Done {
            message: format!("The tags of {} are off {} in Falcon.", self.subject, named(&ids)),
            details: self.left_alone.iter().cloned().chain(self.linked.left_out.notes()).collect(),
            label: Some(Label { predicate: "tags", value: "removed".to_owned() }),
            ..Done::default()
        })
    }
}
