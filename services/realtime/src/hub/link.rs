//! A connection, as the hub knows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use banyan_kernel::{Caller, Timestamp, Uuid};
use parking_lot::RwLock;

use super::outbox::Outbox;
use crate::tokens::Token;

/// A connection of somebody.
pub(crate) struct Link {
    pub(crate) id: Uuid,
    pub(crate) outbox: Outbox,
    who: RwLock<Option<Arc<Who>>>,
    /// Seconds of the hub's own clock.
    pub(super) opened: u64,
    pub(super) next_ping: AtomicU64,
    /// When a pong is due; 0 while none is.
    pub(super) pong_due: AtomicU64,
    pub(super) pongs: AtomicBool,
    /// Methods that it has called, and that have not answered.
    pub(crate) calls: AtomicU32,
}

/// Who has connected, until when, and by what.
pub(crate) struct Who {
    pub(crate) caller: Caller,
    pub(crate) user: Uuid,
    token: Option<Arc<dyn Token>>,
    pub(crate) expires: Timestamp,
    /// As others see the connection, in JSON.
    pub(crate) info: Arc<str>,
}

impl Who {
    pub(crate) fn new(caller: Caller, user: Uuid, token: Option<Arc<dyn Token>>, expires: Timestamp, info: Arc<str>) -> Self {
        Self { caller, user, token, expires, info }
    }

    /// Whether the end is that of a token; otherwise it is only a time to look again who it is.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.is_revoked())
    }
}

impl Link {
    pub(super) fn new(id: Uuid, outbox: Outbox, opened: u64) -> Self {
        Self {
            id,
            outbox,
            who: RwLock::new(None),
            opened,
            next_ping: AtomicU64::new(u64::MAX),
            pong_due: AtomicU64::new(0),
            pongs: AtomicBool::new(true),
            calls: AtomicU32::new(0),
        }
    }

    pub(crate) fn who(&self) -> Option<Arc<Who>> {
        self.who.read().clone()
    }

    pub(crate) fn is(&self, who: Arc<Who>) {
        *self.who.write() = Some(who);
    }

    /// Whether a pong is waited for.
    pub(crate) fn answers_pings(&self, answers: bool) {
        self.pongs.store(answers, Ordering::Relaxed);
    }

    /// Anything that comes shows that somebody is there.
    pub(crate) fn is_alive(&self) {
        self.pong_due.store(0, Ordering::Relaxed);
    }
}
