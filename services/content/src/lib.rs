//! banyan-content
