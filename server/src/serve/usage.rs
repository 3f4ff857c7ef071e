//! What the front door counts goes to identity each minute, and once more at the end. `kill -9` loses the last minute.

use std::sync::Arc;
use std::time::Duration;

use banyan_contracts::usage::UsageRow;
use tokio::sync::watch;

use crate::house::House;

const EVERY: Duration = Duration::from_secs(60);
/// Rows that wait for a store that cannot be written; more are let go.
const MOST_WAITING: usize = 50_000;

/// Writes until `stop` becomes true.
pub(super) async fn run(house: Arc<House>, mut stop: watch::Receiver<bool>) {
    let mut waiting = Vec::new();
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            changed = stop.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
        waiting = write(&house, waiting).await;
    }
}

/// Gives back what could not be written.
async fn write(house: &House, mut rows: Vec<UsageRow>) -> Vec<UsageRow> {
    rows.extend(house.usage.take());
    let Err((error, mut left)) = house.identity.keep_usage(rows).await else { return Vec::new() };
    let lost = left.len().saturating_sub(MOST_WAITING);
    left.truncate(MOST_WAITING);
    tracing::warn!(%error, waiting = left.len(), lost, "usage could not be written; the next minute tries again");
    left
}
