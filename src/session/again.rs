//! Before a status is sent again: what has become of it since the first try. A try that arrived late must not undo what
//! somebody has done in the meantime.

use std::cell::Cell;
use std::time::SystemTime;

use super::settle::MOST_READ;
use crate::falcon::{Call, Effect, Falcon, Look, Looked, Objects, Reason, State};

/// Looks at the objects of a call that was tried for the first time at this moment. What cannot be looked at is sent again; where
/// the scope for that is missing, `is_blind` says so from then on.
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
                is_blind.set(matches!(reason, Reason::Refused { status: 403, .. }));
                return looked;
            }
        };
        let first = falcon.by_its_clock(first);
        for id in ids {
            match objects.state(effect, id) {
                State::AsAsked => looked.done.push(id.clone()),
                State::Otherwise { shown, .. } => {
                    let since = objects.changed_at(effect, id).filter(|since| *since >= first.as_str());
                    looked.left_alone.extend(
                        since.map(|since| (id.clone(), Reason::ChangedSince { shown, since: format!("{since}Z") })),
                    );
                }
                State::Unknown | State::Absent => {}
            }
        }
    }
    looked
}
