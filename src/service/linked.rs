//! The Next-Gen SIEM cases that an alert or case stands for: those in its field, or the one that carries its mark.

use anyhow::Result;

use super::links::{self, LeftOut};
use super::{Order, Setback, dedup_tag};
use crate::falcon::{Call, Case, CaseId, Outcome, Reason, cases};
use crate::session::{ReadParts, Session};
use crate::text::listed;

/// The cases, as far as the job tells them.
#[derive(Debug, Clone)]
pub(super) struct Linked {
    ids: Vec<CaseId>,
    /// What the field holds for IDs and is none.
    pub(super) left_out: LeftOut,
    /// The tag by which the case of this alert or case is found, where it has an id.
    pub(super) mark: Option<String>,
    /// The name of the custom field, fit to be shown.
    field: String,
}

impl Linked {
    /// Reads the field with the ids of cases.
    ///
    /// # Errors
    /// Says that there are too many.
    pub(super) fn of(order: &Order<'_>) -> Result<Linked> {
        let field = order.config.fields()?.case;
        let (ids, left_out) = links::cases(order, &field);
        links::check_cases(order, &left_out, ids.len() + left_out.count())?;
        Ok(Linked { ids, left_out, mark: dedup_tag::of(order).ok(), field: order.secrets.quote(&field) })
    }

    /// The ids in the field.
    pub(super) fn in_field(&self) -> &[CaseId] {
        &self.ids
    }

    /// The ids in the field; where it is empty, the case that carries the mark.
    ///
    /// # Errors
    /// Names the field where there is no case at all, or says why Falcon could not be asked.
    pub(super) fn find(&self, session: &Session<'_>) -> Result<Vec<CaseId>, Setback> {
        // What was meant by a value that is not an ID may be another case than the tag finds.
        if !self.ids.is_empty() || !self.left_out.is_empty() {
            return Ok(self.ids.clone());
        }
        let ids: Vec<CaseId> = match &self.mark {
            Some(mark) => the_one_that_counts(session, mark)?.into_iter().collect(),
            None => Vec::new(),
        };
        if ids.is_empty() && !session.is_rehearsed() {
            let or_mark = self
                .mark
                .as_ref()
                .map_or_else(String::new, |mark| format!(", and no case in Falcon carries the tag {mark}"));
            let notes = self.left_out.notes();
            let note = notes.first().map_or_else(String::new, |note| format!(". {}", note.trim_end_matches('.')));
            return Err(Setback {
                cause: format!(
                    "There is no case in Falcon: the custom field {} holds no id{or_mark}{note}",
                    self.field
                ),
                next: "Run the responder that creates the case, or put the case's id into the field.".to_owned(),
            });
        }
        Ok(ids)
    }

    /// The linked cases as they are now. What Falcon does not know, or could not know, is set aside as the failure of these calls.
    ///
    /// # Errors
    /// Says why they could not be found or read.
    pub(super) fn read(
        &self,
        session: &Session<'_>,
        calls: impl Fn(&CaseId) -> Vec<Call>,
    ) -> Result<Vec<(CaseId, Case)>, Setback> {
        for outcome in self.left_out.outcomes(|_| cases::look_up()) {
            session.set_aside(outcome);
        }
        let texts: Vec<String> = self.find(session)?.iter().map(|id| id.as_str().to_owned()).collect();
        let ReadParts { parts, unread } = session.read_parts(&texts, cases::MOST_READ, cases::read);
        let set_aside = |id: &CaseId, reason: &Reason| {
            let outcomes = calls(id).into_iter().map(|call| Outcome::failed(call, reason.clone()));
            outcomes.for_each(|outcome| session.set_aside(outcome));
        };
        for (ids, unread) in unread {
            if parts.is_empty() || !unread.reason.is_about_the_object() {
                return Err(unread.into());
            }
            ids.iter().filter_map(|id| CaseId::new(id).ok()).for_each(|id| set_aside(&id, &unread.reason));
        }
        let mut linked = Vec::new();
        for (ids, mut read) in parts {
            for id in ids.iter().filter_map(|id| CaseId::new(id).ok()) {
                match read.found.iter().position(|case| case.id == id.as_str()) {
                    Some(place) => linked.push((id, read.found.swap_remove(place))),
                    None => set_aside(&id, &unknown(read.unknown.get(id.as_str()))),
                }
            }
        }
        Ok(linked)
    }
}

/// Returns the Falcon case with this tag that counts, if there is any, and warns of others.
fn the_one_that_counts(session: &Session<'_>, tag: &str) -> Result<Option<CaseId>, Setback> {
    let tagged = session.tagged(tag)?;
    let Some((counting, others)) = tagged.split_first() else { return Ok(None) };
    let open: Vec<CaseId> =
        others.iter().filter(|case| !case.is_closed()).filter_map(|case| CaseId::new(&case.id).ok()).collect();
    if !open.is_empty() {
        session.warn(format!(
            "The tag {tag} is also on {}; the case {}, which was created first, counts. Merge the others into it in Falcon.",
            named(&open),
            counting.id
        ));
    }
    Ok(CaseId::new(&counting.id).ok())
}

/// Sends a change to the current version of each Falcon case that another client has changed since it was read, once.
pub(super) fn send_after_conflicts(session: &Session<'_>, change: impl Fn(&Case) -> Option<Call>) {
    for ids in session.conflicts().chunks(cases::MOST_READ) {
        if let Ok(current) = session.read(cases::read(ids)) {
            let read: Vec<String> = current.found.iter().map(|case| case.id.clone()).collect();
            session.send_instead(&read, current.found.iter().filter_map(&change).collect());
        }
    }
}

/// Why a case is not shown: in Falcon's words, where it has any.
pub(super) fn unknown(said: Option<&String>) -> Reason {
    said.map_or(Reason::NotThere, |said| Reason::Named { message: said.clone() })
}

/// `the case a` or `the cases a and b`, for behind a verb. A rehearsal knows of none that is to be found by its mark.
pub(super) fn named(ids: &[CaseId]) -> String {
    const SHOWN: usize = 3;
    if ids.is_empty() {
        return "the case that carries its tag".to_owned();
    }
    let mut names: Vec<String> = ids.iter().take(SHOWN).map(|id| id.as_str().to_owned()).collect();
    if ids.len() > SHOWN {
        names.push(format!("{} more", ids.len() - SHOWN));
    }
    format!("the case{} {}", if ids.len() == 1 { "" } else { "s" }, listed(&names))
}
