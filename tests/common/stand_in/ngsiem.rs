//! What a scenario says of a stand-in's cases and searches, and what it asks of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::StandIn;
use super::case::Case;
use super::searches::{Search, SearchEnd, Stopped};

impl StandIn {
    /// A tenant that has this case, and shows it in lists: with this status and these tags, and without evidence.
    pub fn with_case(self, id: &str, status: &str, tags: &[&str]) -> StandIn {
        let (status, tags) = (status.to_owned(), tags.iter().map(|tag| (*tag).to_owned()).collect());
        let case = Case { status, tags, alerts: Vec::new(), ..Case::of_the_fixtures(id) };
        self.state().tenant.objects.cases.have(case);
        self
    }

    /// A tenant in which this case is as the scenario makes it.
    pub fn with_case_like(self, id: &str, change: impl FnOnce(&mut Case)) -> StandIn {
        let mut case = self.state().tenant.objects.case(id);
        change(&mut case);
        self.state().tenant.objects.cases.have(case);
        self
    }

    /// A tenant whose first reads of a case after a change, so many, show it as it was before.
    pub fn with_lag(self, reads: usize) -> StandIn {
        self.state().tenant.objects.cases.lag = reads;
        self
    }

    /// A tenant whose first lists of cases after a write, so many, do not show it yet.
    pub fn with_lists_that_lag(self, lists: usize) -> StandIn {
        self.state().tenant.objects.cases.list_lag = lists;
        self
    }

    /// A tenant that lists each new case only so long after its creation: the first one after the first time, and so on.
    pub fn with_index_lags(self, lags: &[Duration]) -> StandIn {
        self.state().tenant.objects.cases.index_lags = lags.to_vec();
        self
    }

    /// A tenant whose lists show cases with the same tag in the order in which they were created.
    pub fn listed_in_order(self) -> StandIn {
        self.state().tenant.objects.cases.is_listed_in_order = true;
        self
    }

    /// A tenant that leaves this case out of its first lists, so many.
    pub fn listing_only_after(self, case: &str, lists: usize) -> StandIn {
        self.state().tenant.objects.cases.listed_late = Some((case.to_owned(), lists));
        self
    }

    /// A tenant in which another client adds this alert to the case just before the next update of it.
    pub fn adding_evidence_before_the_next_update(self, case: &str, alert: &str) -> StandIn {
        self.state().tenant.objects.cases.added_meanwhile = Some((case.to_owned(), alert.to_owned()));
        self
    }

    /// A tenant in which another client changes a case just before an update of it, so many times.
    pub fn with_cases_changed_meanwhile(self, times: usize) -> StandIn {
        self.state().tenant.objects.cases.changed_meanwhile = times;
        self
    }

    /// The cases that were created or changed, or that the scenario speaks of, by their ids.
    pub fn cases(&self) -> BTreeMap<String, Case> {
        self.state().tenant.objects.cases.all().map(|case| (case.id.clone(), case.clone())).collect()
    }

    /// How many cases were created.
    pub fn cases_created(&self) -> usize {
        self.state().tenant.objects.cases.created
    }

    /// A tenant whose searches find these events; it shows at most 200 of them.
    pub fn finding(self, events: Vec<Value>) -> StandIn {
        self.state().tenant.searches.events = events;
        self
    }

    /// A tenant that counts more events than it shows.
    pub fn counting_events(self, count: usize) -> StandIn {
        self.state().tenant.searches.event_count = Some(count);
        self
    }

    /// A tenant whose searches are still running at the first polls, so many.
    pub fn with_searches_running(self, polls: usize) -> StandIn {
        self.state().tenant.searches.running = polls;
        self
    }

    /// A tenant that asks to be polled after so many milliseconds.
    pub fn polled_after(self, milliseconds: u64) -> StandIn {
        self.state().tenant.searches.poll_after = milliseconds;
        self
    }

    /// A tenant whose searches end like this.
    pub fn with_searches_ending(self, end: SearchEnd) -> StandIn {
        self.state().tenant.searches.end = end;
        self
    }

    /// A tenant whose next searches, so many, run and never end, and are gone after so many polls.
    pub fn forgetting_searches(self, searches: usize, polls: usize) -> StandIn {
        self.state().tenant.searches.dying = (searches, polls);
        self
    }

    /// A tenant that says in this way that a search is stopped.
    pub fn saying_stopped(self, how: Stopped) -> StandIn {
        self.state().tenant.searches.stopped = how;
        self
    }

    /// A tenant whose searches' ids begin like this; a number follows.
    pub fn naming_searches(self, beginning: &str) -> StandIn {
        beginning.clone_into(&mut self.state().tenant.searches.id);
        self
    }

    /// A tenant in which somebody else has started this search.
    pub fn with_search(self, repository: &str, id: &str) -> StandIn {
        self.state().tenant.searches.have(repository, id);
        self
    }

    /// All searches, in the order in which they were started.
    pub fn searches(&self) -> Vec<Search> {
        self.state().tenant.searches.started.clone()
    }
}
