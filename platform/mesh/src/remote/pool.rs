//! Connections of one worker. They belong to the thread, so nothing is locked and no other worker is woken.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::Either;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, sleep};

use super::Target;
use super::head::Speaks;
use crate::body::OutBody;
use crate::call::Upgrade;
use crate::upstream::{Connections, Upstream};

thread_local! {
    static POOLS: RefCell<Pools> = RefCell::default();
}

#[derive(Default)]
struct Pools {
    targets: HashMap<u64, Kept, BuildHasherDefault<Number>>,
    sweeping: Option<Id>,
}

/// What a worker keeps for one target.
struct Kept {
    alive: Weak<()>,
    /// Which runtime drives the connections. A thread that runs several in turn must not mix them.
    runtime: Id,
    idle_for: Duration,
    /// The latest at the end.
    idle: VecDeque<(http1::SendRequest<OutBody>, Instant)>,
    http2: Vec<Stream2>,
    /// Held while an HTTP/2 connection is made, so that a crowd makes one and not one each.
    pub(super) connecting: Arc<tokio::sync::Mutex<()>>,
}

/// An HTTP/2 connection; each clone can carry a request.
#[derive(Clone)]
struct Stream2 {
    sender: http2::SendRequest<OutBody>,
    streams: Arc<AtomicU32>,
    last: Instant,
}

/// A connection for one exchange.
pub(crate) struct Lease {
    number: u64,
    alive: Weak<()>,
    runtime: Id,
    connections: Connections,
    sender: Sender,
}

enum Sender {
    Http1(http1::SendRequest<OutBody>),
    Http2 { sender: http2::SendRequest<OutBody>, _counted: StreamCount },
}

/// One stream of an HTTP/2 connection, counted until dropped.
#[derive(Debug)]
struct StreamCount(Arc<AtomicU32>);

impl StreamCount {
    fn new(streams: &Arc<AtomicU32>) -> Self {
        streams.fetch_add(1, Ordering::Relaxed);
        Self(streams.clone())
    }
}

impl Drop for StreamCount {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Target numbers are spread well enough as they are.
#[derive(Default)]
struct Number(u64);

impl Hasher for Number {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A kept connection that is ready, if there is one.
pub(super) fn take(target: &Target, upstream: &Upstream, upgrade: Upgrade) -> Option<Lease> {
    let runtime = Handle::try_current().ok()?.id();
    let sender = with_kept(target.number, runtime, |kept| {
        let one = kept.take_http1(upstream.connections.idle_for).map(Sender::Http1);
        one.or_else(|| if upgrade == Upgrade::Passed { None } else { kept.take_http2(upstream.connections.streams) })
    });
    sender.flatten().map(|sender| Lease::new(target, upstream, runtime, sender))
}

/// Whose turn it is to make an HTTP/2 connection.
pub(super) fn turn_to_connect(target: &Target, upstream: &Upstream, runtime: Id) -> Arc<tokio::sync::Mutex<()>> {
    POOLS.with_borrow_mut(|pools| {
        pools.of(target.number, &Arc::downgrade(&target.alive), runtime, &upstream.connections).connecting.clone()
    })
}

/// Whether another HTTP/2 connection may be made.
pub(super) fn has_room(target: &Target, upstream: &Upstream, runtime: Id) -> bool {
    let open = with_kept(target.number, runtime, |kept| {
        kept.http2.retain(|one| !one.sender.is_closed());
        kept.http2.len()
    });
    open.unwrap_or(0) < upstream.connections.http2
}

/// The HTTP/2 connection with the fewest streams, however many: its requests wait in line.
pub(super) fn crowd_in(target: &Target, upstream: &Upstream, runtime: Id) -> Option<Lease> {
    let sender = with_kept(target.number, runtime, |kept| kept.take_http2(u32::MAX)).flatten();
    sender.map(|sender| Lease::new(target, upstream, runtime, sender))
}

/// A new connection, for one exchange.
pub(super) fn lease_http1(target: &Target, upstream: &Upstream, runtime: Id, sender: http1::SendRequest<OutBody>) -> Lease {
    Lease::new(target, upstream, runtime, Sender::Http1(sender))
}

/// A new connection, for this exchange and others beside it.
pub(super) fn share_http2(target: &Target, upstream: &Upstream, runtime: Id, sender: &http2::SendRequest<OutBody>) -> Lease {
    let streams = Arc::new(AtomicU32::new(0));
    let count = StreamCount::new(&streams);
    POOLS.with_borrow_mut(|pools| {
        let kept = pools.of(target.number, &Arc::downgrade(&target.alive), runtime, &upstream.connections);
        kept.http2.push(Stream2 { sender: sender.clone(), streams, last: Instant::now() });
        pools.keep_swept(runtime);
    });
    Lease::new(target, upstream, runtime, Sender::Http2 { sender: sender.clone(), _counted: count })
}

fn with_kept<T>(number: u64, runtime: Id, work: impl FnOnce(&mut Kept) -> T) -> Option<T> {
    POOLS.with_borrow_mut(|pools| pools.targets.get_mut(&number).filter(|kept| kept.runtime == runtime).map(work))
}

impl Lease {
    fn new(target: &Target, upstream: &Upstream, runtime: Id, sender: Sender) -> Self {
        Self { number: target.number, alive: Arc::downgrade(&target.alive), runtime, connections: upstream.connections, sender }
    }

    pub(super) fn speaks(&self) -> Speaks {
        match self.sender {
            Sender::Http1(_) => Speaks::Http1,
            Sender::Http2 { .. } => Speaks::Http2,
        }
    }

    pub(super) fn send(
        &mut self,
        request: http::Request<OutBody>,
    ) -> impl Future<Output = Result<http::Response<Incoming>, TrySendError<http::Request<OutBody>>>> {
        match &mut self.sender {
            Sender::Http1(sender) => Either::Left(sender.try_send_request(request)),
            Sender::Http2 { sender, .. } => Either::Right(sender.try_send_request(request)),
        }
    }

    /// The answer was read to its end: the next exchange may have the connection.
    pub(crate) fn give_back(self) {
        let Sender::Http1(sender) = self.sender else { return };
        let here = Handle::try_current().is_ok_and(|handle| handle.id() == self.runtime);
        if !here || sender.is_closed() || self.alive.strong_count() == 0 {
            return;
        }
        POOLS.with_borrow_mut(|pools| {
            let kept = pools.of(self.number, &self.alive, self.runtime, &self.connections);
            if kept.idle.len() < self.connections.idle {
                kept.idle.push_back((sender, Instant::now()));
            }
            pools.keep_swept(self.runtime);
        });
    }
}

impl Kept {
    fn new(alive: &Weak<()>, runtime: Id) -> Self {
        let (idle, connecting) = (VecDeque::new(), Arc::default());
        Self { alive: alive.clone(), runtime, idle_for: Duration::MAX, idle, http2: Vec::new(), connecting }
    }

    /// The latest first, so that the others may grow old and go.
    fn take_http1(&mut self, idle_for: Duration) -> Option<http1::SendRequest<OutBody>> {
        /// Connections whose task has not come around yet after the last answer are left for later.
        const LOOKED_AT: usize = 8;
        let mut at = self.idle.len();
        let lowest = at.saturating_sub(LOOKED_AT);
        while at > lowest {
            at -= 1;
            let (sender, since) = &self.idle[at];
            if sender.is_closed() {
                self.idle.remove(at);
            } else if since.elapsed() > idle_for {
                // All before it are older.
                self.idle.drain(..=at);
                return None;
            } else if sender.is_ready() {
                return self.idle.remove(at).map(|(sender, _)| sender);
            }
        }
        None
    }

    fn take_http2(&mut self, most: u32) -> Option<Sender> {
        let usable = self.http2.iter_mut().filter(|one| !one.sender.is_closed());
        let least = usable.min_by_key(|one| one.streams.load(Ordering::Relaxed))?;
        if least.streams.load(Ordering::Relaxed) >= most {
            return None;
        }
        least.last = Instant::now();
        Some(Sender::Http2 { sender: least.sender.clone(), _counted: StreamCount::new(&least.streams) })
    }

    fn sweep(&mut self) {
        let idle_for = self.idle_for;
        self.idle.retain(|(sender, since)| !sender.is_closed() && since.elapsed() <= idle_for);
        self.http2.retain(|one| {
            let idle = one.streams.load(Ordering::Relaxed) == 0 && one.last.elapsed() > idle_for;
            !one.sender.is_closed() && !idle
        });
    }

    fn is_empty(&self) -> bool {
        self.idle.is_empty() && self.http2.is_empty()
    }
}

impl Pools {
    fn of(&mut self, number: u64, alive: &Weak<()>, runtime: Id, connections: &Connections) -> &mut Kept {
        let kept = self.targets.entry(number).or_insert_with(|| Kept::new(alive, runtime));
        if kept.runtime != runtime {
            *kept = Kept::new(alive, runtime);
        }
        kept.idle_for = connections.idle_for;
        kept
    }

    /// Closes each second what was idle for too long. Ends when there is nothing left to watch.
    fn keep_swept(&mut self, runtime: Id) {
        if self.sweeping != Some(runtime) {
            self.sweeping = Some(runtime);
            tokio::spawn(sweep(runtime));
        }
    }
}

/// Runs on the worker's own runtime, and so on its thread. On a runtime with many threads it may meet the pools of another one, which does
/// no harm: connections are also looked at when they are taken.
async fn sweep(runtime: Id) {
    loop {
        sleep(Duration::from_secs(1)).await;
        let done = POOLS.with_borrow_mut(|pools| {
            pools.targets.retain(|_, kept| {
                kept.sweep();
                kept.alive.strong_count() > 0 && !kept.is_empty()
            });
            let done = pools.targets.is_empty();
            if done && pools.sweeping == Some(runtime) {
                pools.sweeping = None;
            }
            done
        });
        if done {
            return;
        }
    }
}
