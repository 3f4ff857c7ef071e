//! Where a browser listens.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use url::Url;

/// As `PushSubscription.toJSON()` writes it, without the time at which it ends, which the push service tells by 410. Whoever knows it can send to that browser: it is sealed where it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Looked at by [`Guard::check`](crate::Guard::check): a person's browser sends it.
    #[serde(with = "crate::url_text")]
    pub endpoint: Url,
    pub keys: SubscriptionKeys,
}

/// In base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionKeys {
    /// The browser's point on the curve P-256, 65 bytes.
    pub p256dh: String,
    /// 16 bytes.
    pub auth: String,
}

/// What a browser sent is no subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionError {
    #[error("`keys.p256dh` is not a point of 65 bytes in base64")]
    Point,
    #[error("`keys.auth` is not 16 bytes in base64")]
    Auth,
}

pub(super) struct OpenKeys {
    pub(super) point: [u8; 65],
    pub(super) auth: [u8; 16],
}

impl Subscription {
    /// Looks at the keys, for the moment when a browser sends them.
    ///
    /// # Errors
    /// [`SubscriptionError`].
    pub fn check(&self) -> Result<(), SubscriptionError> {
        self.open().map(|_| ())
    }

    pub(super) fn open(&self) -> Result<OpenKeys, SubscriptionError> {
        let point: [u8; 65] = decode(&self.keys.p256dh).ok_or(SubscriptionError::Point)?;
        let auth = decode(&self.keys.auth).ok_or(SubscriptionError::Auth)?;
        // Uncompressed (SEC 1); whether it is on the curve shows when it is used.
        if point[0] == 4 { Ok(OpenKeys { point, auth }) } else { Err(SubscriptionError::Point) }
    }
}

/// Some libraries write the other alphabet.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.trim_end_matches('=');
    let bytes = URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()?;
    bytes.try_into().ok()
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("host", &self.endpoint.host_str()).finish_non_exhaustive()
    }
}

impl fmt::Debug for SubscriptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubscriptionKeys(***)")
    }
}
