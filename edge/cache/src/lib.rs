//! A shared HTTP cache with the semantics of RFC 9111, in front of anything that answers requests.
//!
//! [`Cache::serve`] answers one request: from the store, by asking the [`Origin`] whether what is stored still holds, or by
//! fetching it. What a route wishes stands in its [`Policy`]; who asks stands in a [`Scope`]. Answers lie in this process,
//! bounded in bytes, and where there are several doors also on a [`Shelf`](banyan_cache::Shelf) that they share.
//!
//! Beside RFC 9111: stale answers while revalidating and on errors (RFC 5861), `Cache-Status` (RFC 9211),
//! `CDN-Cache-Control` (RFC 9213), ranges and conditional requests answered from whole stored answers (RFC 9110 §13, §14),
//! tags, and one fetch for many who ask for the same at once.
//!
//! `http-cache-semantics`, the crate for this logic, knows one answer and one request at a time. It has no targeted fields,
//! no `must-understand`, no stale windows, no lifetimes by route and status, compares `Vary` literally and copies all fields
//! of the request into each entry. What would have been left of it was less than what had to be built around it.

mod answer;
mod cache;
mod conditions;
mod date;
mod directives;
mod encodings;
mod entry;
mod fetch;
mod flights;
mod keep;
mod key;
mod lifetime;
mod policy;
mod shared;
mod stats;
mod status;
mod storable;
mod store;
mod tags;
mod vary;

pub use cache::{Asked, Cache, Purge};
pub use encodings::{Encoding, StoredBody};
pub use fetch::Origin;
pub use key::{Person, Scope};
pub use policy::{ClientDirectives, CookieRule, Heuristic, Policy, QueryRule, StatusLifetimes};
pub use stats::{CacheStats, StatsReport};
pub use tags::{InvalidTag, Tag};
