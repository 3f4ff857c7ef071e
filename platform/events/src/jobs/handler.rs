use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use banyan_store::Tx;

use super::context::JobContext;
use super::enqueue::LONGEST_NAME;
use super::error::JobError;
use super::job::{Job, Retries};
use super::queue::{DEFAULT_QUEUE, Queue};
use super::schedule::Schedule;
use crate::sagas::Saga;

pub(super) type Work = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;
type Run = dyn Fn(serde_json::Value, JobContext) -> Work + Send + Sync;

/// What does the jobs of one kind.
#[derive(Clone)]
pub struct JobHandler {
    pub(super) kind: &'static str,
    pub(super) queue: &'static str,
    pub(super) timeout: Duration,
    pub(super) retries: Retries,
    pub(super) run: Arc<Run>,
}

impl JobHandler {
    /// For work outside, or in several transactions. An attempt that was cut off is made again, so the work outside may be done twice:
    /// give the other side [`JobContext::id`] as its idempotency key.
    pub fn new<J: Job, F, Fut>(handler: F) -> Self
    where
        F: Fn(J, JobContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let run = move |payload: serde_json::Value, context: JobContext| -> Work {
            match serde_json::from_value::<J>(payload) {
                Ok(job) => Box::pin(handler(job, context)),
                Err(error) => Box::pin(std::future::ready(Err(unreadable::<J>(&error)))),
            }
        };
        Self { kind: J::KIND, queue: J::QUEUE, timeout: J::TIMEOUT, retries: J::RETRIES, run: Arc::new(run) }
    }

    pub(crate) fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// For work that is only rows: the job ends in the transaction of its effect, so that this is there exactly once. The closure may
    /// run again where two transactions met.
    pub fn in_transaction<J: Job, F, Fut>(handler: F) -> Self
    where
        F: Fn(Arc<J>, Tx) -> Fut + Send + Sync + Clone + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        Self::new(move |job: J, context: JobContext| {
            let (job, handler) = (Arc::new(job), handler.clone());
            async move {
                let (job, handler) = (&job, &handler);
                context.finish(move |tx| handler(job.clone(), tx)).await
            }
        })
    }
}

fn unreadable<J: Job>(error: &serde_json::Error) -> JobError {
    JobError::Fatal(format!("what is stored is no `{}`: {error}", J::KIND))
}

/// All work of a service: handlers, queues, schedules, sagas.
#[derive(Clone, Default)]
pub struct Jobs {
    pub(super) handlers: BTreeMap<&'static str, JobHandler>,
    pub(super) queues: BTreeMap<&'static str, Queue>,
    pub(super) schedules: Vec<Schedule>,
    pub(crate) sagas: BTreeMap<&'static str, Arc<Saga>>,
    problems: Vec<JobsError>,
}

/// What a service has declared wrongly: a mistake in the program, found at its start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobsError {
    #[error("two handlers, queues, schedules or sagas bear the name `{0}`; give one of them another")]
    Twice(&'static str),
    #[error("the name `{0}` is empty or longer than {LONGEST_NAME} bytes")]
    Name(&'static str),
    #[error("the job `{kind}` names the queue `{queue}`, which is not declared; add `.queue(Queue::new(\"{queue}\"))`")]
    NoQueue { kind: &'static str, queue: &'static str },
    #[error("the schedule `{schedule}` makes jobs `{kind}`, for which there is no handler; add one")]
    NoHandler { schedule: &'static str, kind: &'static str },
    #[error("the saga `{0}` has no step")]
    NoSteps(&'static str),
}

impl Jobs {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn handle(mut self, handler: JobHandler) -> Self {
        self.check_name(handler.kind, self.handlers.contains_key(handler.kind));
        self.handlers.insert(handler.kind, handler);
        self
    }

    /// The queue [`DEFAULT_QUEUE`] is there without being declared.
    #[must_use]
    pub fn queue(mut self, queue: Queue) -> Self {
        self.check_name(queue.name, self.queues.contains_key(queue.name));
        self.queues.insert(queue.name, queue);
        self
    }

    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.check_name(schedule.name, self.schedules.iter().any(|other| other.name == schedule.name));
        self.schedules.push(schedule);
        self
    }

    #[must_use]
    pub fn saga(mut self, saga: Saga) -> Self {
        self.check_name(saga.name(), self.sagas.contains_key(saga.name()));
        if saga.is_empty() {
            self.problems.push(JobsError::NoSteps(saga.name()));
        }
        self.sagas.insert(saga.name(), Arc::new(saga));
        self
    }

    pub fn is_empty(&self) -> bool {
        self.handlers.is_empty() && self.sagas.is_empty()
    }

    fn check_name(&mut self, name: &'static str, taken: bool) {
        if taken {
            self.problems.push(JobsError::Twice(name));
        } else if name.is_empty() || name.len() > LONGEST_NAME {
            self.problems.push(JobsError::Name(name));
        }
    }

    /// With what is there without being declared: the default queue, and the driver of sagas.
    ///
    /// # Errors
    /// The first mistake.
    pub(super) fn checked(mut self) -> Result<Self, JobsError> {
        if let Some(problem) = self.problems.first() {
            return Err(problem.clone());
        }
        self.queues.entry(DEFAULT_QUEUE).or_insert(Queue::new(DEFAULT_QUEUE));
        if !self.sagas.is_empty() {
            let (handler, queue) = crate::sagas::driver(self.sagas.clone());
            self.queues.entry(queue.name).or_insert(queue);
            self.handlers.insert(handler.kind, handler);
        }
        for handler in self.handlers.values() {
            if !self.queues.contains_key(handler.queue) {
                return Err(JobsError::NoQueue { kind: handler.kind, queue: handler.queue });
            }
        }
        match self.schedules.iter().find(|schedule| !self.handlers.contains_key(schedule.kind)) {
            Some(schedule) => Err(JobsError::NoHandler { schedule: schedule.name, kind: schedule.kind }),
            None => Ok(self),
        }
    }
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").field("kinds", &self.handlers.keys()).finish_non_exhaustive()
    }
}
