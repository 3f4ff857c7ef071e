//! Signed heads: proof, kept outside the database, of how far a chain went at a time.
//!
//! Whoever can write the tables can cut the newest records and set the chain's head back, and the chain still holds. A head that
//! was signed before then names a link that is no longer there.

use banyan_kernel::Timestamp;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::error::StoreError;
use crate::idempotency::Cipher;
use crate::store::Store;

/// The derived key's purpose.
const PURPOSE: &str = "audit heads";

/// The end of a service's audit chain at a time, signed with a key of the installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedHead {
    pub service: String,
    /// Number of links; 0 for an empty chain.
    pub position: i64,
    /// Hex of the last link's SHA-256; zeros for an empty chain.
    pub head: String,
    pub at: Timestamp,
    /// Hex of HMAC-SHA-256 over the other fields.
    pub signature: String,
}

/// The signature is not that of this installation over these fields.
#[derive(Debug, thiserror::Error)]
#[error("the signature of an audit head does not hold: the head was changed, or the installation's key is another one")]
pub struct ForgedHead;

impl SignedHead {
    fn signed(service: &str, position: i64, head: String, at: Timestamp, cipher: &Cipher) -> Self {
        let mut signed = Self { service: service.to_owned(), position, head, at, signature: String::new() };
        signed.signature = hex(&signed.authenticator(cipher).finalize().into_bytes());
        signed
    }

    /// Checks the signature, in a time that does not depend on where it differs.
    ///
    /// # Errors
    /// [`ForgedHead`] when it does not hold.
    pub fn verify(&self, cipher: &Cipher) -> Result<(), ForgedHead> {
        let signature = from_hex(&self.signature).ok_or(ForgedHead)?;
        self.authenticator(cipher).verify_slice(&signature).map_err(|_| ForgedHead)
    }

    /// Has taken every field but the signature, each led by its length so that no two heads share an encoding.
    fn authenticator(&self, cipher: &Cipher) -> Hmac<Sha256> {
        let mut mac = cipher.authenticator(PURPOSE);
        let (position, at) = (self.position.to_be_bytes(), self.at.micros().to_be_bytes());
        for field in [self.service.as_bytes(), &position, self.head.as_bytes(), &at] {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field);
        }
        mac
    }
}

impl Store {
    /// The present end of this service's audit chain, signed. Keep it outside the database.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn audit_head_signed(&self) -> Result<SignedHead, StoreError> {
        let (position, hash) = self.audit_head().await?;
        let environment = self.environment();
        Ok(SignedHead::signed(self.service(), position, hex(&hash), environment.clock.now(), &environment.cipher))
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}
