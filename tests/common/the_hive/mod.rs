//! A server on loopback that stands in for TheHive: cases and alerts behind the API of version 5 or 4, which can be told to
//! fail. TheHive 3 has the API of version 4.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

pub mod answers;
mod api;
mod entity;

use super::stand_in::Disturbance;
use super::stand_in::disturbance::Disturb;
use super::stand_in::fault::Faults;
use super::stand_in::log::LogEntry;
use super::stand_in::request::Request;
use super::stand_in::server::{self, Decided, Host};
use super::{Authority, CID, Fault};
use api::{Content, Unseen, User};
use entity::Entity;
pub use entity::Version;

/// The API key that is known.
pub const API_KEY: &str = "q7Rw3ZfT9xKb5VnJ2mHs8LcD4pGy6QaE";

/// The default organisation of the key's user, which jobs name, too.
pub const ORGANISATION: &str = "soc";

/// Where a page of a case's alerts is in TheHive 5.
pub const QUERY: &str = "/api/v1/query";
/// Where the alerts of a case are in TheHive 4.
pub const SEARCH: &str = "/api/alert/_search";

struct State {
    content: Content,
    faults: Faults,
    requests: Vec<Request>,
    log: Vec<LogEntry>,
    disturb: Option<Disturb>,
}

/// What a connection knows of it.
struct Shared(Arc<Mutex<State>>);

impl Host for Shared {
    fn disturbance(&self, request: &Request) -> Disturbance {
        lock(&self.0).disturb.as_mut().map(|disturb| disturb(request)).unwrap_or_default()
    }

    fn decide(&self, request: &Request, _: hyper::Version, fault: Option<Fault>) -> Decided {
        let mut state = lock(&self.0);
        state.requests.push(request.clone());
        let answer = state.faults.due(request).or(fault).map_or_else(|| Ok(state.content.answer(request)), Err);
        state.log.push(LogEntry::of(request, &answer));
        Decided { answer, date: None }
    }
}

/// A running TheHive. Its threads end with the test's process.
///
/// Ids are unique among cases and alerts. A stage is one of TheHive 5; TheHive 4 shows the status next to it, and takes its
/// own statuses, too.
pub struct TheHive {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
}

impl TheHive {
    /// TheHive 5, in the clear.
    pub fn five() -> TheHive {
        TheHive::start(Version::Five, None)
    }

    /// TheHive 4, in the clear.
    pub fn four() -> TheHive {
        TheHive::start(Version::Four, None)
    }

    /// TheHive of this version, behind TLS with the certificate of an authority, where there is one.
    pub fn start(version: Version, authority: Option<&Authority>) -> TheHive {
        TheHive::listening("127.0.0.1:0", version, authority)
    }

    /// TheHive of this version at this address.
    pub fn listening(address: &str, version: Version, authority: Option<&Authority>) -> TheHive {
        let user = User { organisations: vec![ORGANISATION.to_owned()], refusal: 403, sees_restricted: false };
        let content = Content {
            version,
            prefix: String::new(),
            entities: Vec::new(),
            user,
            knows_exclude_fields: true,
            unseen: Unseen::NotFound,
        };
        let state = State { content, faults: Faults::default(), requests: Vec::new(), log: Vec::new(), disturb: None };
        let state = Arc::new(Mutex::new(state));
        let listener = std::net::TcpListener::bind(address).expect("the address is free");
        let address = listener.local_addr().expect("it has an address");
        let tls = authority.map(|authority| TlsAcceptor::from(authority.server_config()));
        let scheme = if tls.is_some() { "https" } else { "http" };
        server::start(listener, tls, Arc::new(Shared(Arc::clone(&state))));
        TheHive { address, scheme, state }
    }

    /// Its API is below this path (`/thehive`), and nowhere else.
    pub fn below(self, prefix: &str) -> TheHive {
        prefix.clone_into(&mut self.state().content.prefix);
        self
    }

    /// It is older than 5.7.3: it refuses a query that excludes fields.
    pub fn without_exclude_fields(self) -> TheHive {
        self.state().content.knows_exclude_fields = false;
        self
    }

    /// It lists no alerts, in the place of HTTP 404, for a case that the user does not see.
    pub fn with_empty_lists(self) -> TheHive {
        self.state().content.unseen = Unseen::Empty;
        self
    }

    /// The key's user belongs to these organisations, the default one first; a request in another one's name is answered with this
    /// HTTP status.
    pub fn with_user_in(self, organisations: &[&str], refusal: u16) -> TheHive {
        let organisations = organisations.iter().map(|name| (*name).to_owned()).collect();
        self.state().content.user = User { organisations, refusal, sees_restricted: false };
        self
    }

    /// The key's user sees restricted cases, as a service account does.
    pub fn with_service_account(self) -> TheHive {
        self.state().content.user.sees_restricted = true;
        self
    }

    /// All that there is so far belongs to this organisation.
    pub fn all_in(self, organisation: &str) -> TheHive {
        for entity in &mut self.state().content.entities {
            organisation.clone_into(&mut entity.organisation);
        }
        self
    }

    /// This is restricted.
    pub fn restricted(self, id: &str) -> TheHive {
        self.change(id, |entity| entity.is_restricted = true);
        self
    }

    /// There is this case.
    pub fn with_case(self, id: &str, number: u64, stage: &str) -> TheHive {
        self.with(Entity::case(id, number, stage))
    }

    /// There is this alert, in no case.
    pub fn with_alert(self, id: &str, stage: &str, source_ref: &str, custom_fields: Value) -> TheHive {
        self.with(Entity::alert(id, stage, source_ref, custom_fields))
    }

    /// There is this alert, merged into a case. Its fields are values by name: a text, a number, or a list.
    pub fn with_alert_in(self, case: &str, id: &str, source_ref: &str, custom_fields: Value) -> TheHive {
        let alert = Entity::alert(id, "Imported", source_ref, custom_fields);
        self.with(Entity { case: Some(case.to_owned()), ..alert })
    }

    /// So many more alerts were merged into this case, with the composite ids of [`more`].
    pub fn with_more_alerts(self, case: &str, count: usize) -> TheHive {
        (0..count).fold(self, |hive, n| hive.with_alert_in(case, &format!("~more{n}"), &more(n), json!({})))
    }

    /// Each read of this shows the next of these stages; the last one stays. A list of alerts is no read.
    pub fn moving_on(self, id: &str, stages: &[&str]) -> TheHive {
        self.change(id, |entity| entity.next_stages = stages.iter().map(|stage| (*stage).to_owned()).collect());
        self
    }

    /// This has these custom fields and no others.
    pub fn with_fields(self, id: &str, custom_fields: Value) -> TheHive {
        self.change(id, |entity| entity.custom_fields = custom_fields);
        self
    }

    /// This has another value for one of its members, by its JSON pointer; TheHive must show such a member.
    pub fn showing(self, id: &str, pointer: &str, value: impl Into<Value>) -> TheHive {
        self.change(id, |entity| entity.members.push((pointer.to_owned(), value.into())));
        self
    }

    /// From now on this fault, so many times, on this path (with its method before it and `*` for a segment, where that
    /// is wanted); after the faults that it already has.
    pub fn fails(self, path: &str, fault: Fault, times: usize) -> TheHive {
        self.state().faults.add(path, fault, times);
        self
    }

    /// This comes between a request and its answer.
    pub fn disturbed(self, disturb: impl FnMut(&Request) -> Disturbance + Send + 'static) -> TheHive {
        self.state().disturb = Some(Box::new(disturb));
        self
    }

    /// So many requests to this path are answered; what comes then meets this fault, once.
    pub fn fails_after(self, answered: usize, path: &'static str, fault: Fault) -> TheHive {
        let mut seen = 0;
        self.disturbed(move |request| {
            seen += usize::from(request.is_to(path));
            let is_due = request.is_to(path) && seen == answered + 1;
            Disturbance { fault: is_due.then(|| fault.clone()), ..Disturbance::default() }
        })
    }

    /// Somebody moves this to another stage, now.
    pub fn at_stage(&self, id: &str, stage: &str) {
        self.change(id, |entity| {
            stage.clone_into(&mut entity.stage);
            entity.next_stages.clear();
        });
    }

    /// Somebody merges this alert into a case, now.
    pub fn merge(&self, alert: &str, case: &str) {
        self.change(alert, |entity| entity.case = Some(case.to_owned()));
        self.at_stage(alert, "Imported");
    }

    /// Somebody deletes this, now.
    pub fn delete(&self, id: &str) {
        self.state().content.entities.retain(|entity| entity.id != id);
    }

    pub fn url(&self) -> String {
        format!("{}://localhost:{}{}", self.scheme, self.address.port(), self.state().content.prefix)
    }

    /// Returns the log from this entry on.
    pub fn log(&self, from: usize) -> Vec<LogEntry> {
        self.state().log[from..].to_vec()
    }

    /// All requests so far, with what came in their headers.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// The method and path of each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.state().requests.iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    fn with(self, entity: Entity) -> TheHive {
        self.state().content.entities.push(entity);
        self
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Entity)) {
        let mut state = self.state();
        let entity = state.content.entities.iter_mut().find(|entity| entity.id == id);
        change(entity.expect("TheHive has this case or alert"));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The composite id of one of [`TheHive::with_more_alerts`].
pub fn more(n: usize) -> String {
    format!("{CID}:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:{n}-10357-8210")
}

/// A fault: a page for people in the place of an answer.
pub fn page(status: u16) -> Fault {
    let body = b"<!doctype html>\n<title>Sign in</title>\n".to_vec();
    Fault::Answer { status, headers: vec![("content-type", "text/html".to_owned())], body }
}

/// A fault: a redirect to this place.
pub fn redirect(to: &str) -> Fault {
    Fault::Answer { status: 302, headers: vec![("location", to.to_owned())], body: Vec::new() }
}
