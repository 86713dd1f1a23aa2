//! Shows the linked Next-Gen SIEM cases, whole.

use anyhow::Result;
use serde_json::{Map, Value};

use super::bounds::{bounded, left_out};
use super::linked::{Linked, named, unknown};
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::config::item::EVENT_FIELD;
use crate::cortex::Label;
use crate::falcon::{Asked, CaseId, advice, cases};
use crate::secret::Secrets;
use crate::session::Session;
use crate::text::{capitalized, counted, listed};
use crate::thehive::Kind;

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
        let cases = whole(session, &ids)?;
        if session.is_rehearsed() {
            return Ok(Done {
                message: format!("For {}, Falcon would be asked for {}.", self.subject, named(&ids)),
                ..Done::default()
            });
        }
        let in_short = in_short(&cases, &self.secrets);
        let message =
            format!("{} has {} in Falcon: {in_short}.", capitalized(&self.subject), counted(ids.len(), "case"));
        Ok(done(message, cases, [not_read, self.linked.left_out.notes()].concat()))
    }
}

fn nothing_to_show(why: &str) -> Setback {
    Setback {
        cause: why.trim_end_matches('.').to_owned(),
        next: "Put the case's ID, which is in the URL of the case in the Falcon console, alone into the custom field."
            .to_owned(),
    }
}

/// `FIN-0042 (in_progress, severity 50): Encoded command on FIN-LT-0042`, of the first few.
fn in_short(cases: &[Value], secrets: &Secrets) -> String {
    const SHOWN: usize = 3;
    const LONGEST: usize = 100;
    let text = |case: &Value, member: &str| match &case[member] {
        Value::String(text) => secrets.quote_within(text, LONGEST),
        Value::Null => "?".to_owned(),
        other => secrets.quote_within(&other.to_string(), LONGEST),
    };
    let one = |case: &Value| {
        let [name, reference, status, severity] =
            ["name", "reference_id", "status", "severity"].map(|of| text(case, of));
        format!("{reference} ({status}, severity {severity}): {name}")
    };
    let mut shown: Vec<String> = cases.iter().take(SHOWN).map(one).collect();
    shown.extend(cases.len().checked_sub(SHOWN).filter(|more| *more > 0).map(|more| format!("{more} more")));
    shown.join("; ")
}

/// These cases, whole.
///
/// # Errors
/// Says why they could not be read, or names those that Falcon does not show.
pub(super) fn whole(session: &Session<'_>, ids: &[CaseId]) -> Result<Vec<Value>, Setback> {
    let mut whole = Vec::new();
    for ids in ids.chunks(cases::MOST_READ) {
        let texts: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let details = session.read(cases::details(&texts))?;
        let is_shown = |id: &&String| details.cases.iter().any(|case| case["id"] == ***id);
        let missing: Vec<&String> = texts.iter().filter(|id| !is_shown(id)).collect();
        if let Some(first) = missing.first().filter(|_| !session.is_rehearsed()) {
            let reason = unknown(details.unknown.get(*first));
            return Err(Setback {
                cause: format!(
                    "Falcon did not show {}: {reason}. Not shown: {}",
                    counted(missing.len(), "case"),
                    listed(&missing)
                ),
                next: advice(&reason, Asked { scope: "Cases: read", change: None }),
            });
        }
        let mut shown = details.cases;
        let in_order = |id: &String| {
            let place = shown.iter().position(|case| case["id"] == **id)?;
            Some(shown.swap_remove(place))
        };
        whole.extend(texts.iter().filter_map(in_order));
    }
    Ok(whole)
}

/// What there is to tell of these cases.
pub(super) fn done(message: String, cases: Vec<Value>, mut details: Vec<String>) -> Done {
    let count = cases.len();
    let (cases, over) = bounded(cases, usize::MAX);
    details.extend(left_out(over, "case"));
    let mut full = Map::new();
    full.insert("cases".into(), cases.into());
    let label = Some(Label { predicate: "cases", value: count.to_string() });
    Done { message, details, full, label, ..Done::default() }
}
