//! What a stand-in does instead of answering well.

use std::io;
use std::time::Duration;

use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::header::HeaderName;

use super::answers::Answer;
use super::request::Request;
use super::server::Body;

/// What a stand-in does instead of answering.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Another status, with this body, content type and headers.
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// As `Answer`, after the tenant has done what the request asks for.
    AppliedThen { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// Refuses the request with 400, and repeats all of it.
    Echo,
    /// Closes the connection without an answer.
    Reset,
    /// As `Reset`, after the tenant has done what the request asks for.
    Lost,
    /// Promises more than it sends.
    CutMidBody,
    /// Says nothing for this long.
    Silence(Duration),
    /// Sends a body without end, as fast as it is read.
    Endless,
    /// Sends a body without end, a byte at a time.
    Drip,
}

/// The faults that are left, each with the path that it is for and how often it is still to come.
#[derive(Default)]
pub struct Faults(Vec<(String, Fault, usize)>);

impl Faults {
    /// From now on this fault, so many times, on this path; after the faults that it already has.
    pub fn add(&mut self, path: &str, fault: Fault, times: usize) {
        self.0.push((path.to_owned(), fault, times));
    }

    /// The first fault that is left for such a request.
    pub fn due(&mut self, request: &Request) -> Option<Fault> {
        let (_, fault, times) = self.0.iter_mut().find(|(path, _, times)| *times > 0 && request.is_to(path))?;
        *times -= 1;
        Some(fault.clone())
    }
}

impl Fault {
    /// Whether the tenant does what the request asks for all the same.
    pub fn is_after_the_deed(&self) -> bool {
        matches!(self, Fault::AppliedThen { .. } | Fault::Lost)
    }

    /// Returns the status of what goes over the wire, if it has one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Fault::Answer { status, .. } | Fault::AppliedThen { status, .. } => Some(*status),
            Fault::Echo => Some(400),
            Fault::CutMidBody | Fault::Endless | Fault::Drip => Some(200),
            Fault::Reset | Fault::Lost | Fault::Silence(_) => None,
        }
    }

    /// What goes over the wire in place of the tenant's answer.
    pub async fn answer(self, request: &Request) -> io::Result<hyper::Response<Body>> {
        match self {
            Fault::Answer { status, headers, body } | Fault::AppliedThen { status, headers, body } => {
                let mut response = hyper::Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                response.body(full(body)).map_err(io::Error::other)
            }
            Fault::Echo => {
                let echo = format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body));
                Ok(whole(&Answer { status: 400, headers: Vec::new(), body: echo.into() }))
            }
            Fault::Reset | Fault::Lost => Err(io::Error::other("the connection is closed")),
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

/// An answer of the tenant.
pub fn whole(answer: &Answer) -> hyper::Response<Body> {
    let mut response = hyper::Response::new(full(answer.text().into_bytes()));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).expect("a status");
    let headers = response.headers_mut();
    headers.insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    for (name, value) in &answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("the name of a header");
        headers.insert(name, value.parse().expect("a header"));
    }
    response
}

fn full(body: Vec<u8>) -> Body {
    Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed()
}
