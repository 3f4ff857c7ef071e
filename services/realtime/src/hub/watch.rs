//! What is done for all connections together, each once a second, so that none needs a timer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use banyan_kernel::Timestamp;

use super::{Hub, Link};
use crate::broker::People;
use crate::protocol::{Disconnect, PING};
use crate::room::RoomKey;
use crate::settings::Settings;

/// Who has not said who they are after so many seconds is closed.
const STALE: u64 = 15;

/// Beats of a second. Each is for some of the connections: thousands of pings at once would keep everybody waiting.
pub(crate) const BEATS: u32 = 16;

/// Somebody whose right to listen is to be asked for again.
pub(crate) struct ToAsk {
    pub(crate) room: RoomKey,
    pub(crate) link: Arc<Link>,
    pub(crate) number: u64,
}

impl Hub {
    /// Pings, and closes who does not answer, whose time is over, and whose token counts no longer. `beat` is that of the second.
    pub(crate) fn beat(&self, beat: u32, now: Timestamp, settings: &Settings) {
        let seconds = self.seconds();
        for part in self.links.iter().skip(beat as usize).step_by(BEATS as usize) {
            // Not under the lock: closing and pinging wake others.
            let links: Vec<Arc<Link>> = part.lock().values().cloned().collect();
            for link in links {
                if let Some(why) = verdict(&link, seconds, now) {
                    link.outbox.close(why);
                } else if seconds >= link.next_ping.load(Ordering::Relaxed) && link.pong_due.load(Ordering::Relaxed) == 0 {
                    link.next_ping.store(seconds + u64::from(settings.ping_seconds), Ordering::Relaxed);
                    if link.pongs.load(Ordering::Relaxed) {
                        link.pong_due.store(seconds + u64::from(settings.pong_seconds), Ordering::Relaxed);
                    }
                    link.outbox.send(PING.clone());
                }
            }
        }
    }

    /// Pings begin.
    pub(crate) fn ping_from_now_on(&self, link: &Link, settings: &Settings) {
        link.next_ping.store(self.seconds() + u64::from(settings.ping_seconds), Ordering::Relaxed);
    }

    /// Those who were last asked for long ago, at most `most`; they count as asked from now on.
    pub(crate) fn to_ask(&self, after_seconds: u64, most: usize) -> Vec<ToAsk> {
        let (seconds, mut found) = (self.seconds(), Vec::new());
        for part in &self.rooms {
            for (room, all) in part.lock().iter_mut() {
                if !room.has_owner() {
                    continue;
                }
                for listener in all.listeners.values_mut().filter(|one| one.asked + after_seconds <= seconds) {
                    if found.len() == most {
                        return found;
                    }
                    listener.asked = seconds;
                    found.push(ToAsk { room: room.clone(), link: listener.link.clone(), number: listener.number });
                }
            }
        }
        found
    }

    /// Who is in rooms in which people see one another.
    pub(crate) fn present(&self) -> Vec<(RoomKey, People)> {
        let mut found = Vec::new();
        for part in &self.rooms {
            for (room, all) in part.lock().iter().filter(|(room, _)| room.has_presence()) {
                let people = all.listeners.values().filter_map(|one| Some((one.link.id, one.link.who()?.info.clone())));
                found.push((room.clone(), people.collect()));
            }
        }
        found
    }
}

fn verdict(link: &Link, seconds: u64, now: Timestamp) -> Option<Disconnect> {
    let Some(who) = link.who() else {
        return (seconds > link.opened + STALE).then_some(Disconnect::Stale);
    };
    if who.is_revoked() || now >= who.expires {
        return Some(Disconnect::Expired);
    }
    let due = link.pong_due.load(Ordering::Relaxed);
    (due > 0 && seconds > due).then_some(Disconnect::NoPong)
}
