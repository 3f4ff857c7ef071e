//! From where a request comes.

use std::net::IpAddr;

/// The client's address, as far as it can be known: the edge puts it into the request's extensions, after asking the trusted proxies.
/// A service may count by it and show it to its own person; it is no proof of who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);
