//! Versions: what a document was, and how it becomes that again.

use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::Uuid;

use super::super::replica::Unfit;
use super::super::scan::scan;
use super::super::store::{DocumentError, New, NewVersion};
use super::{Keeper, Kept, shared};
use crate::entity::document_version::Model as Version;

impl Keeper {
    /// Keeps what is now under a name.
    pub(super) async fn name(&mut self, id: Uuid, name: String, author: Option<Uuid>) -> Result<Version, DocumentError> {
        self.flush().await.map_err(|_| DocumentError::Broken)?;
        let document = self.document.ok_or(DocumentError::Nothing)?;
        let state = self.state().await?;
        let version = NewVersion { id: Some(id), name: Some(name), author, seq: self.seq };
        self.engine.documents.documents().keep_version(&self.room, document, &version, &state).await
    }

    /// Writes what makes the document what it was, as somebody's change: those who are there see it as one.
    pub(super) async fn restore(&mut self, version: Vec<u8>, author: Option<Uuid>) -> Result<Kept, DocumentError> {
        self.flush().await.map_err(|_| DocumentError::Broken)?;
        let client = shared::new_client(&*self.engine.random);
        let reverting = self.with_replica(false, move |replica| replica.reverting(&version, client)).await;
        let update = match reverting {
            Ok(Ok(update)) => update,
            Ok(Err(Unfit::Malformed(_) | Unfit::Broken(_))) | Err(_) => return Err(DocumentError::Broken),
        };
        let found = scan(&update).map_err(|_| DocumentError::Broken)?;
        let effects = self.take_in(update, found).await.map_err(|_| DocumentError::Broken)?;
        self.fresh.extend(effects.into_iter().map(|content| (New { content: Arc::new(content), author }, None)));
        self.flush().await.map_err(|_| DocumentError::Broken)?;
        Ok(Kept { seq: self.seq })
    }

    /// Keeps a version by itself where the last one is old and something has changed.
    pub(super) async fn keep_version_at_times(&mut self, often: Duration) {
        let Some(document) = self.document.filter(|_| self.seq > self.version_seq) else { return };
        let seconds = i64::try_from(often.as_secs()).unwrap_or(i64::MAX);
        if self.versioned_at.saturating_add(seconds.saturating_mul(1_000_000)) > self.engine.clock.now().micros() {
            return;
        }
        let version = NewVersion { id: None, name: None, author: None, seq: self.seq };
        let Ok(state) = self.state().await else { return };
        match self.engine.documents.documents().keep_version(&self.room, document, &version, &state).await {
            Ok(_) => (self.version_seq, self.versioned_at) = (self.seq, self.engine.clock.now().micros()),
            Err(error) => tracing::warn!(%error, "a version of a document cannot be kept"),
        }
    }

    async fn state(&mut self) -> Result<Vec<u8>, DocumentError> {
        let is_light = self.replica.is_light(0, 0);
        let state = self.with_replica(is_light, |replica| replica.state()).await;
        state.map_err(|_| DocumentError::Broken)?.map_err(|_| DocumentError::Broken)
    }
}
