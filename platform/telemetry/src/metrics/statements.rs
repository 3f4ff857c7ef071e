//! Database statements by service and kind.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use super::cells::PerWorker;
use super::histogram::{DurationHistogram, STATEMENT_BOUNDS, Totals};
use super::slow::SlowStatements;

/// What a statement does, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// Also a `WITH`, whatever it ends in.
    Select,
    Insert,
    Update,
    Delete,
    /// Begin, commit, savepoints and the caller's context.
    Transaction,
    Schema,
    Other,
}

impl StatementKind {
    const ALL: [Self; 7] = [Self::Select, Self::Insert, Self::Update, Self::Delete, Self::Transaction, Self::Schema, Self::Other];

    pub fn of(fingerprint: &str) -> Self {
        let text = fingerprint.trim_start();
        let end = text.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(text.len());
        let word = &text[..end];
        let is = |names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
        if is(&["SELECT", "WITH", "VALUES"]) {
            return Self::Select;
        }
        if is(&["INSERT"]) {
            return Self::Insert;
        }
        if is(&["UPDATE"]) {
            return Self::Update;
        }
        if is(&["DELETE"]) {
            return Self::Delete;
        }
        if is(&["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "RESET", "START", "END"]) {
            return Self::Transaction;
        }
        if is(&["CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "PRAGMA"]) {
            return Self::Schema;
        }
        Self::Other
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Transaction => "transaction",
            Self::Schema => "schema",
            Self::Other => "other",
        }
    }
}

struct KindCell {
    durations: DurationHistogram,
    errors: AtomicU64,
}

impl Default for KindCell {
    fn default() -> Self {
        Self { durations: DurationHistogram::new(STATEMENT_BOUNDS), errors: AtomicU64::new(0) }
    }
}

/// The statements of one service's database. The store's observer calls [`StatementMetrics::record`].
pub struct StatementMetrics {
    service: &'static str,
    kinds: PerWorker<[KindCell; StatementKind::ALL.len()]>,
    slow: Arc<SlowStatements>,
}

impl StatementMetrics {
    /// Counts one statement. `fingerprint` is its text with placeholders, never with values: a slow one is logged.
    pub fn record(&self, fingerprint: &str, micros: u64, failed: bool) {
        let cell = &self.kinds.local()[StatementKind::of(fingerprint) as usize];
        cell.durations.record(Duration::from_micros(micros));
        if failed {
            cell.errors.fetch_add(1, Ordering::Relaxed);
        }
        self.slow.see(self.service, fingerprint, micros);
    }

    fn totals(&self, kind: StatementKind) -> Totals {
        let mut totals = Totals::of(STATEMENT_BOUNDS);
        self.kinds.iter().for_each(|cell| totals.add(&cell[kind as usize].durations));
        totals
    }

    fn errors(&self, kind: StatementKind) -> u64 {
        self.kinds.iter().map(|cell| cell[kind as usize].errors.load(Ordering::Relaxed)).sum()
    }
}

impl fmt::Debug for StatementMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatementMetrics").field("service", &self.service).finish_non_exhaustive()
    }
}

/// All services' statements.
#[derive(Debug)]
pub(super) struct Statements {
    services: RwLock<Vec<Arc<StatementMetrics>>>,
    slow: Arc<SlowStatements>,
}

impl Statements {
    pub(super) fn new(slow: SlowStatements) -> Self {
        Self { services: RwLock::default(), slow: Arc::new(slow) }
    }

    pub(super) fn service(&self, service: &'static str) -> Arc<StatementMetrics> {
        let mut services = self.services.write();
        if let Some(known) = services.iter().find(|known| known.service == service) {
            return known.clone();
        }
        let new = Arc::new(StatementMetrics { service, kinds: PerWorker::new(), slow: self.slow.clone() });
        services.push(new.clone());
        new
    }
}

impl Collector for Statements {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let services = self.services.read().clone();
        let all: Vec<_> = services
            .iter()
            .flat_map(|service| StatementKind::ALL.map(|kind| (service, kind, service.totals(kind))))
            .filter(|(_, _, totals)| totals.count() > 0)
            .collect();
        let names = [
            ("db_statement_duration", "Time of a database statement", ["service", "kind"]),
            (
                "db_client_operation_duration",
                "Time of a database statement, under OpenTelemetry's name",
                ["db_namespace", "db_operation_name"],
            ),
        ];
        for (name, help, [service_label, kind_label]) in names {
            let mut family = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
            for (service, kind, totals) in &all {
                totals.encode(&mut family, &[(service_label, service.service), (kind_label, kind.name())])?;
            }
        }
        let mut family = encoder.encode_descriptor("db_statement_errors", "Statements that failed", None, MetricType::Counter)?;
        for (service, kind, _) in &all {
            let labels = [("service", service.service), ("kind", kind.name())];
            family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&service.errors(*kind), None)?;
        }
        Ok(())
    }
}
