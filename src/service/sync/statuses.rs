//! What a stage means in Falcon: the table that everybody has, and the lines of it that a site writes anew.

use anyhow::{Result, bail};

use crate::config::Item;
use crate::falcon::Status;
use crate::secret::Secrets;
use crate::thehive::Stage;

/// The status of each kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statuses {
    pub(super) alert: Status,
    pub(super) incident: Status,
    pub(super) case: Status,
}

impl Statuses {
    /// The same for all.
    fn all(status: Status) -> Statuses {
        Statuses { alert: status, incident: status, case: status }
    }

    /// The same for what was closed: it is reopened, but for what a site wants to be closed in this stage, too.
    pub(super) fn reopened(self) -> Statuses {
        let reopened = |status| if status == Status::Closed { status } else { Status::Reopened };
        Statuses { alert: reopened(self.alert), incident: reopened(self.incident), case: reopened(self.case) }
    }

    /// What everybody has.
    fn of(stage: Stage) -> Statuses {
        Statuses::all(Status::of(stage))
    }
}

/// The lines of the table that a site has written anew.
#[derive(Debug, Default)]
pub(super) struct StatusMap(Vec<(Stage, Statuses)>);

impl StatusMap {
    /// Reads entries like `Imported:new:20:new`. Parts that are left out stay as everybody has them.
    ///
    /// # Errors
    /// Names an entry that is wrong, with the values that are allowed, or a stage that is there twice.
    pub(super) fn parse(entries: &[String], item: Item, secrets: &Secrets) -> Result<StatusMap> {
        let mut map = StatusMap::default();
        for entry in entries {
            let Some((stage, statuses)) = line(entry) else {
                bail!(
                    "the configuration item {} has the entry {:?}; expected Stage:alert_status[:incident_status[:case_status]] with the stage New, InProgress, Imported or Closed, the alert's and the case's status new, in_progress, reopened or closed, and the incident's 20, 25, 30 or 40. Correct it in Cortex (Organization → Responders).",
                    item.name,
                    secrets.quote_within(entry, 40)
                );
            };
            if map.0.iter().any(|(there, _)| *there == stage) {
                bail!(
                    "the configuration item {} has the stage {stage} twice; expected New, InProgress, Imported and Closed once each at most. Correct it in Cortex (Organization → Responders).",
                    item.name
                );
            }
            map.0.push((stage, statuses));
        }
        Ok(map)
    }

    /// What this stage means here.
    pub(super) fn of(&self, stage: Stage) -> Statuses {
        let own = self.0.iter().find(|(own, _)| *own == stage);
        own.map_or_else(|| Statuses::of(stage), |(_, statuses)| *statuses)
    }
}

fn line(entry: &str) -> Option<(Stage, Statuses)> {
    let (stage, rest) = entry.split_once(':')?;
    let stage = Stage::named(stage.trim())?;
    let usual = Status::of(stage);
    let parts: Vec<&str> = rest.split(':').map(str::trim).collect();
    let part = |place: usize, named: fn(&str) -> Option<Status>| match parts.get(place) {
        None | Some(&"") => Some(usual),
        Some(word) => named(word),
    };
    let statuses = Statuses {
        alert: part(0, Status::of_word)?,
        incident: part(1, Status::of_code)?,
        case: part(2, Status::of_word)?,
    };
    let is_something = parts.len() <= 3 && parts.iter().any(|part| !part.is_empty());
    is_something.then_some((stage, statuses))
}

impl Status {
    /// The status that goes with a stage.
    pub(in crate::service) fn of(stage: Stage) -> Status {
        match stage {
            Stage::New => Status::New,
            Stage::InProgress | Stage::Imported => Status::InProgress,
            Stage::Closed => Status::Closed,
        }
    }

    /// The status that alerts and cases call by this word.
    fn of_word(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.word() == word)
    }

    /// The status that incidents call by this number.
    fn of_code(code: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_left_out_stay_as_they_are() {
        let statuses = |alert, incident, case| Some(Statuses { alert, incident, case });
        let read = |entry| line(entry).map(|(_, statuses)| statuses);
        assert_eq!(read("Imported:new:20:new"), statuses(Status::New, Status::New, Status::New));
        assert_eq!(read("Imported:new"), statuses(Status::New, Status::InProgress, Status::InProgress));
        assert_eq!(read(" New : : 25 "), statuses(Status::New, Status::Reopened, Status::New));
        assert_eq!(read("Closed:::reopened"), statuses(Status::Closed, Status::Closed, Status::Reopened));
        for wrong in ["", "New", "New:", "New::", "New:open", "New:20", "New:new:new", "Done:new", "New:new:20:new:x"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
