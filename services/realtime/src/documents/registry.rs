//! The documents that are open in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ahash::HashMap;
use parking_lot::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::heavy::Heavy;
use super::keeper::{Work, keep};
use super::store::Documents;
use crate::broker::{Ear, Notice, Place, Said};
use crate::engine::Engine;
use crate::hub::Hub;
use crate::room::RoomKey;

/// What waits for one keeper.
const MOST_WAITING: usize = 256;
/// What clients said and is not done yet counts by KiB.
const UNIT: usize = 1024;

/// As many documents are open as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

#[derive(Clone)]
pub(crate) struct Registry(Arc<Inner>);

struct Inner {
    documents: Documents,
    heavy: Heavy,
    open: Mutex<HashMap<RoomKey, Handle>>,
}

/// The way to a keeper.
#[derive(Clone)]
pub(crate) struct Handle {
    works: Sender<Work>,
    space: Arc<Semaphore>,
    space_units: usize,
    /// Something was said that found no place.
    missed: Arc<AtomicBool>,
}

impl Handle {
    /// Waits until so many bytes have place among what is not done yet.
    pub(super) async fn space(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from((bytes / UNIT + 1).min(self.space_units)).ok()?;
        self.space.clone().acquire_many_owned(units).await.ok()
    }

    /// Whether the keeper is still there.
    pub(super) async fn send(&self, work: Work) -> bool {
        self.works.send(work).await.is_ok()
    }
}

impl Registry {
    pub(crate) fn new(documents: Documents) -> Self {
        Self(Arc::new(Inner { documents, heavy: Heavy::default(), open: Mutex::default() }))
    }

    pub(crate) fn documents(&self) -> &Documents {
        &self.0.documents
    }

    pub(super) fn heavy(&self) -> &Heavy {
        &self.0.heavy
    }

    /// The way to the document's keeper, who begins if there is none.
    ///
    /// # Errors
    /// When no more documents may be open.
    pub(crate) fn open(&self, engine: &Arc<Engine>, room: &RoomKey) -> Result<Handle, TooMany> {
        let mut open = self.0.open.lock();
        if let Some(handle) = open.get(room).filter(|handle| !handle.works.is_closed()) {
            return Ok(handle.clone());
        }
        let settings = engine.settings.documents;
        if open.len() >= settings.most_open {
            return Err(TooMany);
        }
        let (works, receiver) = channel(MOST_WAITING);
        let space_units = (settings.largest_update / UNIT + 1) * 4;
        let handle = Handle { works, space: Arc::new(Semaphore::new(space_units)), space_units, missed: Arc::default() };
        open.insert(room.clone(), handle.clone());
        tokio::spawn(keep(engine.clone(), room.clone(), handle.missed.clone(), receiver));
        Ok(handle)
    }

    /// Gives the work to the document's keeper, who may just have gone.
    ///
    /// # Errors
    /// When no more documents may be open.
    pub(crate) async fn give(&self, engine: &Arc<Engine>, room: &RoomKey, mut work: Work) -> Result<Handle, TooMany> {
        loop {
            let handle = self.open(engine, room)?;
            match handle.works.send(work).await {
                Ok(()) => return Ok(handle),
                Err(refused) => work = refused.0,
            }
        }
    }

    /// As [`Registry::give`], where it is open only and has place.
    pub(crate) fn tell(&self, room: &RoomKey, work: Work) {
        let handle = self.0.open.lock().get(room).cloned();
        if let Some(handle) = handle
            && handle.works.try_send(work).is_err()
        {
            handle.missed.store(true, Ordering::Release);
        }
    }

    /// The keeper goes if nobody has given it anything. Who has the way already, and has not gone it yet, finds it closed and asks again.
    pub(super) fn close(&self, room: &RoomKey, works: &mut Receiver<Work>) {
        let mut open = self.0.open.lock();
        if works.is_empty() {
            works.close();
            open.remove(room);
        }
    }

    /// The keeper goes whatever waits.
    pub(super) fn abandon(&self, room: &RoomKey, works: &mut Receiver<Work>) {
        let mut open = self.0.open.lock();
        works.close();
        open.remove(room);
    }

    pub(super) fn is_open(&self, room: &RoomKey) -> bool {
        self.0.open.lock().contains_key(room)
    }
}

/// Who hears what other processes say: rooms and documents.
pub(crate) struct Ears {
    pub(crate) hub: Arc<Hub>,
    pub(crate) documents: Registry,
}

impl Ear for Ears {
    fn heard(&self, room: &RoomKey, said: &Said) {
        match (room.as_document(), said) {
            (Some(document), Said::Publication { body, .. }) => self.documents.tell(&document, Work::Heard(body.clone())),
            (Some(_), _) => {}
            (None, _) => self.hub.heard(room, said),
        }
    }

    fn noticed(&self, notice: &Notice) {
        self.hub.noticed(notice);
    }

    fn rooms(&self) -> Vec<RoomKey> {
        let mut rooms = self.hub.rooms();
        rooms.extend(self.documents.0.open.lock().keys().map(RoomKey::of_document));
        rooms
    }

    fn compare(&self, room: &RoomKey, top: &Place) {
        match room.as_document() {
            Some(document) => self.documents.tell(&document, Work::Look),
            None => self.hub.compare(room, top),
        }
    }
}
