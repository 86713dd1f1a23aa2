//! How many requests a tenant takes in a window of time: tokens have a limit of their own, as Falcon's have.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::StandIn;
use super::answers::{Answer, named};
use super::request::Request;
use super::strict::TOKEN;

/// The limits of a tenant. Only that of bad tokens is always there.
#[derive(Debug)]
pub struct Limits {
    tokens: Option<Limit>,
    others: Option<Limit>,
    bad_bearers: Limit,
}

/// Requests with a bad token that are refused with 401 in a minute; all others get 429.
pub const BAD_BEARERS: usize = 15;

impl Default for Limits {
    fn default() -> Limits {
        Limits { tokens: None, others: None, bad_bearers: Limit::new(BAD_BEARERS, Duration::from_mins(1)) }
    }
}

/// A limit, and what came of it so far. Windows follow one another without a gap, the first from the first request on.
#[derive(Debug)]
struct Limit {
    most: usize,
    window: Duration,
    start: Option<SystemTime>,
    counts: Vec<Counts>,
}

/// What became of the requests of one window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub given: usize,
    pub refused: usize,
}

impl Limits {
    /// Counts a request, and refuses it where its window has had all that it gets. A refusal counts towards no limit.
    pub fn take(&mut self, request: &Request, now: SystemTime) -> Result<(), Answer> {
        let Some(limit) = self.of(request) else { return Ok(()) };
        let most = limit.most;
        let counts = limit.counts_at(now);
        if counts.given < most {
            counts.given += 1;
            return Ok(());
        }
        counts.refused += 1;
        Err(named("rate-limited").with_header("X-Ratelimit-Retryafter", &limit.next_window(now)))
    }

    /// Returns the refusal of a request with a bad token, which has a limit of its own.
    pub fn refuse_bearer(&mut self, now: SystemTime) -> Answer {
        let counts = self.bad_bearers.counts_at(now);
        if counts.given < BAD_BEARERS {
            counts.given += 1;
            return named("bearer-refused");
        }
        counts.refused += 1;
        named("bearer-limit").with_header("X-Ratelimit-Retryafter", &self.bad_bearers.next_window(now))
    }

    /// The answer with what it tells of the request's limit. Answers from hosts that tell nothing of it stay as they are.
    pub fn told(&mut self, request: &Request, now: SystemTime, answer: Answer) -> Answer {
        let limit_of_bad_bearers = BAD_BEARERS.to_string();
        let is_told = |(name, value): &(String, String)| name == "X-Ratelimit-Limit" && *value != limit_of_bad_bearers;
        let tells = answer.headers.iter().any(is_told);
        match self.of(request).filter(|_| tells) {
            Some(limit) => {
                let left = limit.most - limit.counts_at(now).given;
                let answer = answer.with_header("X-Ratelimit-Limit", &limit.most.to_string());
                answer.with_header("X-Ratelimit-Remaining", &left.to_string())
            }
            None => answer,
        }
    }

    fn of(&mut self, request: &Request) -> Option<&mut Limit> {
        let limit = if request.is_to(TOKEN) { &mut self.tokens } else { &mut self.others };
        limit.as_mut()
    }
}

impl Limit {
    fn new(most: usize, window: Duration) -> Limit {
        Limit { most, window, start: None, counts: Vec::new() }
    }

    fn counts_at(&mut self, now: SystemTime) -> &mut Counts {
        let number = self.number_at(now);
        if self.counts.len() <= number {
            self.counts.resize(number + 1, Counts::default());
        }
        &mut self.counts[number]
    }

    /// Which window it is. A clock that was set back does not go behind the first.
    fn number_at(&mut self, now: SystemTime) -> usize {
        let since = now.duration_since(*self.start.get_or_insert(now)).unwrap_or_default();
        usize::try_from(since.as_nanos() / self.window.as_nanos()).expect("a tenant does not live that long")
    }

    /// The first whole second after this window, as Falcon writes it: by then a request is taken for certain.
    fn next_window(&mut self, now: SystemTime) -> String {
        let number = u32::try_from(self.number_at(now) + 1).expect("a tenant does not live that long");
        let end = self.start.unwrap_or(now) + self.window * number;
        let since = end.duration_since(UNIX_EPOCH).expect("after 1970");
        since.as_millis().div_ceil(1_000).to_string()
    }
}

impl StandIn {
    /// A tenant that gives no more tokens than this in a window of this length.
    pub fn limiting_tokens(self, most: usize, window: Duration) -> StandIn {
        self.state().tenant.limits.tokens = Some(Limit::new(most, window));
        self
    }

    /// A tenant that takes no more other requests than this in a window of this length.
    pub fn limiting_requests(self, most: usize, window: Duration) -> StandIn {
        self.state().tenant.limits.others = Some(Limit::new(most, window));
        self
    }

    /// What became of the requests for tokens, window by window; nothing where they have no limit.
    pub fn token_windows(&self) -> Vec<Counts> {
        self.state().tenant.limits.tokens.as_ref().map(|limit| limit.counts.clone()).unwrap_or_default()
    }

    /// From now on requests with a bad token are refused with 429 until the minute is over.
    pub fn uses_up_bad_bearers(&self) {
        let tenant = &mut self.state().tenant;
        let now = tenant.objects.clock.now();
        tenant.limits.bad_bearers.counts_at(now).given = BAD_BEARERS;
    }

    /// Returns how many requests with a bad token were refused with 401 (`given`) and with 429 (`refused`).
    pub fn bad_bearers(&self) -> Counts {
        let of = |counts: fn(&Counts) -> usize| self.state().tenant.limits.bad_bearers.counts.iter().map(counts).sum();
        Counts { given: of(|counts| counts.given), refused: of(|counts| counts.refused) }
    }

    /// The same of all other requests.
    pub fn request_windows(&self) -> Vec<Counts> {
        self.state().tenant.limits.others.as_ref().map(|limit| limit.counts.clone()).unwrap_or_default()
    }
}
