//! What the flags say, in this process.
//!
//! A [`Snapshot`] is a tenant's flags in one environment, compiled: evaluating one asks nobody and waits for nothing. [`Features`] holds the
//! newest snapshot of each tenant and environment, tells who waits when one is replaced, keeps what changed between them (for clients that
//! fetch changes alone), and counts how often each flag was on, off, and gave which variant. [`LocalFlags`] is the same with the clock and
//! the environment of the process: what services and the front door ask.
//!
//! Flags are evaluated by `unleash-yggdrasil`, as Unleash's own SDKs do it. What it would misread, or stumble over, [`guard`] keeps from it.

mod changes;
mod context;
mod counts;
mod document;
mod evaluation;
mod features;
mod flag;
mod guard;
mod local;
mod snapshot;

pub use changes::Changes;
pub use context::Context;
pub use counts::Count;
pub use document::{Document, Scope, Segments};
pub use evaluation::{Evaluation, Payload, Reason, Variant};
pub use features::Features;
pub use guard::CompileWarning;
pub use local::LocalFlags;
pub use snapshot::{Named, Snapshot};
pub use unleash_types::client_features::ClientFeatures;
