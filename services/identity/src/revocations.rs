//! What must stop being accepted before it expires: ended sessions, and tokens that carry rights of the past.
//!
//! The set is asked at each request, so it is in memory. Acts of this process are in it before they are answered; those of other
//! nodes arrive by the table `signals`. It holds a revocation for as long as a token lives.

use std::collections::HashMap;

use banyan_kernel::{Timestamp, Uuid};
use parking_lot::RwLock;

use crate::tokens::{Claims, LEEWAY_SECONDS, LIFETIME_SECONDS};

/// So long a revocation must be remembered.
pub const REMEMBERED_SECONDS: i64 = LIFETIME_SECONDS + 2 * LEEWAY_SECONDS;
/// At about 60 bytes each this is some 16 MB.
const MOST: usize = 250_000;

/// Ended sessions and raised rights, bounded. Fails closed: when full, it forgets the single ones and refuses every token that was
/// issued until now, which costs each person one refresh.
#[derive(Debug, Default)]
pub struct Revocations {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Session → when to forget.
    sessions: HashMap<Uuid, Timestamp>,
    /// User → the lowest version of rights that counts, and when to forget.
    rights: HashMap<Uuid, (i64, Timestamp)>,
    /// Tokens issued at or before this second are refused.
    nothing_before: Option<i64>,
}

impl Revocations {
    pub fn end_session(&self, session: Uuid, now: Timestamp) {
        let mut state = self.state.write();
        state.make_room(now);
        state.sessions.insert(session, now.plus_seconds(REMEMBERED_SECONDS));
    }

    /// Tokens of the user that carry a lower version are refused.
    pub fn raise_rights(&self, user: Uuid, version: i64, now: Timestamp) {
        let mut state = self.state.write();
        state.make_room(now);
        let entry = state.rights.entry(user).or_insert((version, now));
        *entry = (entry.0.max(version), now.plus_seconds(REMEMBERED_SECONDS));
    }

    pub fn contains(&self, claims: &Claims) -> bool {
        let state = self.state.read();
        state.sessions.contains_key(&claims.session) || state.outdated(claims.user, claims.rights_version, claims.issued_at)
    }

    /// For rights without a session: those of the version, as they were at that second, count no longer.
    pub fn outdates(&self, user: Uuid, version: i64, second: i64) -> bool {
        self.state.read().outdated(user, version, second)
    }

    pub fn len(&self) -> usize {
        let state = self.state.read();
        state.sessions.len() + state.rights.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl State {
    fn outdated(&self, user: Uuid, version: i64, second: i64) -> bool {
        self.rights.get(&user).is_some_and(|(lowest, _)| version < *lowest)
            || self.nothing_before.is_some_and(|nothing_before| second <= nothing_before)
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.sessions.len() + self.rights.len() < MOST {
            return;
        }
        self.sessions.retain(|_, forget| *forget > now);
        self.rights.retain(|_, (_, forget)| *forget > now);
        if self.sessions.len() + self.rights.len() >= MOST {
            self.sessions.clear();
            self.rights.clear();
            self.nothing_before = Some(now.seconds());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn claims(session: u128, version: i64) -> Claims {
        Claims {
            issuer: String::new(),
            audience: String::new(),
            user: Uuid::from_u128(1),
            client_id: String::new(),
            tenant: Uuid::nil(),
            session: Uuid::from_u128(session),
            rights_version: version,
            roles: Vec::new(),
            organisations: Vec::new(),
            issued_at: NOW.seconds(),
            expires_at: NOW.seconds() + LIFETIME_SECONDS,
            id: Uuid::nil(),
        }
    }

    #[test]
    fn an_ended_session_is_refused_and_others_are_not() {
        let revocations = Revocations::default();
        revocations.end_session(Uuid::from_u128(5), NOW);
        assert!(revocations.contains(&claims(5, 1)));
        assert!(!revocations.contains(&claims(6, 1)));
    }

    #[test]
    fn raised_rights_refuse_lower_versions_and_never_sink() {
        let revocations = Revocations::default();
        revocations.raise_rights(Uuid::from_u128(1), 3, NOW);
        revocations.raise_rights(Uuid::from_u128(1), 2, NOW);
        assert!(revocations.contains(&claims(5, 2)));
        assert!(!revocations.contains(&claims(5, 3)));
        let outdates = |user: u128, version| revocations.outdates(Uuid::from_u128(user), version, NOW.seconds());
        assert!(outdates(1, 2) && !outdates(1, 3) && !outdates(2, 1));
    }

    #[test]
    fn a_full_set_forgets_the_expired_first_and_else_refuses_everything_so_far() {
        let revocations = Revocations::default();
        for session in 0..MOST as u128 {
            revocations.end_session(Uuid::from_u128(session), NOW);
        }
        let later = NOW.plus_seconds(REMEMBERED_SECONDS);
        revocations.end_session(Uuid::from_u128(u128::MAX), later);
        assert_eq!(revocations.len(), 1);
        assert!(!revocations.contains(&claims(5, 1)));
        for session in 0..MOST as u128 {
            revocations.end_session(Uuid::from_u128(session), later);
        }
        assert!(revocations.len() <= MOST);
        let mut fresh = claims(u128::MAX - 1, 1);
        assert!(revocations.contains(&fresh), "issued before the set was full");
        fresh.issued_at = later.seconds() + 1;
        assert!(!revocations.contains(&fresh));
    }
}
