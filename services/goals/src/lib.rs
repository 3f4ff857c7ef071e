//! banyan-goals
