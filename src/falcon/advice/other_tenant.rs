//! What to do about alerts of another tenant than the token's.

use std::collections::BTreeSet;

use crate::falcon::call::Target;
use crate::falcon::id::cid;
use crate::falcon::outcome::Outcome;
use crate::falcon::reason::Reason;
use crate::text::listed;

/// As many CIDs are named; the others are counted.
const MAX_NAMED: usize = 3;

/// The CIDs of a job's alert IDs. A token reaches the alerts of one tenant only.
#[derive(Debug, Default)]
pub(crate) struct Cids<'job> {
    all: BTreeSet<&'job str>,
    /// Those of updated alerts: the token reaches them.
    reached: BTreeSet<&'job str>,
}

impl<'job> Cids<'job> {
    /// Collects them from the outcomes of a job.
    #[must_use]
    pub(crate) fn of(outcomes: &'job [Outcome]) -> Cids<'job> {
        let of_alerts = || outcomes.iter().filter(|outcome| outcome.call.change.target == Target::Alert);
        Cids {
            all: of_alerts().flat_map(|outcome| &outcome.call.change.ids).filter_map(|id| cid(id)).collect(),
            reached: of_alerts().flat_map(|outcome| &outcome.done).filter_map(|id| cid(id)).collect(),
        }
    }

    /// Returns a sentence about `member_cid` if these IDs failed for this reason because they are another tenant's: if there are
    /// several CIDs, and no alert of the ID's own was updated.
    #[must_use]
    pub(crate) fn hint(&self, reason: &Reason, ids: &[String]) -> Option<String> {
        let is_elsewhere =
            |id: &String| cid(id).is_some_and(|cid| self.all.contains(cid) && !self.reached.contains(cid));
        (self.all.len() > 1 && may_be_of_another_tenant(reason) && ids.iter().any(is_elsewhere)).then(|| {
            format!(
                "The alert IDs of this job begin with {} CIDs ({}), and a responder reaches the alerts of one tenant: for those of a child tenant, run one whose member_cid is the child's CID.",
                self.all.len(),
                self.named()
            )
        })
    }

    fn named(&self) -> String {
        let mut named: Vec<String> = self.all.iter().take(MAX_NAMED).map(|cid| (*cid).to_owned()).collect();
        match self.all.len() - named.len() {
            0 => {}
            more => named.push(format!("{more} more")),
        }
        listed(&named)
    }
}

/// Returns whether Falcon may say this of an alert of another tenant.
fn may_be_of_another_tenant(reason: &Reason) -> bool {
    match reason {
        Reason::NotReadBack { first, .. } => may_be_of_another_tenant(first),
        reason => matches!(
            reason.refusal(),
            Reason::Refused { status: 400 | 403 | 404 | 422, .. }
                | Reason::Named { .. }
                | Reason::NotThere
                | Reason::ReadBack { shown: None, .. }
        ),
    }
}
