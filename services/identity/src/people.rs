//! The language that each signed-in person chose, shared with the credentials that the edge remembers: a choice counts for the
//! next request, and no request has to read it.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use banyan_kernel::Uuid;
use parking_lot::Mutex;

/// Where one person's choice stands for as long as somebody holds it.
#[derive(Debug, Default)]
pub(crate) struct Language(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    chosen: Option<Arc<str>>,
    /// Rises with each choice, so that what was read before one does not undo it.
    choices: u64,
}

/// A point in time between two choices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before(u64);

impl Language {
    pub(crate) fn get(&self) -> Option<Arc<str>> {
        self.0.lock().chosen.clone()
    }

    pub(crate) fn before_reading(&self) -> Before {
        Before(self.0.lock().choices)
    }

    /// What was read from the database, unless the person chose anew since.
    pub(crate) fn was_read(&self, chosen: Option<&str>, before: Before) {
        let mut state = self.0.lock();
        if state.choices == before.0 {
            state.chosen = chosen.map(Arc::from);
        }
    }

    fn choose(&self, chosen: Option<&str>) {
        let mut state = self.0.lock();
        state.choices += 1;
        state.chosen = chosen.map(Arc::from);
    }
}

/// The languages that somebody holds. As large as the edge's memory of credentials, no larger.
#[derive(Debug, Default)]
pub(crate) struct Languages(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    by_user: HashMap<Uuid, Weak<Language>>,
    /// At this size those that nobody holds any more are taken out.
    clean_at: usize,
}

impl Languages {
    /// The person's place, made if nobody holds it yet.
    pub(crate) fn hold(&self, user: Uuid) -> Arc<Language> {
        let mut held = self.0.lock();
        if let Some(language) = held.by_user.get(&user).and_then(Weak::upgrade) {
            return language;
        }
        if held.by_user.len() >= held.clean_at {
            held.by_user.retain(|_, language| language.strong_count() > 0);
            held.clean_at = (held.by_user.len() * 2).max(1_024);
        }
        let language = Arc::new(Language::default());
        held.by_user.insert(user, Arc::downgrade(&language));
        language
    }

    /// The person's place if somebody holds it.
    pub(crate) fn held(&self, user: Uuid) -> Option<Arc<Language>> {
        self.0.lock().by_user.get(&user).and_then(Weak::upgrade)
    }

    pub(crate) fn choose(&self, user: Uuid, chosen: Option<&str>) {
        if let Some(language) = self.held(user) {
            language.choose(chosen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Uuid = Uuid::from_u128(1);

    #[test]
    fn a_choice_is_seen_by_all_who_hold_the_place() {
        let languages = Languages::default();
        let (one, other) = (languages.hold(ANN), languages.hold(ANN));
        languages.choose(ANN, Some("id-ID"));
        assert_eq!(one.get().as_deref(), Some("id-ID"));
        assert_eq!(other.get().as_deref(), Some("id-ID"));
        languages.choose(ANN, None);
        assert_eq!(one.get(), None);
    }

    #[test]
    fn what_was_read_before_a_choice_does_not_undo_it() {
        let languages = Languages::default();
        let place = languages.hold(ANN);
        let before = place.before_reading();
        languages.choose(ANN, Some("id-ID"));
        place.was_read(Some("en-US"), before);
        assert_eq!(place.get().as_deref(), Some("id-ID"));
        place.was_read(Some("en-US"), place.before_reading());
        assert_eq!(place.get().as_deref(), Some("en-US"));
    }

    #[test]
    fn places_that_nobody_holds_are_taken_out() {
        let languages = Languages::default();
        for user in 0..10_000 {
            drop(languages.hold(Uuid::from_u128(user)));
        }
        assert!(languages.0.lock().by_user.len() <= 1_024);
        assert!(languages.held(ANN).is_none());
    }
}
