//! The wire of a stand-in: connections, TLS, and one request after another.

use std::io;
use std::sync::Arc;

use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, DATE, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::answers::Answer;
use super::disturbance::Disturbance;
use super::fault::{Fault, whole};
use super::request::Request;

pub type Body = BoxBody<Bytes, io::Error>;

/// What a request is answered, or what goes wrong instead; and what time it is there, where that is told.
pub struct Decided {
    pub answer: Result<Answer, Fault>,
    pub date: Option<String>,
}

/// Whoever answers.
pub trait Host: Send + Sync {
    /// What comes between a request and its answer.
    fn disturbance(&self, _: &Request) -> Disturbance {
        Disturbance::default()
    }

    /// Whether a connection serves one request and no more.
    fn closes_connections(&self) -> bool {
        false
    }

    /// Decides on a request; this fault is due, unless another one is.
    fn decide(&self, request: &Request, version: hyper::Version, fault: Option<Fault>) -> Decided;
}

/// Serves whoever connects, on a thread of its own.
pub fn start(listener: std::net::TcpListener, tls: Option<TlsAcceptor>, host: Arc<dyn Host>) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(accept(listener, tls, host));
    });
}

async fn accept(listener: std::net::TcpListener, tls: Option<TlsAcceptor>, host: Arc<dyn Host>) {
    listener.set_nonblocking(true).expect("it can be non-blocking");
    let listener = TcpListener::from_std(listener).expect("tokio takes it");
    while let Ok((connection, _)) = listener.accept().await {
        connection.set_nodelay(true).expect("a socket option");
        let (tls, host) = (tls.clone(), Arc::clone(&host));
        tokio::spawn(async move {
            match tls {
                // A client that does not trust us ends the handshake; that is its right.
                Some(tls) => {
                    if let Ok(connection) = tls.accept(connection).await {
                        serve(connection, host).await;
                    }
                }
                None => serve(connection, host).await,
            }
        });
    }
}

async fn serve(connection: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, host: Arc<dyn Host>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&host)));
    let server = auto::Builder::new(TokioExecutor::new());
    // A connection that breaks is what many scenarios are about.
    let _ = server.serve_connection(TokioIo::new(connection), service).await;
}

async fn answer(request: hyper::Request<Incoming>, host: Arc<dyn Host>) -> io::Result<hyper::Response<Body>> {
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
    let disturbance = host.disturbance(&request);
    disturbance.pass().await;
    let Decided { answer, date } = host.decide(&request, version, disturbance.fault);
    tokio::time::sleep(disturbance.answer_delay).await;
    let mut response = match answer {
        Ok(answer) => whole(&answer),
        Err(fault) => fault.answer(&request).await?,
    };
    if host.closes_connections() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(date) = date {
        response.headers_mut().entry(DATE).or_insert(date.parse().expect("a header"));
    }
    Ok(response)
}
