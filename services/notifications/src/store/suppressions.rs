//! Addresses that take nothing, or want nothing. Kept as keyed digests: the list can be asked for one, and tells none.

use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use hmac::{Hmac, KeyInit, Mac as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sha2::Sha256;

use super::execute;
use crate::entity::suppression::{Column, Entity, Model};
use crate::topic::Channel;

/// Mail addresses count as the same whatever their case.
pub(crate) fn fingerprint(tx: &Tx, channel: Channel, address: &str) -> Vec<u8> {
    let key = tx.store().environment().cipher.derive("notifications: suppressed addresses");
    // A short key is filled up with zeros to the digest's block (RFC 2104).
    let mut block = [0_u8; 64];
    block[..key.expose().len()].copy_from_slice(key.expose());
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(channel.word().as_bytes());
    mac.update(b":");
    mac.update(address.trim().to_lowercase().as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) async fn find(tx: &Tx, channel: Channel, address: &str) -> Result<Option<Model>, StoreError> {
    let hash = fingerprint(tx, channel, address);
    let select = Entity::find().filter(Column::Channel.eq(channel)).filter(Column::AddressHash.eq(hash));
    Ok(select.one(tx).await?)
}

/// What is on the list already stays as it is; says whether it is new.
pub(crate) async fn add(
    tx: &Tx,
    channel: Channel,
    address: &str,
    reason: &str,
    source: &str,
) -> Result<Option<Uuid>, StoreError> {
    const SQL: &str = "INSERT INTO suppressions (tenant_id, id, channel, address_hash, hint, reason, source, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    let id = tx.new_id();
    let values = [
        tx.caller().tenant.into(),
        id.into(),
        channel.word().into(),
        fingerprint(tx, channel, address).into(),
        hint(address).into(),
        reason.into(),
        source.into(),
        tx.now().micros().into(),
    ];
    Ok((execute(tx, SQL, values).await? > 0).then_some(id))
}

/// Enough for its owner to know it again: `a…@example.com`, `+62…89`.
pub(crate) fn hint(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let first: String = local.chars().take(1).collect();
            format!("{first}…@{}", domain.chars().take(100).collect::<String>())
        }
        None => {
            let first: String = address.chars().take(3).collect();
            let last: String = address.chars().skip(address.chars().count().saturating_sub(2)).collect();
            format!("{first}…{last}")
        }
    }
}
