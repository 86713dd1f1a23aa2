//! A proxy on loopback that tunnels (CONNECT), to where a scenario says each host is.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A running proxy.
pub struct Proxy {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

/// How a proxy decides.
struct Rules {
    hosts: BTreeMap<String, u16>,
    /// The value of `Proxy-Authorization` that it demands.
    authorization: Option<String>,
    /// How it refuses whoever comes without.
    unauthorized: &'static str,
    /// What it answers to the first requests, whatever they are; nothing closes the connection.
    refusals: Vec<&'static str>,
}

impl Proxy {
    /// A proxy that knows these hosts, each at this port of loopback, and no others. With `authorization` it demands this value of
    /// `Proxy-Authorization`.
    pub fn start(hosts: &[(&str, u16)], authorization: Option<&str>) -> Proxy {
        Proxy::demanding(hosts, authorization, "407 No")
    }

    /// The same, with another status line for those without it.
    pub fn demanding(hosts: &[(&str, u16)], authorization: Option<&str>, unauthorized: &'static str) -> Proxy {
        Proxy::with_rules(hosts, authorization, unauthorized, Vec::new())
    }

    /// The same, but that it refuses as many requests before, each with this status line.
    pub fn refusing(hosts: &[(&str, u16)], refusals: Vec<&'static str>) -> Proxy {
        Proxy::with_rules(hosts, None, "407 No", refusals)
    }

    fn with_rules(
        hosts: &[(&str, u16)],
        authorization: Option<&str>,
        unauthorized: &'static str,
        refusals: Vec<&'static str>,
    ) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let hosts = hosts.iter().map(|(host, port)| ((*host).to_owned(), *port)).collect();
        let authorization = authorization.map(str::to_owned);
        let rules = Arc::new(Rules { hosts, authorization, unauthorized, refusals });
        let written = Arc::clone(&seen);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (rules, written) = (Arc::clone(&rules), Arc::clone(&written));
                thread::spawn(move || tunnel(connection, &rules, &written));
            }
        });
        Proxy { address, seen }
    }

    /// `host:port` of the proxy.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The hosts asked for, in the order of asking.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn tunnel(mut client: TcpStream, rules: &Rules, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut lines = BufReader::new(client.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let host = request.strip_prefix("CONNECT ")?.split(':').next()?.to_owned();
    let number = {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(host.clone());
        seen.len() - 1
    };
    if let Some(line) = rules.refusals.get(number) {
        let page = "<h1>Refused</h1>";
        let head = format!("content-type: text/html\r\ncontent-length: {}\r\nconnection: close", page.len());
        return (!line.is_empty()).then(|| write!(client, "HTTP/1.1 {line}\r\n{head}\r\n\r\n{page}").ok())?;
    }
    let wanted = rules.authorization.as_ref().map(|value| format!("proxy-authorization: {value}").to_lowercase());
    let allowed = wanted.is_none_or(|wanted| headers.iter().any(|header| header.to_lowercase() == wanted));
    let Some(port) = rules.hosts.get(&host).filter(|_| allowed) else {
        // A proxy that repeats what it was told, as some do in their error pages.
        let page = format!("<h1>No tunnel</h1> {}", headers.join(" "));
        let line = rules.unauthorized;
        return write!(client, "HTTP/1.1 {line}\r\ncontent-length: {}\r\n\r\n{page}", page.len()).ok();
    };
    let server = TcpStream::connect(("127.0.0.1", *port)).ok()?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let (from_server, to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
    thread::spawn(move || copy(from_server, to_client));
    copy(client, server);
    Some(())
}

/// Copies until either end is closed.
pub fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 4_096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
