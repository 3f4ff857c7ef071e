//! To which addresses tenants have written, and what providers tell of them. Addresses are keyed digests, as in the list of suppressed ones.

use banyan_kernel::{Timestamp, Uuid};
use banyan_store::{StoreError, Tx};
use sea_orm::{ConnectionTrait, Statement};
use sha2::{Digest as _, Sha256};

use super::{execute, suppressions};
use crate::topic::Channel;

/// So many messages that came back for a passing reason, one after the other, say that the address takes nothing.
pub(crate) const SOFT_BOUNCES: i64 = 5;
/// After so long without one, counting begins anew.
const FORGOTTEN_SECONDS: i64 = 30 * 86_400;

/// The tenant has written to the address.
pub(crate) async fn note(tx: &Tx, channel: Channel, address: &str) -> Result<(), StoreError> {
    const AGAIN: &str = "UPDATE reached SET last_sent_at = $1 WHERE channel = $2 AND address_hash = $3 AND tenant = $4";
    const FIRST: &str = "INSERT INTO reached (id, tenant, channel, address_hash, hint, last_sent_at, soft_bounces) \
        VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING";
    let (now, tenant, hash) = (tx.now().micros(), tx.caller().tenant, suppressions::fingerprint(tx, channel, address));
    if execute(tx, AGAIN, [now.into(), channel.word().into(), hash.clone().into(), tenant.into()]).await? > 0 {
        return Ok(());
    }
    let hint = suppressions::hint(address);
    let first = [tx.new_id().into(), tenant.into(), channel.word().into(), hash.into(), hint.into(), now.into()];
    execute(tx, FIRST, first).await.map(drop)
}

/// A tenant that has written to an address.
pub(crate) struct Writer {
    pub(crate) tenant: Uuid,
    pub(crate) soft_bounces: i64,
}

/// All that have written to it.
pub(crate) async fn writers(tx: &Tx, channel: Channel, address: &str) -> Result<Vec<Writer>, StoreError> {
    const SQL: &str = "SELECT tenant, soft_bounces FROM reached WHERE channel = $1 AND address_hash = $2 ORDER BY tenant";
    let values = [channel.word().into(), suppressions::fingerprint(tx, channel, address).into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), SQL, values)).await?;
    let writer = |row: &sea_orm::QueryResult| {
        Ok(Writer { tenant: row.try_get("", "tenant")?, soft_bounces: row.try_get("", "soft_bounces")? })
    };
    rows.iter().map(writer).collect()
}

/// A message came back for a passing reason.
pub(crate) async fn bounced(tx: &Tx, channel: Channel, address: &str) -> Result<(), StoreError> {
    const LATE: &str = "UPDATE reached SET soft_bounces = 0 WHERE channel = $1 AND address_hash = $2 AND last_bounce_at < $3";
    const COUNT: &str =
        "UPDATE reached SET soft_bounces = soft_bounces + 1, last_bounce_at = $1 WHERE channel = $2 AND address_hash = $3";
    let hash = suppressions::fingerprint(tx, channel, address);
    let forgotten: Timestamp = tx.now().plus_seconds(-FORGOTTEN_SECONDS);
    execute(tx, LATE, [channel.word().into(), hash.clone().into(), forgotten.micros().into()]).await?;
    execute(tx, COUNT, [tx.now().micros().into(), channel.word().into(), hash.into()]).await.map(drop)
}

/// Whether this is heard for the first time.
pub(crate) async fn is_news(tx: &Tx, provider: &str, event: &str) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO provider_events (id, digest, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let digest = Sha256::digest(format!("{provider}:{event}")).to_vec();
    Ok(execute(tx, SQL, [tx.new_id().into(), digest.into(), tx.now().micros().into()]).await? > 0)
}
