use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::context::{Core, StepContext};
use crate::jobs::{JobError, Retries};

pub(super) type StepWork = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;
pub(super) type Act = dyn Fn(Core) -> StepWork + Send + Sync;

/// A saga as the service declares it.
#[derive(Clone)]
pub struct Saga {
    name: &'static str,
    pub(super) steps: Vec<Step>,
    /// Steps from this one on are not undone.
    pub(super) no_return: usize,
}

#[derive(Clone)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) act: Arc<Act>,
    pub(super) undo: Option<Arc<Act>>,
    pub(super) timeout: Duration,
    pub(super) retries: Retries,
}

/// Puts a saga together whose input is an `I`.
pub struct SagaBuilder<I> {
    saga: Saga,
    input: PhantomData<fn() -> I>,
}

impl Saga {
    /// `name` is stored with each saga, and steps by their place: while sagas run, only add steps at the end, and never rename.
    #[expect(clippy::new_ret_no_self, reason = "it is put together step by step")]
    pub fn new<I: DeserializeOwned + Send + Sync + 'static>(name: &'static str) -> SagaBuilder<I> {
        SagaBuilder { saga: Self { name, steps: Vec::new(), no_return: usize::MAX }, input: PhantomData }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl<I: DeserializeOwned + Send + Sync + 'static> SagaBuilder<I> {
    /// A step, and what undoes it. `undo` must also succeed where `act` was not begun or came half-way.
    #[must_use]
    pub fn step<F, A, G, B>(self, name: &'static str, act: F, undo: G) -> Self
    where
        F: Fn(StepContext<I>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), JobError>> + Send + 'static,
        G: Fn(StepContext<I>) -> B + Send + Sync + 'static,
        B: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let mut builder = self.step_without_undo(name, act);
        if let Some(step) = builder.saga.steps.last_mut() {
            step.undo = Some(erased(undo));
        }
        builder
    }

    /// A step that leaves nothing to undo, or stands behind the point of no return.
    #[must_use]
    pub fn step_without_undo<F, A>(mut self, name: &'static str, act: F) -> Self
    where
        F: Fn(StepContext<I>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let (timeout, retries) = (Duration::from_secs(30), Retries::DEFAULT);
        self.saga.steps.push(Step { name, act: erased(act), undo: None, timeout, retries });
        self
    }

    /// How long an attempt of the last step may take; 30 s if not said.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if let Some(step) = self.saga.steps.last_mut() {
            step.timeout = timeout;
        }
        self
    }

    /// How often the last step is tried before all is undone, and how often undoing it is tried before the saga is stuck.
    #[must_use]
    pub fn retries(mut self, retries: Retries) -> Self {
        if let Some(step) = self.saga.steps.last_mut() {
            step.retries = retries;
        }
        self
    }

    /// From here on there is only forward: a step that cannot be done leaves the saga stuck.
    #[must_use]
    pub fn point_of_no_return(mut self) -> Self {
        self.saga.no_return = self.saga.no_return.min(self.saga.steps.len());
        self
    }

    pub fn build(self) -> Saga {
        self.saga
    }
}

fn erased<I, F, A>(act: F) -> Arc<Act>
where
    I: DeserializeOwned + Send + Sync + 'static,
    F: Fn(StepContext<I>) -> A + Send + Sync + 'static,
    A: Future<Output = Result<(), JobError>> + Send + 'static,
{
    Arc::new(move |core: Core| match StepContext::new(core) {
        Ok(context) => Box::pin(act(context)),
        Err(error) => Box::pin(std::future::ready(Err(error))),
    })
}

impl std::fmt::Debug for Saga {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let steps: Vec<&str> = self.steps.iter().map(|step| step.name).collect();
        f.debug_struct("Saga").field("name", &self.name).field("steps", &steps).finish_non_exhaustive()
    }
}
