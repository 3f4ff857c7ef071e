//! Listening: a worker a core, each with a socket and a runtime of its own, so that no request crosses a core.

mod connection;
mod socket;
mod tape;
mod wire;
mod worker;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use banyan_telemetry::Phase;
use tokio::sync::{mpsc, watch};

use crate::Edge;
use worker::{Door, Worker};

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// For everybody. Port 0 takes a free one.
    pub public: SocketAddr,
    /// For operators: `/metrics`, `/services`, `/health` with reasons. It asks for no credential, so it belongs to a
    /// private address. None: not at all.
    pub admin: Option<SocketAddr>,
}

impl Listen {
    /// The admin listener's customary address.
    pub const ADMIN: &'static str = "127.0.0.1:3001";
}

/// Why the door did not open.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}: {source}{hint}")]
    Listen { address: SocketAddr, source: io::Error, hint: &'static str },
    #[error("cannot start a worker: {0}")]
    Worker(#[source] io::Error),
}

/// How far the process is in its end, as workers hear it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    NotYet,
    /// Take no connection more, finish what was begun.
    Draining,
    /// Leave everything.
    Now,
}

/// An open door. Dropped, it closes at once.
pub struct Running {
    local: SocketAddr,
    admin: Option<SocketAddr>,
    edge: Edge,
    ending: Arc<watch::Sender<Ending>>,
    /// Closed when the last worker has ended.
    ended: mpsc::Receiver<()>,
    workers: Vec<JoinHandle<()>>,
}

/// Ends a door from elsewhere, as at a second signal.
#[derive(Clone)]
pub struct Stopper(Arc<watch::Sender<Ending>>);

/// How draining went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request was answered.
    Finished,
    /// Time ran out, or the stopper ended it: connections were cut.
    Cut,
}

impl Edge {
    /// Opens the door and serves until it is drained or dropped. Readiness goes on when the sockets are open.
    ///
    /// # Errors
    /// When an address is in use or not ours, or the system gives no thread.
    pub fn serve(&self, listen: Listen) -> Result<Running, ServeError> {
        let wished = self.0.settings.workers.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        // Elsewhere two sockets on one address do not share connections.
        let workers = if cfg!(unix) { wished } else { 1 };
        let sockets = socket::bind(listen.public, workers)?;
        let admin = listen.admin.map(|address| socket::bind(address, 1)).transpose()?.unwrap_or_default();
        let local = socket::address(&sockets, listen.public)?;
        let admin_address = listen.admin.map(|address| socket::address(&admin, address)).transpose()?;
        let (ending, heard) = watch::channel(Ending::NotYet);
        let (alive, ended) = mpsc::channel(1);
        let connections = Arc::new(AtomicUsize::new(0));
        let mut running =
            Running { local, admin: admin_address, edge: self.clone(), ending: Arc::new(ending), ended, workers: Vec::new() };
        let doors =
            sockets.into_iter().map(|socket| (socket, Door::Public)).chain(admin.into_iter().map(|socket| (socket, Door::Admin)));
        for (number, (socket, door)) in doors.enumerate() {
            let worker = Worker::new(self.clone(), door, connections.clone(), heard.clone());
            running.workers.push(start(number, worker, socket, alive.clone())?);
        }
        self.0.health.enter(Phase::Serving);
        tracing::info!(address = %local, admin = admin_address.map(tracing::field::display), workers, "listening");
        Ok(running)
    }
}

fn start(number: usize, worker: Worker, socket: TcpListener, alive: mpsc::Sender<()>) -> Result<JoinHandle<()>, ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServeError::Worker)?;
    let work = move || {
        let alive = alive;
        if let Err(error) = runtime.block_on(worker.run(socket)) {
            tracing::error!(%error, "a worker has stopped");
        }
        // Blocking work that nobody waits for any more must not hold the end up.
        runtime.shutdown_background();
        drop(alive);
    };
    thread::Builder::new().name(format!("edge-{number}")).spawn(work).map_err(ServeError::Worker)
}

impl Running {
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin
    }

    pub fn stopper(&self) -> Stopper {
        Stopper(self.ending.clone())
    }

    /// Ends in good order: readiness off, the settings' grace, no new connections, requests in flight finished within the
    /// settings' deadline, then cut.
    pub async fn drain(mut self) -> Drained {
        let drain = self.edge.0.settings.drain.clone();
        self.edge.0.health.enter(Phase::Draining);
        let mut heard = self.ending.subscribe();
        if !drain.grace.is_zero() {
            let stopped = heard.wait_for(|ending| *ending == Ending::Now);
            let _ = tokio::time::timeout(drain.grace, stopped).await;
        }
        self.ending.send_if_modified(|ending| {
            let begins = *ending == Ending::NotYet;
            if begins {
                *ending = Ending::Draining;
            }
            begins
        });
        let in_time = self.wait(drain.deadline).await;
        let stopped = *self.ending.borrow() == Ending::Now;
        self.ending.send_replace(Ending::Now);
        if !in_time {
            // Tasks are dropped as soon as a worker's present step ends.
            self.wait(Duration::from_secs(5)).await;
        }
        if in_time && !stopped { Drained::Finished } else { Drained::Cut }
    }

    /// Serves until SIGTERM or SIGINT, then drains; a second signal ends at once.
    ///
    /// # Errors
    /// When the system takes no signal handlers.
    pub async fn run_until_signal(self) -> io::Result<Drained> {
        let mut signals = Signals::listen()?;
        signals.next().await;
        tracing::info!("draining");
        let stopper = self.stopper();
        let second = async {
            signals.next().await;
            tracing::warn!("ending at once");
            stopper.end();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            drained = self.drain() => Ok(drained),
            () = second => Ok(Drained::Cut),
        }
    }

    async fn wait(&mut self, within: Duration) -> bool {
        tokio::time::timeout(within, self.ended.recv()).await.is_ok()
    }
}

struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => (),
            _ = self.interrupt.recv() => (),
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        // Without a handler for it nothing but the system ends the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Stopper {
    /// Cuts every connection. What is draining counts as cut.
    pub fn end(&self) {
        self.0.send_replace(Ending::Now);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ending.send_replace(Ending::Now);
        for worker in self.workers.drain(..).filter(JoinHandle::is_finished) {
            if worker.join().is_err() {
                tracing::error!("a worker had panicked");
            }
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("local", &self.local).field("admin", &self.admin).finish_non_exhaustive()
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopper").finish_non_exhaustive()
    }
}
