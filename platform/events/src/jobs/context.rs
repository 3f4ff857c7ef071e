use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{Rows, StoreError, Tx};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::error::JobError;
use super::record::{Taken, execute, text_of};

/// What a running job is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    GoOn,
    /// Somebody has asked to cancel it.
    Cancel,
    /// Another process has it.
    Lost,
    /// This process ends.
    Stop,
}

/// What a handler has of its job. Cheap to clone; of no use after the attempt.
#[derive(Clone, Debug)]
pub struct JobContext(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    taken: Taken,
    rows: Rows,
    lease: Duration,
    deadline: Timestamp,
    word: watch::Receiver<Word>,
    finished: AtomicBool,
    told: Mutex<Option<Progress>>,
}

/// How far a job has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100.
    pub percent: u8,
    /// What it does now, for those who run the installation; kept up to 1,000 characters.
    pub message: String,
}

impl JobContext {
    pub(super) fn new(taken: Taken, rows: Rows, lease: Duration, deadline: Timestamp, word: watch::Receiver<Word>) -> Self {
        let (finished, told) = (AtomicBool::new(false), Mutex::new(None));
        Self(Arc::new(Inner { taken, rows, lease, deadline, word, finished, told }))
    }

    /// The same in all attempts: an idempotency key for what is done outside.
    pub fn id(&self) -> Uuid {
        self.0.taken.id
    }

    pub fn tenant(&self) -> Uuid {
        self.0.taken.tenant
    }

    /// 1 for the first.
    pub fn attempt(&self) -> u32 {
        self.0.taken.attempts + 1
    }

    /// Until when this attempt may run.
    pub fn deadline(&self) -> Timestamp {
        self.0.deadline
    }

    /// The rows of the job's tenant in the sight of the service itself, for reading. What is written by them counts even where the lease
    /// is lost: write by [`JobContext::write`].
    pub fn rows(&self) -> &Rows {
        &self.0.rows
    }

    /// Whether somebody has asked to cancel the job. A handler that goes on regardless is cut off after 5 s.
    pub fn is_cancelled(&self) -> bool {
        *self.0.word.borrow() == Word::Cancel
    }

    /// Waits until somebody asks to cancel the job, or it has to end for another reason.
    pub async fn cancelled(&self) {
        let mut word = self.0.word.clone();
        let _gone = word.wait_for(|word| *word != Word::GoOn).await;
    }

    /// Commits only while this process has the job.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`]; otherwise what `work` returns, or what the store says.
    pub async fn write<T, F, Fut>(&self, work: F) -> Result<T, JobError>
    where
        T: Send,
        F: Fn(Tx) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, JobError>> + Send,
    {
        let (inner, work) = (&self.0, &work);
        let held = move |tx: Tx| async move {
            inner.taken.hold(&tx, inner.lease).await?;
            work(tx).await
        };
        inner.rows.write(held).await
    }

    /// The last transaction of the job: what it changes is there if and only if the job is done.
    ///
    /// # Errors
    /// As [`JobContext::write`].
    pub async fn finish<T, F, Fut>(&self, work: F) -> Result<T, JobError>
    where
        T: Send,
        F: Fn(Tx) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, JobError>> + Send,
    {
        let (inner, work) = (&self.0, &work);
        let last = move |tx: Tx| async move {
            inner.taken.done(&tx).await?;
            work(tx).await
        };
        let value = inner.rows.write(last).await?;
        inner.finished.store(true, Ordering::SeqCst);
        Ok(value)
    }

    /// Shows how far the job has come; the same twice is written once. A transaction each time: not for each of a million rows.
    ///
    /// # Errors
    /// As [`JobContext::write`].
    pub async fn progress(&self, percent: u8, message: &str) -> Result<(), JobError> {
        const SQL: &str = "UPDATE jobs SET percent = $1, message = $2 WHERE id = $3";
        let now = Progress { percent: percent.min(100), message: text_of(message) };
        if self.0.told.lock().as_ref() == Some(&now) {
            return Ok(());
        }
        let (id, told) = (self.id(), &now);
        self.write(move |tx| async move {
            let values = [i64::from(told.percent).into(), told.message.clone().into(), id.into()];
            execute(&tx, SQL, values).await.map(drop).map_err(JobError::from)
        })
        .await?;
        *self.0.told.lock() = Some(now);
        Ok(())
    }

    /// Waits, unless the job has to end before.
    ///
    /// # Errors
    /// [`JobError::Cancelled`] when it has to end.
    pub async fn pause(&self, pause: Duration) -> Result<(), JobError> {
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.cancelled() => Err(JobError::Cancelled),
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.0.finished.load(Ordering::SeqCst)
    }
}

impl From<JobError> for StoreError {
    /// For closures of a transaction that must answer with the store's own errors.
    fn from(error: JobError) -> Self {
        match error {
            JobError::Store(error) => error,
            other => Self::Constraint(other.to_string()),
        }
    }
}
