//! banyan-mesh
