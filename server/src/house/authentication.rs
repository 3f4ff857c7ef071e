//! Identity's verifier in the form in which the door asks.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use banyan_edge::{Authenticate, Credential};
use banyan_identity::{Authenticated, Identity};
use banyan_kernel::{Caller, ErrorCode, RequestId, Timestamp, Uuid};
use banyan_realtime::{Token as RealtimeToken, VerifyToken};

/// Verifies access tokens and API keys.
pub(crate) struct Verifier(pub(crate) Identity);

struct Token(Authenticated);

#[async_trait]
impl Authenticate for Verifier {
    async fn authenticate(&self, token: &str) -> Result<Arc<dyn Credential>, ErrorCode> {
        Ok(Arc::new(Token(self.0.authenticate(token).await?)))
    }
}

/// Clients of rooms show their token in the first command, which the door does not read.
#[async_trait]
impl VerifyToken for Verifier {
    async fn verify(&self, token: &str) -> Result<Arc<dyn RealtimeToken>, ErrorCode> {
        Ok(Arc::new(Token(self.0.authenticate(token).await?)))
    }
}

impl RealtimeToken for Token {
    fn caller(&self, request: RequestId) -> Caller {
        self.0.caller(request)
    }

    fn expires(&self) -> Timestamp {
        self.0.expires()
    }

    fn is_revoked(&self) -> bool {
        self.0.is_revoked()
    }
}

impl Credential for Token {
    fn tenant(&self) -> Uuid {
        self.0.tenant()
    }

    fn caller(&self, request: RequestId) -> Caller {
        self.0.caller(request)
    }

    fn expires(&self) -> Timestamp {
        self.0.expires()
    }

    fn is_revoked(&self) -> bool {
        self.0.is_revoked()
    }

    fn plan(&self) -> Option<Arc<str>> {
        self.0.plan()
    }

    fn counts_from(&self, address: IpAddr) -> bool {
        self.0.counts_from(address)
    }

    fn language(&self) -> Option<Arc<str>> {
        self.0.language()
    }
}
