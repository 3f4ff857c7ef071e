//! Who is at a document in this process.

use std::sync::Arc;

use ahash::HashMap;
use banyan_contracts::realtime::RoomAccess;
use banyan_kernel::Uuid;
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Bytes;

use super::out::{Ending, Out};
use super::wire::{Aware, awareness_frame, denied_frame, write_awareness};
use crate::hub::Link;

/// In English, as programs read it: people are told by whoever wrote the page.
const DENIED: &str = "permission denied: this document may only be read";

/// A connection to a document.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(super) link: Arc<Link>,
    pub(super) out: Arc<Out>,
    /// The clients that it is, as its awareness says.
    pub(super) own: Arc<Mutex<Vec<u64>>>,
}

struct Seat {
    peer: Peer,
    access: RoomAccess,
    asked: Instant,
}

#[derive(Default)]
pub(super) struct Peers(HashMap<Uuid, Seat>);

impl Peers {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn join(&mut self, peer: Peer, access: RoomAccess) {
        self.0.insert(peer.link.id, Seat { peer, access, asked: Instant::now() });
    }

    pub(super) fn leave(&mut self, id: Uuid) -> bool {
        self.0.remove(&id).is_some()
    }

    pub(super) fn get(&self, id: Uuid) -> Option<&Peer> {
        self.0.get(&id).map(|seat| &seat.peer)
    }

    /// The person, where they may change the document.
    pub(super) fn writer(&self, id: Uuid) -> Option<Uuid> {
        let seat = self.0.get(&id).filter(|seat| seat.access.publish)?;
        seat.peer.link.who().map(|who| who.user)
    }

    /// Tells in the protocol that the change was not taken.
    pub(super) fn deny(&self, id: Uuid) {
        self.send(id, denied_frame(DENIED));
    }

    pub(super) fn send(&self, id: Uuid, frame: Bytes) {
        if let Some(peer) = self.get(id) {
            peer.out.send(frame);
        }
    }

    pub(super) fn send_others(&self, but: Option<Uuid>, frame: &Bytes) {
        for (_, seat) in self.0.iter().filter(|(id, _)| Some(**id) != but) {
            seat.peer.out.send(frame.clone());
        }
    }

    pub(super) fn show(&self, but: Option<Uuid>, states: &[Aware]) {
        if !states.is_empty() {
            self.send_others(but, &awareness_frame(&write_awareness(states.iter())));
        }
    }

    pub(super) fn close(&self, id: Uuid, why: Ending) {
        if let Some(peer) = self.get(id) {
            peer.out.close(why);
        }
    }

    pub(super) fn close_all(&self, why: Ending) {
        for seat in self.0.values() {
            seat.peer.out.close(why);
        }
    }

    /// Those whose right was last asked for before; they count as asked from now on.
    pub(super) fn ask_now(&mut self, before: Instant, most: usize) -> Vec<Arc<Link>> {
        let old = self.0.values_mut().filter(|seat| seat.asked <= before).take(most);
        let asked = |seat: &mut Seat| {
            seat.asked = Instant::now();
            seat.peer.link.clone()
        };
        old.map(asked).collect()
    }

    pub(super) fn may(&mut self, id: Uuid, access: RoomAccess) {
        if !access.subscribe {
            self.close(id, Ending::Forbidden);
        } else if let Some(seat) = self.0.get_mut(&id) {
            seat.access = access;
        }
    }
}
