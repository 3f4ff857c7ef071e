//! banyan-locale
