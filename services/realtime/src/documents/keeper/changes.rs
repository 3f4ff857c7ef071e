//! Changes: taken in, stored, told.

use std::sync::Arc;

use banyan_kernel::Uuid;

use super::super::between::Told;
use super::super::heavy::Broken;
use super::super::out::Ending;
use super::super::replica::{Replica, Unfit};
use super::super::scan::{Found, scan};
use super::super::store::{DocumentError, Loose, New, Stored};
use super::super::wire::update_frame;
use super::{Keeper, shared};

/// Types in one document: as deep as it can be, and as the stack of [`super::super::heavy`] bears by far.
const MOST_TYPES: usize = 100_000;

/// Why a client sends an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// It was asked for what the server lacks.
    Asked,
    Changed,
}

impl Keeper {
    /// A client has changed something.
    pub(super) async fn change(&mut self, peer: Uuid, update: Vec<u8>, occasion: Occasion) -> Result<(), Ending> {
        let Ok(found) = scan(&update) else {
            self.peers.close(peer, Ending::Malformed);
            return Ok(());
        };
        let Some(author) = self.peers.writer(peer) else {
            // What was deleted stands in every answer, also where nothing is new.
            if occasion == Occasion::Changed || found.items > 0 {
                self.peers.deny(peer);
            }
            return Ok(());
        };
        if !self.has_place(update.len(), found).await? {
            self.peers.close(peer, Ending::Full);
            return Ok(());
        }
        match self.take_in(update, found).await {
            Ok(effects) => {
                let new = |content| (New { content: Arc::new(content), author: Some(author) }, Some(peer));
                self.fresh.extend(effects.into_iter().map(new));
            }
            Err(Unfit::Malformed(_)) => self.peers.close(peer, Ending::Malformed),
            Err(Unfit::Broken(_)) => {
                tracing::warn!(items = found.items, "an update broke a document, which is read anew");
                self.peers.close(peer, Ending::Malformed);
                // What others said before it was sound.
                self.flush().await?;
                self.reload().await?;
            }
        }
        if self.replica.waiting_bytes > self.engine.settings.documents.largest_update {
            // What it builds on never came. The others' part is stored; this one comes again with all of its own.
            self.peers.close(peer, Ending::Again);
            self.flush().await?;
            self.reload().await?;
        }
        Ok(())
    }

    pub(super) async fn take_in(&mut self, update: Vec<u8>, found: Found) -> Result<Vec<Vec<u8>>, Unfit> {
        let is_light = self.replica.is_light(update.len(), found.types);
        self.with_replica(is_light, move |replica| replica.apply(&update, found)).await?
    }

    /// Whether the document may become so much larger.
    async fn has_place(&mut self, bytes: usize, found: Found) -> Result<bool, Ending> {
        let largest = self.engine.settings.documents.largest;
        let fits = |replica: &Replica| {
            replica.bytes + replica.waiting_bytes + bytes <= largest && replica.types + found.types <= MOST_TYPES
        };
        // Who takes something away is not kept from it.
        if fits(&self.replica) || found.only_deletes() {
            return Ok(true);
        }
        // Only now it is counted what there is.
        match self.with_replica(false, |replica| replica.state()).await {
            Ok(Ok(_)) => Ok(fits(&self.replica)),
            Ok(Err(Broken)) | Err(Broken) => {
                self.flush().await?;
                self.reload().await?;
                Ok(false)
            }
        }
    }

    /// Stores what was taken in, then tells it.
    pub(super) async fn flush(&mut self) -> Result<(), Ending> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        let (new, said): (Vec<New>, Vec<Option<Uuid>>) = std::mem::take(&mut self.fresh).into_iter().unzip();
        let placed = self.engine.documents.documents().append(&self.room, self.document, &new).await?;
        let before = self.seq;
        if self.document.is_none() {
            self.versioned_at = self.engine.clock.now().micros();
        }
        (self.document, self.seq) = (Some(placed.document), placed.last);
        self.loose.count += new.len();
        for ((one, by), seq) in new.iter().zip(&said).zip(placed.first..) {
            self.loose.bytes += one.content.len();
            self.peers.send_others(*by, &update_frame(&one.content));
            self.tell(&Told::update(placed.document, seq, &one.content));
        }
        if placed.first != before + 1 {
            // Another process wrote in between.
            self.catch_up(before).await?;
        }
        Ok(())
    }

    /// Takes in what is stored after `seq`.
    pub(super) async fn catch_up(&mut self, seq: i64) -> Result<(), Ending> {
        let Some(stored) = self.engine.documents.documents().since(&self.room, seq).await? else {
            return if self.document.is_some() { Err(Ending::Gone) } else { Ok(()) };
        };
        if self.document.is_some_and(|document| document != stored.row.id) {
            return Err(Ending::Gone);
        }
        if self.document.is_none() {
            (self.version_seq, self.versioned_at) = (stored.row.version_seq, stored.row.versioned_at);
        }
        let (document, last, loose) = (stored.row.id, stored.row.seq, stored.loose);
        for effect in self.take_in_stored(stored).await? {
            self.peers.send_others(None, &update_frame(&effect));
        }
        (self.document, self.seq) = (Some(document), self.seq.max(last));
        self.loose = Loose { count: self.loose.count + loose.count, bytes: self.loose.bytes + loose.bytes };
        Ok(())
    }

    async fn take_in_stored(&mut self, stored: Stored) -> Result<Vec<Vec<u8>>, Ending> {
        let is_light = self.replica.is_light(stored.updates.iter().map(Vec::len).sum(), 0) && stored.updates.len() < 64;
        let taken = self.with_replica(is_light, move |replica| {
            let mut effects = Vec::new();
            for update in &stored.updates {
                effects.extend(replica.restore(update)?);
            }
            Ok::<_, Unfit>(effects)
        });
        taken.await.map_err(Unfit::from).flatten().map_err(|error| {
            tracing::error!(%error, "what is stored of a document cannot be read");
            Ending::Again
        })
    }

    /// Another process has stored an update.
    pub(super) async fn updated(&mut self, document: Uuid, seq: i64, content: Vec<u8>) -> Result<(), Ending> {
        if self.document == Some(document) && seq <= self.seq {
            return Ok(());
        }
        let (Some(known), Ok(found)) = (self.document, scan(&content)) else { return self.look().await };
        if known != document || seq != self.seq + 1 {
            return self.look().await;
        }
        let bytes = content.len();
        let Ok(effects) = self.take_in(content, found).await else {
            self.flush().await?;
            return self.reload().await;
        };
        for effect in effects {
            self.peers.send_others(None, &update_frame(&effect));
        }
        self.seq = seq;
        self.loose = Loose { count: self.loose.count + 1, bytes: self.loose.bytes + bytes };
        Ok(())
    }

    /// Whether the store has something new.
    pub(super) async fn look(&mut self) -> Result<(), Ending> {
        let place = self.engine.documents.documents().place(&self.room).await;
        let place = match place {
            Ok(place) => place,
            Err(error) => {
                // Another look comes soon.
                tracing::warn!(%error, "a document cannot be looked at");
                return Ok(());
            }
        };
        match (place, self.document) {
            (None, None) => Ok(()),
            (Some((document, _)), Some(known)) if document != known => Err(Ending::Gone),
            (None, Some(_)) => Err(Ending::Gone),
            (Some((_, seq)), Some(_)) if seq <= self.seq => Ok(()),
            (Some(_), _) => {
                self.flush().await?;
                self.catch_up(self.seq).await
            }
        }
    }

    /// Reads the document anew. What was not stored is given up: who said it says it again.
    pub(super) async fn reload(&mut self) -> Result<(), Ending> {
        self.replica = Replica::new(shared::new_client(&*self.engine.random));
        self.fresh.clear();
        let known = self.document.take();
        (self.seq, self.loose) = (0, Loose::default());
        self.catch_up(0).await?;
        if known.is_some() && known != self.document {
            return Err(Ending::Gone);
        }
        Ok(())
    }

    /// Puts updates together when they have become many.
    pub(super) async fn compact_at_times(&mut self) -> Result<(), Ending> {
        let settings = self.engine.settings.documents;
        let is_due = self.loose.count >= settings.compact_updates || self.loose.bytes >= settings.compact_bytes;
        let (true, Some(document)) = (is_due, self.document) else { return Ok(()) };
        let is_light = self.replica.is_light(0, 0);
        let state = self.with_replica(is_light, |replica| replica.state()).await;
        let Ok(Ok(state)) = state else { return self.reload().await };
        match self.engine.documents.documents().compact(&self.room, document, self.seq, &state).await {
            Ok(_) => self.loose = Loose::default(),
            Err(DocumentError::Gone) => return Err(Ending::Gone),
            Err(error) => tracing::warn!(%error, "the updates of a document cannot be put together"),
        }
        Ok(())
    }
}

impl From<DocumentError> for Ending {
    fn from(error: DocumentError) -> Self {
        if matches!(error, DocumentError::Gone) {
            return Self::Gone;
        }
        tracing::warn!(%error, "a document cannot be stored or read");
        Self::Again
    }
}
