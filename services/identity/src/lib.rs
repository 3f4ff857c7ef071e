//! banyan-identity
