//! A long way to a server on loopback: bytes arrive later, and as fast as before.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep_until};

/// Bytes on their way, and when they arrive.
type Chunk = (Instant, Vec<u8>);

/// Starts a relay to this port on a thread of its own; where it listens.
pub fn start(port: u16, round_trip: Duration) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.set_nonblocking(true).expect("it can be non-blocking");
    let own = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(accept(listener, port, round_trip)).expect("the relay works until the end");
    });
    own
}

async fn accept(listener: std::net::TcpListener, port: u16, round_trip: Duration) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (client, _) = listener.accept().await?;
        tokio::spawn(relay(client, port, round_trip));
    }
}

async fn relay(client: TcpStream, port: u16, round_trip: Duration) -> io::Result<()> {
    // On loopback a connection stands at once; over a long way TCP's handshake takes a round trip.
    let stands = Instant::now() + round_trip;
    let server = TcpStream::connect(("127.0.0.1", port)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::spawn(send(from_client, to_server, stands, round_trip / 2));
    tokio::spawn(send(from_server, to_client, stands, round_trip / 2));
    Ok(())
}

/// Sends on what comes. Reading never waits for what is on its way: that would make the way narrow and not long.
async fn send(mut from: OwnedReadHalf, to: OwnedWriteHalf, stands: Instant, way: Duration) {
    let (sender, on_their_way) = unbounded_channel();
    tokio::spawn(arrive(on_their_way, to));
    let mut buffer = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let arrives = Instant::now().max(stands) + way;
        if sender.send((arrives, buffer[..length].to_vec())).is_err() {
            return;
        }
    }
}

async fn arrive(mut on_their_way: UnboundedReceiver<Chunk>, mut to: OwnedWriteHalf) {
    while let Some((arrives, bytes)) = on_their_way.recv().await {
        sleep_until(arrives).await;
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}
