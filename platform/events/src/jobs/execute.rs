//! One attempt of one job, from its handler's first line to what is written of it.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::Random;
use banyan_store::Rows;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use super::context::{JobContext, Word};
use super::error::JobError;
use super::handler::JobHandler;
use super::observer::Outcome;
use super::record::{Ending, Taken, micros_after};

/// A handler that is asked to stop has so long before it is cut off.
const GRACE: Duration = Duration::from_secs(5);
/// A handler that was cut off ends at its next `await`. One that has none holds a thread: nobody waits for it longer than this.
const LAST_BREATH: Duration = Duration::from_secs(5);

pub(super) struct Attempt {
    pub(super) handler: JobHandler,
    pub(super) taken: Taken,
    pub(super) rows: Rows,
    pub(super) lease: Duration,
    pub(super) word: watch::Receiver<Word>,
    pub(super) random: Arc<dyn Random>,
}

/// A handler at work, which must not outlive whoever waits for it.
pub(crate) struct Task(pub(crate) JoinHandle<Result<(), JobError>>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why the handler does not run any more.
enum Stopped {
    Returned(Result<Result<(), JobError>, JoinError>),
    TooLong,
    Cancelled,
    Lost,
    GivenBack,
}

impl Attempt {
    /// Runs the handler and writes down what came of it.
    pub(super) async fn run(mut self) -> Outcome {
        let now = self.rows.store().environment().clock.now();
        let deadline = banyan_kernel::Timestamp::from_micros(micros_after(now, self.handler.timeout));
        let context = JobContext::new(self.taken.clone(), self.rows.clone(), self.lease, deadline, self.word.clone());
        let work = (self.handler.run)(self.taken.payload.clone(), context.clone());
        let stopped = self.wait(Task(tokio::spawn(work))).await;
        if context.is_finished() {
            return Outcome::Done;
        }
        let Some(ending) = self.ending(stopped) else { return Outcome::Left };
        let outcome = outcome_of(&ending);
        match self.taken.end(&self.rows, &ending).await {
            Ok(()) => outcome,
            Err(error) => {
                tracing::warn!(job = %self.taken.id, kind = self.handler.kind, %error, "the end of a job was not written down");
                Outcome::Left
            }
        }
    }

    async fn wait(&mut self, mut work: Task) -> Stopped {
        let too_long = tokio::time::sleep(self.handler.timeout);
        tokio::pin!(too_long);
        let mut cut_off: Option<tokio::time::Instant> = None;
        loop {
            let grace = async {
                match cut_off {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let stopped = tokio::select! {
                biased;
                ended = &mut work.0 => return Stopped::Returned(ended),
                () = &mut too_long => Stopped::TooLong,
                () = grace => Stopped::Cancelled,
                heard = self.word.changed() => match (heard, *self.word.borrow_and_update()) {
                    (Ok(()), Word::GoOn) => continue,
                    (Ok(()), Word::Cancel) => {
                        cut_off = Some(tokio::time::Instant::now() + GRACE);
                        continue;
                    }
                    (Ok(()), Word::Lost) => Stopped::Lost,
                    // The runner is gone.
                    (Ok(()), Word::Stop) | (Err(_), _) => Stopped::GivenBack,
                },
            };
            work.0.abort();
            return match tokio::time::timeout(LAST_BREATH, &mut work.0).await {
                // It ended while it was being cut off.
                Ok(Ok(ended)) => Stopped::Returned(Ok(ended)),
                _ => stopped,
            };
        }
    }

    /// How it is written down; nothing where the job is another's.
    fn ending(&self, stopped: Stopped) -> Option<Ending> {
        let cancelled = *self.word.borrow() == Word::Cancel;
        let error = match stopped {
            Stopped::Returned(Ok(Ok(()))) => return Some(Ending::Done),
            Stopped::Returned(Ok(Err(error))) => error,
            Stopped::Returned(Err(error)) => JobError::Retry(panic_text(error)),
            Stopped::TooLong => JobError::Retry(format!("it took longer than {} s", self.handler.timeout.as_secs_f64())),
            Stopped::Cancelled => JobError::Cancelled,
            Stopped::Lost => return None,
            Stopped::GivenBack => return Some(Ending::GivenBack),
        };
        let attempts = self.taken.attempts + 1;
        let ending = match error {
            JobError::LeaseLost => return None,
            JobError::Cancelled => Ending::Cancelled,
            _ if cancelled => Ending::Cancelled,
            JobError::Fatal(text) => Ending::Failed(text),
            error if self.handler.retries.are_over(attempts) => Ending::Failed(error.to_string()),
            JobError::RetryAfter { text, pause } => Ending::Again(text, pause),
            error => Ending::Again(error.to_string(), self.handler.retries.pause(attempts, &*self.random)),
        };
        if let Ending::Failed(error) | Ending::Again(error, _) = &ending {
            let last = matches!(ending, Ending::Failed(_));
            tracing::warn!(job = %self.taken.id, kind = self.handler.kind, attempts, last, error, "a job failed");
        }
        Some(ending)
    }
}

fn outcome_of(ending: &Ending) -> Outcome {
    match ending {
        Ending::Done => Outcome::Done,
        Ending::Failed(_) => Outcome::Failed,
        Ending::Again(..) => Outcome::Retried,
        Ending::Cancelled => Outcome::Cancelled,
        Ending::GivenBack => Outcome::Left,
    }
}

pub(crate) fn panic_text(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "it was cut off".to_owned() };
    let text = |panic: &(dyn Any + Send)| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned())
    };
    format!("it panicked: {}", text(&*panic).unwrap_or_default())
}
