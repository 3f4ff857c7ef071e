//! Waiting for what another task or another process does.

use std::time::{Duration, Instant};

/// Between two looks: the processor is for those who are waited for.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks again and again until it is so.
///
/// # Panics
/// after two minutes, with what was waited for.
pub async fn eventually(what: &str, is_so: impl AsyncFnMut() -> bool) {
    eventually_within(Duration::from_secs(120), what, is_so).await;
}

/// As [`eventually`], with another patience.
///
/// # Panics
/// When the patience is over, with what was waited for.
pub async fn eventually_within(patience: Duration, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < patience, "not within {patience:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
