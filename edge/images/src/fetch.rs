//! Where sources come from.

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

use crate::settings::AllowedHost;

/// Fetches a source whose host is on the allow-list. What it must not do: follow a redirect, connect to an address that
/// `host.reach` does not allow, or read more than `largest` bytes. The caller sets the deadline.
#[async_trait]
pub trait Fetch: Send + Sync + 'static {
    /// The bytes of the source.
    async fn fetch(&self, source: &Url, host: &AllowedHost, largest: usize) -> Result<Bytes, FetchError>;
}

/// Answers what lies on the host that was asked, to nobody in particular: only what everybody may see.
#[async_trait]
pub trait OwnPaths: Send + Sync {
    /// The host that was asked, with its port; none where nobody said it.
    fn host(&self) -> Option<&str>;

    /// The bytes at the path (and query). It follows no redirect and reads no more than `largest` bytes; the caller sets the deadline.
    async fn fetch(&self, path: &str, largest: usize) -> Result<Bytes, FetchError>;
}

/// Why a source could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the source is not there")]
    NotFound,
    #[error("the source's host answered {0}")]
    Status(u16),
    #[error("the source's name leads to an address that may not be reached")]
    ForbiddenAddress,
    #[error("the source is larger than is allowed")]
    TooLarge,
    #[error("the source came too slowly")]
    TooSlow,
    #[error("the source could not be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
