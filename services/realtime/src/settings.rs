//! How much anybody may do, and how long it is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use banyan_contracts::realtime::{SESSION, USER};
use banyan_kernel::Secret;
use serde::Deserialize;

use crate::room::{FLAGS, MARKET};

/// The service's settings; all have defaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// `redis://…` or `rediss://…`, by which several processes are one. Without it rooms are those of this process.
    pub(crate) redis_url: Option<Secret<String>>,
    /// The largest frame that is read, in bytes.
    pub(crate) largest_frame: usize,
    /// Rooms that a connection may listen to.
    pub(crate) most_subscriptions: usize,
    /// Commands that a connection may send in a second, in the long run; as many again at once.
    pub(crate) commands_per_second: u32,
    pub(crate) connections_per_person: usize,
    pub(crate) connections_per_tenant: usize,
    pub(crate) ping_seconds: u32,
    pub(crate) pong_seconds: u32,
    /// What may wait for a connection that does not read, in bytes; then it is closed as slow.
    pub(crate) queue_bytes: usize,
    /// After so long the owning service is asked again whether somebody may still listen.
    pub(crate) recheck_seconds: u64,
    /// Who is not heard of for so long is present no more: after the death of a process, its people.
    pub(crate) present_seconds: u64,
    pub(crate) documents: DocumentSettings,
    /// What is kept of rooms, by namespace.
    pub(crate) history: BTreeMap<String, Keep>,
}

/// Shared documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DocumentSettings {
    /// Documents that are open in this process at a time.
    pub(crate) most_open: usize,
    /// Connections to one document, in this process.
    pub(crate) most_connections: usize,
    /// Of a document, as one update, in bytes.
    pub(crate) largest: usize,
    /// Of what a client sends at once, in bytes.
    pub(crate) largest_update: usize,
    /// What a connection may say in a second, in the long run; as much again at once. It is slowed down beyond.
    pub(crate) messages_per_second: u32,
    /// What may wait for a connection that does not read, in bytes; then it is closed, and comes again. One answer fits always.
    pub(crate) queue_bytes: usize,
    /// After so many updates they are put together.
    pub(crate) compact_updates: usize,
    /// Or after so many bytes of them.
    pub(crate) compact_bytes: usize,
    /// A version is kept at most so often, while a document is changed.
    pub(crate) version_seconds: u64,
    /// While a document is open, the store is looked at so often for what another process has written.
    pub(crate) look_seconds: u64,
}

impl Default for DocumentSettings {
    fn default() -> Self {
        Self {
            most_open: 1_000,
            most_connections: 256,
            largest: 16 * 1024 * 1024,
            largest_update: 4 * 1024 * 1024,
            messages_per_second: 200,
            queue_bytes: 4 * 1024 * 1024,
            compact_updates: 200,
            compact_bytes: 1024 * 1024,
            version_seconds: 3_600,
            look_seconds: 5,
        }
    }
}

/// How much is kept of a room, so that who was away hears it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keep {
    /// Publications; 0 keeps none, and nobody can recover.
    pub(crate) size: usize,
    pub(crate) seconds: u64,
}

impl Keep {
    pub(crate) fn keeps(self) -> bool {
        self.size > 0 && self.seconds > 0
    }

    pub(crate) fn ttl(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            redis_url: None,
            largest_frame: 64 * 1024,
            most_subscriptions: 128,
            commands_per_second: 100,
            connections_per_person: 32,
            connections_per_tenant: 100_000,
            ping_seconds: 25,
            pong_seconds: 8,
            queue_bytes: 1024 * 1024,
            recheck_seconds: 30,
            present_seconds: 60,
            documents: DocumentSettings::default(),
            history: BTreeMap::new(),
        }
    }
}

impl Settings {
    pub(crate) fn keep(&self, namespace: &str) -> Keep {
        if let Some(keep) = self.history.get(namespace) {
            return *keep;
        }
        match namespace {
            SESSION => Keep { size: 1_000, seconds: 300 },
            USER => Keep { size: 100, seconds: 3_600 },
            MARKET => Keep { size: 100, seconds: 60 },
            FLAGS => Keep { size: 10, seconds: 300 },
            _ => Keep::default(),
        }
    }
}
