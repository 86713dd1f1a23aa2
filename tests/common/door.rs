//! A door on loopback before a server: while it is shut, nobody gets a connection, and no refusal either, as behind a firewall
//! that drops packets.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use nix::sys::socket::{Backlog, listen};

use super::proxy::copy;

/// The door to a server.
pub struct Door {
    address: SocketAddr,
}

impl Door {
    /// A door to this port of loopback that lets this many connections pass, then is shut for a while, and then open for good.
    pub fn to(port: u16, passing: usize, shut: Duration) -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        // Shut before anybody comes, where nobody is let pass.
        let crowd = (passing == 0).then(|| shut_out(&listener).expect("a crowd"));
        thread::spawn(move || {
            let mut crowd = crowd;
            for passed in 0.. {
                if passed == passing {
                    let crowd = crowd.take().unwrap_or_else(|| shut_out(&listener).expect("a crowd"));
                    thread::sleep(shut);
                    listen(&listener, Backlog::MAXCONN).expect("it listens again");
                    drop(crowd);
                }
                let Ok((connection, _)) = listener.accept() else { return };
                thread::spawn(move || pass(connection, port));
            }
        });
        Door { address }
    }

    /// `host:port` of the door.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

/// Fills the queue of connections that wait for the listener: the kernel drops whatever comes after.
fn shut_out(listener: &TcpListener) -> io::Result<Vec<TcpStream>> {
    listen(listener, Backlog::new(0)?)?;
    let address = listener.local_addr()?;
    let mut crowd = Vec::new();
    while let Ok(one) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        crowd.push(one);
    }
    Ok(crowd)
}

fn pass(client: TcpStream, port: u16) -> Option<()> {
    let server = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let (from_server, to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
    thread::spawn(move || copy(from_server, to_client));
    copy(client, server);
    Some(())
}
