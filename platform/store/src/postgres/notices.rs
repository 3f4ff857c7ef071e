//! Processes on one PostgreSQL tell each other what was committed (`LISTEN` and `NOTIFY`), so that nobody has to look again and again.
//!
//! A process tells after its commits, by a connection of its own and for many commits at a time: transactions that notify by themselves wait for one
//! another at their commits. One that dies in between tells nothing, so whoever is told looks now and then all the same. Each message comes back to its
//! sender, and each second one is sent; while none comes back (a pooler that shares connections, a break), everybody looks often, as if nobody told.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use banyan_kernel::Secret;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_postgres::{AsyncMessage, Client};

use super::{address, failed, unreachable};
use crate::error::StoreError;
use crate::store::Shared;

const CHANNEL: &str = "banyan_notices";
/// The bell of a service's log.
pub(crate) const LOG: &str = "log";
/// Everything may have changed.
const ALL: &str = "*";
/// A payload has less than 8,000 bytes (PostgreSQL, `NOTIFY`).
const LONGEST: usize = 7_000;
/// How long opening a connection, and each answer, may take.
const CONNECT: Duration = Duration::from_secs(5);
const DEADLINE: Duration = Duration::from_secs(1);
/// A message is sent at least so often.
const BEAT: Duration = Duration::from_secs(1);
/// And at most so often: what is committed meanwhile shares one.
const PAUSE: Duration = Duration::from_millis(3);
/// After a break.
const AGAIN: Duration = Duration::from_secs(2);
/// After a connection on which nothing came back: what is in between will not change soon.
const DEAF_AGAIN: Duration = Duration::from_secs(60);

/// A service, and one of its bells.
type Bell = (&'static str, &'static str);

/// Ends with the pool that it belongs to.
#[derive(Clone)]
pub(crate) struct Notices(Arc<Inner>);

struct Inner {
    url: Secret<String>,
    is_running: AtomicBool,
    is_heard: AtomicBool,
    /// Committed, and not told yet. As many as the program has names.
    told: Mutex<BTreeSet<Bell>>,
    due: Arc<Notify>,
    /// Stores of this process: one for each service that it runs or follows.
    stores: Mutex<Vec<(&'static str, Weak<Shared>)>>,
}

/// Why a conversation ended.
enum Ended {
    /// Nobody is interested any more.
    Over,
    /// What was sent did not come back.
    Deaf,
    Broken(StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Broken(error)
    }
}

impl Notices {
    pub(crate) fn new(url: Secret<String>) -> Self {
        let inner = Inner {
            url,
            is_running: AtomicBool::new(false),
            is_heard: AtomicBool::new(false),
            told: Mutex::default(),
            due: Arc::default(),
            stores: Mutex::default(),
        };
        Self(Arc::new(inner))
    }

    /// From here on the store's bells ring for other processes' commits.
    pub(crate) fn add(&self, store: &Arc<Shared>) {
        let mut stores = self.0.stores.lock();
        stores.retain(|(_, store)| store.strong_count() > 0);
        stores.push((store.schema.service, Arc::downgrade(store)));
    }

    /// Tells other processes of a commit, soon.
    pub(crate) fn tell(&self, service: &'static str, bell: &'static str) {
        if self.0.told.lock().insert((service, bell)) {
            self.start();
            self.0.due.notify_one();
        }
    }

    /// Whether other processes' commits are told here. Listening begins with the first question.
    pub(crate) fn is_heard(&self) -> bool {
        self.start();
        self.0.is_heard.load(Ordering::Acquire)
    }

    fn start(&self) {
        if !self.0.is_running.swap(true, Ordering::AcqRel) {
            tokio::spawn(run(Arc::downgrade(&self.0), self.0.due.clone()));
        }
    }
}

impl Inner {
    fn hears(&self, is_heard: bool) {
        if self.is_heard.swap(is_heard, Ordering::AcqRel) != is_heard {
            // What was told meanwhile was missed, or will be: everybody looks, and then waits as long as it now may.
            self.ring(ALL);
        }
    }

    /// What is to be told now.
    fn take(&self) -> String {
        let told = std::mem::take(&mut *self.told.lock());
        let words: Vec<String> = told.iter().map(|(service, bell)| format!("{service}.{bell}")).collect();
        let payload = words.join(" ");
        if payload.len() > LONGEST { ALL.to_owned() } else { payload }
    }

    fn ring(&self, payload: &str) {
        let stores: Vec<_> =
            self.stores.lock().iter().filter_map(|(service, store)| Some((*service, store.upgrade()?))).collect();
        for word in payload.split(' ') {
            for (service, store) in &stores {
                match word.split_once('.') {
                    None if word == ALL => store.bells.ring_all(),
                    Some((told, bell)) if told == *service && bell != LOG => store.bells.ring(bell),
                    _ => {}
                }
                if word == ALL || word.split_once('.') == Some((service, LOG)) {
                    store.log.wake();
                }
            }
        }
    }
}

async fn run(inner: Weak<Inner>, due: Arc<Notify>) {
    loop {
        let pause = match converse(&inner, &due).await {
            Ended::Over => return,
            Ended::Deaf => {
                tracing::info!("the database does not pass notices on; other processes' changes are looked for instead");
                DEAF_AGAIN
            }
            Ended::Broken(error) => {
                tracing::debug!(%error, "notices of other processes are not heard; trying again");
                AGAIN
            }
        };
        match inner.upgrade() {
            Some(inner) => inner.hears(false),
            None => return,
        }
        sleep(pause).await;
    }
}

/// Tells and hears until something breaks.
async fn converse(inner: &Weak<Inner>, due: &Notify) -> Ended {
    match try_to_converse(inner, due).await {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

async fn try_to_converse(inner: &Weak<Inner>, due: &Notify) -> Result<std::convert::Infallible, Ended> {
    let url = inner.upgrade().ok_or(Ended::Over)?.url.clone();
    let silent = || StoreError::Unavailable("the database does not answer".to_owned());
    let (client, heard) = timeout(CONNECT, open(&url, inner.clone())).await.map_err(|_| silent())??;
    let mut heard = heard;
    let notify = client.prepare("SELECT pg_notify($1, $2)").await.map_err(failed)?;
    for number in 1_u64.. {
        let told = inner.upgrade().ok_or(Ended::Over)?.take();
        // What an earlier connection was to tell may be lost.
        let payload = format!("{number} {}", if number == 1 { ALL } else { &told });
        let deadline = Instant::now() + DEADLINE;
        let sent = timeout_at(deadline, client.execute(&notify, &[&CHANNEL, &payload])).await;
        sent.map_err(|_| silent())?.map_err(failed)?;
        match timeout_at(deadline, heard.wait_for(|heard| *heard >= number)).await {
            Ok(Ok(_)) => inner.upgrade().ok_or(Ended::Over)?.hears(true),
            Ok(Err(_)) => return Err(silent().into()),
            Err(_) => return Err(Ended::Deaf),
        }
        sleep(PAUSE).await;
        let _beat = timeout(BEAT, due.notified()).await;
    }
    Err(Ended::Over)
}

/// A connection that listens, and the number of the last own message that came back.
async fn open(url: &Secret<String>, inner: Weak<Inner>) -> Result<(Client, watch::Receiver<u64>), StoreError> {
    let (config, connector) = address(url)?.into_parts();
    let (client, mut connection) = config.connect(connector).await.map_err(|error| unreachable(&error))?;
    let (own, process) = watch::channel(0_i32);
    let (came_back, heard) = watch::channel(0);
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            let Ok(AsyncMessage::Notification(notice)) = message else {
                match message {
                    Ok(_) => continue,
                    Err(_) => return,
                }
            };
            let Some((number, payload)) = notice.payload().split_once(' ') else { continue };
            let Some(inner) = inner.upgrade() else { return };
            if notice.process_id() == *process.borrow() {
                came_back.send_replace(number.parse().unwrap_or(0));
            } else {
                inner.ring(payload);
            }
        }
    });
    let row = client.query_one("SELECT pg_backend_pid()", &[]).await.map_err(failed)?;
    own.send_replace(row.get(0));
    // Nobody waits for the disk: a notice that a crash loses would be of commits after which everybody connects anew.
    let begin = format!("SET synchronous_commit = off; LISTEN {CHANNEL}");
    client.batch_execute(&begin).await.map_err(failed)?;
    Ok((client, heard))
}
