//! One fetch for many who ask for the same at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

/// At most so many fetches are known at once. What is beyond goes by itself.
const MOST_FLIGHTS: usize = 4_096;

/// How a fetch ended for those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Landing {
    /// The answer is in the store.
    Stored,
    /// It cannot be stored: each goes by itself.
    Refused,
    /// Nothing is known: the client went away, or the answer was for its request alone. Somebody else may try.
    Abandoned,
}

type Watched = watch::Receiver<Option<Landing>>;

#[derive(Debug, Default)]
pub(crate) struct Flights(Arc<Mutex<HashMap<Arc<str>, Watched>>>);

pub(crate) enum Claim {
    /// The caller fetches for all.
    Lead(Lead),
    /// Somebody does already.
    Wait(Watched),
    /// Too many fetches are under way to keep count.
    Alone,
}

impl Flights {
    pub(crate) fn claim(&self, key: Arc<str>) -> Claim {
        let mut flights = self.0.lock();
        let full = flights.len() >= MOST_FLIGHTS;
        match flights.entry(key) {
            Entry::Occupied(flight) => Claim::Wait(flight.get().clone()),
            Entry::Vacant(_) if full => Claim::Alone,
            Entry::Vacant(vacant) => {
                let (tell, watched) = watch::channel(None);
                let key = vacant.key().clone();
                vacant.insert(watched);
                Claim::Lead(Lead { key, flights: self.0.clone(), tell })
            }
        }
    }

    #[cfg(test)]
    fn count(&self) -> usize {
        self.0.lock().len()
    }
}

/// Waits for the end of a flight.
pub(crate) async fn landing(mut watched: Watched) -> Landing {
    match watched.wait_for(Option::is_some).await {
        Ok(landing) => landing.unwrap_or(Landing::Abandoned),
        Err(_) => Landing::Abandoned,
    }
}

/// The duty to fetch. Dropped without a word, it frees the others to try.
#[derive(Debug)]
pub(crate) struct Lead {
    key: Arc<str>,
    flights: Arc<Mutex<HashMap<Arc<str>, Watched>>>,
    tell: watch::Sender<Option<Landing>>,
}

impl Lead {
    pub(crate) fn land(self, landing: Landing) {
        // Out of the map first: who asks from now on looks into the store.
        self.flights.lock().remove(&self.key);
        self.tell.send_replace(Some(landing));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if self.tell.borrow().is_none() {
            self.flights.lock().remove(&self.key);
            self.tell.send_replace(Some(Landing::Abandoned));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_leads_the_others_hear_how_it_ended() {
        let flights = Flights::default();
        let Claim::Lead(lead) = flights.claim("a".into()) else { panic!() };
        let Claim::Wait(watched) = flights.claim("a".into()) else { panic!() };
        assert!(matches!(flights.claim("b".into()), Claim::Lead(_)));
        lead.land(Landing::Refused);
        assert_eq!(landing(watched).await, Landing::Refused);
        assert_eq!(flights.count(), 0);
    }

    #[tokio::test]
    async fn a_lead_that_is_dropped_frees_the_others() {
        let flights = Flights::default();
        let Claim::Lead(lead) = flights.claim("a".into()) else { panic!() };
        let Claim::Wait(watched) = flights.claim("a".into()) else { panic!() };
        drop(lead);
        assert_eq!(landing(watched).await, Landing::Abandoned);
        assert!(matches!(flights.claim("a".into()), Claim::Lead(_)));
    }

    #[test]
    fn flights_are_bounded() {
        let flights = Flights::default();
        let leads: Vec<Claim> = (0..MOST_FLIGHTS).map(|number| flights.claim(number.to_string().into())).collect();
        assert!(matches!(flights.claim("more".into()), Claim::Alone));
        assert!(matches!(flights.claim("1".into()), Claim::Wait(_)));
        drop(leads);
        assert_eq!(flights.count(), 0);
    }
}
