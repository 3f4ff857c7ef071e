//! What an API key looks like: `bk_<id>_<secret><checksum>`, in letters and digits.
//!
//! The id holds the tenant and the key, so that a key is found by its tenant's rows alone. The checksum lets programs that search
//! repositories and logs for leaked secrets tell a key from other text, and lets the door refuse a mistyped one unread.

use std::fmt;

use banyan_kernel::{Random, Uuid};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::secrets::Fingerprint;

/// With which every key begins.
pub(crate) const PREFIX: &str = "bk_";

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits of 128 bits.
const NUMBER: usize = 22;
/// Digits of 32 bits.
const CHECKSUM: usize = 6;
const LENGTH: usize = PREFIX.len() + 2 * NUMBER + 1 + 2 * NUMBER + CHECKSUM;

/// A key that has the right form and checksum. Never printed; [`KeyToken::reveal`] is for the answer.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyToken {
    pub(crate) tenant: Uuid,
    pub(crate) id: Uuid,
    text: String,
}

impl KeyToken {
    /// With 256 random bits.
    pub(crate) fn new(tenant: Uuid, id: Uuid, random: &dyn Random) -> Self {
        let mut bytes = [0_u8; 32];
        random.fill(&mut bytes);
        let half = |range: std::ops::Range<usize>| bytes[range].iter().fold(0_u128, |all, byte| all << 8 | u128::from(*byte));
        let mut text = String::with_capacity(LENGTH);
        text.push_str(PREFIX);
        write(&mut text, tenant.as_u128(), NUMBER);
        write(&mut text, id.as_u128(), NUMBER);
        text.push('_');
        write(&mut text, half(0..16), NUMBER);
        write(&mut text, half(16..32), NUMBER);
        let checksum = checksum(text.as_bytes());
        write(&mut text, checksum.into(), CHECKSUM);
        Self { tenant, id, text }
    }

    /// `None` for what cannot be a key of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != LENGTH || !text.is_ascii() || !text.starts_with(PREFIX) {
            return None;
        }
        let (body, sum) = text.split_at(LENGTH - CHECKSUM);
        let digits = &body[PREFIX.len()..];
        let (tenant, rest) = digits.split_at(NUMBER);
        let (id, secret) = rest.split_at(NUMBER);
        let secret = secret.strip_prefix('_')?;
        let known = secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let whole = read(sum)? == u128::from(checksum(body.as_bytes()));
        (known && whole).then_some(())?;
        Some(Self { tenant: Uuid::from_u128(read(tenant)?), id: Uuid::from_u128(read(id)?), text: text.to_owned() })
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the whole key. A fast digest suffices: the secret has 256 bits of entropy, so there is nothing to guess.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Sha256::digest(self.text.as_bytes()).to_vec()
    }

    /// In constant time.
    pub(crate) fn has_fingerprint(&self, fingerprint: &[u8]) -> bool {
        self.fingerprint().ct_eq(fingerprint).into()
    }
}

fn write(text: &mut String, mut number: u128, digits: usize) {
    let mut reversed = [b'0'; NUMBER];
    for digit in &mut reversed[..digits] {
        *digit = DIGITS[usize::try_from(number % 62).unwrap_or(0)];
        number /= 62;
    }
    text.extend(reversed[..digits].iter().rev().map(|digit| char::from(*digit)));
}

/// `None` for other characters, and for more than fits.
fn read(text: &str) -> Option<u128> {
    text.bytes().try_fold(0_u128, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        number.checked_mul(62)?.checked_add(digit.into())
    })
}

/// CRC-32 as of IEEE 802.3.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

impl fmt::Debug for KeyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyToken").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::OsRandom;

    #[test]
    fn a_key_is_read_as_it_was_written_and_no_other_text_is_one() {
        let key = KeyToken::new(Uuid::from_u128(u128::MAX), Uuid::from_u128(7), &OsRandom);
        let text = key.reveal();
        assert_eq!((text.len(), KeyToken::parse(text).as_ref()), (LENGTH, Some(&key)));
        assert!(text.starts_with("bk_") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        for place in 0..text.len() {
            for other in [b'0', b'z', b'_', b'-'] {
                let mut bytes = text.as_bytes().to_vec();
                if bytes[place] == other {
                    continue;
                }
                bytes[place] = other;
                assert_eq!(KeyToken::parse(std::str::from_utf8(&bytes).unwrap()), None, "at {place}");
            }
        }
        for other in ["", "bk_", &text[1..], &format!("{text}0"), &text.replace('_', "\u{e9}")] {
            assert_eq!(KeyToken::parse(other), None, "{other}");
        }
        assert!(!format!("{key:?}").contains(&text[50..]));
    }

    #[test]
    fn the_checksum_is_the_common_one() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn only_the_same_key_has_the_fingerprint() {
        let (one, other) =
            (KeyToken::new(Uuid::nil(), Uuid::nil(), &OsRandom), KeyToken::new(Uuid::nil(), Uuid::nil(), &OsRandom));
        assert!(
            one.has_fingerprint(&one.fingerprint()) && !one.has_fingerprint(&other.fingerprint()) && !one.has_fingerprint(&[])
        );
    }
}
