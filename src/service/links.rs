//! Which Falcon objects an alert or case stands for.

use std::collections::HashMap;

use anyhow::{Result, bail};

use super::create_case::few;
use super::{Order, id_field};
use crate::config::Fields;
use crate::falcon::{Call, CaseId, CompositeId, EventId, IncidentId, InvalidId, Outcome, Reason, Target};
use crate::secret::Secrets;
use crate::text::{capitalized, counted, listed};
use crate::thehive::{Entity, Kind};

/// More IDs stand for no alert or case that anybody works on.
pub(super) const MOST_IDS: usize = 20_000;

/// The most Falcon cases in one job: each takes requests of its own.
pub(super) const MAX_CASES: usize = 1_000;

/// So many reasons why something is not an ID are given one by one.
const MOST_REASONS: usize = 20;

/// What the alert or case is linked to in Falcon.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    pub(super) alerts: Vec<CompositeId>,
    pub(super) incidents: Vec<IncidentId>,
    pub(super) cases: Vec<CaseId>,
    pub(super) left_out: LeftOut,
}

/// How many IDs may be added, and how many of Falcon cases among them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) ids: usize,
    pub(super) cases: usize,
}

/// What fields hold and no request can carry.
#[derive(Debug, Clone, Default)]
pub(super) struct LeftOut {
    /// What is not an ID. It is not sent: because of one, Falcon may refuse a whole request.
    refused: Vec<Refused>,
    /// Placeholders that were never filled in: a sentence each.
    unfilled: Vec<String>,
    /// Whether a field holds more than any job updates, so that not all of it was read.
    is_cut: bool,
}

#[derive(Debug, Clone)]
struct Refused {
    target: Target,
    /// As the field holds it, fit to be shown.
    text: String,
    reason: Reason,
}

impl Links {
    /// Reads the IDs in the custom fields; if none holds any, the source of an alert.
    ///
    /// # Errors
    /// Says that there is nothing, or too much.
    pub(super) fn of(order: &Order<'_>) -> Result<Links> {
        let links = Links::if_any(order)?;
        if links.count() == 0 {
            bail!("{}: {}", order.entity.label, nothing_linked(order, &links.left_out)?);
        }
        Ok(links)
    }

    /// Reads the same, of which there may be nothing.
    ///
    /// # Errors
    /// Says that there is too much.
    pub(super) fn if_any(order: &Order<'_>) -> Result<Links> {
        let fields = order.config.fields()?;
        let links = Links::read(order.entity, &fields, order.secrets, None);
        if let Some(count) = links.too_many() {
            let Fields { alert, incident, case } = &fields;
            let names = [alert, incident, case].map(|field| order.secrets.quote(field)).join(", ");
            bail!(
                "{}: the custom fields {names} hold {count} ids; no more than {MOST_IDS} are updated in one job",
                order.entity.label
            );
        }
        check_cases(order, &links.left_out, links.cases.len())?;
        Ok(links)
    }

    /// Reads the IDs of an alert or case; `whose` names it in messages, if it is not the job's.
    pub(super) fn read(entity: &Entity<'_>, fields: &Fields, secrets: &Secrets, whose: Option<&str>) -> Links {
        let mut left_out = LeftOut::default();
        let mut from = Reader { entity, secrets, whose, left_out: &mut left_out };
        let mut alerts = from.ids(&fields.alert, Target::Alert, CompositeId::read);
        let incidents = from.ids(&fields.incident, Target::Incident, IncidentId::read);
        let cases = from.ids(&fields.case, Target::Case, CaseId::read);
        if alerts.is_empty() && incidents.is_empty() && cases.is_empty() && !from.has_legacy_detection() {
            alerts.extend(from.source());
        }
        Links { alerts, incidents, cases, left_out }
    }

    /// Returns how many IDs there are, with those that are not.
    pub(super) fn count(&self) -> usize {
        let Links { alerts, incidents, cases, left_out } = self;
        alerts.len() + incidents.len() + cases.len() + left_out.refused.len()
    }

    /// Returns how many IDs there are, with those that are not, if they are more than a job updates.
    pub(super) fn too_many(&self) -> Option<String> {
        self.left_out.above(MOST_IDS, self.count())
    }

    /// Removes the last IDs for which there is no room. Returns how many.
    pub(super) fn cut_to(&mut self, room: Room) -> usize {
        let before = self.count();
        self.cases.truncate(room.cases);
        let mut left = room.ids;
        cut(&mut self.alerts, &mut left);
        cut(&mut self.incidents, &mut left);
        cut(&mut self.cases, &mut left);
        cut(&mut self.left_out.refused, &mut left);
        before - self.count()
    }

    /// `2 alerts, 1 incident and 1 case`
    pub(super) fn counted(&self) -> String {
        let counts = [(self.alerts.len(), "alert"), (self.incidents.len(), "incident"), (self.cases.len(), "case")];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        listed(&some.map(|(count, kind)| counted(count, kind)).collect::<Vec<_>>())
    }
}

/// Keeps as many as there is room for, and reduces the room.
fn cut<Item>(items: &mut Vec<Item>, room: &mut usize) {
    items.truncate(*room);
    *room -= items.len();
}

/// Checks that a job is linked to no more Falcon cases than one job updates.
///
/// # Errors
/// Says that there are too many.
pub(super) fn check_cases(order: &Order<'_>, left_out: &LeftOut, count: usize) -> Result<()> {
    if let Some(count) = left_out.above(MAX_CASES, count) {
        bail!(
            "{}: it is linked to {count} cases; no more than {MAX_CASES} are worked on in one job",
            order.entity.label
        );
    }
    Ok(())
}

impl LeftOut {
    /// Returns whether everything is an ID that requests can carry.
    pub(super) fn is_empty(&self) -> bool {
        self.refused.is_empty()
    }

    /// Returns how many values are not IDs.
    pub(super) fn count(&self) -> usize {
        self.refused.len()
    }

    pub(super) fn extend(&mut self, more: LeftOut) {
        self.refused.extend(more.refused);
        self.unfilled.extend(more.unfilled);
        self.is_cut |= more.is_cut;
    }

    /// Returns how many values there are, if they are more than `most`: `20001`, or `more than 20000` if not all were read.
    pub(super) fn above(&self, most: usize, count: usize) -> Option<String> {
        if self.is_cut { Some(format!("more than {MOST_IDS}")) } else { (count > most).then(|| count.to_string()) }
    }

    /// Returns the sentences on placeholders, as many as are read.
    pub(super) fn notes(&self) -> Vec<String> {
        let more = self.unfilled.len().saturating_sub(MOST_REASONS);
        let more = (more > 0).then(|| format!("{more} more fields hold placeholders like these."));
        self.unfilled.iter().take(MOST_REASONS).cloned().chain(more).collect()
    }

    /// Returns what is not an ID as failures of the request that each would have been in.
    pub(super) fn outcomes(&self, call: impl Fn(Target) -> Call) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for target in [Target::Alert, Target::Incident, Target::Case, Target::Event] {
            let refused = self.refused.iter().filter(|refused| refused.target == target);
            let reasons: Vec<_> = refused.map(|refused| (refused.text.clone(), refused.reason.clone())).collect();
            if !reasons.is_empty() {
                let ids = reasons.iter().map(|(text, _)| text.clone()).collect();
                outcomes.push(Outcome::sorted(call(target).of(ids), Vec::new(), reasons));
            }
        }
        outcomes
    }

    /// Returns what is not an ID, and why: a sentence a reason, behind the words `what`.
    pub(super) fn sentences(&self, what: &str) -> Vec<String> {
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for Refused { text, reason, .. } in &self.refused {
            let place = *places.entry(reason.to_string()).or_insert(reasons.len());
            if place == reasons.len() {
                reasons.push((reason.to_string(), Vec::new()));
            }
            reasons[place].1.push(text.clone());
        }
        let more = reasons.len().saturating_sub(MOST_REASONS);
        reasons.truncate(MOST_REASONS);
        let sentence = |(reason, texts)| format!("{what}, because {reason}: {}.", few(texts));
        let more = (more > 0).then(|| format!("{} like these.", counted(more, "more reason")));
        reasons.into_iter().map(sentence).chain(more).collect()
    }
}

/// What can be evidence of a case, and what cannot.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) alerts: Vec<CompositeId>,
    pub(super) events: Vec<EventId>,
    pub(super) left_out: LeftOut,
}

impl Evidence {
    /// Reads the alerts and events in the custom fields; if none holds an alert, the source of an alert, whatever else it is
    /// linked to.
    ///
    /// # Errors
    /// Says that there is too much.
    pub(super) fn of(order: &Order<'_>) -> Result<Evidence> {
        let mut left_out = LeftOut::default();
        let mut from = Reader { entity: order.entity, secrets: order.secrets, whose: None, left_out: &mut left_out };
        let mut alerts = from.ids(&order.config.fields()?.alert, Target::Alert, CompositeId::read);
        if alerts.is_empty() && !from.has_legacy_detection() {
            alerts.extend(from.source());
        }
        let events = from.ids(&order.config.event_field()?, Target::Event, EventId::read);
        if let Some(count) = left_out.above(MOST_IDS, alerts.len() + events.len() + left_out.count()) {
            bail!(
                "{}: it has {count} alerts and events; no more than {MOST_IDS} are looked at in one job",
                order.entity.label
            );
        }
        Ok(Evidence { alerts, events, left_out })
    }

    /// Returns how many alerts and events there are.
    pub(super) fn count(&self) -> usize {
        self.alerts.len() + self.events.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.alerts.is_empty() && self.events.is_empty() && self.left_out.is_empty()
    }
}

/// Reads the IDs of cases in a custom field.
pub(super) fn cases(order: &Order<'_>, field: &str) -> (Vec<CaseId>, LeftOut) {
    let mut left_out = LeftOut::default();
    let mut from = Reader { entity: order.entity, secrets: order.secrets, whose: None, left_out: &mut left_out };
    let ids = from.ids(field, Target::Case, CaseId::read);
    (ids, left_out)
}

/// Reads the custom fields of one alert or case, and notes what is not an ID.
struct Reader<'read> {
    entity: &'read Entity<'read>,
    secrets: &'read Secrets,
    /// Names the alert or case in messages, if it is not the job's.
    whose: Option<&'read str>,
    left_out: &'read mut LeftOut,
}

impl Reader<'_> {
    fn ids<Id: AsRef<str>>(
        &mut self,
        field: &str,
        target: Target,
        parse: fn(&str) -> Result<Id, InvalidId>,
    ) -> Vec<Id> {
        let Reader { entity, secrets, whose, .. } = self;
        let place = format!("the custom field {}", secrets.quote(field));
        let found = id_field::read(entity.custom_fields.scalars(field), parse);
        if let [first, others @ ..] = found.unfilled.as_slice() {
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            let placeholder = secrets.quote(first);
            let whose = whose.map_or_else(String::new, |whose| format!(" of {whose}"));
            let sentence = format!(
                "{}{whose} holds {placeholder}{more}, a placeholder that was not filled in.",
                capitalized(&place)
            );
            self.left_out.unfilled.push(sentence);
        }
        self.left_out.is_cut |= found.is_cut;
        for (text, why) in found.refused {
            self.refuse(target, &text, &format!("a value of {place}"), why);
        }
        found.ids
    }

    /// Returns the ID that an alert has at its source, if that is one of Falcon's alerts.
    fn source(&mut self) -> Option<CompositeId> {
        let text = self.entity.source_ref().filter(|_| self.entity.kind == Kind::Alert)?.trim();
        match CompositeId::new(text) {
            Ok(id) => Some(id),
            Err(why @ InvalidId::LegacyDetection) => {
                self.refuse(Target::Alert, text, "the sourceRef", why);
                None
            }
            // Most alerts of TheHive come from elsewhere.
            Err(_) => None,
        }
    }

    fn refuse(&mut self, target: Target, text: &str, place: &str, why: InvalidId) {
        let reason = Reason::Invalid { place: place.to_owned(), why };
        // Beside the text and not in the reason, of which there is one then, however many alerts there are.
        let whose = self.whose.map_or_else(String::new, |whose| format!(" (of {whose})"));
        self.left_out.refused.push(Refused { target, text: self.secrets.quote(text) + &whose, reason });
    }

    /// Returns whether a field names a detection: a legacy one is an ID, too, if of an API that is gone.
    fn has_legacy_detection(&self) -> bool {
        let is_legacy =
            |refused: &Refused| matches!(refused.reason, Reason::Invalid { why: InvalidId::LegacyDetection, .. });
        self.left_out.refused.iter().any(is_legacy)
    }
}

fn nothing_linked(order: &Order<'_>, left_out: &LeftOut) -> Result<String> {
    let Fields { alert, incident, case } = order.config.fields()?;
    let [alert, incident, case] = [alert, incident, case].map(|field| order.secrets.quote(&field));
    let or_source = match order.entity.kind {
        Kind::Alert => ", and its sourceRef is no composite id",
        Kind::Case | Kind::Observable => "",
    };
    let unfilled = left_out.notes().join(" ");
    let unfilled = if unfilled.is_empty() { unfilled } else { format!(" {unfilled}") };
    Ok(format!(
        "there is nothing to update in Falcon: the custom fields {alert}, {incident} and {case} hold no id{or_source}.{unfilled} \
         Put the Falcon id into one of them, or limit TheHive's notification to alerts and cases that have one."
    ))
}
