//! Signing keys and their life: `next` (published, not yet used), `active` (signs), `retiring` (only verifies), gone.
//!
//! A key is published a day before it signs and verifies for a day after, so nobody who caches the JWK set meets an unknown key.

use std::fmt;

use banyan_kernel::{Random, Timestamp, Uuid};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use sha2::{Digest as _, Sha256};

/// An active key signs for 30 days.
pub(super) const ACTIVE_SECONDS: i64 = 30 * 86_400;
/// A next key is published for a day before it may sign.
pub(super) const PUBLISHED_SECONDS: i64 = 86_400;
/// A retired key verifies for a day: longer than any token lives and any JWK set is cached.
pub(super) const RETIRING_SECONDS: i64 = 86_400;

/// An Ed25519 key (RFC 8032): its 32-byte seed.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    pub fn generate(random: &dyn Random) -> Self {
        let mut seed = [0; 32];
        random.fill(&mut seed);
        Self::from_seed(&seed)
    }

    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The JWK thumbprint (RFC 7638, RFC 8037 appendix A.3), so that a key names itself.
    pub fn id(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.public());
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.id())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    Next,
    Active,
    Retiring,
}

impl KeyState {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retiring => "retiring",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Next, Self::Active, Self::Retiring].into_iter().find(|state| state.word() == word)
    }
}

/// What the plan needs of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningKeyInfo {
    pub id: Uuid,
    pub state: KeyState,
    /// When it came into this state.
    pub since: Timestamp,
}

/// A step of the rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStep {
    Create(KeyState),
    /// Let the next key sign; the active one, if there is one, retires.
    Promote {
        next: Uuid,
        retiring: Option<Uuid>,
    },
    Delete(Uuid),
}

/// What is to be done now, in order. Nothing, on most days.
pub fn plan(keys: &[SigningKeyInfo], now: Timestamp) -> Vec<KeyStep> {
    let find = |state| keys.iter().find(|key| key.state == state);
    let old = |key: &SigningKeyInfo, seconds| now.seconds_since(key.since) >= seconds;
    let mut steps = Vec::new();
    match (find(KeyState::Active), find(KeyState::Next)) {
        (None, None) => steps.extend([KeyStep::Create(KeyState::Active), KeyStep::Create(KeyState::Next)]),
        (None, Some(next)) => steps.extend([KeyStep::Promote { next: next.id, retiring: None }, KeyStep::Create(KeyState::Next)]),
        (Some(_), None) => steps.push(KeyStep::Create(KeyState::Next)),
        (Some(active), Some(next)) if old(active, ACTIVE_SECONDS) && old(next, PUBLISHED_SECONDS) => {
            steps.extend([KeyStep::Promote { next: next.id, retiring: Some(active.id) }, KeyStep::Create(KeyState::Next)]);
        }
        (Some(_), Some(_)) => {}
    }
    let gone = keys.iter().filter(|key| key.state == KeyState::Retiring && old(key, RETIRING_SECONDS));
    steps.extend(gone.map(|key| KeyStep::Delete(key.id)));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn key(id: u128, state: KeyState, age_seconds: i64) -> SigningKeyInfo {
        SigningKeyInfo { id: Uuid::from_u128(id), state, since: NOW.plus_seconds(-age_seconds) }
    }

    #[test]
    fn the_first_start_makes_two_keys_and_then_there_is_nothing_to_do() {
        let steps = plan(&[], NOW);
        assert_eq!(steps, [KeyStep::Create(KeyState::Active), KeyStep::Create(KeyState::Next)]);
        assert_eq!(plan(&[key(1, KeyState::Active, 0), key(2, KeyState::Next, 0)], NOW), []);
    }

    #[test]
    fn an_old_active_key_gives_way_only_to_one_that_was_published_long_enough() {
        let active = key(1, KeyState::Active, ACTIVE_SECONDS);
        assert_eq!(plan(&[active, key(2, KeyState::Next, PUBLISHED_SECONDS - 1)], NOW), []);
        let promote = KeyStep::Promote { next: Uuid::from_u128(2), retiring: Some(Uuid::from_u128(1)) };
        let steps = plan(&[active, key(2, KeyState::Next, PUBLISHED_SECONDS)], NOW);
        assert_eq!(steps, [promote, KeyStep::Create(KeyState::Next)]);
        assert_eq!(plan(&[active], NOW), [KeyStep::Create(KeyState::Next)]);
    }

    #[test]
    fn a_retiring_key_goes_after_its_day() {
        let keys = [key(1, KeyState::Active, 0), key(2, KeyState::Next, 0), key(3, KeyState::Retiring, RETIRING_SECONDS - 1)];
        assert_eq!(plan(&keys, NOW), []);
        assert_eq!(plan(&keys, NOW.plus_seconds(1)), [KeyStep::Delete(Uuid::from_u128(3))]);
    }

    #[test]
    fn a_key_without_its_active_one_is_promoted_at_once() {
        let steps = plan(&[key(2, KeyState::Next, 0)], NOW);
        assert_eq!(steps[0], KeyStep::Promote { next: Uuid::from_u128(2), retiring: None });
    }

    #[test]
    fn the_key_of_rfc_8037_names_itself_as_there() {
        // RFC 8037 appendices A.1 and A.3.
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = PrivateKey::from_seed(&seed.try_into().unwrap());
        assert_eq!(URL_SAFE_NO_PAD.encode(key.public()), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
