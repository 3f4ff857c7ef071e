//! Tokens of programs that ask for flags by the protocols of others: `project:environment.secret`, as Unleash's.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use banyan_http::Problem;
use banyan_kernel::{Clock, Random, Timestamp, Uuid};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use crate::clients::{ClientIdentity, ClientKind, VerifyTokens};
use crate::entity::token::Model;

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 400;

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FlagTokenKind)]
pub enum TokenKind {
    /// Servers: they get all flags, and evaluate them.
    Client,
    /// Browsers and apps: they get the answers for one person.
    Frontend,
    /// All that administrators may do by the protocol.
    Admin,
}

impl TokenKind {
    pub const ALL: [Self; 3] = [Self::Client, Self::Frontend, Self::Admin];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Frontend => "frontend",
            Self::Admin => "admin",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A token that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: Uuid,
    pub tenant: Uuid,
    pub kind: TokenKind,
    /// `*` for tokens of administrators.
    pub environment: String,
    /// `*` for all.
    pub projects: Vec<String>,
    expires_at: Option<i64>,
}

type Digest = [u8; 32];
type ByDigest = HashMap<Digest, Arc<Token>>;

/// The tokens of all tenants, in memory. Cheap to clone; every clone sees the same.
#[derive(Clone, Default)]
pub struct Tokens(Arc<Inner>);

#[derive(Default)]
struct Inner {
    known: ArcSwap<ByDigest>,
    writing: Mutex<()>,
}

impl Tokens {
    /// Whose token it is: none for one that is unknown, revoked or expired. What is compared is a digest, and that in constant time.
    pub fn verify(&self, raw: &str, clock: &dyn Clock) -> Option<Arc<Token>> {
        if raw.is_empty() || raw.len() > LONGEST {
            return None;
        }
        let digest = digest(raw);
        let known = self.0.known.load();
        let (stored, token) = known.get_key_value(&digest)?;
        let same: bool = stored.ct_eq(&digest).into();
        let expired = token.expires_at.is_some_and(|at| Timestamp::from_micros(at) <= clock.now());
        (same && !expired).then(|| token.clone())
    }

    /// The tokens of a tenant from now on.
    pub(crate) fn put(&self, tenant: Uuid, rows: &[Model]) {
        let _one_after_the_other = self.0.writing.lock();
        let mut known = ByDigest::clone(&self.0.known.load());
        known.retain(|_, token| token.tenant != tenant);
        known.extend(rows.iter().filter_map(|row| Some((row.hash.as_slice().try_into().ok()?, Arc::new(token_of(row)?)))));
        self.0.known.store(Arc::new(known));
    }
}

/// A token as it is kept on disk: its digest, not itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptToken {
    /// SHA-256 of the text, in hexadecimal.
    digest: String,
    id: Uuid,
    tenant: Uuid,
    kind: TokenKind,
    environment: String,
    projects: Vec<String>,
    expires_at: Option<i64>,
}

impl Tokens {
    /// All that count, in the order of their digests.
    pub(crate) fn kept(&self) -> Vec<KeptToken> {
        let known = self.0.known.load();
        let kept = |(digest, token): (&Digest, &Arc<Token>)| KeptToken {
            digest: hexadecimal(digest),
            id: token.id,
            tenant: token.tenant,
            kind: token.kind,
            environment: token.environment.clone(),
            projects: token.projects.clone(),
            expires_at: token.expires_at,
        };
        let mut kept: Vec<_> = known.iter().map(kept).collect();
        kept.sort_by(|one, other| one.digest.cmp(&other.digest));
        kept
    }

    /// Those that were kept, and no other.
    pub(crate) fn of_kept(kept: Vec<KeptToken>) -> Self {
        let known = kept.into_iter().filter_map(|kept| {
            let KeptToken { digest, id, tenant, kind, environment, projects, expires_at } = kept;
            Some((bytes_of(&digest)?, Arc::new(Token { id, tenant, kind, environment, projects, expires_at })))
        });
        let tokens = Self::default();
        tokens.0.known.store(Arc::new(known.collect()));
        tokens
    }
}

/// None for what is not a digest in hexadecimal.
fn bytes_of(text: &str) -> Option<Digest> {
    let mut digest = Digest::default();
    if text.len() != 2 * digest.len() || !text.is_ascii() {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(digest)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        use std::fmt::Write as _;
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// Tokens with a clock, as the protocols of clients ask for them.
#[derive(Debug)]
pub(crate) struct TimedTokens {
    tokens: Tokens,
    clock: Arc<dyn Clock>,
}

impl Tokens {
    pub(crate) fn with(&self, clock: Arc<dyn Clock>) -> TimedTokens {
        TimedTokens { tokens: self.clone(), clock }
    }
}

#[async_trait]
impl VerifyTokens for TimedTokens {
    async fn verify(&self, token: &str) -> Result<Option<ClientIdentity>, Problem> {
        let Some(token) = self.tokens.verify(token, &*self.clock) else { return Ok(None) };
        let all = token.projects.iter().any(|project| project == "*");
        Ok(Some(ClientIdentity {
            tenant: token.tenant,
            kind: match token.kind {
                TokenKind::Client => ClientKind::Client,
                TokenKind::Frontend => ClientKind::Frontend,
                TokenKind::Admin => ClientKind::Admin,
            },
            environment: (token.environment != "*").then(|| token.environment.as_str().into()),
            projects: (!all).then(|| token.projects.iter().cloned().collect()),
        }))
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("known", &self.0.known.load().len()).finish()
    }
}

fn token_of(row: &Model) -> Option<Token> {
    Some(Token {
        id: row.id,
        tenant: row.tenant,
        kind: TokenKind::parse(&row.kind)?,
        environment: row.environment.clone(),
        projects: row.projects.0.clone(),
        expires_at: row.expires_at,
    })
}

/// A fast digest suffices: the secret has 256 bits of entropy, so there is nothing to guess.
pub(crate) fn digest(raw: &str) -> Digest {
    Sha256::digest(raw.as_bytes()).into()
}

/// A new token's text: `*:production.` or `shop:production.`, `[]:production.` for several projects, and 256 random bits.
pub(crate) fn generate(projects: &[String], environment: &str, random: &dyn Random) -> String {
    let mut secret = [0_u8; 32];
    random.fill(&mut secret);
    let secret = hexadecimal(&secret);
    let project = match projects {
        [one] => one.as_str(),
        _ => "[]",
    };
    format!("{project}:{environment}.{secret}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Tags;
    use banyan_kernel::OsRandom;

    #[derive(Debug)]
    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(self.0)
        }
    }

    fn row(tenant: u128, raw: &str, expires_at: Option<i64>) -> Model {
        Model {
            id: Uuid::from_u128(9),
            tenant: Uuid::from_u128(tenant),
            name: "a".to_owned(),
            kind: "client".to_owned(),
            environment: "production".to_owned(),
            projects: Tags(vec!["*".to_owned()]),
            hash: digest(raw).to_vec(),
            hint: String::new(),
            expires_at,
            revoked_at: None,
            created_by: None,
            created_at: 0,
        }
    }

    #[test]
    fn a_token_counts_until_it_is_gone_or_expired() {
        let tokens = Tokens::default();
        let raw = generate(&["*".to_owned()], "production", &OsRandom);
        assert!(raw.starts_with("*:production.") && raw.len() == 13 + 64, "{raw}");
        let other = generate(&["a".to_owned(), "b".to_owned()], "production", &OsRandom);
        assert!(other.starts_with("[]:production."));
        tokens.put(Uuid::from_u128(1), &[row(1, &raw, Some(10_000_000))]);
        tokens.put(Uuid::from_u128(2), &[row(2, &other, None)]);
        assert_eq!(tokens.verify(&raw, &At(9)).map(|token| token.tenant), Some(Uuid::from_u128(1)));
        assert_eq!(tokens.verify(&raw, &At(10)), None, "expired");
        assert_eq!(tokens.verify(&raw[..raw.len() - 1], &At(9)), None);
        assert_eq!(tokens.verify("", &At(9)), None);
        assert_eq!(tokens.verify(&"x".repeat(10_000), &At(9)), None);
        tokens.put(Uuid::from_u128(1), &[]);
        assert_eq!(tokens.verify(&raw, &At(9)), None, "revoked");
        assert!(tokens.verify(&other, &At(9)).is_some(), "that of another tenant stays");
    }

    #[test]
    fn what_is_kept_is_the_same_without_the_secret() {
        let tokens = Tokens::default();
        let raw = generate(&["shop".to_owned()], "production", &OsRandom);
        tokens.put(Uuid::from_u128(1), &[row(1, &raw, Some(10_000_000))]);
        let text = serde_json::to_string(&tokens.kept()).unwrap();
        assert!(!text.contains(raw.rsplit('.').next().unwrap()), "{text}");
        let back = Tokens::of_kept(serde_json::from_str(&text).unwrap());
        assert_eq!(back.verify(&raw, &At(9)), tokens.verify(&raw, &At(9)));
        assert!(back.verify(&raw, &At(9)).is_some());
        assert_eq!(back.verify(&raw, &At(10)), None, "expired");
        for bad in ["", "00", &"é".repeat(32), &"zz".repeat(32), &"+1".repeat(32)] {
            let mut kept = tokens.kept();
            kept[0].digest = bad.to_owned();
            assert_eq!(Tokens::of_kept(kept).verify(&raw, &At(9)), None, "{bad}");
        }
    }
}
