//! Read replicas: reachable, copies of this primary, and not behind.

use std::time::Duration;

use anyhow::Result;
use banyan_kernel::Secret;
use banyan_store::PostgresAddress;
use tokio_postgres::Client;

use super::Finding;
use crate::postgres::{connect, explain};
use crate::settings::{Loaded, PostgresLogin};

const CHECK: &str = "postgres-replica";
/// How often a replica is asked how far it is, within the lag that is allowed.
const LOOKS: u32 = 20;

pub(super) async fn examine(primary: &Client, loaded: &Loaded, login: &PostgresLogin, findings: &mut Vec<Finding>) -> Result<()> {
    if login.replicas.is_empty() {
        return Ok(());
    }
    let row = primary.query_one("SELECT pg_is_in_recovery()", &[]).await.map_err(|error| anyhow::anyhow!(explain(&error)))?;
    if row.get(0) {
        findings.push(Finding::wrong(
            CHECK,
            "the database of `database.url` is a standby itself, so nothing can be written",
            "set `database.url` to the primary",
        ));
        return Ok(());
    }
    for url in &login.replicas {
        let name = PostgresAddress::parse(url).map(|address| address.place()).unwrap_or_default();
        findings.push(match look(primary, url, loaded.settings.database.replica_lag.0).await {
            Ok(verdict) => verdict.finding(&name),
            Err(error) => Finding::warning(
                CHECK,
                format!("{name}: {error:#}; the primary answers all reads meanwhile"),
                "start the replica, or take it out of `database.replicas`",
            ),
        });
    }
    Ok(())
}

/// What is found of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    Foreign,
    Promoted,
    OtherTimeline,
    Behind { bytes: i64 },
}

impl Verdict {
    fn finding(self, name: &str) -> Finding {
        match self {
            Self::Fine => Finding::fine(CHECK, format!("{name} follows the primary")),
            Self::Foreign => Finding::wrong(
                CHECK,
                format!("{name} is no copy of the primary, but another cluster; nothing is read from it"),
                "make it anew with pg_basebackup, or set the right URL in `database.replicas`",
            ),
            Self::Promoted => Finding::wrong(
                CHECK,
                format!("{name} is no standby; nothing is read from it"),
                "if it is the new primary, set `database.url` to it; else make it a standby again (pg_rewind or pg_basebackup)",
            ),
            Self::OtherTimeline => Finding::warning(
                CHECK,
                format!("{name} does not follow the timeline of the primary, as after a failover; nothing is read from it"),
                "let it follow the new primary, then run CHECKPOINT on it, or wait until it makes a restart point itself",
            ),
            Self::Behind { bytes } => Finding::warning(
                CHECK,
                format!(
                    "{name} is {bytes} bytes behind for longer than `database.replica_lag`; the primary answers all reads meanwhile"
                ),
                "look at the replica's load and disk, at its network, and whether a long query holds the replay up (max_standby_streaming_delay)",
            ),
        }
    }
}

const OF_PRIMARY: &str = "SELECT (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_flush_lsn()), 8), \
    (pg_current_wal_flush_lsn() - '0/0')::bigint";
const OF_REPLICA: &str = "SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()), \
    lpad(to_hex(greatest((SELECT timeline_id FROM pg_control_checkpoint()), \
    (SELECT min_recovery_end_timeline FROM pg_control_recovery()))), 8, '0'), coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0)";

/// The same that servers ask, at the same rights.
async fn look(primary: &Client, url: &Secret<String>, lag: Duration) -> Result<Verdict> {
    let said = |error: tokio_postgres::Error| anyhow::anyhow!(explain(&error));
    let replica = connect(url).await?;
    let row = primary.query_one(OF_PRIMARY, &[]).await.map_err(said)?;
    let (system, timeline, written): (i64, String, i64) = (row.get(0), row.get(1), row.get(2));
    let mut bytes = 0;
    for _ in 0..LOOKS {
        let row = replica.query_one(OF_REPLICA, &[]).await.map_err(said)?;
        if row.get::<_, i64>(1) != system {
            return Ok(Verdict::Foreign);
        }
        if !row.get::<_, bool>(0) {
            return Ok(Verdict::Promoted);
        }
        if !row.get::<_, String>(2).eq_ignore_ascii_case(&timeline) {
            return Ok(Verdict::OtherTimeline);
        }
        bytes = written.saturating_sub(row.get(3));
        if bytes <= 0 {
            return Ok(Verdict::Fine);
        }
        tokio::time::sleep(lag / LOOKS).await;
    }
    Ok(Verdict::Behind { bytes })
}
