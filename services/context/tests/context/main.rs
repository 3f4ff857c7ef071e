//! The context service as its callers meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod attacks;
mod demo;
mod erasure;
mod fixture;
mod items;
mod live;
mod methods;
mod preferences;
mod refusals;
mod sessions;
mod suggestions;
