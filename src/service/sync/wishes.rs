//! What Sync is to do beside the status: all of it off, or harmless, unless it is configured.

use std::collections::HashMap;

use anyhow::{Result, bail};
use serde_json::Value;

use super::comment::Template;
use super::statuses::StatusMap;
use super::view::View;
use crate::config::item::{THEHIVE_API_KEY, THEHIVE_URL, optional};
use crate::config::{DefaultValue, Item};
use crate::falcon::Resolution;
use crate::secret::Secrets;
use crate::service::{Order, dedup_tag};
use crate::thehive::{Entity, Kind, Stage};

const SYNC_VERDICT: Item = optional("sync_verdict", DefaultValue::Switch(false));
const VERDICT_MAP: Item = optional("verdict_map", DefaultValue::Texts(&[]));
const COMMENT: Item = optional("comment", DefaultValue::Text(""));
const REOPENED_STATUS: Item = optional("reopened_status", DefaultValue::Switch(false));
const ASSIGNEE_MAP: Item = optional("assignee_map", DefaultValue::Texts(&[]));
const VERIFY: Item = optional("verify", DefaultValue::Switch(false));
const STATUS_MAP: Item = optional("status_map", DefaultValue::Texts(&[]));
const SYNC_LINKED_CASES: Item = optional("sync_linked_cases", DefaultValue::Switch(false));

pub(super) const ITEMS: [Item; 10] = [
    SYNC_VERDICT,
    VERDICT_MAP,
    COMMENT,
    REOPENED_STATUS,
    ASSIGNEE_MAP,
    VERIFY,
    THEHIVE_URL,
    THEHIVE_API_KEY,
    STATUS_MAP,
    SYNC_LINKED_CASES,
];

/// The tags by which Falcon's console shows how something was resolved; one excludes the others.
const RESOLUTIONS: [&str; 3] = ["true_positive", "false_positive", "ignored"];

/// What Sync is to do beside the status.
pub(super) struct Wishes {
    /// Falcon's tag for each verdict of TheHive's, where verdicts are wanted.
    verdicts: Option<HashMap<String, String>>,
    assignees: HashMap<String, String>,
    comment: Option<Template>,
    /// Whether what was closed is reopened, and not just in progress.
    reopened: bool,
    /// Whether everything is looked after until it shows the status.
    pub(super) verify: bool,
    statuses: StatusMap,
    /// Whether the cases that Falcon itself links to the alerts follow, too.
    pub(super) linked_cases: bool,
}

impl Wishes {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Names the item that is wrong, and what was expected.
    pub(super) fn of(order: &Order<'_>) -> Result<Wishes> {
        let config = order.config;
        let own = pairs(&config.entries(VERDICT_MAP)?, VERDICT_MAP, "TheHiveStatus:falcon_tag", order.secrets)?;
        if let Some((_, tag)) = own.iter().find(|(_, tag)| dedup_tag::is_reserved(tag)) {
            bail!(
                "the configuration item {} names the tag {:?}; tags that begin with thehive: are reserved for the responder's own dedup tags. Correct it in Cortex (Organization → Responders).",
                VERDICT_MAP.name,
                order.secrets.quote_within(tag, 40)
            );
        }
        let known = [("TruePositive", RESOLUTIONS[0]), ("FalsePositive", RESOLUTIONS[1])];
        let known = known.map(|(verdict, tag)| (verdict.to_owned(), tag.to_owned()));
        Ok(Wishes {
            verdicts: config.switch(SYNC_VERDICT)?.then(|| known.into_iter().chain(own).collect()),
            assignees: pairs(
                &config.entries(ASSIGNEE_MAP)?,
                ASSIGNEE_MAP,
                "thehive user:falcon user id",
                order.secrets,
            )?
            .into_iter()
            .collect(),
            comment: config.text(COMMENT)?.map(|text| Template::parse(&text, order.secrets)).transpose()?,
            reopened: config.switch(REOPENED_STATUS)?,
            verify: config.switch(VERIFY)?,
            statuses: StatusMap::parse(&config.entries(STATUS_MAP)?, STATUS_MAP, order.secrets)?,
            linked_cases: config.switch(SYNC_LINKED_CASES)?,
        })
    }

    /// Whether what is closed in Falcon is reopened by something in this stage. Imported reopens nothing: the work goes on in
    /// the case, whose own stage tells.
    pub(super) fn may_reopen(&self, stage: Stage) -> bool {
        self.reopened && matches!(stage, Stage::New | Stage::InProgress)
    }

    /// Whether objects in Falcon have to be read for something in this stage.
    pub(super) fn reads(&self, stage: Stage) -> bool {
        self.verify || self.may_reopen(stage)
    }

    /// What an alert or case is to make of Falcon.
    ///
    /// # Errors
    /// Says that it is in no stage.
    pub(super) fn view(&self, entity: &Entity<'_>, secrets: &Secrets) -> Result<View> {
        let stage = entity.stage(secrets)?;
        let verdict = entity.verdict();
        Ok(View {
            stage,
            statuses: self.statuses.of(stage),
            resolution: self.resolution(stage, verdict.as_deref()),
            verdict: verdict.map(|verdict| secrets.quote(&verdict)),
            assignee: entity.assignee().and_then(|name| self.assignees.get(name)).cloned(),
            comment: self
                .comment
                .as_ref()
                .filter(|_| stage == Stage::Closed)
                .and_then(|comment| comment.filled(entity, stage)),
        })
    }

    /// The same, of what TheHive's API shows.
    ///
    /// # Errors
    /// Says that it is no alert or case, or in no stage.
    pub(super) fn view_of(&self, kind: Kind, data: &Value, secrets: &Secrets) -> Result<View> {
        self.view(&Entity::parse(kind, data, secrets)?, secrets)
    }

    /// What the verdict of something closed means in Falcon; what is not closed has no resolution.
    fn resolution(&self, stage: Stage, verdict: Option<&str>) -> Option<Resolution> {
        let verdicts = self.verdicts.as_ref()?;
        let others =
            |tag: &str| RESOLUTIONS.iter().filter(|other| **other != tag).map(|other| (*other).to_owned()).collect();
        match stage {
            Stage::Closed => {
                let tag = verdicts.get(verdict?)?;
                Some(Resolution { tag: Some(tag.clone()), cleared: others(tag) })
            }
            Stage::New | Stage::InProgress | Stage::Imported => Some(Resolution { tag: None, cleared: others("") }),
        }
    }
}

/// Entries of two parts with a colon between.
fn pairs(entries: &[String], item: Item, expected: &str, secrets: &Secrets) -> Result<Vec<(String, String)>> {
    let pair = |entry: &String| {
        let parts = entry.split_once(':').map(|(left, right)| (left.trim().to_owned(), right.trim().to_owned()));
        match parts.filter(|(left, right)| !left.is_empty() && !right.is_empty()) {
            Some(parts) => Ok(parts),
            None => bail!(
                "the configuration item {} has the entry {:?}; expected {expected}. Correct it in Cortex (Organization → Responders).",
                item.name,
                secrets.quote_within(entry, 40)
            ),
        }
    };
    entries.iter().map(pair).collect()
}
