//! What one connection knows at the moment: who is bound to it, and which change it is carrying out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::Instant;

use banyan_kernel::{Roles, Uuid};
use parking_lot::Mutex;

use crate::context::{ActorKind, Context, Elevated};
use crate::sqlite::security::statement::Verb;

/// Which checks the triggers of a statement's own target make. Cascades over other rows make none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checks(u8);

impl Checks {
    /// The new row must satisfy the insert rule.
    pub(crate) const INSERTED: Self = Self(1);
    /// The inserted row must be one that the caller may read.
    pub(crate) const INSERTED_SEEN: Self = Self(2);
    /// The changed row must satisfy the update rule.
    pub(crate) const UPDATED: Self = Self(4);
    /// The changed row must be one that the caller may read.
    pub(crate) const UPDATED_SEEN: Self = Self(8);
    /// The row before the change must satisfy the update and the read rule, or the statement fails (upsert onto a hidden row).
    pub(crate) const CONFLICTING: Self = Self(16);

    pub(crate) const fn number(self) -> u8 {
        self.0
    }

    const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A change that the wrapper lets through: its table by number, its verb, its checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Writing {
    pub(crate) table: u16,
    pub(crate) verb: Verb,
    pub(crate) checks: Checks,
}

/// Whether a statement looks at columns of the table that it changes; PostgreSQL then asks for the read policy, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    AtRows,
    Nowhere,
}

impl Writing {
    pub(crate) fn new(table: u16, verb: Verb, looks: Looks) -> Self {
        let checks = match (verb, looks) {
            (Verb::Insert, Looks::Nowhere) => Checks::INSERTED,
            (Verb::Insert, Looks::AtRows) => Checks::INSERTED.with(Checks::INSERTED_SEEN),
            (Verb::Update, Looks::Nowhere) => Checks::UPDATED,
            (Verb::Update, Looks::AtRows) => Checks::UPDATED.with(Checks::UPDATED_SEEN),
            (Verb::Upsert, _) => Checks::INSERTED
                .with(Checks::INSERTED_SEEN)
                .with(Checks::UPDATED)
                .with(Checks::UPDATED_SEEN)
                .with(Checks::CONFLICTING),
            (Verb::Delete, _) => Checks::default(),
        };
        Self { table, verb, checks }
    }

    fn pack(self) -> u32 {
        let verb = match self.verb {
            Verb::Insert => 1,
            Verb::Upsert => 2,
            Verb::Update => 3,
            Verb::Delete => 4,
        };
        u32::from(self.table) << 16 | verb << 8 | u32::from(self.checks.0)
    }

    fn unpack(packed: u32) -> Option<Self> {
        let [high, low, verb, checks] = packed.to_be_bytes();
        let verb = match verb {
            1 => Verb::Insert,
            2 => Verb::Upsert,
            3 => Verb::Update,
            4 => Verb::Delete,
            _ => return None,
        };
        Some(Self { table: u16::from_be_bytes([high, low]), verb, checks: Checks(checks) })
    }
}

/// Why the authorizer said no; the first reason of a statement counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// No caller may do this to the table by its policy.
    Policy(String),
    Refused(String),
}

/// The bound caller, laid out for the functions.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) tenant: Uuid,
    pub(crate) user: Option<Uuid>,
    pub(crate) actor: ActorKind,
    pub(crate) roles: Roles,
    pub(crate) organisations: Arc<[Uuid]>,
    pub(crate) elevated: Elevated,
}

/// Shared by a connection with its functions, its authorizer and its progress handler. One thread at a time uses it.
#[derive(Debug, Default)]
pub(crate) struct State {
    caller: Mutex<Option<Bound>>,
    writing: AtomicU32,
    open: AtomicU8,
    denial: Mutex<Option<Denial>>,
    deadline: Mutex<Option<Instant>>,
}

impl State {
    pub(crate) fn bind(&self, context: &Context) {
        let bound = Bound {
            tenant: context.tenant,
            user: context.user,
            actor: context.actor,
            roles: context.roles,
            organisations: context.organisations.clone(),
            elevated: context.elevated,
        };
        *self.caller.lock() = Some(bound);
    }

    pub(crate) fn unbind(&self) {
        *self.caller.lock() = None;
    }

    /// What `read` makes of the bound caller; nothing when there is none.
    pub(crate) fn with_caller<T>(&self, read: impl FnOnce(&Bound) -> T) -> Option<T> {
        self.caller.lock().as_ref().map(read)
    }

    pub(crate) fn writing(&self) -> Option<Writing> {
        Writing::unpack(self.writing.load(Ordering::Relaxed))
    }

    /// Whether the running statement's own target is table `table` and asks for the check of number `check`.
    pub(crate) fn checks(&self, table: i64, check: i64) -> bool {
        self.writing().is_some_and(|writing| i64::from(writing.table) == table && i64::from(writing.checks.0) & check != 0)
    }

    /// Raises the flag of one change until the answer is dropped.
    pub(crate) fn raise(self: &Arc<Self>, writing: Option<Writing>) -> Flag {
        *self.denial.lock() = None;
        self.writing.store(writing.map_or(0, Writing::pack), Ordering::Relaxed);
        Flag(self.clone())
    }

    /// Takes the guard away until the answer is dropped: for the store's own statements.
    pub(crate) fn open(self: &Arc<Self>) -> Flag {
        self.open.store(1, Ordering::Relaxed);
        Flag(self.clone())
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) == 1
    }

    pub(crate) fn deny(&self, denial: Denial) {
        self.denial.lock().get_or_insert(denial);
    }

    pub(crate) fn denial(&self) -> Option<Denial> {
        self.denial.lock().clone()
    }

    pub(crate) fn set_deadline(&self, deadline: Option<Instant>) {
        *self.deadline.lock() = deadline;
    }

    #[allow(clippy::disallowed_methods, reason = "elapsed time of statements, not a point in time")]
    pub(crate) fn is_overdue(&self) -> bool {
        self.deadline.lock().is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Closes what [`State::raise`] or [`State::open`] opened.
#[derive(Debug)]
pub(crate) struct Flag(Arc<State>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.writing.store(0, Ordering::Relaxed);
        self.0.open.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_for_one_table_and_falls_with_its_guard() {
        let state = Arc::new(State::default());
        assert!(!state.checks(0, 1));
        let writing = Writing::new(7, Verb::Update, Looks::AtRows);
        let flag = state.raise(Some(writing));
        assert_eq!(state.writing(), Some(writing));
        assert!(state.checks(7, Checks::UPDATED_SEEN.number().into()));
        assert!(!state.checks(7, Checks::INSERTED.number().into()));
        assert!(!state.checks(6, Checks::UPDATED.number().into()));
        drop(flag);
        assert_eq!(state.writing(), None);
    }

    #[test]
    fn a_delete_checks_nothing_but_is_a_change() {
        let state = Arc::new(State::default());
        let _flag = state.raise(Some(Writing::new(0, Verb::Delete, Looks::AtRows)));
        assert_eq!(state.writing().map(|writing| writing.verb), Some(Verb::Delete));
    }
}
