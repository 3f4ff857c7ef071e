//! Statements of a service's database: counted, and logged where they are slow or where a developer wants to see them.

use std::sync::Arc;

use banyan_store::{Observer, StoreError};
use banyan_telemetry::StatementMetrics;

/// Whether each statement is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statements {
    Logged,
    /// Only slow ones, by the metrics.
    Quiet,
}

pub(super) struct StatementObserver {
    metrics: Arc<StatementMetrics>,
    service: &'static str,
    statements: Statements,
}

impl StatementObserver {
    pub(super) fn new(metrics: Arc<StatementMetrics>, service: &'static str, statements: Statements) -> Self {
        Self { metrics, service, statements }
    }
}

impl Observer for StatementObserver {
    fn statement(&self, fingerprint: &str, micros: u64, error: Option<&StoreError>) {
        self.metrics.record(fingerprint, micros, error.is_some());
        if self.statements == Statements::Logged {
            tracing::info!(service = self.service, statement = fingerprint, micros, failed = error.is_some(), "statement");
        }
    }
}
