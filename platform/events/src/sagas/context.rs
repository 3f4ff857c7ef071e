use std::future::Future;
use std::sync::Arc;

use banyan_kernel::Uuid;
use banyan_store::{Rows, Tx};
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::jobs::{JobContext, JobError};

/// What a step has of its saga, without the type of the input.
#[derive(Clone)]
pub(super) struct Core {
    pub(super) job: JobContext,
    pub(super) saga: Uuid,
    pub(super) step: &'static str,
    pub(super) way: Way,
    pub(super) attempt: u32,
    pub(super) input: Arc<Value>,
    pub(super) kept: Arc<Mutex<Map<String, Value>>>,
}

/// Whether a step is done or undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forward,
    Back,
}

/// What a step is given.
pub struct StepContext<I> {
    core: Core,
    input: I,
}

impl<I: DeserializeOwned> StepContext<I> {
    pub(super) fn new(core: Core) -> Result<Self, JobError> {
        let input = I::deserialize(&*core.input);
        let input = input.map_err(|error| JobError::Fatal(format!("the input of the saga cannot be read: {error}")))?;
        Ok(Self { core, input })
    }
}

impl<I> StepContext<I> {
    pub fn input(&self) -> &I {
        &self.input
    }

    pub fn saga(&self) -> Uuid {
        self.core.saga
    }

    pub fn tenant(&self) -> Uuid {
        self.core.job.tenant()
    }

    /// The same in all attempts of this step, and another one for undoing it: an idempotency key.
    pub fn key(&self) -> String {
        match self.core.way {
            Way::Forward => format!("{}:{}", self.core.saga, self.core.step),
            Way::Back => format!("{}:{}:undo", self.core.saga, self.core.step),
        }
    }

    /// 1 for the first.
    pub fn attempt(&self) -> u32 {
        self.core.attempt
    }

    /// The rows of the saga's tenant in the sight of the service itself, for reading; write by [`StepContext::write`].
    pub fn rows(&self) -> &Rows {
        self.core.job.rows()
    }

    /// Commits only while this process has the saga.
    ///
    /// # Errors
    /// [`JobError::LeaseLost`]; otherwise what `work` returns, or what the store says.
    pub async fn write<T, F, Fut>(&self, work: F) -> Result<T, JobError>
    where
        T: Send,
        F: Fn(Tx) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, JobError>> + Send,
    {
        self.core.job.write(work).await
    }

    /// Keeps something for later steps, for undoing, and for further attempts of this step; written down when the step is done.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn keep<T: Serialize>(&self, name: &str, value: &T) -> Result<(), JobError> {
        let value = serde_json::to_value(value).map_err(|error| JobError::Fatal(error.to_string()))?;
        self.core.kept.lock().insert(name.to_owned(), value);
        Ok(())
    }

    /// What was kept under the name; nothing where it is missing or of another type.
    pub fn kept<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let kept = self.core.kept.lock();
        kept.get(name).and_then(|value| T::deserialize(value).ok())
    }
}
