//! A server on loopback that stands in for Falcon's hosts: a strict tenant behind TLS, which can be told to fail.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::certificates::Authority;
use super::strict::{Answer, Request, Tenant};

/// What a stand-in does instead of answering.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Another status, with this body, content type and headers.
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// Refuses the request with 400, and repeats all of it.
    Echo,
    /// Closes the connection without an answer.
    Reset,
    /// Promises more than it sends.
    CutMidBody,
    /// Says nothing for this long.
    Silence(Duration),
    /// Sends a body without end, as fast as it is read.
    Endless,
    /// Sends a body without end, a byte at a time.
    Drip,
}

type Body = BoxBody<Bytes, io::Error>;

/// What all connections share.
#[derive(Default)]
struct State {
    tenant: Tenant,
    faults: BTreeMap<String, (Fault, usize)>,
    protocols: Vec<hyper::Version>,
}

/// A running server. Its threads end with the test's process.
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
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(accept(listener, tls, shared));
        });
        StandIn { address, state, scheme }
    }

    /// From now on this fault, so many times, on this path.
    pub fn fails(self, path: &str, fault: Fault, times: usize) -> StandIn {
        self.state().faults.insert(path.to_owned(), (fault, times));
        self
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

    /// A tenant that has revoked the first token it gave.
    pub fn with_the_first_token_revoked(self) -> StandIn {
        self.state().tenant.first_token_revoked = true;
        self
    }

    /// A tenant in which this does not exist.
    pub fn without(self, id: &str) -> StandIn {
        self.state().tenant.missing.insert(id.to_owned());
        self
    }

    /// From now on this path refuses every request and repeats its headers and its body.
    pub fn echoes_requests(self, path: &str) -> StandIn {
        self.fails(path, Fault::Echo, usize::MAX)
    }

    pub fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.address.port())
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How often this path was asked for.
    pub fn hits(&self, path: &str) -> usize {
        self.state().tenant.requests.iter().filter(|request| request.path == path).count()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.state().tenant.requests.clone()
    }

    /// The status of an alert, incident or case.
    pub fn status_of(&self, id: &str) -> Option<String> {
        self.state().tenant.statuses.get(id).cloned()
    }

    /// The tokens given so far.
    pub fn tokens(&self) -> Vec<String> {
        self.state().tenant.tokens().iter().cloned().collect()
    }

    /// The HTTP version of each request so far.
    pub fn protocols(&self) -> Vec<hyper::Version> {
        self.state().protocols.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: std::net::TcpListener, tls: Option<TlsAcceptor>, state: Arc<Mutex<State>>) {
    listener.set_nonblocking(true).expect("it can be non-blocking");
    let listener = TcpListener::from_std(listener).expect("tokio takes it");
    while let Ok((connection, _)) = listener.accept().await {
        connection.set_nodelay(true).expect("a socket option");
        let (tls, state) = (tls.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            match tls {
                // A client that does not trust us ends the handshake; that is its right.
                Some(tls) => {
                    if let Ok(connection) = tls.accept(connection).await {
                        serve(connection, state).await;
                    }
                }
                None => serve(connection, state).await,
            }
        });
    }
}

async fn serve(connection: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, state: Arc<Mutex<State>>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&state)));
    let server = auto::Builder::new(TokioExecutor::new());
    // A connection that breaks is what many scenarios are about.
    let _ = server.serve_connection(TokioIo::new(connection), service).await;
}

async fn answer(request: hyper::Request<Incoming>, state: Arc<Mutex<State>>) -> io::Result<hyper::Response<Body>> {
    let version = request.version();
    let (parts, body) = request.into_parts();
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap_or_default().to_owned())
    };
    let request = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers.iter().map(header).collect(),
        body: body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec(),
    };
    let fault = note(&request, version, &state);
    match fault {
        None => Ok(whole({
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.tenant.answer(&request)
        })),
        Some(fault) => misbehave(fault, &request).await,
    }
}

/// Writes the request down, and says which fault is due.
fn note(request: &Request, version: hyper::Version, state: &Mutex<State>) -> Option<Fault> {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.tenant.requests.push(request.clone());
    state.protocols.push(version);
    let (fault, times) = state.faults.get_mut(&request.path).filter(|(_, times)| *times > 0)?;
    *times -= 1;
    Some(fault.clone())
}

async fn misbehave(fault: Fault, request: &Request) -> io::Result<hyper::Response<Body>> {
    match fault {
        Fault::Answer { status, headers, body } => {
            let mut response = hyper::Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed();
            response.body(body).map_err(io::Error::other)
        }
        Fault::Echo => Ok(whole(Answer {
            status: 400,
            headers: Vec::new(),
            body: format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body)),
        })),
        Fault::Reset => Err(io::Error::other("the connection is closed")),
        Fault::Silence(time) => {
            tokio::time::sleep(time).await;
            Err(io::Error::other("nothing was said"))
        }
        Fault::CutMidBody => {
            Ok(stream(vec![Ok(b"{\"meta\":".as_slice()), Err(io::Error::other("cut"))], Duration::ZERO))
        }
        Fault::Endless => Ok(stream(std::iter::repeat_with(|| Ok(ENDLESS.as_slice())), Duration::ZERO)),
        Fault::Drip => Ok(stream(std::iter::repeat_with(|| Ok(b" ".as_slice())), Duration::from_millis(50))),
    }
}

static ENDLESS: [u8; 65_536] = [b' '; 65_536];

/// A body of these pieces, each after a pause.
fn stream<P>(pieces: P, pause: Duration) -> hyper::Response<Body>
where
    P: IntoIterator<Item = io::Result<&'static [u8]>>,
    P::IntoIter: Send + Sync + 'static,
{
    let pieces = pieces.into_iter();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    tokio::spawn(async move {
        for piece in pieces {
            tokio::time::sleep(pause).await;
            if sender.send(piece.map(|bytes| Frame::data(Bytes::from_static(bytes)))).await.is_err() {
                return;
            }
        }
    });
    let frames = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
    hyper::Response::new(StreamBody::new(frames).boxed())
}

fn whole(answer: Answer) -> hyper::Response<Body> {
    let mut response =
        hyper::Response::new(Full::new(Bytes::from(answer.body)).map_err(|never| match never {}).boxed());
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).expect("a status");
    let headers = response.headers_mut();
    headers.insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    for (name, value) in answer.headers {
        headers.insert(name, value.parse().expect("a header"));
    }
    response
}
