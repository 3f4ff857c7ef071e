//! What is signed, and how it is checked.

use banyan_kernel::Timestamp;
use http::HeaderMap;

use super::keys::{SigningKey, VerifyingKey, WebhookKeyError};

/// The message's id, the same in each attempt: who hears it twice can tell.
pub const WEBHOOK_ID: &str = "webhook-id";
/// When this attempt was made, in seconds since the epoch.
pub const WEBHOOK_TIMESTAMP: &str = "webhook-timestamp";
/// One entry a key, with a space between them.
pub const SIGNATURE: &str = "webhook-signature";

/// How far a timestamp may be from our clock, either way, in seconds.
const TOLERANCE: i64 = 5 * 60;
/// More entries are not looked at.
const ENTRIES: usize = 8;

/// The value of `webhook-signature`: by each key, so that a receiver may know any of them while keys are changed.
///
/// # Errors
/// When a key cannot sign, which those made by [`SigningKey`] can.
pub fn sign(keys: &[SigningKey], id: &str, at: Timestamp, body: &[u8]) -> Result<String, WebhookKeyError> {
    let content = content(id, &at.seconds().to_string(), body);
    let entries: Result<Vec<String>, WebhookKeyError> = keys.iter().map(|key| key.sign(&content)).collect();
    Ok(entries?.join(" "))
}

/// A webhook that one of our keys signed a short time ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedWebhook {
    /// Remember it for at least ten minutes, to take each message once.
    pub id: String,
    /// When the attempt was made.
    pub at: Timestamp,
}

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookVerifyError {
    #[error("the header `{0}` is missing, or cannot be read")]
    Header(&'static str),
    #[error("`webhook-timestamp` is more than five minutes from our clock")]
    Time,
    #[error("no signature is by a key that is known here")]
    Signature,
}

/// Checks a webhook that came in: a signature by one of the keys, at most five minutes ago.
///
/// # Errors
/// [`WebhookVerifyError`]; answer 401 and nothing more.
pub fn verify(
    keys: &[VerifyingKey],
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<VerifiedWebhook, WebhookVerifyError> {
    let text = |name: &'static str| {
        let mut all = headers.get_all(name).iter();
        match (all.next().and_then(|value| value.to_str().ok()), all.next()) {
            (Some(value), None) if !value.is_empty() => Ok(value),
            _ => Err(WebhookVerifyError::Header(name)),
        }
    };
    let (id, timestamp, signatures) = (text(WEBHOOK_ID)?, text(WEBHOOK_TIMESTAMP)?, text(SIGNATURE)?);
    if !is_id(id) {
        return Err(WebhookVerifyError::Header(WEBHOOK_ID));
    }
    let seconds: i64 = timestamp.parse().map_err(|_| WebhookVerifyError::Header(WEBHOOK_TIMESTAMP))?;
    let at = Timestamp::from_seconds(seconds);
    if now.seconds_since(at).unsigned_abs() > TOLERANCE.unsigned_abs() {
        return Err(WebhookVerifyError::Time);
    }
    let content = content(id, timestamp, body);
    let known = |entry: &str| keys.iter().any(|key| key.accepts(entry, &content));
    if signatures.split(' ').take(ENTRIES).any(known) {
        Ok(VerifiedWebhook { id: id.to_owned(), at })
    } else {
        Err(WebhookVerifyError::Signature)
    }
}

/// Ids hold no `.`, which parts what is signed: 1 to 100 letters, digits, `_` and `-`.
pub(super) fn is_id(id: &str) -> bool {
    (1..=100).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

fn content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::OsRandom;

    const BODY: &[u8] = b"{\"test\": 2432232314}";

    fn headers(id: &str, at: &str, signature: &str) -> HeaderMap {
        let pairs = [(WEBHOOK_ID, id), (WEBHOOK_TIMESTAMP, at), (SIGNATURE, signature)];
        pairs.iter().map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    /// Of the project's own test suites.
    #[test]
    fn the_published_vector() {
        let key: SigningKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let at = Timestamp::from_seconds(1_614_265_330);
        let signature = sign(&[key], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, BODY).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn either_key_is_enough_while_keys_are_changed() {
        let (old, new, other) = (SigningKey::shared(&OsRandom), SigningKey::shared(&OsRandom), SigningKey::shared(&OsRandom));
        let pair = SigningKey::pair(&OsRandom);
        let now = Timestamp::from_seconds(1_700_000_000);
        let signature = sign(&[new.clone(), old.clone(), pair.clone()], "msg_1", now, BODY).unwrap();
        let headers = headers("msg_1", "1700000000", &signature);
        for key in [&old, &new, &pair] {
            // What is stored or copied reads back as the same key.
            let again: SigningKey = key.reveal().expose().parse().unwrap();
            assert!(verify(&[again.verifying().unwrap()], &headers, BODY, now).is_ok());
        }
        let public = pair.verifying().unwrap().public().unwrap();
        assert_eq!(verify(&[public.parse().unwrap()], &headers, BODY, now).unwrap().id, "msg_1");
        assert_eq!(verify(&[other.verifying().unwrap()], &headers, BODY, now), Err(WebhookVerifyError::Signature));
        assert_eq!(verify(&[], &headers, BODY, now), Err(WebhookVerifyError::Signature));
    }

    #[test]
    fn what_was_changed_is_not_believed() {
        use WebhookVerifyError::*;
        let key = SigningKey::shared(&OsRandom);
        let keys = [key.verifying().unwrap()];
        let now = Timestamp::from_seconds(1_700_000_000);
        let signature = sign(&[key], "msg_1", now, BODY).unwrap();
        let check =
            |id: &str, at: &str, signature: &str, body: &[u8], now| verify(&keys, &headers(id, at, signature), body, now).err();
        assert_eq!(check("msg_1", "1700000000", &signature, BODY, now), None);
        assert_eq!(check("msg_1", "1700000000", &format!("v1,AAAA v2,x {signature}"), BODY, now), None);
        assert_eq!(check("msg_2", "1700000000", &signature, BODY, now), Some(Signature));
        assert_eq!(check("msg_1", "1700000001", &signature, BODY, now), Some(Signature));
        assert_eq!(check("msg_1", "1700000000", &signature, b"{}", now), Some(Signature));
        assert_eq!(check("msg_1", "1700000000", &signature.replace("v1,", "v1a,"), BODY, now), Some(Signature));
        assert_eq!(check("msg_1", "1700000000", &"v1,AAAA ".repeat(9), BODY, now), Some(Signature));
        assert_eq!(check("msg_1", "1700000000", &signature, BODY, now.plus_seconds(300)), None);
        assert_eq!(check("msg_1", "1700000000", &signature, BODY, now.plus_seconds(301)), Some(Time));
        assert_eq!(check("msg_1", "1700000000", &signature, BODY, now.plus_seconds(-301)), Some(Time));
        assert_eq!(check("msg_1", &i64::MIN.to_string(), &signature, BODY, now), Some(Time));
        assert_eq!(check("msg_1", "soon", &signature, BODY, now), Some(Header(WEBHOOK_TIMESTAMP)));
        assert_eq!(check("a.b", "1700000000", &signature, BODY, now), Some(Header(WEBHOOK_ID)));
        let mut twice = headers("msg_1", "1700000000", &signature);
        twice.append(WEBHOOK_ID, "msg_2".parse().unwrap());
        assert_eq!(verify(&keys, &twice, BODY, now).err(), Some(Header(WEBHOOK_ID)));
        assert_eq!(verify(&keys, &HeaderMap::new(), BODY, now).err(), Some(Header(WEBHOOK_ID)));
    }

    #[test]
    fn keys_are_not_printed_and_bad_ones_refused() {
        let key = SigningKey::shared(&OsRandom);
        assert!(!format!("{key:?} {:?}", key.verifying().unwrap()).contains(&key.reveal().expose()[6..]));
        let short = "whsec_c2hvcnQ=";
        assert_eq!(short.parse::<SigningKey>().err(), Some(WebhookKeyError::Length));
        assert_eq!("secret".parse::<SigningKey>().err(), Some(WebhookKeyError::Prefix));
        assert_eq!("whsec_*".parse::<VerifyingKey>().err(), Some(WebhookKeyError::Base64));
        assert_eq!("whsk_c2hvcnQ=".parse::<SigningKey>().err(), Some(WebhookKeyError::Pair));
        assert_eq!("whpk_c2hvcnQ=".parse::<VerifyingKey>().err(), Some(WebhookKeyError::Pair));
    }
}
