//! What the service keeps: rooms live in memory or in Redis, so there are no tables of its own.

use banyan_store::migrate::Schema;

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "realtime";

pub fn schema() -> Schema {
    Schema::new(SERVICE, Vec::new())
}
