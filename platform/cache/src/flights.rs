//! One load for many who ask for the same at once.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use ahash::RandomState;
use parking_lot::Mutex;
use tokio::sync::watch;

/// At most so many loads are known at once. What is beyond goes by itself.
const MOST_FLIGHTS: usize = 16_384;

pub(crate) type Erased = Arc<dyn Any + Send + Sync>;

/// How a load ended for those who wait for it.
#[derive(Clone, Debug)]
pub(crate) enum Landing {
    Got(Option<Erased>),
    /// Each tries by itself, and learns its own reason.
    Failed,
}

type Watched = watch::Receiver<Option<Landing>>;
type Known = Arc<Mutex<HashMap<Vec<u8>, Watched, RandomState>>>;

/// Loads under way, by value and stamps: whoever found another stamp may not be answered by a load that began before it.
#[derive(Debug, Default)]
pub(crate) struct Flights(Known);

pub(crate) enum Claim {
    /// The caller loads for all.
    Lead(Lead),
    Wait(Watched),
    /// Too many loads are under way to keep count.
    Alone,
}

impl Flights {
    pub(crate) fn claim(&self, value: &[u8], stamps: &[u64]) -> Claim {
        let mut name = Vec::with_capacity(value.len() + stamps.len() * 8);
        stamps.iter().for_each(|stamp| name.extend_from_slice(&stamp.to_le_bytes()));
        name.extend_from_slice(value);
        let mut flights = self.0.lock();
        let full = flights.len() >= MOST_FLIGHTS;
        match flights.entry(name) {
            Entry::Occupied(flight) => Claim::Wait(flight.get().clone()),
            Entry::Vacant(_) if full => Claim::Alone,
            Entry::Vacant(vacant) => {
                let (tell, watched) = watch::channel(None);
                let name = vacant.key().clone();
                vacant.insert(watched);
                Claim::Lead(Lead { name, flights: self.0.clone(), tell })
            }
        }
    }
}

/// Waits for the end of a flight.
pub(crate) async fn landing(mut watched: Watched) -> Landing {
    match watched.wait_for(Option::is_some).await {
        Ok(landing) => landing.clone().unwrap_or(Landing::Failed),
        Err(_) => Landing::Failed,
    }
}

/// The duty to load. Dropped without a word, it frees the others to try.
#[derive(Debug)]
pub(crate) struct Lead {
    name: Vec<u8>,
    flights: Known,
    tell: watch::Sender<Option<Landing>>,
}

impl Lead {
    pub(crate) fn land(self, landing: Landing) {
        // Out of the map first: who asks from now on looks at what is kept.
        self.flights.lock().remove(&self.name);
        self.tell.send_replace(Some(landing));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if self.tell.borrow().is_none() {
            self.flights.lock().remove(&self.name);
            self.tell.send_replace(Some(Landing::Failed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_leads_and_those_with_the_same_stamps_wait() {
        let flights = Flights::default();
        let Claim::Lead(lead) = flights.claim(b"a", &[1]) else { panic!() };
        let Claim::Wait(watched) = flights.claim(b"a", &[1]) else { panic!() };
        assert!(matches!(flights.claim(b"a", &[2]), Claim::Lead(_)), "it asked later than a change");
        lead.land(Landing::Got(None));
        assert!(matches!(landing(watched).await, Landing::Got(None)));
        assert!(flights.0.lock().is_empty());
    }

    #[tokio::test]
    async fn a_lead_that_is_dropped_frees_the_others() {
        let flights = Flights::default();
        let Claim::Lead(lead) = flights.claim(b"a", &[1]) else { panic!() };
        let Claim::Wait(watched) = flights.claim(b"a", &[1]) else { panic!() };
        drop(lead);
        assert!(matches!(landing(watched).await, Landing::Failed));
    }

    #[test]
    fn flights_are_bounded() {
        let flights = Flights::default();
        let leads: Vec<Claim> = (0..MOST_FLIGHTS as u64).map(|number| flights.claim(b"a", &[number])).collect();
        assert!(matches!(flights.claim(b"b", &[0]), Claim::Alone));
        drop(leads);
        assert!(flights.0.lock().is_empty());
    }
}
