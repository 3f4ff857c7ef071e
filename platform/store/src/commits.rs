//! Telling somebody of commits, such as a cache of what was read.

use std::pin::Pin;
use std::sync::Arc;

use banyan_kernel::Caller;

use crate::error::StoreError;
use crate::store::Store;
use crate::tx::Tx;

/// Is told of each commit of a writing transaction before whoever made it is answered.
pub trait Commits: Send + Sync {
    /// The caller's rows may have changed. It is also told where the commit failed: nobody knows then whether it took effect.
    fn committed<'a>(&'a self, caller: &'a Caller) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

impl Store {
    /// From now on `commits` is told. Only the first one counts.
    pub fn tell_of_commits(&self, commits: Arc<dyn Commits>) {
        let _only_the_first_counts = self.0.commits.set(commits);
    }

    pub(crate) async fn commit(&self, tx: &Tx) -> Result<(), StoreError> {
        let Some(commits) = self.0.commits.get().cloned() else { return tx.0.session.commit().await };
        let tx = tx.clone();
        // In a task of its own: whoever stops waiting must not leave a commit that nobody was told of.
        let told = tokio::spawn(async move {
            let committed = tx.0.session.commit().await;
            commits.committed(tx.caller()).await;
            committed
        });
        told.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }
}
