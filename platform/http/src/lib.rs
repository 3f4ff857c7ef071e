//! banyan-http
