//! The request that a task works for. Log lines read it, so that nobody has to pass ids to be able to log them,
//! and a request that logs nothing pays nothing for it.

use std::fmt;
use std::future::Future;

use banyan_kernel::{RequestId, Uuid};

/// What a log line says about its request. Identifiers only: never a name, an address or a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestScope {
    pub request: RequestId,
    /// The trace id of W3C Trace Context.
    pub trace: TraceId,
    /// None before the tenant is known.
    pub tenant: Option<Uuid>,
}

/// The 16 bytes of a W3C trace id; shown as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(pub [u8; 16]);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

tokio::task_local! {
    static SCOPE: RequestScope;
}

/// Runs `work` for the request. Work that it spawns is outside, unless the spawner wraps it with [`current`].
pub async fn within<F: Future>(scope: RequestScope, work: F) -> F::Output {
    SCOPE.scope(scope, work).await
}

/// Runs blocking `work` for the request.
pub fn within_sync<T>(scope: RequestScope, work: impl FnOnce() -> T) -> T {
    SCOPE.sync_scope(scope, work)
}

/// The request that the present task works for, if any.
pub fn current() -> Option<RequestScope> {
    SCOPE.try_with(|scope| *scope).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_scope_ends_with_its_work() {
        let scope = RequestScope { request: RequestId(Uuid::nil()), trace: TraceId([1; 16]), tenant: None };
        let inside = within(scope, async {
            tokio::task::yield_now().await;
            current()
        });
        assert_eq!(inside.await, Some(scope));
        assert_eq!(current(), None);
        assert_eq!(scope.trace.to_string(), "01010101010101010101010101010101");
    }
}
