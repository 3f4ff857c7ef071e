//! The cookie that keeps a client on its side. Signed, so that nobody chooses a side by writing one.

use std::sync::Arc;

use banyan_kernel::Random;
use banyan_mesh::caller::ClusterSecret;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue};
use sha2::Sha256;

use super::choose::{WHOLE, cookies};
use crate::request::address::Security;

/// What the key is made for; no upstream can have a name with a space.
const PURPOSE: &str = "split cookie";
/// Bytes of the signature that are sent: nobody guesses 128 bits for a place in a queue.
const SHORT: usize = 16;
/// How long a client stays, in seconds.
const AGE: u32 = 30 * 86_400;

/// Signs and verifies.
#[derive(Clone)]
pub(crate) struct CookieKey(Arc<[u8; 32]>);

impl CookieKey {
    /// From the secret that all nodes share; without one it holds for this process alone.
    pub(crate) fn of(secret: Option<&ClusterSecret>, random: &dyn Random) -> Self {
        let mut key = [0; 32];
        match secret {
            Some(secret) => key.copy_from_slice(&*secret.upstream_key(PURPOSE)),
            None => random.fill(&mut key),
        }
        Self(Arc::new(key))
    }

    fn mac(&self, split: &str, bucket: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0).ok()?;
        mac.update(split.as_bytes());
        mac.update(&[0]);
        mac.update(bucket.as_bytes());
        Some(mac)
    }

    /// The part that the client was given; none where it has no cookie of this split that we signed.
    pub(crate) fn read(&self, split: &str, headers: &HeaderMap) -> Option<u32> {
        let name = name(split);
        cookies(headers).filter(|(found, _)| *found == name).take(4).find_map(|(_, value)| self.verified(split, value))
    }

    fn verified(&self, split: &str, value: &str) -> Option<u32> {
        let (bucket, signature) = value.split_once('.')?;
        let signature = bytes(signature)?;
        self.mac(split, bucket)?.verify_truncated_left(&signature).ok()?;
        bucket.parse().ok().filter(|bucket| *bucket < WHOLE)
    }

    /// `Set-Cookie` for a client that is new.
    pub(crate) fn write(&self, split: &str, bucket: u32, security: Security) -> Option<HeaderValue> {
        let bucket = bucket.to_string();
        let signature = self.mac(split, &bucket)?.finalize().into_bytes();
        let signature: String = signature.iter().take(SHORT).map(|byte| format!("{byte:02x}")).collect();
        let secure = if security == Security::Secure { "; Secure" } else { "" };
        let name = name(split);
        HeaderValue::try_from(format!("{name}={bucket}.{signature}; Path=/; Max-Age={AGE}; HttpOnly; SameSite=Lax{secure}")).ok()
    }
}

fn name(split: &str) -> String {
    format!("banyan-split-{split}")
}

fn bytes(text: &str) -> Option<[u8; SHORT]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.len() != 2 * SHORT {
        return None;
    }
    let mut bytes = [0; SHORT];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

impl std::fmt::Debug for CookieKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookieKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::COOKIE;

    fn key(byte: u8) -> CookieKey {
        CookieKey(Arc::new([byte; 32]))
    }

    fn sent(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(format!("a=b; {value}; c=d")).unwrap())])
    }

    #[test]
    fn only_what_was_signed_for_this_split_counts() {
        let written = key(1).write("goals", 17, Security::Secure).unwrap();
        let written = written.to_str().unwrap();
        assert!(written.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{written}");
        let pair = written.split(';').next().unwrap();
        assert_eq!(key(1).read("goals", &sent(pair)), Some(17));
        assert_eq!(key(2).read("goals", &sent(pair)), None, "another key");
        assert_eq!(key(1).read("tasks", &sent(&pair.replace("goals", "tasks"))), None, "another split");
        assert_eq!(key(1).read("goals", &sent(&pair.replace("=17.", "=18."))), None, "another part");
        assert_eq!(key(1).read("goals", &sent(&pair[..pair.len() - 2])), None, "half a signature");
        for forged in ["", "17", "17.", "17.zz", "99999.00", "-1.00000000000000000000000000000000", "17.é"] {
            assert_eq!(key(1).read("goals", &sent(&format!("banyan-split-goals={forged}"))), None, "{forged}");
        }
    }
}
