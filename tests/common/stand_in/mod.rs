//! A server on loopback that stands in for Falcon's hosts: a strict tenant behind TLS, which can be told to fail.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;

mod actions;
mod alerts;
pub mod answers;
pub mod case;
mod case_calls;
mod case_fields;
mod case_lists;
mod cases;
pub mod certificates;
mod clock;
pub mod disturbance;
pub mod fault;
mod fql;
pub mod limits;
mod lists;
pub mod log;
mod ngsiem;
mod objects;
mod refuses;
pub mod request;
pub mod scopes;
mod search_calls;
mod search_fields;
pub mod searches;
pub mod server;
pub mod strict;
pub mod tokens;
mod updates;

pub use certificates::Authority;
pub use disturbance::Disturbance;
pub use fault::Fault;
use fault::Faults;
use log::LogEntry;
use objects::NEW;
use server::Decided;
use strict::{Request, Tenant};

/// What another client does after the next request to a path.
struct Change {
    path: String,
    id: String,
    /// The new status; without one, something else is changed.
    status: Option<String>,
    /// How much later it happens, by the tenant's clock.
    later: Duration,
}

/// What all connections share.
#[derive(Default)]
struct State {
    tenant: Tenant,
    faults: Faults,
    /// What somebody does after the next request to a path: that path, an id and its new status.
    meanwhile: Vec<Change>,
    protocols: Vec<hyper::Version>,
    log: Vec<LogEntry>,
    disturb: Option<disturbance::Disturb>,
    closes_connections: bool,
}

/// What a connection knows of it.
struct Shared(Arc<Mutex<State>>);

impl server::Host for Shared {
    fn disturbance(&self, request: &Request) -> Disturbance {
        lock(&self.0).disturb.as_mut().map(|disturb| disturb(request)).unwrap_or_default()
    }

    fn closes_connections(&self) -> bool {
        lock(&self.0).closes_connections
    }

    fn decide(&self, request: &Request, version: hyper::Version, fault: Option<Fault>) -> Decided {
        lock(&self.0).decide(request, version, fault)
    }
}

impl State {
    /// Writes the request down, and has the tenant answer it, unless a fault is due.
    fn decide(&mut self, request: &Request, version: hyper::Version, fault: Option<Fault>) -> Decided {
        self.tenant.requests.push(request.clone());
        self.protocols.push(version);
        let answer = match self.faults.due(request).or(fault) {
            None => Ok(self.tenant.answer(request)),
            Some(fault) => {
                if fault.is_after_the_deed() {
                    self.tenant.answer(request);
                }
                Err(fault)
            }
        };
        self.let_others_act(request);
        self.log.push(LogEntry::of(request, &answer));
        Decided { answer, date: Some(self.tenant.objects.clock.date()) }
    }

    /// Somebody does what waits for such a request.
    fn let_others_act(&mut self, request: &Request) {
        for Change { id, status, later, .. } in self.meanwhile.extract_if(.., |change| request.is_to(&change.path)) {
            let objects = &mut self.tenant.objects;
            let status = status.or_else(|| objects.status_of(&id).map(str::to_owned)).unwrap_or_else(|| NEW.to_owned());
            objects.change(&id, &status, objects.clock.time_of_later_change(later));
        }
    }
}

/// A running server. Its threads end with the test's process.
///
/// Where a path is asked for, it may have a method before it, because reads and updates of cases share one path, and `*`
/// for any one of its segments, because nobody knows a search's id before it is started.
pub struct StandIn {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    scheme: &'static str,
}

impl StandIn {
    /// A server behind TLS, with a certificate of this authority.
    pub fn with_tls(authority: &Authority) -> StandIn {
        StandIn::start("127.0.0.1:0", Some(authority))
    }

    /// A server in the clear.
    pub fn in_the_clear() -> StandIn {
        StandIn::start("127.0.0.1:0", None)
    }

    /// A server at this address, with the certificate of an authority behind TLS.
    pub fn start(address: &str, authority: Option<&Authority>) -> StandIn {
        let tls = authority.map(|authority| TlsAcceptor::from(authority.server_config()));
        let state = Arc::<Mutex<State>>::default();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = std::net::TcpListener::bind(address).expect("the address is free");
        let address = listener.local_addr().expect("it has an address");
        server::start(listener, tls, Arc::new(Shared(Arc::clone(&state))));
        StandIn { address, state, scheme }
    }

    /// From now on this fault, so many times, on this path; after the faults that it already has.
    pub fn fails(self, path: &str, fault: Fault, times: usize) -> StandIn {
        self.state().faults.add(path, fault, times);
        self
    }

    /// The tenant does what requests to this path ask for, but its answers get lost, so many times.
    pub fn loses_answers(self, path: &str, times: usize) -> StandIn {
        self.fails(path, Fault::Lost, times)
    }

    /// The tenant does what requests to this path ask for, and answers with this status and nothing else, so many times.
    pub fn fails_after_the_deed(self, path: &str, status: u16, times: usize) -> StandIn {
        self.fails(path, Fault::AppliedThen { status, headers: Vec::new(), body: Vec::new() }, times)
    }

    /// Requests to this path are answered with this status and reach no tenant, so many times.
    pub fn fails_before_the_deed(self, path: &str, status: u16, times: usize) -> StandIn {
        self.fails(path, Fault::Answer { status, headers: Vec::new(), body: Vec::new() }, times)
    }

    /// From now on this path refuses every request and repeats its headers and its body.
    pub fn echoes_requests(self, path: &str) -> StandIn {
        self.fails(path, Fault::Echo, usize::MAX)
    }

    /// A tenant whose incidents API is gone.
    pub fn without_incidents(self) -> StandIn {
        self.state().tenant.incidents_retired = true;
        self
    }

    /// A tenant in which the API client lacks the scope for this path.
    pub fn without_scope_for(self, path: &str) -> StandIn {
        self.state().tenant.forbidden.insert(path.to_owned());
        self
    }

    /// A tenant in which the API client lacks the scope of this name.
    pub fn without_scope(self, name: &str) -> StandIn {
        scopes::paths(name).iter().fold(self, |falcon, path| falcon.without_scope_for(path))
    }

    /// A tenant that has revoked the first token it gave.
    pub fn with_the_first_token_revoked(self) -> StandIn {
        self.state().tenant.tokens.first_revoked = true;
        self
    }

    /// A server of which each connection serves one request and no more.
    pub fn closing_connections(self) -> StandIn {
        self.state().closes_connections = true;
        self
    }

    /// A tenant in which this does not exist.
    pub fn without(self, id: &str) -> StandIn {
        self.state().tenant.objects.missing.insert(id.to_owned());
        self
    }

    /// A tenant in which this has that status already. For a case with more of its own, see [`StandIn::with_case`].
    pub fn having(self, id: &str, status: &str) -> StandIn {
        self.state().tenant.objects.have_status(id, status);
        self
    }

    /// A tenant in which this has these tags.
    pub fn tagged(self, id: &str, tags: &[&str]) -> StandIn {
        self.state().tenant.objects.have_tags(id, tags.iter().map(|tag| (*tag).to_owned()).collect());
        self
    }

    /// A tenant that links this alert to these cases.
    pub fn linking(self, alert: &str, cases: &[&str]) -> StandIn {
        self.state().tenant.objects.have(alert, "linked_case_ids", serde_json::json!(cases));
        self
    }

    /// A tenant in which an update that changes nothing counts as none.
    pub fn counts_only_changes(self) -> StandIn {
        self.state().tenant.objects.counts_only_changes = true;
        self
    }

    /// A tenant whose answers name this cloud as theirs.
    pub fn in_region(self, region: &str) -> StandIn {
        self.state().tenant.region = Some(region.to_owned());
        self
    }

    pub fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.address.port())
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How often this path was asked for.
    pub fn hits(&self, path: &str) -> usize {
        self.state().tenant.requests.iter().filter(|request| request.is_to(path)).count()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state().tenant.requests.clone()
    }

    /// The status of an alert, incident or case, if it was set.
    pub fn status_of(&self, id: &str) -> Option<String> {
        self.state().tenant.objects.status_of(id).map(str::to_owned)
    }

    /// The tokens given so far.
    pub fn tokens(&self) -> Vec<String> {
        self.state().tenant.tokens.given().iter().cloned().collect()
    }

    /// The HTTP version of each request so far.
    pub fn protocols(&self) -> Vec<hyper::Version> {
        self.state().protocols.clone()
    }

    /// From now on a tenant that was asked nothing yet, and in which nothing was changed.
    pub fn forget_all(&self) {
        self.state().tenant = Tenant::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
