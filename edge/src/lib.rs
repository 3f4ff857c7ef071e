//! banyan-edge
