//! What operators see: logs, metrics and health.
//!
//! - [`logging`] sets `tracing` up; each line written while a request runs carries the request's ids ([`scope`]).
//! - [`metrics`] counts in cells that each worker has to itself and writes OpenMetrics text.
//! - [`health`] asks named checks, with a deadline, and remembers their answers for a second.

pub mod build;
pub mod health;
pub mod logging;
pub mod metrics;
pub mod scope;

pub use build::BuildInfo;
pub use health::{Finding, HealthRegistry, HealthReport, Need, Phase, State};
pub use logging::{LogError, LogFormat, LogSettings};
pub use metrics::{HttpMetrics, Metrics, RouteMeter, StatementMetrics};
pub use scope::RequestScope;
