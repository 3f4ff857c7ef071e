//! Links that end a topic without a log-in (RFC 8058). The token is sealed: only this installation makes them, and nobody reads in them.

use banyan_kernel::Uuid;
use banyan_store::idempotency::Cipher;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use crate::topic::Topic;

/// What else is sealed by the same key cannot be shown as a token.
const PURPOSE: &[u8] = b"notifications: unsubscribe";
/// In letters; a token has about 150.
const LONGEST: usize = 1_000;
/// Where the links lead.
pub(crate) const PATH: &str = "/api/v1/notifications/unsubscribe";

/// Who wants no more mails on what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wish {
    #[serde(rename = "n")]
    pub(crate) tenant: Uuid,
    #[serde(rename = "u")]
    pub(crate) user: Uuid,
    #[serde(rename = "t")]
    pub(crate) topics: Vec<Topic>,
}

impl Wish {
    pub(crate) fn token(&self, cipher: &Cipher) -> String {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        BASE64.encode(cipher.seal(&plain, PURPOSE))
    }

    /// Nothing where it is none of ours.
    pub(crate) fn read(token: &str, cipher: &Cipher) -> Option<Self> {
        if token.len() > LONGEST {
            return None;
        }
        let sealed = BASE64.decode(token).ok()?;
        serde_json::from_slice(&cipher.open(&sealed, PURPOSE).ok()?).ok()
    }

    pub(crate) fn link(&self, base_url: &str, cipher: &Cipher) -> String {
        format!("{base_url}{PATH}?token={}", self.token(cipher))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::OsRandom;
    use std::sync::Arc;

    #[test]
    fn a_token_is_ours_or_nothing() {
        let cipher = |key: u8| Cipher::new([key; 32], Arc::new(OsRandom));
        let wish = Wish { tenant: Uuid::from_u128(1), user: Uuid::from_u128(2), topics: vec![Topic::Goals] };
        let token = wish.token(&cipher(1));
        assert_eq!(Wish::read(&token, &cipher(1)), Some(wish));
        assert_eq!(Wish::read(&token, &cipher(2)), None);
        let mut altered = token.into_bytes();
        altered[30] = if altered[30] == b'A' { b'B' } else { b'A' };
        assert_eq!(Wish::read(std::str::from_utf8(&altered).unwrap(), &cipher(1)), None);
        let other_purpose = BASE64.encode(cipher(1).seal(b"{}", b"something else"));
        assert_eq!(Wish::read(&other_purpose, &cipher(1)), None);
        assert_eq!(Wish::read("", &cipher(1)), None);
        assert_eq!(Wish::read(&"A".repeat(5_000), &cipher(1)), None);
    }
}
