//! Who listens where, and what they have heard.

use std::sync::Arc;

use ahash::HashMap;
use banyan_kernel::Uuid;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{Hub, Link};
use crate::broker::{Ear, Kept, Notice, Place, Publications, Said};
use crate::protocol::{Disconnect, JoinOrLeave, Subscribed, Unsubscribed, publication_push, push};
use crate::room::RoomKey;

/// What waits for one who is about to listen: more than that begin anew.
const MOST_WAITING: usize = 10_000;

#[derive(Default)]
pub(super) struct Room {
    pub(super) listeners: HashMap<Uuid, Listener>,
}

pub(super) struct Listener {
    pub(super) link: Arc<Link>,
    /// Of the subscription: one that came later is another.
    pub(super) number: u64,
    heard: Heard,
    wants_joins: bool,
    /// When its right was last asked for; seconds of the hub's clock.
    pub(super) asked: u64,
}

enum Heard {
    /// What comes meanwhile waits.
    Joining(Vec<(Place, Arc<str>)>),
    At(Place),
    /// Nothing is kept in this room.
    Loose,
}

/// A subscription that is about to begin, or has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listening {
    pub(crate) number: u64,
    /// Nobody in this process listened before.
    pub(crate) is_first: bool,
}

/// Whether a subscription has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    Begun,
    /// It was taken away meanwhile, or too much came: it has to be begun again.
    Gone,
}

impl Hub {
    /// Begins to gather what is said, for one who is going to listen. Then the room's history is read, and [`Hub::settle`] joins both.
    pub(crate) fn join(&self, room: &RoomKey, link: &Arc<Link>, wants_joins: bool) -> Listening {
        let (number, asked) = (self.number(), self.seconds());
        let mut rooms = self.rooms[self.part(room)].lock();
        let listeners = &mut rooms.entry(room.clone()).or_default().listeners;
        let is_first = listeners.is_empty();
        let listener = Listener { link: link.clone(), number, heard: Heard::Joining(Vec::new()), wants_joins, asked };
        listeners.insert(link.id, listener);
        Listening { number, is_first }
    }

    /// Sends the reply with what was missed, as one with the beginning: what comes from then on follows it. `kept` was read after the process
    /// began to hear the room; nothing where nothing is kept.
    pub(crate) fn settle(
        &self,
        room: &RoomKey,
        link: &Link,
        number: u64,
        reply: Option<u32>,
        kept: Option<(Kept, Subscribed)>,
    ) -> Settled {
        let mut rooms = self.rooms[self.part(room)].lock();
        let listener = rooms.get_mut(room).and_then(|all| all.listeners.get_mut(&link.id));
        let Some(listener) = listener.filter(|listener| listener.number == number) else { return Settled::Gone };
        let Some((kept, mut subscribed)) = kept else {
            listener.heard = Heard::Loose;
            if let Some(id) = reply {
                link.outbox.send(Subscribed::default().reply(id));
            }
            return Settled::Begun;
        };
        let Heard::Joining(waiting) = std::mem::replace(&mut listener.heard, Heard::Loose) else { return Settled::Gone };
        let Some((missed, top)) = merge(kept, waiting) else { return Settled::Gone };
        listener.heard = Heard::At(top.clone());
        (subscribed.epoch, subscribed.offset) = (top.epoch.to_string(), top.offset);
        subscribed.publications = missed;
        if let Some(id) = reply {
            link.outbox.send(subscribed.reply(id));
        }
        Settled::Begun
    }

    /// Whether anybody is left.
    pub(crate) fn leave(&self, room: &RoomKey, client: Uuid, number: u64) -> bool {
        let mut rooms = self.rooms[self.part(room)].lock();
        let Some(all) = rooms.get_mut(room) else { return false };
        if all.listeners.get(&client).is_some_and(|listener| listener.number == number) {
            all.listeners.remove(&client);
        }
        let is_left = !all.listeners.is_empty();
        if !is_left {
            rooms.remove(room);
        }
        is_left
    }

    /// Takes a subscription away: the connection hears of it and forgets it.
    pub(crate) fn expel(&self, room: &RoomKey, client: Uuid, number: u64, why: Unsubscribed) {
        let mut rooms = self.rooms[self.part(room)].lock();
        let Some(all) = rooms.get_mut(room) else { return };
        if all.listeners.get(&client).is_none_or(|listener| listener.number != number) {
            return;
        }
        // An empty room stays until the connection leaves it, which ends the listening elsewhere.
        if let Some(listener) = all.listeners.remove(&client) {
            listener.link.outbox.drop_room(room.clone(), number, why);
        }
    }
}

/// What was kept, then what came meanwhile: each once, without a gap. Nothing where that cannot be.
fn merge(kept: Kept, waiting: Vec<(Place, Arc<str>)>) -> Option<(Publications, Place)> {
    let (mut missed, mut top) = (kept.publications, kept.top);
    for (place, body) in waiting {
        if place.epoch != top.epoch {
            return None;
        }
        if place.offset <= top.offset {
            continue;
        }
        if place.offset != top.offset + 1 {
            return None;
        }
        top.offset = place.offset;
        missed.push((place.offset, body));
    }
    Some((missed, top))
}

impl Listener {
    /// Whether it may go on: not when it has missed something.
    fn hear(&mut self, place: Option<&Place>, body: &Arc<str>, frame: &Utf8Bytes) -> bool {
        match (&mut self.heard, place) {
            (Heard::Joining(waiting), Some(place)) => {
                waiting.push((place.clone(), body.clone()));
                waiting.len() <= MOST_WAITING
            }
            (Heard::At(at), Some(place)) => {
                if at.epoch != place.epoch {
                    return false;
                }
                if place.offset == at.offset + 1 {
                    at.offset = place.offset;
                    self.link.outbox.send(frame.clone());
                    return true;
                }
                place.offset <= at.offset
            }
            _ => {
                self.link.outbox.send(frame.clone());
                true
            }
        }
    }
}

impl Ear for Hub {
    fn heard(&self, room: &RoomKey, said: &Said) {
        let mut rooms = self.rooms[self.part(room)].lock();
        let Some(all) = rooms.get_mut(room) else { return };
        let frame = match said {
            Said::Publication { place, body } => publication_push(&room.name, body, place.as_ref().map(|place| place.offset)),
            Said::Joined(info) => join_or_leave(room, "join", info),
            Said::Left(info) => join_or_leave(room, "leave", info),
        };
        match said {
            Said::Publication { place, body } => all.listeners.retain(|_, listener| {
                let goes_on = listener.hear(place.as_ref(), body, &frame);
                if !goes_on {
                    listener.link.outbox.drop_room(room.clone(), listener.number, Unsubscribed::Insufficient);
                }
                goes_on
            }),
            Said::Joined(_) | Said::Left(_) => {
                for listener in all.listeners.values().filter(|listener| listener.wants_joins && listener.has_begun()) {
                    listener.link.outbox.send(frame.clone());
                }
            }
        }
    }

    fn noticed(&self, notice: &Notice) {
        match notice {
            Notice::Disconnect { tenant, user, client, comes_again } => {
                let why = if *comes_again { Disconnect::ForceReconnect } else { Disconnect::ForceNoReconnect };
                self.disconnect(*tenant, *user, *client, why);
            }
            Notice::Commands { session, data } => self.streams.say(session, data),
        }
    }

    fn rooms(&self) -> Vec<RoomKey> {
        self.rooms.iter().flat_map(|rooms| rooms.lock().keys().cloned().collect::<Vec<_>>()).collect()
    }

    fn compare(&self, room: &RoomKey, top: &Place) {
        let mut rooms = self.rooms[self.part(room)].lock();
        let Some(all) = rooms.get_mut(room) else { return };
        all.listeners.retain(|_, listener| {
            let is_there = match &listener.heard {
                Heard::At(at) => at.epoch == top.epoch && at.offset >= top.offset,
                Heard::Joining(_) | Heard::Loose => true,
            };
            if !is_there {
                listener.link.outbox.drop_room(room.clone(), listener.number, Unsubscribed::Insufficient);
            }
            is_there
        });
    }
}

impl Listener {
    fn has_begun(&self) -> bool {
        !matches!(self.heard, Heard::Joining(_))
    }
}

fn join_or_leave(room: &RoomKey, name: &str, info: &Arc<str>) -> Utf8Bytes {
    match serde_json::from_str(info) {
        Ok(info) => push(&room.name, name, &JoinOrLeave { info }),
        Err(_) => crate::protocol::PING.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(offset: u64) -> Place {
        Place { epoch: "e".into(), offset }
    }

    proptest! {
        /// Whatever was read and whatever came meanwhile: each once, in order, or nothing at all.
        #[test]
        fn what_was_kept_and_what_came_join_without_gap_or_double(top in 0_u64..60, since in 0_u64..60, begins in 0_u64..80, count in 0_u64..40) {
            let since = since.min(top);
            let body = Arc::<str>::from("{}");
            let kept = Kept { top: place(top), publications: (since + 1..=top).map(|offset| (offset, body.clone())).collect() };
            let waiting: Vec<_> = (begins..begins + count).map(|offset| (place(offset), body.clone())).collect();
            let expected_top = if count == 0 { top } else { top.max(begins + count - 1) };
            match merge(kept, waiting) {
                Some((missed, at)) => {
                    let offsets: Vec<u64> = missed.iter().map(|(offset, _)| *offset).collect();
                    prop_assert_eq!(offsets, (since + 1..=expected_top).collect::<Vec<_>>());
                    prop_assert_eq!(at.offset, expected_top);
                }
                None => prop_assert!(count > 0 && begins > top + 1),
            }
        }
    }
}
