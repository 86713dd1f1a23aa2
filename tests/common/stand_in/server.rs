//! The wire of a stand-in: connections, TLS, and one request after another.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Incoming};
use hyper::header::DATE;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::State;
use super::answers::Answer;
use super::fault::{Fault, whole};
use super::request::Request;

pub type Body = BoxBody<Bytes, io::Error>;

/// Serves whoever connects, on a thread of its own.
pub fn start(listener: std::net::TcpListener, tls: Option<TlsAcceptor>, state: Arc<Mutex<State>>) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(accept(listener, tls, state));
    });
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
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(header).collect(),
        body: body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec(),
    };
    let (decided, date) = decide(&request, version, &state);
    let mut response = match decided {
        Ok(answer) => whole(&answer),
        Err(fault) => fault.answer(&request).await?,
    };
    response.headers_mut().entry(DATE).or_insert(date.parse().expect("a header"));
    Ok(response)
}

/// Writes the request down, and has the tenant answer it, unless a fault is due; and the date of either.
fn decide(request: &Request, version: hyper::Version, state: &Mutex<State>) -> (Result<Answer, Fault>, String) {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.tenant.requests.push(request.clone());
    state.protocols.push(version);
    let decided = match state.due_fault(request) {
        None => Ok(state.tenant.answer(request)),
        Some(fault) => {
            if fault.is_after_the_deed() {
                state.tenant.answer(request);
            }
            Err(fault)
        }
    };
    state.let_others_act(request);
    (decided, state.tenant.objects.clock.date())
}
