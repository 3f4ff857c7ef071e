//! The keeper of a document: one task, by which everything that happens to the document has an order.
//!
//! What clients change is first taken into the replica, then stored, a batch at a time, and then told to everybody else. When that fails, or the
//! replica breaks, everybody is told to come again, and what was not stored comes again with them: clients send whatever the server lacks.

mod changes;
mod shared;
mod versions;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use banyan_contracts::realtime::RoomAccess;
use banyan_kernel::Uuid;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::awareness::Awareness;
use super::heavy::{Broken, guarded};
use super::out::Ending;
use super::peers::{Peer, Peers};
use super::replica::Replica;
use super::store::{DocumentError, Loose, New};
use super::wire::{Message, answer_frame, question_frame};
use crate::engine::Engine;
use crate::entity::document_version::Model as Version;
use crate::room::RoomKey;

/// What is taken together, and stored in one transaction.
const BATCH: usize = 64;
/// How long a document stays open that nobody is at.
const LINGERS: Duration = Duration::from_secs(5);
/// When the last one leaves a version is kept although it is not yet time, after this part of it.
const PART_AT_THE_END: u32 = 6;
/// Rights that are asked for again in a second.
const ASKED_AT_ONCE: usize = 16;

/// What a keeper is to do.
pub(crate) enum Work {
    Join {
        peer: Peer,
        access: RoomAccess,
    },
    Leave(Uuid),
    Said {
        peer: Uuid,
        message: Message,
        _space: Option<OwnedSemaphorePermit>,
    },
    /// By another process.
    Heard(Arc<str>),
    /// There may be something new in the store.
    Look,
    /// Somebody may do so much from now on.
    May {
        peer: Uuid,
        access: RoomAccess,
    },
    /// A version of what is now, with this id. One that has it already is as good.
    Name {
        id: Uuid,
        name: String,
        author: Option<Uuid>,
        answer: oneshot::Sender<Result<Version, DocumentError>>,
    },
    /// The document is to be again as it was.
    Restore {
        version: Vec<u8>,
        author: Option<Uuid>,
        answer: oneshot::Sender<Result<Kept, DocumentError>>,
    },
}

/// How far a document has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) seq: i64,
}

struct Keeper {
    engine: Arc<Engine>,
    room: RoomKey,
    replica: Replica,
    /// Nothing before the first change of all.
    document: Option<Uuid>,
    /// All updates up to this one are in the replica.
    seq: i64,
    loose: Loose,
    version_seq: i64,
    versioned_at: i64,
    peers: Peers,
    awareness: Awareness,
    /// Taken in, and not stored yet; with the connections that said them.
    fresh: Vec<(New, Option<Uuid>)>,
    /// What other processes are to hear. Nothing where there are none.
    others: Option<Sender<String>>,
}

pub(super) async fn keep(engine: Arc<Engine>, room: RoomKey, missed: Arc<AtomicBool>, mut works: Receiver<Work>) {
    let registry = engine.documents.clone();
    let others = shared::listen(&engine, &room).await;
    let begun = Keeper::begin(engine.clone(), room.clone(), others).await;
    let why = match begun {
        Ok(mut keeper) => keeper.run(&missed, &mut works).await,
        Err(why) => Some(why),
    };
    registry.abandon(&room, &mut works);
    if let Some(why) = why {
        // Those who came meanwhile as well.
        while let Some(work) = works.recv().await {
            if let Work::Join { peer, .. } = work {
                peer.out.close(why);
            }
        }
    }
    shared::forget(&engine, &room).await;
}

impl Keeper {
    async fn begin(engine: Arc<Engine>, room: RoomKey, others: Option<Sender<String>>) -> Result<Self, Ending> {
        let replica = Replica::new(shared::new_client(&*engine.random));
        let mut keeper = Self {
            engine,
            room,
            replica,
            document: None,
            seq: 0,
            loose: Loose::default(),
            version_seq: 0,
            versioned_at: 0,
            peers: Peers::default(),
            awareness: Awareness::default(),
            fresh: Vec::new(),
            others,
        };
        keeper.reload().await?;
        Ok(keeper)
    }

    /// Until nobody is there any more. Why everybody was closed, if they were.
    async fn run(&mut self, missed: &AtomicBool, works: &mut Receiver<Work>) -> Option<Ending> {
        let (mut tick, mut batch, mut seconds, mut busy) = (interval(Duration::from_secs(1)), Vec::new(), 0_u64, Instant::now());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                count = works.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        break;
                    }
                    busy = Instant::now();
                    self.work(&mut batch).await
                }
                _ = tick.tick() => {
                    seconds += 1;
                    let looks = missed.swap(false, Ordering::AcqRel) || seconds.is_multiple_of(self.engine.settings.documents.look_seconds.max(1));
                    self.tick(looks).await
                }
            };
            if let Err(why) = done {
                self.peers.close_all(why);
                return Some(why);
            }
            if self.peers.is_empty() && busy.elapsed() >= LINGERS {
                self.engine.documents.close(&self.room, works);
            }
        }
        // Nobody, or who came in the last moment.
        self.peers.close_all(Ending::Again);
        self.keep_version_at_times(self.often() / PART_AT_THE_END).await;
        None
    }

    async fn work(&mut self, batch: &mut Vec<Work>) -> Result<(), Ending> {
        for work in batch.drain(..) {
            self.one(work).await?;
        }
        self.flush().await?;
        self.compact_at_times().await
    }

    async fn one(&mut self, work: Work) -> Result<(), Ending> {
        match work {
            Work::Join { peer, access } => self.join(peer, access).await?,
            Work::Leave(id) => {
                if self.peers.leave(id) {
                    let gone = self.awareness.left(id);
                    self.show(None, &gone);
                }
            }
            Work::Said { peer, message, .. } => self.said(peer, message).await?,
            Work::Heard(text) => self.heard(&text).await?,
            Work::Look => self.look().await?,
            Work::May { peer, access } => self.peers.may(peer, access),
            Work::Name { id, name, author, answer } => {
                let named = self.name(id, name, author).await;
                return told(named, answer);
            }
            Work::Restore { version, author, answer } => {
                let restored = self.restore(version, author).await;
                return told(restored, answer);
            }
        }
        Ok(())
    }

    async fn join(&mut self, peer: Peer, access: RoomAccess) -> Result<(), Ending> {
        if self.peers.len() >= self.engine.settings.documents.most_connections {
            peer.out.close(Ending::TooMany);
            return Ok(());
        }
        // What is not stored yet is in the replica, and not to be seen.
        self.flush().await?;
        let id = peer.link.id;
        self.peers.join(peer, access);
        let vector = self.replica.state_vector().map_err(|_| Ending::Again)?;
        self.peers.send(id, question_frame(&vector));
        self.show_all(id);
        if self.peers.len() == 1 {
            self.tell(&super::between::Told::Query);
        }
        Ok(())
    }

    async fn said(&mut self, peer: Uuid, message: Message) -> Result<(), Ending> {
        if self.peers.get(peer).is_none() {
            return Ok(());
        }
        match message {
            Message::StateVector(vector) => {
                self.flush().await?;
                let is_light = self.replica.is_light(0, 0);
                match self.with_replica(is_light, move |replica| replica.missing(&vector)).await {
                    Ok(Ok(missing)) => self.peers.send(peer, answer_frame(&missing)),
                    Ok(Err(super::replica::Unfit::Malformed(_))) => self.peers.close(peer, Ending::Malformed),
                    Ok(Err(super::replica::Unfit::Broken(_))) | Err(Broken) => {
                        self.peers.close(peer, Ending::Malformed);
                        self.reload().await?;
                    }
                }
            }
            Message::Answer(update) => self.change(peer, update, changes::Occasion::Asked).await?,
            Message::Update(update) => self.change(peer, update, changes::Occasion::Changed).await?,
            Message::Awareness(states) => self.aware(peer, states),
            Message::QueryAwareness => self.show_all(peer),
            Message::Nothing => {}
        }
        Ok(())
    }

    /// Once a second.
    async fn tick(&mut self, looks: bool) -> Result<(), Ending> {
        let expired = self.awareness.expire();
        self.peers.show(None, &expired);
        if looks {
            self.look().await?;
        }
        self.ask_again();
        self.keep_version_at_times(self.often()).await;
        Ok(())
    }

    /// A version is kept so often.
    fn often(&self) -> Duration {
        Duration::from_secs(self.engine.settings.documents.version_seconds)
    }

    /// Does something with the replica: here, or on a thread of its own. What breaks it leaves an empty one, to be read anew.
    async fn with_replica<T: Send + 'static>(
        &mut self,
        is_light: bool,
        work: impl FnOnce(&mut Replica) -> T + Send + 'static,
    ) -> Result<T, Broken> {
        let mut replica = std::mem::replace(&mut self.replica, Replica::new(shared::new_client(&*self.engine.random)));
        let done = if is_light {
            guarded(move || (work(&mut replica), replica))
        } else {
            self.engine.documents.clone().heavy().run(move || (work(&mut replica), replica)).await
        };
        let (done, replica) = done?;
        self.replica = replica;
        Ok(done)
    }
}

/// Whoever asked hears it; a document that is gone, or cannot be worked on, is closed.
fn told<T>(done: Result<T, DocumentError>, answer: oneshot::Sender<Result<T, DocumentError>>) -> Result<(), Ending> {
    let ending = match &done {
        Err(DocumentError::Gone) => Err(Ending::Gone),
        Err(DocumentError::Broken | DocumentError::Store(_)) => Err(Ending::Again),
        _ => Ok(()),
    };
    let _nobody_waits = answer.send(done);
    ending
}
