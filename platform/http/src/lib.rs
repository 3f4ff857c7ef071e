//! What a handler is written with: who asks, what was sent, what is answered.
//!
//! - **Who asks**: [`Visitor`], [`SignedIn`], [`Allowed`], [`Language`], [`Reason`]; and what is on for them: [`Flags`].
//! - **What was sent**: [`Body`], [`Once`] (a body with its idempotency key), [`Idempotency`], [`Query`], [`Path`], [`Paging`],
//!   [`Preconditions`]; all of them name every bad field in one answer.
//! - **What is answered**: `Json`, [`Created`], [`NoContent`], [`Paged`], [`Tagged`], [`Localized`], or a [`Problem`] (RFC 9457).
//! - **What a service is**: [`Service`], made by its crate and given a [`Host`] by the server.

pub mod answer;
pub mod asking;
pub mod assets;
pub mod audit;
pub mod background;
pub mod body;
pub mod caller;
pub mod client;
pub mod coding;
pub mod conditions;
mod failures;
pub mod flags;
pub mod grants;
pub mod kept;
pub mod language;
pub mod openapi;
pub mod pages;
pub mod paging;
pub mod path;
pub mod people;
pub mod problem;
pub mod query;
pub mod reason;
pub mod service;
pub mod tenant;
pub mod trace;
pub mod validate;
pub mod version;
mod words;

pub use answer::{Created, Localized, NoContent};
pub use asking::{AskError, Peer};
pub use axum::Json;
pub use body::{Body, BodyLimit, Document, Idempotency, Once, nullable, present};
pub use caller::{Allowed, Permit, SignedIn, Visitor, permit};
pub use client::ClientAddress;
pub use conditions::{ETag, Preconditions, Tagged};
pub use flags::Flags;
pub use language::Language;
pub use pages::{add_messages, pages};
pub use paging::{Paged, Paging};
pub use path::Path;
pub use problem::{Argument, FieldError, Problem, Verbatim, render_problems};
pub use query::Query;
pub use reason::Reason;
pub use service::{Host, Service};
pub use tenant::Tenant;
pub use trace::TraceContext;
pub use validate::{Check, Validate};
