//! Looking up names, once at a time for each.
//!
//! A lookup cannot be cancelled, and may take longer than a connection has (glibc waits 5 s for a name server, twice). So whoever
//! needs a name waits for the lookup that is under way, and one that outlives its requests serves the next attempt.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::watch;

/// The result of a lookup; `None` until it ends.
type Found = Option<Result<Vec<SocketAddr>, Arc<io::Error>>>;

/// Looks up names with the system's resolver.
#[derive(Debug, Default)]
pub(super) struct SharedResolver {
    under_way: Arc<Mutex<HashMap<String, watch::Receiver<Found>>>>,
}

impl SharedResolver {
    /// Returns the lookup of a name that is under way, or starts one.
    fn lookup(&self, name: &str, find: fn(&str) -> io::Result<Vec<SocketAddr>>) -> watch::Receiver<Found> {
        let mut under_way = lock(&self.under_way);
        let started = under_way.entry(name.to_owned()).or_insert_with(|| {
            let (sender, receiver) = watch::channel(None);
            start(name, find, sender);
            receiver
        });
        started.clone()
    }

    /// Waits for the addresses of a name. Who gets them ends the lookup: the next connection looks up the name anew.
    async fn addresses(
        &self,
        name: &str,
        find: fn(&str) -> io::Result<Vec<SocketAddr>>,
    ) -> Result<Vec<SocketAddr>, Arc<io::Error>> {
        let mut lookup = self.lookup(name, find);
        let ended = lookup.wait_for(Option::is_some).await.ok().and_then(|found| found.clone());
        lock(&self.under_way).remove(name);
        ended.unwrap_or_else(|| Err(Arc::new(io::ErrorKind::Interrupted.into())))
    }
}

/// Looks up a name in a thread of its own; here, if the system starts no more threads. tokio's pool would panic then.
fn start(name: &str, find: fn(&str) -> io::Result<Vec<SocketAddr>>, sender: watch::Sender<Found>) {
    let sender = Arc::new(sender);
    let look_up = {
        let (name, sender) = (name.to_owned(), Arc::clone(&sender));
        move || sender.send_replace(Some(find(&name).map_err(Arc::new)))
    };
    if thread::Builder::new().name("lookup".into()).spawn(look_up).is_err() {
        sender.send_replace(Some(find(name).map_err(Arc::new)));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn system_lookup(name: &str) -> io::Result<Vec<SocketAddr>> {
    Ok((name, 0).to_socket_addrs()?.collect())
}

impl Resolve for SharedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = SharedResolver { under_way: Arc::clone(&self.under_way) };
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str(), system_lookup).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    static LOOKUPS: AtomicUsize = AtomicUsize::new(0);
    static ANSWERS: AtomicBool = AtomicBool::new(false);

    fn slow_lookup(_: &str) -> io::Result<Vec<SocketAddr>> {
        LOOKUPS.fetch_add(1, Ordering::SeqCst);
        while !ANSWERS.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        system_lookup("127.0.0.1")
    }

    #[test]
    fn a_lookup_that_outlives_its_request_serves_the_next_one() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let resolver = SharedResolver::default();
            let lookup = || resolver.addresses("falcon.example", slow_lookup);
            for _ in 0..2 {
                assert!(tokio::time::timeout(Duration::from_millis(20), lookup()).await.is_err());
            }
            ANSWERS.store(true, Ordering::SeqCst);
            assert_eq!(lookup().await.unwrap(), [([127, 0, 0, 1], 0).into()]);
            assert_eq!(LOOKUPS.load(Ordering::SeqCst), 1);
            lookup().await.unwrap();
            assert_eq!(LOOKUPS.load(Ordering::SeqCst), 2, "what was found is not stored");
        });
    }
}
