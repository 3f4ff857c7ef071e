//! Argon2id (RFC 9106) with 19 MiB, two passes, one lane: a few hashes at a time, a short queue, and a clear refusal beyond it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use banyan_kernel::Random;
use tokio::sync::Semaphore;

use super::Password;

/// OWASP's first choice for Argon2id: memory in KiB, passes, lanes.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How many wait for each one that is hashed: about half a second's worth.
const QUEUE_PER_WORKER: usize = 32;

/// Hashes and verifies passwords without starving the rest of the process.
#[derive(Clone, Debug)]
pub struct Passwords {
    workers: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    longest_queue: usize,
    random: Arc<dyn Random>,
    /// A hash that no password has; verified in place of an account that does not exist, so that both take the same time.
    nobody: Arc<str>,
}

/// Whether a password is the account's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    /// Right, but hashed with parameters of the past: store this hash instead.
    RightButOutdated(String),
    Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    /// The queue is full; ask again after a second.
    #[error("too many passwords wait to be hashed")]
    Overloaded,
    #[error("the password could not be hashed")]
    Failed,
}

impl Passwords {
    /// `workers` hashes run at once; each holds 19 MiB and a core for some 20 ms.
    pub fn new(workers: NonZeroUsize, random: Arc<dyn Random>) -> Self {
        let nobody = hash_of_nobody(&*random).to_string().into();
        Self {
            workers: Arc::new(Semaphore::new(workers.get())),
            waiting: Arc::default(),
            longest_queue: workers.get() * QUEUE_PER_WORKER,
            random,
            nobody,
        }
    }

    /// A new PHC string for the password.
    ///
    /// # Errors
    /// [`HashingError::Overloaded`] when the queue is full.
    pub async fn hash(&self, password: Password) -> Result<String, HashingError> {
        let salt = self.salt();
        self.run(move || hash(&password, &salt)).await?
    }

    /// Compares with the account's PHC string. `None` is an account that does not exist or has no password: it takes as long and is
    /// wrong.
    ///
    /// # Errors
    /// [`HashingError::Overloaded`] when the queue is full.
    pub async fn verify(&self, password: Option<Password>, stored: Option<String>) -> Result<Verdict, HashingError> {
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let salt = self.salt();
        self.run(move || verify(password.as_ref(), &stored, &salt)).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashingError> {
        let place = Place::take(self.waiting.clone(), self.longest_queue).ok_or(HashingError::Overloaded)?;
        let permit = self.workers.clone().acquire_owned().await.map_err(|_| HashingError::Failed)?;
        drop(place);
        // The permit goes with the work: a caller that goes away frees its core only when the hash is done.
        let work = move || {
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| HashingError::Failed)
    }

    fn salt(&self) -> [u8; Salt::RECOMMENDED_LENGTH] {
        let mut salt = [0; Salt::RECOMMENDED_LENGTH];
        self.random.fill(&mut salt);
        salt
    }
}

/// A place in the queue, given back when its holder goes on or away.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: Arc<AtomicUsize>, longest: usize) -> Option<Self> {
        let place = Self(waiting);
        (place.0.fetch_add(1, Ordering::Relaxed) < longest).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn params() -> Result<Params, HashingError> {
    Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| HashingError::Failed)
}

fn argon2() -> Result<Argon2<'static>, HashingError> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params()?))
}

fn hash(password: &Password, salt: &[u8]) -> Result<String, HashingError> {
    let hash = argon2()?.hash_password_with_salt(password.as_bytes(), salt).map_err(|_| HashingError::Failed)?;
    Ok(hash.to_string())
}

fn verify(password: Option<&Password>, stored: &str, salt: &[u8]) -> Verdict {
    let (Ok(argon2), Ok(stored)) = (argon2(), PasswordHash::new(stored)) else {
        return Verdict::Wrong;
    };
    let attempt = password.map_or(&b""[..], Password::as_bytes);
    let same = argon2.verify_password(attempt, &stored).is_ok();
    let Some(password) = password.filter(|_| same) else {
        return Verdict::Wrong;
    };
    if is_current(&stored) {
        return Verdict::Right;
    }
    hash(password, salt).map_or(Verdict::Right, Verdict::RightButOutdated)
}

fn is_current(stored: &PasswordHash) -> bool {
    let wanted = params().ok().and_then(|params| ParamsString::try_from(&params).ok());
    stored.algorithm == Algorithm::Argon2id.ident()
        && stored.version == Some(Version::V0x13.into())
        && Some(&stored.params) == wanted.as_ref()
}

/// The present parameters with a random salt and a random output, which no password gives.
fn hash_of_nobody(random: &dyn Random) -> PasswordHash {
    let mut bytes = [0; Salt::RECOMMENDED_LENGTH + Params::DEFAULT_OUTPUT_LEN];
    random.fill(&mut bytes);
    let (salt, output) = bytes.split_at(Salt::RECOMMENDED_LENGTH);
    PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params().ok().and_then(|params| ParamsString::try_from(&params).ok()).unwrap_or_default(),
        salt: Salt::new(salt).ok(),
        hash: Output::new(output).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use banyan_kernel::OsRandom;

    fn passwords(workers: usize) -> Passwords {
        Passwords::new(NonZeroUsize::new(workers).unwrap(), Arc::new(OsRandom))
    }

    fn password(text: &str) -> Password {
        Password::attempt(text).unwrap()
    }

    #[tokio::test]
    async fn the_stored_text_names_the_parameters_and_verifies() {
        let passwords = passwords(1);
        let stored = passwords.hash(password("warm oven bread")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let right = passwords.verify(Some(password("warm oven bread")), Some(stored.clone())).await;
        assert_eq!(right, Ok(Verdict::Right));
        let wrong = passwords.verify(Some(password("cold oven bread")), Some(stored.clone())).await;
        assert_eq!(wrong, Ok(Verdict::Wrong));
        assert_eq!(passwords.verify(None, Some(stored)).await, Ok(Verdict::Wrong));
        assert_ne!(passwords.hash(password("x")).await, passwords.hash(password("x")).await, "salted");
    }

    #[tokio::test]
    async fn nobody_has_a_password_and_is_verified_with_the_present_parameters() {
        let passwords = passwords(1);
        assert_eq!(passwords.verify(Some(password("")), None).await, Ok(Verdict::Wrong));
        assert!(is_current(&PasswordHash::new(&passwords.nobody).unwrap()));
        assert_eq!(passwords.verify(Some(password("x")), Some("not a hash".into())).await, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_hash_with_older_parameters_is_replaced() {
        let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8 * 1024, 1, 1, None).unwrap());
        let stored = old.hash_password_with_salt(b"warm oven bread", b"0123456789abcdef").unwrap().to_string();
        let passwords = passwords(1);
        let verdict = passwords.verify(Some(password("warm oven bread")), Some(stored.clone())).await.unwrap();
        let Verdict::RightButOutdated(new) = verdict else { panic!("{verdict:?}") };
        assert_eq!(passwords.verify(Some(password("warm oven bread")), Some(new)).await, Ok(Verdict::Right));
        assert_eq!(passwords.verify(Some(password("wrong")), Some(stored)).await, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_recovers() {
        let passwords = passwords(1);
        let busy = passwords.workers.clone().acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..QUEUE_PER_WORKER)
            .map(|_| {
                let passwords = passwords.clone();
                Box::pin(async move { passwords.run(|| ()).await })
            })
            .collect();
        let mut tasks: Vec<_> = waiting.into_iter().map(tokio::spawn).collect();
        while passwords.waiting.load(Ordering::Relaxed) < QUEUE_PER_WORKER {
            tokio::task::yield_now().await;
        }
        assert_eq!(passwords.run(|| ()).await, Err(HashingError::Overloaded));
        // One who goes away gives the place back.
        tasks.pop().unwrap().abort();
        while passwords.waiting.load(Ordering::Relaxed) == QUEUE_PER_WORKER {
            tokio::task::yield_now().await;
        }
        drop(busy);
        assert_eq!(passwords.run(|| ()).await, Ok(()));
        for task in tasks {
            assert_eq!(task.await.unwrap(), Ok(()));
        }
        assert_eq!(passwords.waiting.load(Ordering::Relaxed), 0);
    }
}
