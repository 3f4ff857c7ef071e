//! What is counted, and the pace of the publishers.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::Semaphore;

/// A run that is not through by then is shown as far as it came.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) struct Load {
    pub(crate) events: u64,
    /// Events of a publishing transaction.
    pub(crate) batch: u64,
    pub(crate) rate: Option<u64>,
    pub(crate) at_once: usize,
}

/// Times are milliseconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures {
    handled: u64,
    published_per_second: f64,
    handled_per_second: f64,
    p50: f64,
    p99: f64,
}

impl Figures {
    /// Nobody waited for them.
    pub(crate) fn of_whole_log(events: u64, took: Duration) -> Self {
        let rate = events as f64 / took.as_secs_f64();
        Self { handled: events, published_per_second: 0.0, handled_per_second: rate, p50: 0.0, p99: 0.0 }
    }
}

/// Delays in microseconds, and the clock that they are measured by.
#[derive(Clone)]
pub(crate) struct Delays {
    begun: Instant,
    durable: Arc<Mutex<Vec<u64>>>,
}

impl Delays {
    pub(crate) fn new() -> Self {
        Self { begun: Instant::now(), durable: Arc::default() }
    }

    /// What an event says of when it was sent.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The effects of events that were sent then are durable now.
    pub(crate) fn durable(&self, sent: impl IntoIterator<Item = u64>) {
        let now = self.now();
        self.durable.lock().extend(sent.into_iter().map(|sent| now.saturating_sub(sent)));
    }

    fn count(&self) -> u64 {
        self.durable.lock().len() as u64
    }
}

/// Publishes at the load's pace, waits for the effects.
pub(crate) async fn run<F, Fut>(load: &Load, delays: &Delays, publish: F) -> Figures
where
    F: Fn(Range<u64>) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let (permits, started) = (Arc::new(Semaphore::new(load.at_once)), Instant::now());
    for first in (0..load.events).step_by(usize::try_from(load.batch).unwrap()) {
        if let Some(rate) = load.rate {
            let due = started + Duration::from_micros(first * 1_000_000 / rate);
            if due > Instant::now() {
                tokio::time::sleep_until(due.into()).await;
            }
        }
        let permit = permits.clone().acquire_owned().await.unwrap();
        let published = publish(first..(first + load.batch).min(load.events));
        tokio::spawn(async move {
            published.await;
            drop(permit);
        });
    }
    let published = started.elapsed();
    while delays.count() < load.events && started.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = started.elapsed();
    let mut delays = delays.durable.lock().clone();
    delays.sort_unstable();
    let at = |share: f64| delays.get(((delays.len() as f64) * share) as usize).copied().unwrap_or(0) as f64 / 1_000.0;
    Figures {
        handled: delays.len() as u64,
        published_per_second: load.events as f64 / published.as_secs_f64(),
        handled_per_second: delays.len() as f64 / took.as_secs_f64(),
        p50: at(0.5),
        p99: at(0.99),
    }
}
