//! Who proves that a token is one: the server hands it in, as this service knows no other.

use std::sync::Arc;

use async_trait::async_trait;
use banyan_kernel::{Caller, ErrorCode, RequestId, Timestamp};

/// Verifies access tokens. The server puts an `Arc<dyn VerifyToken>` into the service's resources; without it nobody gets in by a token.
#[async_trait]
pub trait VerifyToken: Send + Sync {
    /// # Errors
    /// [`ErrorCode::InvalidToken`], [`ErrorCode::TokenExpired`], and [`ErrorCode::ServiceUnavailable`] when it cannot be known now.
    async fn verify(&self, token: &str) -> Result<Arc<dyn Token>, ErrorCode>;
}

/// A token that was verified. Nothing here may wait.
pub trait Token: Send + Sync {
    fn caller(&self, request: RequestId) -> Caller;

    /// From then on it counts no longer.
    fn expires(&self) -> Timestamp;

    /// The session has ended, or the person's rights have changed.
    fn is_revoked(&self) -> bool;
}
