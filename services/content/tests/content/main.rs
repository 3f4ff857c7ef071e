//! The content service as its callers meet it, on both engines.

#![expect(clippy::unwrap_used, reason = "tests")]

mod admin;
mod applications;
mod demo;
mod feed;
mod grants;
mod indexes;
mod journal;
mod landing;
mod legal;
mod refusals;
mod support;
mod templates;
mod upgrade;
mod voice;
