//! Encryption at rest: ChaCha20-Poly1305 (RFC 8439) under the installation's key.

use std::fmt;
use std::sync::Arc;

use banyan_kernel::{Random, Secret};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

const NONCE: usize = 12;

/// Seals small values. The stored form is the random nonce followed by ciphertext and tag.
#[derive(Clone)]
pub struct Cipher {
    cipher: Arc<ChaCha20Poly1305>,
    key: Secret<[u8; 32]>,
    random: Arc<dyn Random>,
}

/// The value was sealed under another key or for another row, or was changed.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value cannot be opened: it was changed, or the installation's key is another one")]
pub struct CipherError;

impl Cipher {
    /// `key` is 32 random bytes, one an installation.
    pub fn new(key: [u8; 32], random: Arc<dyn Random>) -> Self {
        Self { cipher: Arc::new(ChaCha20Poly1305::new(&Key::from(key))), key: Secret::new(key), random }
    }

    /// `context` must be given again to open the value: it binds the value to its row.
    pub fn seal(&self, plain: &[u8], context: &[u8]) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE];
        self.random.fill(&mut nonce);
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: context });
        let mut stored = nonce.to_vec();
        // Fails only beyond 256 GiB; an empty ciphertext never opens.
        stored.extend(sealed.unwrap_or_default());
        stored
    }

    /// # Errors
    /// [`CipherError`] when the value does not verify.
    pub fn open(&self, stored: &[u8], context: &[u8]) -> Result<Vec<u8>, CipherError> {
        let (nonce, sealed) = stored.split_first_chunk::<NONCE>().ok_or(CipherError)?;
        self.cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: context }).map_err(|_| CipherError)
    }

    /// A key for one purpose, derived from the installation's (HMAC-SHA-256 as the PRF).
    pub fn derive(&self, purpose: &str) -> Secret<[u8; 32]> {
        let mut mac = keyed(self.key.expose());
        mac.update(purpose.as_bytes());
        Secret::new(mac.finalize().into_bytes().into())
    }

    /// HMAC-SHA-256 under the derived key of `purpose`.
    pub(crate) fn authenticator(&self, purpose: &str) -> Hmac<Sha256> {
        keyed(self.derive(purpose).expose())
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0_u8; 64];
    block[..32].copy_from_slice(key);
    // HMAC pads a key shorter than its block with zeros (RFC 2104), so this is HMAC under the 32-byte key.
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::OsRandom;

    #[test]
    fn opens_only_what_it_sealed_for_the_same_context() {
        let cipher = Cipher::new([7; 32], Arc::new(OsRandom));
        let sealed = cipher.seal(b"secret", b"row 1");
        assert_eq!(cipher.open(&sealed, b"row 1").unwrap(), b"secret");
        assert!(cipher.open(&sealed, b"row 2").is_err());
        assert!(Cipher::new([8; 32], Arc::new(OsRandom)).open(&sealed, b"row 1").is_err());
        assert!(cipher.open(&sealed[..5], b"row 1").is_err());
        assert_ne!(cipher.derive("a").expose(), cipher.derive("b").expose());
    }
}
