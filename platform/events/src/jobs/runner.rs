use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Random, Uuid};
use banyan_store::{Rows, Store, StoreError};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::context::Word;
use super::enqueue::BELL;
use super::execute::Attempt;
use super::handler::{Jobs, JobsError};
use super::job::Retries;
use super::observer::{NoObserver, Observer};
use super::queue::Queue;
use super::record::Taken;
use super::take::{Wish, take};
use super::tick::Ticker;
use super::upkeep;

/// How a runner keeps time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long it takes at most to see what another process has enqueued, or what falls due, where nobody tells.
    pub poll: Duration,
    /// The same where other processes tell what they enqueue: for schedules, and for what a dying process did not tell.
    pub told_poll: Duration,
    /// How long after its last sign of life a process loses its jobs. By the clock that all of them share.
    pub lease: Duration,
    /// Between signs of life: several in one lease.
    pub beat: Duration,
    /// How long handlers may go on when the process ends.
    pub last_work: Duration,
    /// Between reports to the observer, and between looks for old jobs to forget.
    pub report: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(250),
            told_poll: Duration::from_secs(1),
            lease: Duration::from_secs(5),
            beat: Duration::from_secs(1),
            last_work: Duration::from_secs(7),
            report: Duration::from_secs(5),
        }
    }
}

/// Does a service's jobs in this process. Any number of processes share the work.
pub struct Runner {
    store: Store,
    jobs: Jobs,
    random: Arc<dyn Random>,
    observer: Arc<dyn Observer>,
    timing: Timing,
}

/// Jobs of this process, by id and lease.
type Words = Arc<Mutex<HashMap<(Uuid, Uuid), watch::Sender<Word>>>>;

/// What goes on while it runs.
struct Work {
    id: Uuid,
    rows: Rows,
    kinds: HashMap<&'static str, Vec<&'static str>>,
    tasks: JoinSet<(&'static str, (Uuid, Uuid))>,
    busy: HashMap<&'static str, u32>,
    /// The tenant that had the last turn in each queue.
    turns: HashMap<&'static str, Uuid>,
    words: Words,
    ticker: Ticker,
    report_at: Instant,
}

impl Runner {
    /// # Errors
    /// What the service has declared wrongly.
    pub fn new(store: Store, jobs: Jobs, random: Arc<dyn Random>) -> Result<Self, JobsError> {
        let jobs = jobs.checked()?;
        Ok(Self { store, jobs, random, observer: Arc::new(NoObserver), timing: Timing::default() })
    }

    #[must_use]
    pub fn observed(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Runs until `stop` becomes true, or its sender is gone; then lets handlers end, and gives back what does not.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let bell = self.store.bell(BELL);
        let mut work = self.begin();
        // Ends with this run, also where the run is dropped: nobody may prolong leases of jobs that nobody does.
        let mut beating = JoinSet::new();
        beating.spawn(beat(work.rows.clone(), work.id, work.words.clone(), self.timing));
        while !*stop.borrow() {
            let pause = match self.turn(&mut work).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(service = self.store.service(), %error, "jobs cannot be read; trying again");
                    self.timing.poll
                }
            };
            tokio::select! {
                () = bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
                Some(ended) = work.tasks.join_next() => work.note(ended),
                changed = stop.changed() => if changed.is_err() { break },
            }
            while let Some(ended) = work.tasks.try_join_next() {
                work.note(ended);
            }
        }
        self.end(&mut work).await;
    }

    fn begin(&self) -> Work {
        let id = self.store.environment().ids.next();
        let mut kinds: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
        for handler in self.jobs.handlers.values() {
            kinds.entry(handler.queue).or_default().push(handler.kind);
        }
        Work {
            id,
            rows: self.store.system(Uuid::nil()),
            kinds,
            tasks: JoinSet::new(),
            busy: HashMap::new(),
            turns: HashMap::new(),
            words: Words::default(),
            ticker: Ticker::new(&self.jobs.schedules),
            report_at: Instant::now(),
        }
    }

    /// Looks once at what there is to do, and begins it; says when to look again.
    async fn turn(&self, work: &mut Work) -> Result<Duration, StoreError> {
        work.ticker.tick(&work.rows).await?;
        let look = upkeep::look(&work.rows).await?;
        if look.lost {
            upkeep::take_back(&work.rows, &|kind| self.retries(kind)).await?;
        }
        if look.due {
            upkeep::wake(&work.rows).await?;
        }
        if look.ready || look.due || look.lost {
            for queue in self.jobs.queues.values() {
                self.fill(work, queue).await?;
            }
        }
        if work.report_at <= Instant::now() {
            work.report_at = Instant::now() + self.timing.report;
            let queues: Vec<&'static str> = self.jobs.queues.keys().copied().collect();
            self.observer.stands(&upkeep::standing(&work.rows, &queues).await?);
            let sagas = crate::sagas::counts(&work.rows).await?;
            self.observer.sagas_stand(sagas.running, sagas.stuck);
            upkeep::forget(&work.rows).await?;
            crate::sagas::forget(&work.rows).await?;
        }
        // What is ready and was not taken waits for places that other processes have: nobody tells when one is free.
        if look.ready || !self.store.is_told() {
            return Ok(self.timing.poll);
        }
        let now = self.store.environment().clock.now().micros();
        let until_due = look.next.map(|due| Duration::from_micros(due.saturating_sub(now).max(1_000).unsigned_abs()));
        Ok(until_due.map_or(self.timing.told_poll, |due| due.min(self.timing.told_poll)))
    }

    fn retries(&self, kind: &str) -> Retries {
        // What this program does not know it cannot give up either.
        let unknown = Retries { attempts: u32::MAX, ..Retries::DEFAULT };
        self.jobs.handlers.get(kind).map_or(unknown, |handler| handler.retries)
    }

    /// Gives the queue's free workers something to do.
    async fn fill(&self, work: &mut Work, queue: &Queue) -> Result<(), StoreError> {
        let busy = work.busy.get(queue.name).copied().unwrap_or(0);
        let free = queue.workers.saturating_sub(busy);
        let Some(kinds) = work.kinds.get(queue.name).filter(|_| free > 0) else { return Ok(()) };
        let after = work.turns.get(queue.name).copied().unwrap_or(Uuid::nil());
        let wish = Wish { queue, kinds, count: free, after, runner: work.id, lease: self.timing.lease };
        let (taken, last) = take(&work.rows, wish).await?;
        work.turns.insert(queue.name, last);
        for taken in taken {
            self.start(work, queue.name, taken);
        }
        Ok(())
    }

    fn start(&self, work: &mut Work, queue: &'static str, taken: Taken) {
        // Only kinds that have a handler are asked for.
        let Some(handler) = self.jobs.handlers.get(taken.kind.as_str()).cloned() else { return };
        let (sender, word) = watch::channel(Word::GoOn);
        let key = (taken.id, taken.lease);
        work.words.lock().insert(key, sender);
        *work.busy.entry(queue).or_default() += 1;
        let (kind, observer) = (handler.kind, self.observer.clone());
        let (rows, lease, random) = (self.store.system(taken.tenant), self.timing.lease, self.random.clone());
        work.tasks.spawn(async move {
            let started = Instant::now();
            let outcome = Attempt { handler, taken, rows, lease, word, random }.run().await;
            observer.ended(kind, outcome, started.elapsed());
            (queue, key)
        });
    }

    /// Lets handlers end; those that do not are told to stop, and their jobs are given back.
    async fn end(&self, work: &mut Work) {
        let all = async { while work.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.timing.last_work, all).await.is_ok() {
            return;
        }
        for word in work.words.lock().values() {
            word.send_replace(Word::Stop);
        }
        let all = async { while work.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(2), all).await.is_err() {
            tracing::warn!(
                service = self.store.service(),
                "jobs were cut off: they begin again elsewhere when their leases run out"
            );
        }
    }
}

impl Work {
    fn note(&mut self, ended: Result<(&'static str, (Uuid, Uuid)), tokio::task::JoinError>) {
        match ended {
            Ok((queue, key)) => {
                self.words.lock().remove(&key);
                if let Some(busy) = self.busy.get_mut(queue) {
                    *busy = busy.saturating_sub(1);
                }
            }
            // An attempt catches what its handler does; this is a mistake of our own.
            Err(error) => tracing::error!(%error, "an attempt of a job broke off"),
        }
    }
}

/// Shows that this process lives, and hears what others want of its jobs.
async fn beat(rows: Rows, runner: Uuid, words: Words, timing: Timing) {
    // Not at once: what was taken by now is leased for as long as anything that is prolonged.
    let mut beats = tokio::time::interval_at(Instant::now() + timing.beat, timing.beat);
    beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        let known: Vec<(Uuid, Uuid)> = words.lock().keys().copied().collect();
        if known.is_empty() {
            continue;
        }
        let own = match upkeep::beat(&rows, runner, timing.lease).await {
            Ok(own) => own,
            Err(error) => {
                tracing::warn!(service = rows.store().service(), %error, "leases of jobs cannot be prolonged");
                continue;
            }
        };
        let words = words.lock();
        for key in known {
            let Some(word) = words.get(&key) else { continue };
            match own.iter().find(|own| (own.id, own.lease) == key) {
                None => tell(word, Word::Lost),
                Some(own) if own.cancel_asked => tell(word, Word::Cancel),
                Some(_) => {}
            }
        }
    }
}

/// Once is enough.
fn tell(word: &watch::Sender<Word>, new: Word) {
    word.send_if_modified(|now| {
        let changes = *now == Word::GoOn || (*now == Word::Cancel && new == Word::Lost);
        if changes {
            *now = new;
        }
        changes
    });
}
