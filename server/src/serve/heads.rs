//! Signs the ends of the audit chains while the server runs, so that a tail that somebody cuts later shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::audit_heads;
use crate::house::House;

const EVERY: Duration = Duration::from_secs(60 * 60);

/// Appends every service's head to the file at once, every hour, and when `stop` has become true.
pub(super) async fn run(house: Arc<House>, file: PathBuf, mut stop: watch::Receiver<bool>) {
    loop {
        append(&house, &file).await;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => break,
        }
    }
    append(&house, &file).await;
}

async fn append(house: &House, file: &Path) {
    if let Err(error) = try_append(house, file.to_owned()).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "the audit heads were not signed: a tail cut since the last time would not show"
        );
    }
}

async fn try_append(house: &House, file: PathBuf) -> anyhow::Result<()> {
    let heads = audit_heads::sign(house).await?;
    // It waits for the disk.
    tokio::task::spawn_blocking(move || audit_heads::append(&file, &heads)).await?
}
