//! Opaque secrets that people carry: refresh tokens, and the one-time tokens in mails. The database holds their digests only.

use std::fmt;

use banyan_kernel::Random;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Digest as _, Sha256};

/// Longer texts are refused before they are hashed.
const LONGEST: usize = 128;

/// What a secret is for; its prefix lets people and secret scanners recognise a leaked one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    Refresh,
    VerifyEmail,
    ResetPassword,
    Invitation,
    Client,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "bnr_",
            Self::VerifyEmail => "bnv_",
            Self::ResetPassword => "bnp_",
            Self::Invitation => "bni_",
            Self::Client => "bnc_",
        }
    }
}

/// A prefix and 256 random bits in base64url. Never printed; [`OpaqueSecret::reveal`] is for the answer or the mail.
#[derive(Clone, PartialEq, Eq)]
pub struct OpaqueSecret(String);

/// SHA-256 of a secret. A fast digest suffices: the secret has 256 bits of entropy, so there is nothing to guess.
pub type Fingerprint = Vec<u8>;

impl OpaqueSecret {
    pub fn new(kind: SecretKind, random: &dyn Random) -> Self {
        let mut bytes = [0_u8; 32];
        random.fill(&mut bytes);
        Self(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The one secret that can follow this one: HMAC-SHA-256 under the installation's key (RFC 2104). Whoever presents the same
    /// secret twice is given the same successor, and neither is kept anywhere: the database has digests, the key alone gives nothing.
    #[must_use]
    pub fn successor(&self, key: &[u8; 32]) -> Self {
        let prefix_length = self.0.find('_').map_or(0, |at| at + 1);
        let mut mac = mac_of(key);
        mac.update(self.0.as_bytes());
        let next = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Self(format!("{}{next}", &self.0[..prefix_length]))
    }

    /// Takes a secret that a person sent. `None` when it cannot be one of this kind.
    pub fn parse(kind: SecretKind, text: &str) -> Option<Self> {
        let fits = text.len() <= LONGEST && text.starts_with(kind.prefix());
        fits.then(|| Self(text.to_owned()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn fingerprint(&self) -> Fingerprint {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

/// HMAC-SHA-256 (RFC 2104): a short key is filled up with zeros to the digest's block.
pub(crate) fn mac_of(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}

impl fmt::Debug for OpaqueSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::OsRandom;

    #[test]
    fn secrets_differ_and_are_found_again_by_their_fingerprint() {
        let one = OpaqueSecret::new(SecretKind::Refresh, &OsRandom);
        let two = OpaqueSecret::new(SecretKind::Refresh, &OsRandom);
        assert_ne!(one, two);
        let sent = OpaqueSecret::parse(SecretKind::Refresh, one.reveal()).unwrap();
        assert_eq!(sent.fingerprint(), one.fingerprint());
        assert_ne!(two.fingerprint(), one.fingerprint());
    }

    #[test]
    fn the_digest_is_that_of_rfc_4231() {
        // Test case 1 with its key of 20 bytes filled up, as HMAC does.
        let mut key = [0_u8; 32];
        key[..20].fill(0x0b);
        let digest = mac_of(&key).chain_update(b"Hi There").finalize().into_bytes();
        assert_eq!(digest[..4], [0xb0, 0x34, 0x4c, 0x61]);
    }

    #[test]
    fn a_secret_has_one_successor_under_a_key() {
        let secret = OpaqueSecret::new(SecretKind::Refresh, &OsRandom);
        let next = secret.successor(&[7; 32]);
        assert_eq!(next, secret.successor(&[7; 32]));
        assert_ne!(next, secret.successor(&[8; 32]));
        assert_ne!(next, next.successor(&[7; 32]));
        assert_eq!(OpaqueSecret::parse(SecretKind::Refresh, next.reveal()), Some(next));
    }

    #[test]
    fn a_secret_of_another_kind_or_a_long_text_is_none() {
        let reset = OpaqueSecret::new(SecretKind::ResetPassword, &OsRandom);
        assert_eq!(OpaqueSecret::parse(SecretKind::Refresh, reset.reveal()), None);
        assert_eq!(OpaqueSecret::parse(SecretKind::Refresh, &format!("bnr_{}", "a".repeat(1000))), None);
        assert_eq!(format!("{reset:?}"), "***");
    }
}
