//! The searches of a tenant: what they find, how long they run, and how they end.

use serde_json::Value;

use super::answers::{Answer, named};

/// A search, as it was started, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    pub id: String,
    pub repository: String,
    pub query: String,
    /// As it came: a relative time, a date, or a number; null where there was none.
    pub start: Value,
    pub end: Value,
    /// How often its state was asked for.
    pub polls: usize,
    pub is_stopped: bool,
    /// After so many polls it is gone.
    lives_for: Option<usize>,
}

/// How a search ends that nobody stops.
#[derive(Debug, Clone, Default)]
pub enum SearchEnd {
    #[default]
    Done,
    Cancelled,
    /// Done, but for what this warning says.
    Warned(String),
}

/// The three ways in which Falcon says that a search is stopped.
#[derive(Debug, Clone, Copy, Default)]
pub enum Stopped {
    #[default]
    Empty,
    NoContent,
    Envelope,
}

/// All searches, and what they have in common.
#[derive(Debug)]
pub struct Searches {
    pub started: Vec<Search>,
    pub events: Vec<Value>,
    /// How many events it says it has found, if not as many as it shows.
    pub event_count: Option<usize>,
    /// How many polls find a search running.
    pub running: usize,
    /// When to ask again, in milliseconds.
    pub poll_after: u64,
    pub end: SearchEnd,
    pub stopped: Stopped,
    /// So many of the next searches are gone after so many polls.
    pub dying: (usize, usize),
    /// How the id of a search begins.
    pub id: String,
}

impl Default for Searches {
    fn default() -> Searches {
        Searches {
            started: Vec::new(),
            events: Vec::new(),
            event_count: None,
            running: 0,
            poll_after: 1_000,
            end: SearchEnd::default(),
            stopped: Stopped::default(),
            dying: (0, 0),
            id: "P7-kT4oWnSearchJob".into(),
        }
    }
}

/// So many events are shown, where the query does not say.
const MOST_EVENTS: usize = 200;

impl Searches {
    /// Starts one.
    pub fn start(&mut self, repository: String, query: &str, start: Value, end: Value) -> Answer {
        let (dying, polls) = self.dying;
        self.dying.0 = dying.saturating_sub(1);
        let id = format!("{}{}", self.id, self.started.len() + 1);
        let lives_for = (dying > 0).then_some(polls);
        let query = query.to_owned();
        let search = Search { id, repository, query, start, end, polls: 0, is_stopped: false, lives_for };
        let answer = named("search-started").with("/id", search.id.as_str());
        self.started.push(search);
        answer
    }

    /// One that was started by somebody else.
    pub fn have(&mut self, repository: &str, id: &str) {
        let (id, repository, query) = (id.to_owned(), repository.to_owned(), "*".to_owned());
        let (start, end) = (Value::Null, Value::Null);
        self.started.push(Search { id, repository, query, start, end, polls: 0, is_stopped: false, lives_for: None });
    }

    /// Its state. Whoever asks keeps it alive.
    pub fn poll(&mut self, repository: &str, id: &str) -> Result<Answer, Answer> {
        let search = self.find(repository, id)?;
        search.polls += 1;
        let (polls, lives_for) = (search.polls, search.lives_for);
        match lives_for {
            Some(most) if polls > most => Err(named("search-gone")),
            Some(_) => Ok(self.state_when_running()),
            None if polls <= self.running => Ok(self.state_when_running()),
            None => Ok(self.state_at_its_end()),
        }
    }

    /// Ends it. What was stopped is gone.
    pub fn stop(&mut self, repository: &str, id: &str) -> Result<Answer, Answer> {
        let search = self.find(repository, id)?;
        if search.lives_for.is_some_and(|most| search.polls >= most) {
            return Err(named("search-gone"));
        }
        search.is_stopped = true;
        Ok(named(match self.stopped {
            Stopped::Empty => "search-stopped-empty",
            Stopped::NoContent => "search-stopped-no-content",
            Stopped::Envelope => "search-stopped-envelope",
        }))
    }

    fn find(&mut self, repository: &str, id: &str) -> Result<&mut Search, Answer> {
        let mut alive = self.started.iter_mut().filter(|search| !search.is_stopped);
        alive.find(|search| search.repository == repository && search.id == id).ok_or_else(|| named("search-gone"))
    }

    /// While it runs, it shows the first event that it has found.
    fn state_when_running(&self) -> Answer {
        self.state("search-running", &self.events[..self.events.len().min(1)], None)
    }

    fn state_at_its_end(&self) -> Answer {
        let shown = &self.events[..self.events.len().min(MOST_EVENTS)];
        let has_more = self.event_count.is_none() && self.events.len() > shown.len();
        let count = Some(self.event_count.unwrap_or(shown.len()));
        match &self.end {
            SearchEnd::Cancelled => self.state("search-cancelled", &[], None),
            SearchEnd::Warned(warning) => {
                self.state("search-warned", shown, count).with("/warnings/0/message", warning.as_str())
            }
            SearchEnd::Done if shown.is_empty() => self.state("search-done-nothing", shown, count),
            SearchEnd::Done if has_more => self.state("search-done-more", shown, count),
            SearchEnd::Done => self.state("search-done", shown, count),
        }
    }

    fn state(&self, file: &str, events: &[Value], count: Option<usize>) -> Answer {
        let count = count.unwrap_or(events.len());
        let answer = named(file).with("/events", events).with("/metaData/eventCount", count);
        answer.with("/metaData/pollAfter", self.poll_after)
    }
}
