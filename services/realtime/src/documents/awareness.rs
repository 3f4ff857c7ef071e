//! What the people at a document show of themselves: where their cursor is, what they are called.
//!
//! A client says what it knows of all, not only of itself: `y-websocket` sends back whatever it hears. So it is known whose each state is, and
//! what a connection says of another one's counts for nothing.

use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use ahash::HashMap;
use banyan_kernel::Uuid;
use tokio::time::Instant;

use super::wire::Aware;

/// States of one connection: a client has one.
const MOST_OWN: usize = 4;
/// States of one document.
const MOST: usize = 4_096;
/// Of what one shows, in bytes.
const LARGEST: usize = 16 * 1024;
/// Clients say every 15 seconds that they are there. Who is elsewhere and is not heard of for so long has gone with their process.
const SILENT: Duration = Duration::from_secs(45);
/// How long it is known that somebody has gone, so that nobody brings them back who heard of them late.
const GONE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Awareness {
    states: HashMap<u64, State>,
    gone: HashMap<u64, (u64, Instant)>,
}

struct State {
    aware: Aware,
    whose: Whose,
    at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Of a connection to this process, and its person.
    Here(Uuid, Uuid),
    There,
}

impl Awareness {
    /// A connection says it. What is new, for others to hear.
    pub(super) fn said(&mut self, connection: Uuid, person: Uuid, said: Vec<Aware>) -> Vec<Aware> {
        let now = Instant::now();
        said.into_iter().filter(|aware| self.take(connection, person, aware, now)).collect()
    }

    fn take(&mut self, connection: Uuid, person: Uuid, aware: &Aware, now: Instant) -> bool {
        if aware.state.len() > LARGEST {
            return false;
        }
        let own = self.own(connection).count();
        let (is_full, here) = (self.states.len() >= MOST, Whose::Here(connection, person));
        match self.states.entry(aware.client) {
            Entry::Occupied(mut known) => {
                let state = known.get_mut();
                let is_own = matches!(state.whose, Whose::Here(of, _) if of == connection);
                if is_own {
                    if aware.clock < state.aware.clock || (aware.clock == state.aware.clock && !aware.is_gone()) {
                        return false;
                    }
                    if aware.is_gone() {
                        known.remove();
                        self.gone.insert(aware.client, (aware.clock, now));
                        return true;
                    }
                } else {
                    // A client that comes again, before it is known that its former connection is lost.
                    let may_be_theirs = !matches!(state.whose, Whose::Here(_, of) if of != person);
                    if own > 0 || !may_be_theirs || aware.is_gone() || aware.clock < state.aware.clock {
                        return false;
                    }
                }
                *state = State { aware: aware.clone(), whose: here, at: now };
                true
            }
            Entry::Vacant(place) => {
                let is_old = self.gone.get(&aware.client).is_some_and(|(clock, _)| *clock >= aware.clock);
                if is_full || aware.is_gone() || own >= MOST_OWN || (own > 0 && is_old) {
                    return false;
                }
                place.insert(State { aware: aware.clone(), whose: here, at: now });
                true
            }
        }
    }

    /// Another process says it, which has looked whose it is.
    pub(super) fn heard(&mut self, heard: Vec<Aware>) -> Vec<Aware> {
        let now = Instant::now();
        let is_new = |aware: &Aware| {
            let is_full = self.states.len() >= MOST;
            match self.states.entry(aware.client) {
                Entry::Occupied(mut known) => {
                    let state = known.get_mut();
                    if state.whose != Whose::There || aware.clock < state.aware.clock {
                        return false;
                    }
                    if aware.is_gone() {
                        known.remove();
                        self.gone.insert(aware.client, (aware.clock, now));
                        return true;
                    }
                    *state = State { aware: aware.clone(), whose: Whose::There, at: now };
                    true
                }
                Entry::Vacant(place) => {
                    if is_full || aware.is_gone() || aware.state.len() > LARGEST {
                        return false;
                    }
                    place.insert(State { aware: aware.clone(), whose: Whose::There, at: now });
                    true
                }
            }
        };
        heard.into_iter().filter(is_new).collect()
    }

    /// The connection is over: what others are to hear.
    pub(super) fn left(&mut self, connection: Uuid) -> Vec<Aware> {
        let own: Vec<u64> = self.own(connection).collect();
        self.remove(own)
    }

    /// Once in a while: those whose process is gone.
    pub(super) fn expire(&mut self) -> Vec<Aware> {
        let now = Instant::now();
        self.gone.retain(|_, (_, at)| now.duration_since(*at) < GONE);
        let is_silent = |state: &State| state.whose == Whose::There && now.duration_since(state.at) >= SILENT;
        let silent = self.states.iter().filter(|(_, state)| is_silent(state)).map(|(client, _)| *client).collect();
        self.remove(silent)
    }

    fn remove(&mut self, clients: Vec<u64>) -> Vec<Aware> {
        let (now, none) = (Instant::now(), Arc::<str>::from("null"));
        let removed = clients.into_iter().filter_map(|client| self.states.remove(&client)).map(|state| state.aware);
        let gone: Vec<Aware> = removed.map(|aware| Aware { state: none.clone(), ..aware }).collect();
        self.gone.extend(gone.iter().map(|aware| (aware.client, (aware.clock, now))));
        gone
    }

    fn own(&self, connection: Uuid) -> impl Iterator<Item = u64> {
        let is_own = move |state: &State| matches!(state.whose, Whose::Here(of, _) if of == connection);
        self.states.iter().filter(move |(_, state)| is_own(state)).map(|(client, _)| *client)
    }

    pub(super) fn all(&self) -> Vec<&Aware> {
        self.states.values().map(|state| &state.aware).collect()
    }

    /// Those whose connections are here.
    pub(super) fn here(&self) -> Vec<&Aware> {
        self.states.values().filter(|state| state.whose != Whose::There).map(|state| &state.aware).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aware(client: u64, clock: u64, state: &str) -> Aware {
        Aware { client, clock, state: state.into() }
    }

    #[test]
    fn a_connection_speaks_for_itself_alone() {
        let (ann, ben, hers, his) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(11), Uuid::from_u128(12));
        let mut all = Awareness::default();
        assert_eq!(all.said(hers, ann, vec![aware(1, 1, "{}")]).len(), 1);
        assert_eq!(all.said(his, ben, vec![aware(2, 1, "{}")]).len(), 1);
        // What is heard is said again; and what somebody would like to say for another.
        assert!(all.said(his, ben, vec![aware(1, 1, "{}"), aware(1, 9, "\"mine\""), aware(1, 9, "null")]).is_empty());
        assert_eq!(all.said(hers, ann, vec![aware(1, 2, "{\"x\":1}"), aware(1, 1, "{}")]), [aware(1, 2, "{\"x\":1}")]);
        assert_eq!(all.left(hers), [aware(1, 2, "null")]);
        assert!(all.said(his, ben, vec![aware(1, 2, "{\"x\":1}")]).is_empty(), "who heard late brings nobody back");
        let again = Uuid::from_u128(13);
        assert_eq!(all.said(again, ann, vec![aware(1, 2, "{}")]).len(), 1, "she comes again");
        let sooner = Uuid::from_u128(14);
        assert!(all.said(sooner, ben, vec![aware(1, 3, "{}")]).is_empty(), "nobody else takes her place");
        assert_eq!(all.said(sooner, ann, vec![aware(1, 3, "{}")]).len(), 1, "before her former line is known to be lost");
        assert!(all.left(again).is_empty());
        assert_eq!(all.said(sooner, ann, vec![aware(1, 4, "null")]), [aware(1, 4, "null")]);
        let many = (100..200).map(|client| aware(client, 1, "{}")).collect();
        assert_eq!(all.said(his, ben, many).len(), MOST_OWN - 1);
        assert!(all.said(sooner, ann, vec![aware(7, 1, &format!("\"{}\"", "x".repeat(LARGEST)))]).is_empty());
    }

    #[test]
    fn processes_speak_for_their_own() {
        let mut all = Awareness::default();
        assert_eq!(all.heard(vec![aware(1, 1, "{}"), aware(2, 1, "null")]), [aware(1, 1, "{}")]);
        let (ann, hers) = (Uuid::from_u128(1), Uuid::from_u128(11));
        assert_eq!(all.said(hers, ann, vec![aware(3, 5, "{}")]).len(), 1);
        assert!(all.heard(vec![aware(3, 9, "null")]).is_empty(), "she is here");
        assert_eq!((all.all().len(), all.here().len()), (2, 1));
        assert_eq!(all.heard(vec![aware(1, 1, "null")]), [aware(1, 1, "null")]);
        assert!(all.expire().is_empty());
    }
}
