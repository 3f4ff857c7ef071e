//! What programs with SDKs of others (Unleash's, OpenFeature's) meet: who they are, and what they share.

mod access;
mod applications;
mod context;
mod seen;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::FromRef;
use banyan_features::{Count, Features, LocalFlags, Snapshot};
use banyan_http::{Host, Problem};
use banyan_kernel::{Clock, ErrorCode, Random, Uuid};
use banyan_locale::Catalogues;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use access::{AnyToken, ClientToken, FrontendToken, shown};
pub use access::{ClientIdentity, ClientKind};
pub(crate) use context::{BadContext, Most, context_of};
pub(crate) use seen::{Application, Seen};

/// Streams that are open at a time, in this process.
const MOST_STREAMS: usize = 10_000;

/// Knows the tokens of clients.
#[async_trait]
pub trait VerifyTokens: Send + Sync {
    /// What the token may see; none where it is none of ours, or was revoked, or has expired.
    ///
    /// # Errors
    /// When it cannot be known now.
    async fn verify(&self, token: &str) -> Result<Option<ClientIdentity>, Problem>;
}

/// Takes in what clients counted.
pub trait AddCounts: Send + Sync {
    /// Must not wait: what does not fit is dropped, and told in the log.
    fn add(&self, counts: Vec<Count>);
}

/// No client is let in.
struct NoTokens;

#[async_trait]
impl VerifyTokens for NoTokens {
    async fn verify(&self, _: &str) -> Result<Option<ClientIdentity>, Problem> {
        Ok(None)
    }
}

struct NoSums;

impl AddCounts for NoSums {
    fn add(&self, _: Vec<Count>) {}
}

/// What the handlers for clients share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Clients(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) local: LocalFlags,
    pub(crate) tokens: Arc<dyn VerifyTokens>,
    pub(crate) sums: Arc<dyn AddCounts>,
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) seen: Seen,
}

/// What they are made of.
pub(crate) struct Parts {
    pub(crate) local: LocalFlags,
    pub(crate) tokens: Arc<dyn VerifyTokens>,
    pub(crate) sums: Arc<dyn AddCounts>,
    pub(crate) catalogues: Arc<Catalogues>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
}

impl Clients {
    /// Of the host's resources: the process's flags, the tokens and the sums.
    pub(crate) fn of(host: &Host) -> Self {
        let local = host.resource::<LocalFlags>();
        Self::new(Parts {
            local: local.unwrap_or_else(|| LocalFlags::new(Features::default(), "production", host.clock.clone())),
            tokens: host.resource::<Arc<dyn VerifyTokens>>().unwrap_or_else(|| Arc::new(NoTokens)),
            sums: host.resource::<Arc<dyn AddCounts>>().unwrap_or_else(|| Arc::new(NoSums)),
            catalogues: host.catalogues.clone(),
            clock: host.clock.clone(),
            random: host.random.clone(),
        })
    }

    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { local, tokens, sums, catalogues, clock, random } = parts;
        let streams = Arc::new(Semaphore::new(MOST_STREAMS));
        Self(Arc::new(Inner { local, tokens, sums, catalogues, clock, random, streams, seen: Seen::default() }))
    }

    /// The flags of the token's tenant; an environment without flags has none.
    ///
    /// # Errors
    /// [`ErrorCode::ServiceUnavailable`] while they are not known here: SDKs go on with what they have.
    pub(crate) fn snapshot(&self, token: &ClientIdentity, environment: &str) -> Result<Arc<Snapshot>, Problem> {
        match self.local.features.get(token.tenant, environment) {
            Some(snapshot) => Ok(snapshot),
            None if self.local.features.is_complete() => Ok(Arc::new(Self::nothing(token.tenant, environment))),
            None => Err(ErrorCode::ServiceUnavailable.into()),
        }
    }

    fn nothing(tenant: Uuid, environment: &str) -> Snapshot {
        Snapshot::compile(tenant, environment, 0, banyan_features::ClientFeatures::default()).0
    }
}

impl std::ops::Deref for Clients {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("local", &self.local).finish_non_exhaustive()
    }
}

/// The routes of all protocols, of `/api/v1/features`, and of who asks.
pub(crate) fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Clients: FromRef<S>,
{
    let own = OpenApiRouter::new().routes(routes!(applications::list_flag_clients));
    own.merge(crate::unleash::routes()).merge(crate::ofrep::routes()).merge(crate::features::routes())
}
