//! Verifying.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use banyan_kernel::{Clock, Timestamp};
use hmac::{Hmac, Mac};
use http::{HeaderMap, Method, Uri};
use parking_lot::Mutex;
use sha2::Sha256;

use super::claims::SignedCaller;
use super::input::Input;
use super::key::ClusterSecret;
use super::{ALGORITHM, CALLER, CONTENT_DIGEST, signature_base};

/// The longest `Banyan-Caller` that is read, in bytes.
const LONGEST_CALLER: usize = 16 * 1024;

/// Verifies requests that were signed for one upstream (or service): this one.
pub struct Verifier {
    keys: Vec<(String, Hmac<Sha256>)>,
    clock: Arc<dyn Clock>,
    skew: Duration,
    longest: Duration,
    seen: Option<Mutex<Seen>>,
}

/// A caller that can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub caller: SignedCaller,
    /// The body's `Content-Digest`, if it is signed; who reads the body compares it.
    pub digest: Option<String>,
}

/// Why a request's caller cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallerError {
    #[error("the request is not signed")]
    Missing,
    #[error("the signature cannot be read")]
    Malformed,
    #[error("the signature's key is not known; is the cluster secret the same on both sides?")]
    UnknownKey,
    #[error("the signature does not fit the request")]
    Wrong,
    #[error("the signature is too old, or of the future; do the clocks agree?")]
    Expired,
    #[error("the signature was used before")]
    Replayed,
    #[error("there are too many signatures to remember; make the window larger")]
    WindowFull,
}

/// Signatures that were used, in two generations: those of the last lifetime, and those of the one before.
struct Seen {
    present: HashSet<Vec<u8>>,
    past: HashSet<Vec<u8>>,
    since: Timestamp,
    most: usize,
}

impl Verifier {
    /// Clocks may differ by 30 s. `secrets` are those that hold now: one, or two while it is being replaced; signatures hold for 5 minutes
    /// at most, whatever they say.
    pub fn new(upstream: &str, secrets: &[ClusterSecret], clock: Arc<dyn Clock>) -> Self {
        let keys = secrets.iter().filter_map(|secret| Some((secret.id().to_owned(), secret.mac(upstream)?))).collect();
        Self { keys, clock, skew: Duration::from_secs(30), longest: Duration::from_secs(300), seen: None }
    }

    #[must_use]
    pub fn with_skew(mut self, skew: Duration) -> Self {
        self.skew = skew;
        self
    }

    /// Also refuses a signature that was used before. Up to twice `most` are remembered (100 bytes each); beyond that nothing is
    /// accepted, so make it as large as the calls of six minutes.
    #[must_use]
    pub fn remembering(mut self, most: usize) -> Self {
        let since = self.clock.now();
        self.seen = Some(Mutex::new(Seen { present: HashSet::new(), past: HashSet::new(), since, most }));
        self
    }

    /// Who calls, if a node of ours says so.
    ///
    /// # Errors
    /// Why it cannot be believed; the request is to be refused then.
    pub fn verify(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Verified, CallerError> {
        let mut lines = headers.get_all(&CALLER).iter();
        let (field, None) = (lines.next().ok_or(CallerError::Missing)?, lines.next()) else { return Err(CallerError::Malformed) };
        let field = field.to_str().ok().filter(|field| field.len() <= LONGEST_CALLER).ok_or(CallerError::Malformed)?;
        let input = Input::of(headers).ok_or(CallerError::Malformed)?;
        if input.algorithm != ALGORITHM {
            return Err(CallerError::Malformed);
        }
        let digest = if input.with_body { Some(only_digest(headers)?) } else { None };
        let mac = self.keys.iter().find(|(id, _)| *id == input.key_id).map(|(_, mac)| mac.clone());
        let mut mac = mac.ok_or(CallerError::UnknownKey)?;
        mac.update(signature_base(method.as_str(), uri, field, digest, &input.parameters).as_bytes());
        // In constant time.
        mac.verify_slice(&input.signature).map_err(|_| CallerError::Wrong)?;
        self.check_times(&input)?;
        let caller = SignedCaller::from_field(field).ok_or(CallerError::Malformed)?;
        self.remember(&input)?;
        Ok(Verified { caller, digest: digest.map(str::to_owned) })
    }

    fn check_times(&self, input: &Input) -> Result<(), CallerError> {
        let (now, skew) = (self.clock.now().seconds(), self.skew.as_secs().cast_signed());
        let lifetime = input.expires.saturating_sub(input.created);
        let begun = input.created <= now.saturating_add(skew);
        let ended = input.expires < now.saturating_sub(skew);
        let sound = (1..=self.longest.as_secs().cast_signed()).contains(&lifetime);
        if begun && !ended && sound { Ok(()) } else { Err(CallerError::Expired) }
    }

    fn remember(&self, input: &Input) -> Result<(), CallerError> {
        let Some(seen) = &self.seen else { return Ok(()) };
        // No signature can be valid for longer than that.
        let lifetime = (self.longest + self.skew * 2).as_secs().cast_signed();
        seen.lock().insert(&input.signature, self.clock.now(), lifetime)
    }
}

fn only_digest(headers: &HeaderMap) -> Result<&str, CallerError> {
    let mut lines = headers.get_all(&CONTENT_DIGEST).iter();
    match (lines.next().and_then(|line| line.to_str().ok()), lines.next()) {
        (Some(digest), None) => Ok(digest),
        _ => Err(CallerError::Malformed),
    }
}

impl Seen {
    fn insert(&mut self, signature: &[u8], now: Timestamp, lifetime: i64) -> Result<(), CallerError> {
        if now.seconds_since(self.since) >= lifetime {
            let gone = now.seconds_since(self.since) >= 2 * lifetime;
            self.past = std::mem::take(&mut self.present);
            if gone {
                self.past.clear();
            }
            self.since = now;
        }
        if self.present.contains(signature) || self.past.contains(signature) {
            return Err(CallerError::Replayed);
        }
        if self.present.len() >= self.most {
            return Err(CallerError::WindowFull);
        }
        self.present.insert(signature.to_vec());
        Ok(())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|(id, _)| id).collect();
        f.debug_struct("Verifier").field("keys", &ids).finish_non_exhaustive()
    }
}
