//! A server on loopback that gives bytes for answers, as no decent server would: cut, odd, or without an end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::{ServerConnection, StreamOwned};

use super::Authority;

/// A server that gives every request these bytes and closes the connection; its URL.
pub fn giving(answer: impl Into<Vec<u8>>) -> String {
    let answer = answer.into();
    serving(move |mut connection| {
        read_request(&connection)?;
        connection.write_all(&answer).ok()
    })
}

/// A server that has this done with every connection; its URL.
pub fn serving(serve: impl Fn(TcpStream) -> Option<()> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || listener.incoming().flatten().for_each(|connection| serve(connection).unwrap_or_default()));
    format!("http://{address}")
}

/// A server that speaks HTTP/2 and ends every connection with GOAWAY and these words; its URL.
pub fn sending_away(authority: &Authority, words: &[u8]) -> String {
    let frame = |kind: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).expect("a frame is short").to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 0], payload].concat()
    };
    let calm = [0, 0, 0, 0, 0, 0, 0, 11_u8];
    let (settings, farewell) = (frame(4, &[]), frame(7, &[&calm, words].concat()));
    let config = authority.server_config();
    let url = serving(move |connection| {
        let mut connection = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).ok()?, connection);
        connection.write_all(&[settings.as_slice(), &farewell].concat()).ok()?;
        connection.flush().ok()?;
        // Closed at once, it would be a connection that broke.
        while connection.read(&mut [0; 4_096]).ok()? > 0 {}
        Some(())
    });
    url.replace("http://127.0.0.1", "https://localhost")
}

/// An answer that promises more than these bytes.
pub fn broken_off(status: u16, beginning: &str) -> String {
    let promised = beginning.len() + 500;
    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {promised}\r\n\r\n{beginning}")
}

/// Reads a request to its end: a connection that is closed before loses the answer, too.
pub fn read_request(connection: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(connection);
    let mut length = 0;
    for line in reader.by_ref().lines() {
        let line = line.ok()?.to_lowercase();
        match line.split_once("content-length: ") {
            Some((_, value)) => length = value.trim().parse().ok()?,
            None if line.is_empty() => break,
            None => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()
}
