//! Listening: a worker a core, each with a socket and a runtime of its own, so that no request crosses a core.

mod addresses;
mod arrival;
mod connection;
mod extent;
mod plain;
mod proxy;
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
use banyan_tls::ServerCertificates;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::Edge;
pub(crate) use addresses::Addresses;
use arrival::Doorway;
use worker::{Door, Worker};

/// Where to listen.
#[derive(Clone, Debug)]
pub struct Listen {
    /// For everybody, without TLS. Port 0 takes a free one.
    pub public: SocketAddr,
    /// For everybody, by TLS.
    pub tls: Option<ListenTls>,
    /// For operators: `/metrics`, `/services`, `/health` with reasons. It asks for no credential, so it belongs to a
    /// private address. None: not at all.
    pub admin: Option<SocketAddr>,
}

/// A listener for TLS.
#[derive(Clone, Debug)]
pub struct ListenTls {
    pub address: SocketAddr,
    pub certificates: ServerCertificates,
}

/// The listening sockets of a door, for another process that goes on in its place.
#[derive(Debug, Default)]
pub struct Sockets {
    pub public: Vec<TcpListener>,
    pub tls: Vec<TcpListener>,
    pub admin: Vec<TcpListener>,
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
    /// Take no connection more; who has one may bring a last request.
    LastRequests,
    /// Close what is idle, finish what was begun.
    Draining,
    /// Leave everything.
    Now,
}

/// An open door. Dropped, it closes at once.
pub struct Running {
    local: SocketAddr,
    tls: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    sockets: Sockets,
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
        self.serve_on(Sockets::default(), listen)
    }

    /// As [`Edge::serve`], on sockets that were handed over, where they are on the wished addresses.
    ///
    /// # Errors
    /// As [`Edge::serve`].
    pub fn serve_on(&self, inherited: Sockets, listen: Listen) -> Result<Running, ServeError> {
        let wished = self.0.settings.workers.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        // Elsewhere two sockets on one address do not share connections.
        let workers = if cfg!(unix) { wished } else { 1 };
        let Listen { public: public_address, tls, admin } = listen;
        let certificates = tls.as_ref().map(|tls| tls.certificates.clone());
        let tls = tls.map(|tls| tls.address);
        let public = socket::take_or_bind(inherited.public, public_address, workers)?;
        let by_tls = tls.map(|address| socket::take_or_bind(inherited.tls, address, workers)).transpose()?;
        let for_operators = admin.map(|address| socket::take_or_bind(inherited.admin, address, 1)).transpose()?;
        let sockets = Sockets { public, tls: by_tls.unwrap_or_default(), admin: for_operators.unwrap_or_default() };
        let (ending, heard) = watch::channel(Ending::NotYet);
        let (alive, ended) = mpsc::channel(1);
        let mut running = Running {
            local: socket::address(&sockets.public, public_address)?,
            tls: tls.map(|address| socket::address(&sockets.tls, address)).transpose()?,
            admin: admin.map(|address| socket::address(&sockets.admin, address)).transpose()?,
            sockets: sockets.try_clone().map_err(ServeError::Worker)?,
            edge: self.clone(),
            ending: Arc::new(ending),
            ended,
            workers: Vec::new(),
        };
        let doorway = |door| Arc::new(Doorway::new(self.clone(), door, certificates.as_ref()));
        let connections = Arc::new(AtomicUsize::new(0));
        let work = |door: &Arc<Doorway>| Worker::new(door.clone(), connections.clone(), heard.clone());
        for (number, doors) in sockets.by_worker([doorway(Door::Public), doorway(Door::Tls), doorway(Door::Admin)]).enumerate() {
            let doors = doors.into_iter().map(|(socket, door)| (socket, work(&door))).collect();
            running.workers.push(start(number, doors, alive.clone())?);
        }
        self.0.health.enter(Phase::Serving);
        let shown = |address: Option<SocketAddr>| address.map(tracing::field::display);
        tracing::info!(address = %running.local, tls = shown(running.tls), admin = shown(running.admin), workers, "listening");
        Ok(running)
    }
}

impl Sockets {
    /// What each thread serves: one plain socket and one for TLS, so that both share what the thread has; the last one
    /// serves operators.
    fn by_worker(self, [public, tls, admin]: [Arc<Doorway>; 3]) -> impl Iterator<Item = Vec<(TcpListener, Arc<Doorway>)>> {
        let count = self.public.len().max(self.tls.len());
        let mut threads: Vec<Vec<_>> = (0..count).map(|_| Vec::with_capacity(2)).collect();
        let both = [(self.public, public), (self.tls, tls)];
        for (sockets, door) in both {
            threads.iter_mut().zip(sockets).for_each(|(thread, socket)| thread.push((socket, door.clone())));
        }
        threads.into_iter().chain(self.admin.into_iter().map(move |socket| vec![(socket, admin.clone())]))
    }

    /// The same sockets once more.
    ///
    /// # Errors
    /// When the process may not have more files open.
    pub fn try_clone(&self) -> io::Result<Self> {
        let clone = |sockets: &[TcpListener]| sockets.iter().map(TcpListener::try_clone).collect::<io::Result<Vec<_>>>();
        Ok(Self { public: clone(&self.public)?, tls: clone(&self.tls)?, admin: clone(&self.admin)? })
    }
}

fn start(number: usize, doors: Vec<(TcpListener, Worker)>, alive: mpsc::Sender<()>) -> Result<JoinHandle<()>, ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServeError::Worker)?;
    let work = move || {
        let alive = alive;
        runtime.block_on(async {
            let mut listening = JoinSet::new();
            for (socket, worker) in doors {
                listening.spawn(worker.run(socket));
            }
            while let Some(ended) = listening.join_next().await {
                match ended {
                    Ok(Ok(())) => (),
                    Ok(Err(error)) => tracing::error!(%error, "a worker has stopped"),
                    Err(error) => tracing::error!(%error, "a worker broke off"),
                }
            }
        });
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

    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.tls
    }

    /// The listening sockets, to be handed to another process. As long as somebody has them, connections wait in them.
    ///
    /// # Errors
    /// When the process may not have more files open.
    pub fn sockets(&self) -> io::Result<Sockets> {
        self.sockets.try_clone()
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
        // From here on nobody may come in by what we hold.
        self.sockets = Sockets::default();
        self.pass_to(Ending::LastRequests);
        if !self.wait(drain.last_request).await {
            self.pass_to(Ending::Draining);
        }
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

    /// Goes one step on, unless the end was called.
    fn pass_to(&self, step: Ending) {
        self.ending.send_if_modified(|ending| {
            let goes_on = *ending != Ending::Now;
            if goes_on {
                *ending = step;
            }
            goes_on
        });
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
