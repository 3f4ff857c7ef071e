//! Channels against the world.
