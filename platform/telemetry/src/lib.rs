//! banyan-telemetry
