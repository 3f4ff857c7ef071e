//! What is done with a request before a service sees it: each file one question.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod credential;
pub(crate) mod hops;
pub(crate) mod language;
pub(crate) mod path;
pub(crate) mod shape;
pub(crate) mod tenant;

pub use address::{Network, NetworkError, Peer, Transport};
pub use credential::{Authenticate, Credential};
pub use tenant::{TenantDirectory, TenantEntry, Tenants};
