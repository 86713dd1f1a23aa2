//! The alerts of a case, page by page. A page that is longer than the limit is requested in halves, down to a single alert.

use std::ops::{ControlFlow, Range};

use serde_json::Value;

use super::super::Kind;
use super::body::{MergedAlert, Page, first_id, page_in};
use super::error::{Failure, Unreached};
use super::question::{AlertPage, Generation, LongFields, OlderRange, PAGE, Question};
use super::{MAX_RESPONSE_BYTES, TheHive};
use crate::http::Answer;
use crate::http::retry::Budget;

/// The most alerts of one case that are looked up.
pub(crate) const MAX_ALERTS: usize = 5_000;

/// How far a lookup of a case's alerts came.
#[derive(Debug)]
pub(crate) struct AlertLookup {
    /// How many alerts were read.
    pub(crate) read: usize,
    /// Alerts that are too long to be read: their ids, or their positions if the ids are not known.
    pub(crate) too_long: Vec<String>,
    /// Why it ended.
    pub(crate) end: LookupEnd,
    /// The case as it is now, if that was read: it is if it has no alerts.
    pub(crate) case: Option<Value>,
}

/// Why a lookup of a case's alerts ended.
#[derive(Debug)]
pub(crate) enum LookupEnd {
    /// There are no more alerts.
    Complete,
    /// There are more than [`MAX_ALERTS`].
    LimitReached,
    /// The caller has no use for more.
    Stopped,
    /// TheHive gave no usable response.
    Failed(Unreached),
}

impl TheHive {
    /// Gives each alert of a case to `take`, with the custom fields of these names, until `take` breaks it off.
    pub(crate) fn alerts_of(
        &self,
        case: &str,
        fields: &[&str],
        take: &mut dyn FnMut(&MergedAlert) -> ControlFlow<()>,
    ) -> AlertLookup {
        let budget = match self.begin(self.lookup_limit) {
            Ok(budget) => budget,
            Err(error) => return AlertLookup::failed(error),
        };
        let mut lookup = AlertLookup::ended(LookupEnd::Complete);
        let mut pager = Pager::new(self, case, fields, budget);
        lookup.end = pager.read_all(&mut lookup, take);
        lookup.case = pager.shown;
        lookup
    }
}

/// A lookup under way.
struct Pager<'job> {
    hive: &'job TheHive,
    case: &'job str,
    fields: &'job [&'job str],
    budget: Budget,
    size: usize,
    older: OlderRange,
    long_fields: LongFields,
    /// The case itself, once it was read.
    shown: Option<Value>,
}

/// What came of one request.
enum Step {
    Page(Page, Generation),
    /// The same place again, with another request.
    Again,
    /// The alert there is too long by itself. Its id, if that is known.
    TooLong(Option<String>),
    Failed(Unreached),
}

impl<'job> Pager<'job> {
    fn new(hive: &'job TheHive, case: &'job str, fields: &'job [&'job str], budget: Budget) -> Self {
        let (older, long_fields) = (OlderRange::All, LongFields::Excluded);
        Pager { hive, case, fields, budget, size: PAGE, older, long_fields, shown: None }
    }

    fn read_all(
        &mut self,
        lookup: &mut AlertLookup,
        take: &mut dyn FnMut(&MergedAlert) -> ControlFlow<()>,
    ) -> LookupEnd {
        let mut from = 0;
        while from < MAX_ALERTS {
            let range = from..(from + self.size).min(MAX_ALERTS);
            match self.step(&range) {
                Step::Page(page, generation) => {
                    if lookup.add(&page, take).is_break() {
                        return LookupEnd::Stopped;
                    }
                    if let Some(end) = self.end(&page, generation, &range) {
                        return end;
                    }
                    from = range.end;
                }
                Step::Again => {}
                Step::TooLong(id) => {
                    lookup.too_long.push(id.unwrap_or_else(|| numbered(from + 1)));
                    from = range.end;
                }
                Step::Failed(error) => return LookupEnd::Failed(error),
            }
        }
        self.look_beyond()
    }

    /// Returns why this page is the last one; `None` if it is not.
    fn end(&self, page: &Page, generation: Generation, range: &Range<usize>) -> Option<LookupEnd> {
        let is_whole = generation == Generation::Older && self.older == OlderRange::All;
        match page.length {
            length if length > MAX_ALERTS => Some(LookupEnd::LimitReached),
            length if length == range.len() && !is_whole => None,
            _ => Some(LookupEnd::Complete),
        }
    }

    /// Finds out whether there are more alerts than are looked up.
    fn look_beyond(&mut self) -> LookupEnd {
        match self.step(&(MAX_ALERTS..MAX_ALERTS + 1)) {
            Step::Page(page, _) if page.length == 0 => LookupEnd::Complete,
            Step::Failed(error) => LookupEnd::Failed(error),
            Step::Page(..) | Step::Again | Step::TooLong(_) => LookupEnd::LimitReached,
        }
    }

    fn step(&mut self, range: &Range<usize>) -> Step {
        match self.request(range) {
            Ok((generation, page)) if page.is_cut && range.len() > 1 => self.shrink(generation, range),
            Ok((_, page)) if page.is_cut => Step::TooLong(page.alerts.first().and_then(MergedAlert::id)),
            Ok((generation, page)) => {
                if page.bytes * 2 <= MAX_RESPONSE_BYTES {
                    self.size = (self.size * 2).min(PAGE);
                }
                Step::Page(page, generation)
            }
            Err(Failure::BadRequest(_)) if self.long_fields == LongFields::Excluded => {
                self.long_fields = LongFields::Included;
                Step::Again
            }
            Err(Failure::TooLong { generation, .. }) if range.len() > 1 => self.shrink(generation, range),
            Err(Failure::TooLong { beginning, .. }) => Step::TooLong(first_id(&beginning.body)),
            Err(failure) => Step::Failed(failure.into_error()),
        }
    }

    /// Requests less: of the older API a page in the place of all alerts, else half of this range.
    fn shrink(&mut self, generation: Generation, range: &Range<usize>) -> Step {
        if generation == Generation::Older && self.older == OlderRange::All {
            self.older = OlderRange::Page;
        } else {
            self.size = range.len() / 2;
        }
        Step::Again
    }

    fn request(&mut self, range: &Range<usize>) -> Result<(Generation, Page), Failure> {
        let page = AlertPage { range: range.clone(), older: self.older, long_fields: self.long_fields };
        let question = Question::AlertsOf { case: self.case, page };
        let read = |answer: &Answer| page_in(answer, self.fields, MAX_ALERTS);
        let (route, page) = self.hive.ask(&self.hive.routes(None), &question, read, &self.budget)?;
        if page.length > 0 || range.start > 0 {
            self.hive.keep(route);
            return Ok((route.generation, page));
        }
        // The list is empty for a case that the user does not see in this organisation, too.
        let case = self.hive.entity_on(&self.hive.routes(Some(route)), Kind::Case, self.case, &self.budget);
        let (seen, case) = case.map_err(|failure| Failure::Other(failure.into_error()))?;
        self.shown = Some(case);
        if seen.acting == route.acting {
            return Ok((route.generation, page));
        }
        let (route, page) = self.hive.ask(&[seen], &question, read, &self.budget)?;
        Ok((route.generation, page))
    }
}

impl AlertLookup {
    /// Returns a lookup that had no result.
    pub(crate) fn failed(error: Unreached) -> AlertLookup {
        AlertLookup::ended(LookupEnd::Failed(error))
    }

    fn ended(end: LookupEnd) -> AlertLookup {
        AlertLookup { read: 0, too_long: Vec::new(), end, case: None }
    }

    fn add(&mut self, page: &Page, take: &mut dyn FnMut(&MergedAlert) -> ControlFlow<()>) -> ControlFlow<()> {
        for alert in &page.alerts {
            if alert.is_cut {
                let position = self.read + self.too_long.len() + 1;
                self.too_long.push(alert.id().unwrap_or_else(|| numbered(position)));
            } else {
                self.read += 1;
                take(alert)?;
            }
        }
        ControlFlow::Continue(())
    }
}

fn numbered(position: usize) -> String {
    format!("number {position} of them")
}
