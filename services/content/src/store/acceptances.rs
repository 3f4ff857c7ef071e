//! Who accepted which legal text.

use std::net::IpAddr;

use banyan_http::{Paged, Paging};
use banyan_kernel::Uuid;
use banyan_store::{StoreError, Tx};
use hmac::{Hmac, KeyInit, Mac as _};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select};
use sha2::Sha256;

use crate::entity::legal_acceptance::{Agreed, Column, Entity, Model};
use crate::entity::legal_version::Kind;
use crate::error::ContentError;
use crate::legal::Text;

const ORDERS: &[(&str, Column)] = &[("acceptedAt", Column::AcceptedAt)];

/// A keyed digest of where a request came from: enough to compare it with an address that somebody claims, and tells none.
pub(crate) fn address_hash(tx: &Tx, address: IpAddr) -> Vec<u8> {
    let key = tx.store().environment().cipher.derive("content: addresses of acceptances");
    // A short key is filled up with zeros to the digest's block (RFC 2104).
    let mut block = [0_u8; 64];
    block[..key.expose().len()].copy_from_slice(key.expose());
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(tx.caller().tenant.as_bytes());
    mac.update(address.to_canonical().to_string().as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// What the person accepted last of a kind and did not take back, locked until the transaction ends.
pub(crate) async fn latest(tx: &Tx, user: Uuid, kind: Kind) -> Result<Option<Model>, ContentError> {
    let select = standing(user).filter(Column::Kind.eq(kind)).order_by_desc(Column::AcceptedAt).order_by_desc(Column::Id);
    Ok(select.lock_exclusive().limit(1).one(tx).await?)
}

/// As [`latest`], of all kinds at once and without a lock.
pub(crate) async fn standing_of(tx: &Tx, user: Uuid) -> Result<Vec<Model>, ContentError> {
    Ok(standing(user).order_by_desc(Column::AcceptedAt).limit(100).all(tx).await?)
}

fn standing(user: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::UserId.eq(user)).filter(Column::WithdrawnAt.is_null())
}

pub(crate) async fn add(
    tx: &Tx,
    user: Uuid,
    text: &Text,
    purposes: &[String],
    address: Option<IpAddr>,
) -> Result<Model, ContentError> {
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        user_id: user,
        kind: text.kind,
        number: text.number,
        locale: text.locale.clone(),
        purposes: Agreed(purposes.to_vec()),
        text_hash: text.hash(),
        address_hash: address.map(|address| address_hash(tx, address)),
        accepted_at: tx.now().micros(),
        withdrawn_at: None,
    };
    tx.insert(row.clone().into_active_model()).await?;
    Ok(row)
}

/// The same for fewer purposes, as the person keeps them.
pub(crate) async fn keep(tx: &Tx, before: &Model, purposes: Vec<String>) -> Result<(), ContentError> {
    let now = tx.now().micros();
    let row = Model { id: tx.new_id(), purposes: Agreed(purposes), accepted_at: now, withdrawn_at: None, ..before.clone() };
    Ok(tx.insert(row.into_active_model()).await?)
}

/// It does not count any more; that it counted stays.
pub(crate) async fn withdraw(tx: &Tx, user: Uuid, kind: Kind) -> Result<(), ContentError> {
    let update = Entity::update_many().col_expr(Column::WithdrawnAt, tx.now().micros().into()).filter(Column::UserId.eq(user));
    update.filter(Column::Kind.eq(kind)).filter(Column::WithdrawnAt.is_null()).exec(tx).await?;
    Ok(())
}

pub(crate) async fn page(tx: &Tx, select: Select<Entity>, paging: &Paging) -> Result<Paged<Model>, ContentError> {
    Ok(paging.fetch(tx, select, ORDERS).await?)
}

/// All that is a person's.
pub(crate) async fn erase(tx: &Tx, user: Uuid) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}
