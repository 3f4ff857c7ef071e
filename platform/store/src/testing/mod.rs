//! Inside views for tests.
