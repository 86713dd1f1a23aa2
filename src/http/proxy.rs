//! Asking a proxy why it refuses a tunnel.
//!
//! The HTTP client knows of a refused CONNECT only that it was refused, and of 407 that it was that. So the same is asked once
//! more here, for the status, unless it was 407: another attempt with a wrong password counts.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Intercept;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use tower_service::Service;

/// Why a tunnel was not opened. The crate does not export its name.
pub(super) type TunnelError = <Tunnel<HttpConnector> as Service<hyper::Uri>>::Error;

/// The longest first line of a response that is read, in bytes.
const MAX_LINE: usize = 1_000;

/// The statuses of a proxy that wants another user or password: tinyproxy's is 401.
pub(crate) const WANTS_PASSWORD: [u16; 2] = [401, 407];

/// A proxy's answer to CONNECT, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TunnelStatus {
    pub(super) status: u16,
    /// The status with its reason phrase, as the proxy sent it: not fit to be shown yet.
    pub(super) line: String,
}

/// A question to a proxy.
pub(super) struct TunnelRequest<'client> {
    pub(super) proxy: &'client Intercept,
    /// `host:port` of the tunnel's other end.
    pub(super) target: &'client str,
    /// For a proxy that is reached over TLS.
    pub(super) tls: &'client Arc<ClientConfig>,
    pub(super) user_agent: &'client str,
}

impl TunnelRequest<'_> {
    /// Asks once, within this time. A tunnel that is opened after all is closed at once.
    ///
    /// # Errors
    /// Returns an error if no status came.
    pub(super) fn status(&self, time: Duration) -> io::Result<TunnelStatus> {
        let end = Instant::now() + time;
        let tcp = self.connect(end)?;
        let line = if self.proxy.uri().scheme_str() == Some("https") {
            let name = ServerName::try_from(self.host().to_owned()).map_err(io::Error::other)?;
            let tls = ClientConnection::new(Arc::clone(self.tls), name).map_err(io::Error::other)?;
            self.ask(StreamOwned::new(tls, tcp))?
        } else {
            self.ask(tcp)?
        };
        parse(&line).ok_or_else(|| io::Error::other("no HTTP status"))
    }

    fn host(&self) -> &str {
        self.proxy.uri().host().unwrap_or_default().trim_matches(['[', ']'])
    }

    fn connect(&self, end: Instant) -> io::Result<TimedStream> {
        let is_https = self.proxy.uri().scheme_str() == Some("https");
        let port = self.proxy.uri().port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let mut error = io::Error::from(io::ErrorKind::NotFound);
        for address in addresses(self.host().to_owned(), port, left(end)?)? {
            match TcpStream::connect_timeout(&address, left(end)?) {
                Ok(tcp) => return Ok(TimedStream { tcp, end }),
                Err(failed) => error = failed,
            }
        }
        Err(error)
    }

    fn ask(&self, mut stream: impl Read + Write) -> io::Result<Vec<u8>> {
        let TunnelRequest { target, user_agent, .. } = self;
        let mut request =
            format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {user_agent}\r\n").into_bytes();
        if let Some(authorization) = self.proxy.basic_auth() {
            request.extend([b"Proxy-Authorization: ", authorization.as_bytes(), b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        stream.write_all(&request)?;
        stream.flush()?;
        let (mut line, mut chunk) = (Vec::new(), [0; 256]);
        while line.len() < MAX_LINE && !line.contains(&b'\n') {
            match stream.read(&mut chunk)? {
                0 => break,
                length => line.extend_from_slice(&chunk[..length]),
            }
        }
        Ok(line)
    }
}

/// Looks up a name within this time. A lookup cannot be cancelled, so one that takes longer goes on in its own thread.
fn addresses(host: String, port: u16, time: Duration) -> io::Result<Vec<SocketAddr>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let look_up = move || sender.send((host, port).to_socket_addrs().map(Vec::from_iter));
    thread::Builder::new().name("lookup".into()).spawn(look_up)?;
    receiver.recv_timeout(time).map_err(|_| io::ErrorKind::TimedOut)?
}

/// A connection whose reads and writes all end at one time: a TLS handshake makes many of each.
struct TimedStream {
    tcp: TcpStream,
    end: Instant,
}

impl Read for TimedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(left(self.end)?))?;
        self.tcp.read(buffer)
    }
}

impl Write for TimedStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(left(self.end)?))?;
        self.tcp.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Reads `HTTP/1.1 403 Forbidden`.
fn parse(line: &[u8]) -> Option<TunnelStatus> {
    let line = line.split(|byte| *byte == b'\n').next()?;
    let text = String::from_utf8_lossy(line);
    let (version, rest) = text.trim().split_once(' ')?;
    let rest = rest.trim();
    let status = rest.split(' ').next()?.parse().ok()?;
    (version.starts_with("HTTP/") && (100..600).contains(&status))
        .then(|| TunnelStatus { status, line: rest.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_from_the_first_line_alone() {
        let read = |line: &str| parse(line.as_bytes()).map(|read| (read.status, read.line));
        assert_eq!(read("HTTP/1.1 403 Forbidden\r\nServer: x"), Some((403, "403 Forbidden".into())));
        assert_eq!(read("HTTP/1.0 502\n"), Some((502, "502".into())));
        for other in ["", "SSH-2.0-OpenSSH", "HTTP/1.1", "HTTP/1.1 abc", "HTTP/1.1 99", "HTTP/1.1 70000", "ICY 200 OK"]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
