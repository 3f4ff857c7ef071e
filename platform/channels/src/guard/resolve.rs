//! From names to addresses.

use std::net::IpAddr;

use async_trait::async_trait;

/// The name has no address, or nobody said which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name could not be resolved")]
pub struct ResolveError;

/// Says the addresses of a name. Handed in, so that a test decides what a name leads to.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// # Errors
    /// When there is no answer. An empty list counts as none.
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError>;
}

/// As the machine resolves names, with its own file of hosts.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let found = tokio::net::lookup_host((name, 0)).await.map_err(|_| ResolveError)?;
        Ok(found.map(|address| address.ip()).collect())
    }
}
