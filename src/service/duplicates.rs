//! Two jobs that create the Falcon case of one alert or case at the same moment create two: Falcon lists a new case only after a
//! while. In the end one of them counts, and it is the same one for each job, see [`Case::precedence`].
//!
//! A job that finds that its own does not count closes it. Only its own: another may be somebody's work.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::bounds::cut;
use super::linked::send_after_conflicts;
use super::{Setback, dedup_tag};
use crate::falcon::{Asked, Case, CaseId, Fields, Reason, Status, advice, cases};
use crate::secret::Secrets;
use crate::session::{Session, Unread};
use crate::text::{counted, listed};

/// The waits before each search by tag, in seconds: the list of cases may lag behind for longer. Half a minute in all.
const WAITS: [u64; 6] = [0, 1, 2, 4, 8, 15];

/// The wait before the second search that confirms that the own case counts. Falcon may list a later case before an earlier one.
const WAIT_TO_CONFIRM: Duration = Duration::from_secs(2);

/// As many cases are named in one sentence.
const MOST_NAMED: usize = 10;

/// The search for other Falcon cases of the same alert or case.
pub(super) struct Duplicates<'work, 'run> {
    pub(super) session: &'work Session<'run>,
    pub(super) tag: &'work str,
    /// The alert or case, as an analyst calls it.
    pub(super) subject: &'work str,
}

/// What a job knows of other Falcon cases of its alert or case when its time is over.
enum Open {
    /// Falcon has not shown yet which cases carry the tag.
    NotSeen,
    /// Its own is not listed yet, and these are.
    NotListed(Vec<String>),
    /// These carry the tag, and more than one is open.
    Several(Vec<String>),
}

impl Open {
    /// Returns `. Listed with the tag: a and b`, if any are.
    fn listed(&self) -> String {
        let ids = match self {
            Open::NotSeen => &[][..],
            Open::NotListed(ids) | Open::Several(ids) => ids,
        };
        if ids.is_empty() { String::new() } else { format!(". Listed with the tag: {}", named(ids)) }
    }
}

impl Duplicates<'_, '_> {
    /// Returns the Falcon case that counts, once the one that this job has created is listed, if it has created one, and no
    /// other one that is open carries the tag. If its own does not count, it is closed, and another job may not be done yet.
    ///
    /// # Errors
    /// Names the cases that are left, or says why they could not be looked at.
    pub(super) fn settle(&self, own: Option<&Own<'_>>) -> Result<Counting, Setback> {
        let counting = self.look_until_settled(own)?;
        let is_own = own.is_some_and(|own| own.id.as_str() == counting.id);
        if !is_own || self.session.wait(WAIT_TO_CONFIRM).is_err() {
            return Ok(counting);
        }
        self.look_until_settled(own)
    }

    fn look_until_settled(&self, own: Option<&Own<'_>>) -> Result<Counting, Setback> {
        let mut open = Open::NotSeen;
        for wait in WAITS {
            if self.session.wait(Duration::from_secs(wait)).is_err() {
                break;
            }
            open = match self.look(own) {
                Ok(Look::Settled(counting)) => return Ok(counting),
                Ok(Look::Open(open)) => open,
                // What is listed is shown in a moment.
                Err(Unread { reason: Reason::NotNewest, .. }) => open,
                // The end of the time is the end that was planned: what was seen until then counts.
                Err(unread) if unread.reason.is_of_our_time() => break,
                Err(unread) => return Err(self.unread(own, &open, unread)),
            };
        }
        Err(self.left_open(own, open))
    }

    fn look(&self, own: Option<&Own<'_>>) -> Result<Look, Unread> {
        let ids = self.session.listed_with(self.tag)?;
        let own_id = own.map(|own| own.id.as_str());
        match own_id {
            Some(id) if ids == [id] => return Ok(Look::Settled(Counting { id: id.to_owned(), status: None })),
            Some(id) if !ids.iter().any(|listed| listed == id) => return Ok(Look::Open(Open::NotListed(ids))),
            Some(_) | None => {}
        }
        let found = self.session.tagged_of(self.tag, &ids)?;
        let Some((counting, others)) = found.split_first() else { return Ok(Look::Open(Open::NotListed(Vec::new()))) };
        if let Some(own) = own
            && let Some(case) = others.iter().find(|case| case.id == own.id.as_str())
        {
            self.close(own, case, &counting.id);
            return Ok(Look::Settled(Counting::of(counting)));
        }
        if others.iter().all(Case::is_closed) {
            return Ok(Look::Settled(Counting::of(counting)));
        }
        Ok(Look::Open(Open::Several(found.into_iter().map(|case| case.id).collect())))
    }

    /// Closes a duplicate, says in its name what it is, and takes the tag off it: in this order, because without its tag it
    /// would not be found again.
    fn close(&self, own: &Own<'_>, case: &Case, counting: &str) {
        let name = format!("Duplicate of {counting}: {}", own.name);
        let name = cut(&name, cases::LONGEST_NAME).to_owned();
        let fields = Fields { name: Some(name), status: Some(Status::Closed.word()), ..Fields::default() };
        let change = |case: &Case| cases::change(own.id, &fields, case.version);
        self.session.send(vec![change(case)]);
        send_after_conflicts(self.session, |case| Some(change(case)));
        if self.session.last().is_some_and(|outcome| outcome.failures.is_empty()) {
            self.session.send(vec![cases::remove_tags(own.id, &[self.tag.to_owned()])]);
        }
    }

    fn left_open(&self, own: Option<&Own<'_>>, open: Open) -> Setback {
        match open {
            Open::Several(ids) => Setback {
                cause: format!(
                    "{} in Falcon carry the tag {} of {}: {}. The first of them was created first, and counts",
                    counted(ids.len(), "case"),
                    self.tag,
                    self.subject,
                    named(&ids)
                ),
                next: format!(
                    "Merge the others into it in Falcon, or close them and take the tag {} off them, then run the responder again.",
                    self.tag
                ),
            },
            Open::NotListed(ids) => run_again(format!("{}{}", self.not_listed(own), Open::NotListed(ids).listed())),
            Open::NotSeen => run_again(self.not_seen(own)),
        }
    }

    fn not_listed(&self, own: Option<&Own<'_>>) -> String {
        match own {
            Some(own) => format!(
                "The case {} was created for {}, but Falcon does not list it with its tag {} yet, so that another job may have created one, too",
                own.id.as_str(),
                self.subject,
                self.tag
            ),
            None => format!("Falcon does not list the case of {} with its tag {} any more", self.subject, self.tag),
        }
    }

    fn not_seen(&self, own: Option<&Own<'_>>) -> String {
        let (subject, tag) = (self.subject, self.tag);
        match own {
            Some(own) => format!(
                "The case {} was created for {subject}, but Falcon did not show in time which cases carry its tag {tag}, so that another job may have created one, too",
                own.id.as_str()
            ),
            None => format!("Falcon did not show in time which case of {subject} with its tag {tag} counts"),
        }
    }

    fn unread(&self, own: Option<&Own<'_>>, open: &Open, unread: Unread) -> Setback {
        let Unread { what, scope, reason } = unread;
        let created = own.map_or_else(String::new, |own| {
            let (id, subject) = (own.id.as_str(), self.subject);
            format!("The case {id} was created in Falcon for {subject}, and another job may have created one, too: ")
        });
        Setback {
            cause: format!("{created}Falcon did not {what}: {reason}{}", open.listed()),
            next: advice(&reason, Asked { scope, change: None }),
        }
    }
}

/// The Falcon case that this job has created.
pub(super) struct Own<'work> {
    pub(super) id: &'work CaseId,
    pub(super) name: &'work str,
}

/// The Falcon case that counts.
pub(super) struct Counting {
    pub(super) id: String,
    /// Its status, if it was read.
    pub(super) status: Option<String>,
}

impl Counting {
    pub(super) fn of(case: &Case) -> Counting {
        Counting { id: case.id.clone(), status: case.status.clone() }
    }
}

enum Look {
    /// This Falcon case counts.
    Settled(Counting),
    Open(Open),
}

fn run_again(cause: String) -> Setback {
    Setback { cause, next: "Run the responder again in a minute: it finds the case by its tag.".to_owned() }
}

/// Takes out the Falcon cases that carry the dedup tag of another one among them that counts. Returns a sentence on each.
pub(super) fn take_duplicates(found: &mut Vec<Case>, secrets: &Secrets) -> Vec<String> {
    let mut counting: HashMap<&str, &Case> = HashMap::new();
    for case in found.iter() {
        for tag in dedup_tags(case) {
            let counts = counting.entry(tag).or_insert(case);
            if case.precedence() < counts.precedence() {
                *counts = case;
            }
        }
    }
    let duplicate = |case: &Case| {
        let (tag, counts) =
            dedup_tags(case).map(|tag| (tag, counting[tag])).find(|(_, counts)| counts.id != case.id)?;
        let [id, tag, counts] = [&case.id, tag, &counts.id].map(|text| secrets.quote(text));
        Some((
            case.id.clone(),
            format!(
                "The linked case {id} was left alone: it carries the tag {tag} of the case {counts}, which counts."
            ),
        ))
    };
    let duplicates: Vec<(String, String)> = found.iter().filter_map(duplicate).collect();
    let ids: HashSet<&str> = duplicates.iter().map(|(id, _)| id.as_str()).collect();
    found.retain(|case| !ids.contains(case.id.as_str()));
    duplicates.into_iter().map(|(_, sentence)| sentence).collect()
}

fn dedup_tags(case: &Case) -> impl Iterator<Item = &str> {
    case.tags.iter().flatten().map(String::as_str).filter(|tag| tag.starts_with(dedup_tag::PREFIX))
}

fn named(ids: &[String]) -> String {
    let mut names: Vec<String> = ids.iter().take(MOST_NAMED).cloned().collect();
    names.extend(ids.len().checked_sub(MOST_NAMED).filter(|more| *more > 0).map(|more| format!("{more} more")));
    listed(&names)
}
