//! Work on documents that may take long or go deep, apart from the threads that serve.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::{Semaphore, oneshot};

/// `yrs` deletes what stands inside something by recursion, so that a document needs a stack as deep as it is. Only what is used of it is
/// taken from the machine.
const STACK: usize = 512 * 1024 * 1024;
/// At a time.
const MOST: usize = 2;

/// The work went wrong where nobody expected it; what it worked on is not to be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a document cannot be worked on")]
pub(crate) struct Broken;

pub(crate) struct Heavy(Semaphore);

impl Default for Heavy {
    fn default() -> Self {
        Self(Semaphore::new(MOST))
    }
}

impl Heavy {
    /// Does it on a thread of its own.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Broken> {
        let _turn = self.0.acquire().await.map_err(|_| Broken)?;
        let (sender, receiver) = oneshot::channel();
        let thread = std::thread::Builder::new().name("document".to_owned()).stack_size(STACK);
        let begun = thread.spawn(move || {
            let _nobody_waits = sender.send(guarded(work));
        });
        begun.map_err(|error| {
            tracing::error!(%error, "no thread for a document");
            Broken
        })?;
        receiver.await.map_err(|_| Broken)?
    }
}

/// What panics breaks what it worked on, and nothing else.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Broken> {
    // Whoever gets `Broken` throws away what the work had in its hands.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Broken)
}
