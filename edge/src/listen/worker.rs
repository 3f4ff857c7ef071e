//! A worker: accepts connections and serves them, all on one thread.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use banyan_telemetry::metrics::InFlight;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Ending;
use super::arrival::Doorway;

/// The answer where there are too many connections already.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";

/// Connections beyond the limit that are told so at the same time; more are closed without a word.
const MOST_TURNED_AWAY: usize = 256;

/// For whom a listener is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Public,
    Tls,
    Admin,
}

pub(super) struct Worker {
    doorway: Arc<Doorway>,
    /// Connections of all workers.
    connections: Arc<AtomicUsize>,
    ending: watch::Receiver<Ending>,
}

/// One connection, counted until dropped.
pub(super) struct Counted {
    connections: Arc<AtomicUsize>,
    _shown: InFlight,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Worker {
    pub(super) fn new(doorway: Arc<Doorway>, connections: Arc<AtomicUsize>, ending: watch::Receiver<Ending>) -> Self {
        Self { doorway, connections, ending }
    }

    /// Until the process ends.
    pub(super) async fn run(mut self, socket: TcpListener) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(socket)?;
        let mut tasks = JoinSet::new();
        while *self.ending.borrow_and_update() == Ending::NotYet {
            tokio::select! {
                biased;
                _ = self.ending.changed() => (),
                Some(ended) = tasks.join_next() => note_panic(ended),
                accepted = listener.accept() => match accepted {
                    Ok((stream, address)) => self.welcome(&mut tasks, stream, address),
                    Err(error) => self.accept_failed(&error).await,
                },
            }
        }
        // Connections that the kernel has taken for us already would be reset.
        while let Ok(Ok((stream, address))) = timeout(Duration::ZERO, listener.accept()).await {
            self.welcome(&mut tasks, stream, address);
        }
        drop(listener);
        loop {
            tokio::select! {
                biased;
                ended = tasks.join_next() => match ended {
                    Some(ended) => note_panic(ended),
                    None => return Ok(()),
                },
                changed = self.ending.changed() => {
                    if changed.is_err() || *self.ending.borrow_and_update() == Ending::Now {
                        tasks.shutdown().await;
                        return Ok(());
                    }
                }
            }
        }
    }

    fn welcome(&self, tasks: &mut JoinSet<()>, stream: TcpStream, address: SocketAddr) {
        let edge = &self.doorway.edge().0;
        let open = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let counted = Counted { connections: self.connections.clone(), _shown: edge.metrics.http().connect() };
        let most = edge.settings.limits.connections;
        if open > most && self.doorway.door() != Door::Admin {
            if open <= most + MOST_TURNED_AWAY && self.doorway.door() == Door::Public {
                tasks.spawn(turn_away(stream, counted));
            }
            return;
        }
        // Answers are written whole, so waiting for more to send with them only costs time.
        let _ = stream.set_nodelay(true);
        let serving = self.doorway.clone().welcome(stream, address, counted, self.ending.clone());
        tasks.spawn(serving);
    }

    /// A connection that is gone again is nothing; out of file descriptors, waiting is all one can do.
    async fn accept_failed(&self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if matches!(error.kind(), ConnectionAborted | ConnectionReset | ConnectionRefused) {
            return;
        }
        tracing::error!(%error, "cannot accept connections");
        sleep(Duration::from_millis(100)).await;
    }
}

fn note_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection ended in a panic");
    }
}

/// Says 503 and waits until the client has heard it.
pub(super) async fn turn_away(mut stream: TcpStream, counted: Counted) {
    let saying = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    // However it went, the connection closes.
    let _ = timeout(Duration::from_secs(1), saying).await;
    drop(counted);
}
