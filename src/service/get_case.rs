//! Shows the linked Next-Gen SIEM cases, whole.

use anyhow::Result;
use serde_json::{Map, Value};

use super::bounds::{LONGEST, left_out};
use super::linked::{Linked, named, unknown};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::EVENT_FIELD;
use crate::cortex::Label;
use crate::falcon::cases::found::{Head, Whole};
use crate::falcon::{Asked, CaseId, Reason, advice, cases};
use crate::secret::Secrets;
use crate::session::Session;
use crate::text::{capitalized, counted, listed};
use crate::thehive::Kind;

/// As many cases are told of in the message.
const MOST_IN_SHORT: usize = 3;

/// The memory for the cases of a report, in bytes.
const HEAVIEST: usize = 40_000_000;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "get_case",
    definition: "flavors/CrowdStrikeFalcon_GetCase.json",
    items: &[EVENT_FIELD],
    kinds: &[Kind::Case, Kind::Alert],
    plan,
};

struct GetCase {
    subject: String,
    linked: Linked,
    secrets: Secrets,
}

fn plan(order: &Order<'_>) -> Result<Plan> {
    Ok(order.plan(GetCase {
        subject: order.entity.label.clone(),
        linked: Linked::of(order)?,
        secrets: order.secrets.clone(),
    }))
}

impl Service for GetCase {
    fn scopes(&self) -> Vec<&'static str> {
        vec!["Cases: read"]
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let ids = self.linked.find(session)?;
        let not_read = self.linked.left_out.sentences("Not every linked case is shown");
        if let (true, Some(first)) = (ids.is_empty(), not_read.first()) {
            return Err(nothing_to_show(first));
        }
        let shown = shown(session, &ids, &self.secrets)?;
        if session.is_rehearsed() {
            return Ok(Done {
                message: format!("For {}, Falcon would be asked for {}.", self.subject, named(&ids)),
                ..Done::default()
            });
        }
        let in_short = shown.in_short(ids.len());
        let message =
            format!("{} has {} in Falcon: {in_short}.", capitalized(&self.subject), counted(ids.len(), "case"));
        Ok(shown.done(message, [not_read, self.linked.left_out.notes()].concat()))
    }
}

fn nothing_to_show(why: &str) -> Setback {
    Setback {
        cause: why.trim_end_matches('.').to_owned(),
        next: "Put the case's ID, which is in the URL of the case in the Falcon console, alone into the custom field."
            .to_owned(),
    }
}

/// Whole cases, as many as a report has room for.
#[derive(Default)]
pub(super) struct Shown {
    cases: Vec<Value>,
    /// How many there are in all.
    pub(super) count: usize,
    length: usize,
    weight: usize,
    /// `FIN-0042 (in_progress, severity 50): Encoded command on FIN-LT-0042`, of the first few.
    first: Vec<String>,
}

/// Reads these cases, and keeps as many of them as a report has room for.
///
/// # Errors
/// Returns why they could not be read, or names those that Falcon does not show.
pub(super) fn shown(session: &Session<'_>, ids: &[CaseId], secrets: &Secrets) -> Result<Shown, Setback> {
    let mut shown = Shown::default();
    for ids in ids.chunks(cases::MOST_READ) {
        let texts: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let mut missing = Vec::new();
        // Each part is reduced to what a report has room for before the next one is read.
        let unread = session.read_each_part(&texts, cases::MOST_READ, cases::details, |ids, mut details| {
            for id in ids {
                // Reads bring cases in any order.
                match details.cases.iter().position(|case| case.head.id.as_str() == Some(id)) {
                    Some(place) => shown.add(&details.cases.swap_remove(place), secrets),
                    None => missing.push((id.clone(), unknown(details.unknown.get(id)))),
                }
            }
        });
        for (ids, unread) in unread {
            if shown.count == 0 || !unread.reason.is_about_the_object() {
                return Err(unread.into());
            }
            missing.extend(ids.into_iter().map(|id| (id, unread.reason.clone())));
        }
        if let Some((_, reason)) = missing.first().filter(|_| !session.is_rehearsed()) {
            return Err(not_shown(&missing.iter().map(|(id, _)| id).collect::<Vec<_>>(), reason));
        }
    }
    Ok(shown)
}

fn not_shown(missing: &[&String], reason: &Reason) -> Setback {
    let next = advice(reason, Asked { scope: "Cases: read", change: None });
    let count = counted(missing.len(), "case");
    Setback { cause: format!("Falcon did not show {count}: {reason}. Not shown: {}", listed(missing)), next }
}

impl Shown {
    /// Adds a case. One that there is no room for is only counted, and leaves room for others.
    fn add(&mut self, case: &Whole, secrets: &Secrets) {
        self.count += 1;
        if self.first.len() < MOST_IN_SHORT {
            self.first.push(in_short(&case.head, secrets));
        }
        let (length, weight) = (self.length + case.length(), self.weight + case.weight());
        if length <= LONGEST && weight <= HEAVIEST {
            // The keys of a case come from outside, as its values do.
            self.cases.extend(case.value().map(|case| secrets.scrubbed(case)));
            (self.length, self.weight) = (length, weight);
        }
    }

    /// Returns the first few of so many cases in short.
    fn in_short(&self, count: usize) -> String {
        let more = count.saturating_sub(self.first.len());
        let more = (more > 0).then(|| format!("{more} more"));
        self.first.iter().cloned().chain(more).collect::<Vec<_>>().join("; ")
    }

    /// Returns what is reported of these cases.
    pub(super) fn done(self, message: String, mut details: Vec<String>) -> Done {
        details.extend(left_out(self.count - self.cases.len(), "case"));
        let mut full = Map::new();
        full.insert("cases".into(), self.cases.into());
        let label = Some(Label { predicate: "cases", value: self.count.to_string() });
        Done { message, details, full, label, ..Done::default() }
    }
}

fn in_short(head: &Head, secrets: &Secrets) -> String {
    const LONGEST: usize = 100;
    let Head { id: _, name, reference_id, status, severity } = head;
    let [name, reference, status, severity] = [name, reference_id, status, severity]
        .map(|text| text.as_str().map_or_else(|| "?".to_owned(), |text| secrets.quote_within(text, LONGEST)));
    format!("{reference} ({status}, severity {severity}): {name}")
}
