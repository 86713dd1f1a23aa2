//! Before a status is sent again: what has become of it since the first try. A try that arrived late must not undo what
//! somebody has done in the meantime.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use super::settle::MOST_READ;
use crate::falcon::{Call, Effect, Falcon, Look, Looked, Objects, Reason, State};
use crate::http::Problem;

/// So far may the clock behind the objects be ahead of the one behind the answers. A change that lies farther ahead tells nothing.
const APART: Duration = Duration::from_mins(1);

/// Looks at the objects of a call that was tried for the first time at this moment. What cannot be looked at is sent again; where
/// another look would be of no use, `is_blind` says so from then on.
pub(super) fn look(falcon: &Falcon, call: &Call, first: SystemTime, is_blind: &Cell<bool>) -> Looked {
    let (Look::At(read) | Look::Always(read), Effect::Status { .. }, false) =
        (&call.look, &call.change.effect, is_blind.get())
    else {
        return Looked::default();
    };
    let (effect, mut looked) = (&call.change.effect, Looked::default());
    for ids in call.change.ids.chunks(MOST_READ) {
        let objects: Objects = match falcon.read_once(&read(ids).request) {
            Ok(objects) => objects,
            Err(reason) => {
                is_blind.set(is_no_use(&reason));
                return looked;
            }
        };
        let since = falcon.by_its_clock(first)..=falcon.by_its_clock(SystemTime::now() + APART);
        for id in ids {
            match objects.state(effect, id) {
                // It may have had the status before, and nobody assigned.
                State::AsAsked if matches!(effect, Effect::Status { assigns: true, .. }) => {}
                State::AsAsked => looked.done.push(id.clone()),
                State::Otherwise { shown, .. } => {
                    let changed = objects.changed_at(effect, id).filter(|changed| since.contains(changed));
                    looked.left_alone.extend(
                        changed.map(|since| (id.clone(), Reason::ChangedSince { shown, since: since.to_string() })),
                    );
                }
                State::Unknown | State::Absent => {}
            }
        }
    }
    looked
}

/// Whether another read would meet the same, or use up the time that another try needs.
fn is_no_use(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Refused { status: 403, .. }
            | Reason::Retired { .. }
            | Reason::NoAnswer { problem: Problem::Timeout, .. }
    )
}
