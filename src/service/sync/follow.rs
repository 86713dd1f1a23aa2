//! The right order: Falcon gets what TheHive shows now, and not what it showed when the job began.
//!
//! Two jobs of one alert or case end in either order. So each reads TheHive again after Falcon's answer: whichever write is the
//! last to take effect, its job reads what holds by then, and corrects it. What takes effect only after its job gave it up, as
//! behind an answer that never came, nobody corrects.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde_json::Value;

use super::view::View;
use super::{Sync, linked_cases, set_aside, tag_cases};
use crate::service::Setback;
use crate::service::links::Links;
use crate::session::{Freshness, Session};
use crate::thehive::{Kind, Unreached};

/// The waits, in seconds, before something newer is sent in the place of what was sent. Changes by people are followed at once;
/// what does not settle is not to use up Falcon's rate limit.
const WAITS: [u64; 8] = [0, 0, 1, 2, 4, 8, 16, 32];

/// Where TheHive did not tell the stage: not once, or not after Falcon's answer.
const NOT_AT_ALL: &str = "Whether TheHive has moved on was not looked up:";
const NOT_SINCE: &str = "Whether TheHive has moved on since was not looked up:";

/// What TheHive shows after something was sent.
enum Newest {
    /// The same, all of which was sent.
    Same(View),
    /// Something else, or what was not sent to the end.
    Moved(View),
    /// Nothing, for this reason; none where it is not to be asked.
    Untold(Option<String>),
}

impl Sync {
    /// Sends what goes with the stage; where TheHive can be asked, until it and Falcon agree. What holds in the end.
    /// A case that was read just before, with its alerts, need not be read again first.
    ///
    /// # Errors
    /// Says that TheHive did not settle.
    pub(super) fn follow(
        &self,
        session: &Session<'_>,
        links: &Links,
        case: Option<&Value>,
        details: &mut Vec<String>,
    ) -> Result<View, Setback> {
        let first = case.map(|data| self.viewed(data)).or_else(|| self.newest(session));
        let not_looked_up = if matches!(first, Some(Err(_))) { NOT_AT_ALL } else { NOT_SINCE };
        let mut view = first.and_then(Result::ok).unwrap_or_else(|| self.view.clone());
        let before = details.len();
        for wait in WAITS {
            // What was told of something older is told no more.
            details.truncate(before);
            match self.round(session, links, &view, details) {
                Newest::Same(newest) => return Ok(self.settled(session, newest, details)),
                Newest::Moved(newest) => view = newest,
                Newest::Untold(why) => {
                    details.extend(why.map(|why| format!("{not_looked_up} {why}.")));
                    return Ok(self.settled(session, view, details));
                }
            }
            if session.wait(Duration::from_secs(wait)).is_err() {
                break;
            }
            session.start_over();
        }
        session.follow(view.stage, view.verdict.as_deref());
        Err(unsettled(&view))
    }

    /// Sends all that goes with this view. What TheHive shows after that.
    fn round(&self, session: &Session<'_>, links: &Links, view: &View, details: &mut Vec<String>) -> Newest {
        session.follow(view.stage, view.verdict.as_deref());
        let is_overtaken = self.send(session, links, view, details);
        let newest = self.compared(session, view, is_overtaken);
        if !self.wishes.linked_cases || matches!(newest, Newest::Moved(_)) {
            return newest;
        }
        // Here, because what is closed of them is not taken up again.
        linked_cases::follow(self, session, links, view.statuses, details);
        if matches!(newest, Newest::Same(_)) { self.compared(session, view, false) } else { newest }
    }

    /// Tells how this differs from the job.
    fn settled(&self, session: &Session<'_>, view: View, details: &mut Vec<String>) -> View {
        session.follow(view.stage, view.verdict.as_deref());
        if view.stage != self.view.stage {
            details.push(format!("The job said {}; TheHive has moved on to {} since.", self.view.stage, view.stage));
        }
        view
    }

    /// Sends what goes with this view. Whether TheHive has moved on before all of it went through.
    fn send(&self, session: &Session<'_>, links: &Links, view: &View, details: &mut Vec<String>) -> bool {
        let is_overtaken = AtomicBool::new(false);
        let freshness = || match self.newest(session) {
            Some(Ok(newest)) if newest.is_same(view) => Freshness::Current,
            Some(Ok(_)) => {
                is_overtaken.store(true, Relaxed);
                Freshness::Superseded
            }
            Some(Err(_)) | None => Freshness::Unknown,
        };
        let calls = self.wished(session, links, view, details);
        session.keep_time(self.wishes.verify);
        session.set_aside_instead(set_aside(links, view));
        session.send_while_current(calls, freshness);
        session.keep_time(false);
        tag_cases(session, links, view);
        is_overtaken.into_inner()
    }

    /// What TheHive shows by now, beside what was sent.
    fn compared(&self, session: &Session<'_>, view: &View, is_overtaken: bool) -> Newest {
        match self.newest(session) {
            Some(Ok(newest)) if newest.is_same(view) && !is_overtaken => Newest::Same(newest),
            Some(Ok(newest)) => Newest::Moved(newest),
            Some(Err(why)) => Newest::Untold(Some(why)),
            None => Newest::Untold(None),
        }
    }

    /// Returns the error as a note shows it. Of a case, the failure over its alerts says what to do.
    fn noted(&self, unreached: &Unreached) -> String {
        let hint = unreached.access_hint().filter(|_| self.kind == Kind::Alert).unwrap_or_default();
        format!("{unreached}. {hint}").trim_end_matches([' ', '.']).to_owned()
    }

    /// What TheHive shows by now, where it can be asked.
    fn newest(&self, session: &Session<'_>) -> Option<Result<View, String>> {
        let thehive = session.thehive()?;
        let Some(id) = self.id.as_deref() else { return Some(Err(format!("the job names no id of {}", self.label))) };
        let entity = thehive.map_err(Clone::clone).and_then(|thehive| thehive.entity(self.kind, id));
        Some(entity.map_err(|unreached| self.noted(&unreached)).and_then(|data| self.viewed(&data)))
    }

    /// Returns what this data of the alert or case shows.
    fn viewed(&self, data: &Value) -> Result<View, String> {
        self.wishes.view_of(self.kind, data, &self.secrets).map_err(|error| format!("{error:#}"))
    }
}

fn unsettled(view: &View) -> Setback {
    Setback {
        cause: format!(
            "TheHive has moved on each time that Falcon had followed; it is {} in TheHive now, and Falcon shows what was before",
            view.stage
        ),
        next: "Run the responder again when the stage in TheHive stays as it is.".to_owned(),
    }
}
