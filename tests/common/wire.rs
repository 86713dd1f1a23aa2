//! A server on loopback that gives bytes for answers, as no decent server would: cut, odd, or without an end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

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

/// An answer that promises more than these bytes.
pub fn broken_off(status: u16, beginning: &str) -> String {
    let promised = beginning.len() + 500;
    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {promised}\r\n\r\n{beginning}")
}

/// Reads a request to its end: a connection that is closed before loses the answer, too.
fn read_request(connection: &TcpStream) -> Option<()> {
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
