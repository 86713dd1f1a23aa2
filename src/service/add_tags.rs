//! Puts TheHive's tags on the linked Next-Gen SIEM cases.

use anyhow::Result;

use super::bounds::{few_tags, fitting_tags};
use super::dedup_tag::Tags;
use super::linked::{Linked, named};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::{EVENT_FIELD, optional};
use crate::config::{DefaultValue, Item};
use crate::cortex::Label;
use crate::falcon::{CaseId, cases};
use crate::session::Session;
use crate::text::listed;
use crate::thehive::Kind;

pub(super) const TAG_PREFIX: Item = optional("tag_prefix", DefaultValue::Text(""));

pub(super) const FLAVOR: Flavor = Flavor {
    name: "add_tags",
    definition: "flavors/CrowdStrikeFalcon_AddTags.json",
    items: &[EVENT_FIELD, TAG_PREFIX],
    kinds: &[Kind::Case, Kind::Alert],
    plan,
};

struct AddTags {
    subject: String,
    linked: Linked,
    tags: Vec<String>,
    /// The sentence on tags that may not go to Falcon.
    left_alone: Option<String>,
    secrets: crate::secret::Secrets,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    let (subject, linked) = (order.entity.label.clone(), Linked::of(order)?);
    let tags = tags(order)?;
    let left_alone = tags.left_alone(order.secrets);
    Ok(order.plan(AddTags { subject, linked, tags: tags.allowed, left_alone, secrets: order.secrets.clone() }))
}

/// Returns the tags of the alert or case that the configuration lets through.
///
/// # Errors
/// Returns an error if the configured prefix is not a string.
pub(super) fn tags(order: &Order<'_>) -> Result<Tags> {
    let prefix = order.config.text(TAG_PREFIX)?.unwrap_or_default();
    let mut tags = Tags::of(order);
    tags.allowed.retain(|tag| tag.starts_with(&prefix));
    Ok(tags)
}

impl Service for AddTags {
    fn scopes(&self) -> Vec<&'static str> {
        vec!["Cases: read", "Cases: write"]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        if self.tags.is_empty() {
            return Ok(Done {
                message: format!("There was nothing to do: {} has no tag to add.", self.subject),
                details: self.left_alone.iter().cloned().collect(),
                ..Done::default()
            });
        }
        let (mut calls, mut details) = (Vec::new(), Vec::new());
        // Never sent: a report names its tags.
        let few = few_tags(&self.tags, &self.secrets);
        let linked = self.linked.read(session, |id| vec![cases::add_tags(id, &few)])?;
        for (id, case) in &linked {
            let there = case.tags.as_deref().unwrap_or_default();
            let missing: Vec<String> = self.tags.iter().filter(|tag| !there.contains(tag)).cloned().collect();
            let (fit, over) = fitting_tags(there, missing);
            if !fit.is_empty() {
                calls.push(cases::add_tags(id, &fit));
            }
            if !over.is_empty() {
                details.push(format!(
                    "The tags of the case {} are {} characters long at the most; these did not fit: {}.",
                    id.as_str(),
                    cases::LONGEST_TAGS,
                    listed(&few_tags(&over, &self.secrets))
                ));
            }
        }
        let ids: Vec<CaseId> = linked.into_iter().map(|(id, _)| id).collect();
        let but = if details.is_empty() { "" } else { ", but for those that did not fit" };
        details.extend(self.linked.left_out.notes());
        details.extend(self.left_alone.clone());
        let has = if calls.is_empty() && !session.is_rehearsed() { "had all tags of" } else { "has the tags of" };
        session.send(calls);
        Ok(Done {
            message: format!("Falcon {has} {} on {}{but}.", self.subject, named(&ids)),
            details,
            label: Some(Label { predicate: "tags", value: "added".to_owned() }),
            ..Done::default()
        })
    }
}
